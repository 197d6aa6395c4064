"""Which Java Spark is given."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ConfigurationError
from spark.engine import java

SAID = {
    "eight": 'openjdk version "1.8.0_392"\n',
    "seventeen": 'Picked up JAVA_TOOL_OPTIONS: -Xint\nopenjdk version "17.0.15" 2025-04-15\n',
    "twenty-five": 'openjdk version "25" 2025-09-16\n',
}


@pytest.fixture(autouse=True)
def no_real_java(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[Any], **_: Any) -> Any:
        home = Path(command[0]).parents[1].name
        if home not in SAID:
            raise FileNotFoundError
        return subprocess.CompletedProcess(command, 0, stdout="", stderr=SAID[home])

    monkeypatch.setattr(subprocess, "run", run)


def offer(monkeypatch: pytest.MonkeyPatch, named: str, path: str, packaged: str) -> None:
    monkeypatch.setattr(java, "java_home", lambda: Path(named))
    monkeypatch.setattr(java, "_on_path", lambda: Path(path))
    monkeypatch.setattr(java, "_packaged", lambda: Path(packaged))


@pytest.mark.parametrize(
    ("named", "path", "packaged", "chosen"),
    [
        ("eight", "seventeen", "seventeen", "eight"),
        ("twenty-five", "seventeen", "eight", "seventeen"),
        ("gone", "twenty-five", "seventeen", "seventeen"),
    ],
)
def test_the_first_that_spark_takes_is_used(
    monkeypatch: pytest.MonkeyPatch, named: str, path: str, packaged: str, chosen: str
) -> None:
    offer(monkeypatch, named, path, packaged)
    assert java.find_java() == Path(chosen)


def test_none_that_fits_is_one_message_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "gone", "twenty-five", "gone")
    with pytest.raises(ConfigurationError, match=r"twenty-five is Java 25.*JAVA_HOME.*reelhouse\[spark\]"):
        java.find_java()


def test_no_java_at_all_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "gone", "gone", "gone")
    with pytest.raises(ConfigurationError, match="there is none on this machine"):
        java.find_java()
