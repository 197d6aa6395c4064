"""The privacy key that a sandbox makes for itself."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extract.errors import ConfigurationError
from extract.privacy import PrivacyKey
from sandbox.privacy import FILE, ensure_key


def test_a_key_is_made_once_however_many_ask_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        (key,) = set(pool.map(ensure_key, [home] * 32))
    assert PrivacyKey.of(key)
    assert [file.name for file in home.iterdir()] == [FILE]
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600


def test_two_sandboxes_have_two_keys(tmp_path: Path) -> None:
    assert ensure_key(tmp_path / "one") != ensure_key(tmp_path / "two")


def test_a_folder_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file/privacy\.key: the sandbox cannot keep its privacy key"):
        ensure_key(tmp_path / "file")
