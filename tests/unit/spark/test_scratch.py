"""Temporary folders hold people's data: those of killed processes go, those of living ones stay."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spark.scratch import PREFIX, scratch_folder

HOLD = """
import sys
from spark.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "raw.jsonl").write_text("somebody")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def holder() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_the_folder_of_a_killed_process_is_removed_by_the_next(place: Path) -> None:
    process, folder = holder()
    process.send_signal(signal.SIGKILL)
    end(process)
    assert (folder / "raw.jsonl").exists()
    with scratch_folder():
        assert not folder.exists()


def test_the_folder_of_a_living_process_stays(place: Path) -> None:
    process, folder = holder()
    with scratch_folder() as own:
        assert (folder / "raw.jsonl").exists()
        assert own != folder
    end(process)
    assert process.returncode == 0
    assert list(place.iterdir()) == []


def test_a_folder_that_is_just_being_made_stays(place: Path) -> None:
    newborn = place / f"{PREFIX}newborn"
    newborn.mkdir()
    with scratch_folder():
        assert newborn.exists()


def test_a_folder_that_goes_while_it_is_looked_at_is_no_trouble(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda folder, _: iter([folder / f"{PREFIX}gone"]))
    with scratch_folder() as own:
        assert own.parent == place
