"""Settings: what counts, and what an error says."""

import os
import subprocess
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from extract.errors import ConfigurationError
from extract.settings import Settings, load_secrets, load_settings

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/extract/settings.yaml").read_text(encoding="utf-8"))


def value_at(settings: Settings, path: str) -> Any:
    value: Any = reduce(getattr, path.split("."), settings)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_settings(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "reelhouse.yaml"
    file.write_text(case["file"], encoding="utf-8")
    environment = case.get("environment", {})
    if "error" in case:
        with pytest.raises(ConfigurationError) as raised:
            load_settings(file, environment)
        assert case.get("hides", "\0") not in str(raised.value)
        for words in case["error"]:
            assert words in str(raised.value)
    else:
        settings = load_settings(file, environment)
        assert {path: value_at(settings, path) for path in case["then"]} == case["then"]


def test_zones_are_known_where_the_system_has_none() -> None:
    """As in a small container: an empty PYTHONTZPATH takes the system's database away."""
    zone = {"streampulse": {"reporting_time_zone": "Asia/Kolkata"}}
    program = f"from extract.settings import Settings; Settings.model_validate({zone})"
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONTZPATH": ""}, check=True)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load_settings(tmp_path / "none.yaml", {})


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "reelhouse.yaml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(file, {})


def test_secrets_come_from_the_environment_and_are_not_shown() -> None:
    secrets = load_secrets({"WISTIA_API_TOKEN": " s3cret\n", "REDSHIFT_PASSWORD": "  "})
    assert secrets.wistia_token is not None
    assert secrets.wistia_token.get_secret_value() == "s3cret"
    assert secrets.redshift_password is None
    assert "s3cret" not in repr(secrets) + str(secrets) + secrets.model_dump_json()
