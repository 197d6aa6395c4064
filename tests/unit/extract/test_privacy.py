"""The privacy key, against hashes that `openssl dgst -sha256 -hmac` made."""

import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import ConfigurationError
from extract.privacy import PrivacyKey

KEY = "a-key-for-the-tests-and-for-them-alone"
OF_ADA = "3d9d18ba60b25b64983539625ea3afd54ab63a1d1f33226659296eff6d08b860"  # hash of ada@example.com


def test_a_hash_is_what_openssl_makes() -> None:
    assert PrivacyKey.of(KEY).hash("ada@example.com") == OF_ADA


@given(st.text(min_size=32, max_size=100).filter(lambda key: key.split() == [key]), st.text())
def test_two_rounds_of_sha256_over_the_pads_make_the_same_hash(key: str, text: str) -> None:
    """So do engines that have no HMAC; keys longer than a block are hashed first."""
    made = PrivacyKey.of(key)
    inner, outer = (bytes.fromhex(pad) for pad in made.pads)
    first = hashlib.sha256(inner + text.encode()).digest()
    assert hashlib.sha256(outer + first).hexdigest() == made.hash(text)


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigurationError, match="has 7 characters and needs 32") as refused:
        PrivacyKey.of("hunter2")
    assert "hunter2" not in str(refused.value)


def test_keys_of_before_stand_behind_the_key() -> None:
    older, oldest = "b" * 32, "c" * 32
    ring = PrivacyKey.of(f" {KEY} {older}\n\t{oldest}\n").ring
    assert [key.fingerprint for key in ring] == [PrivacyKey.of(key).fingerprint for key in (KEY, older, oldest)]
    assert ring[0].hash("ada@example.com") == OF_ADA
    assert PrivacyKey.of(KEY).former == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the privacy key has 0"),
        (" ", "the privacy key has 0"),
        (f"{KEY} hunter2", "the former privacy key 1 has 7"),
        ("correct horse battery staple and more of them", "the privacy key has 7 characters"),
    ],
)
def test_a_short_one_among_them_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        PrivacyKey.of(text)
    assert KEY not in str(refused.value)


def test_the_key_shows_itself_nowhere() -> None:
    key = PrivacyKey.of(f"{KEY} {KEY[::-1]}")
    assert KEY not in repr(key)
    assert KEY[::-1] not in repr(key)
    assert key.fingerprint not in (key.hash(""), KEY)
    assert len(key.fingerprint) == 16
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
