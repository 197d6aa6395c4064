"""The lake in a folder: what becomes of crashes, full disks and folders that cannot be read."""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import DirectoryLake, open_lake
from extract.sources.streampulse.discover import astray


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "bucket")


def _die_while_writing(folder: str) -> None:
    def die(_: int) -> None:
        os._exit(9)

    os.fsync = die  # type: ignore[assignment]
    DirectoryLake(Path(folder), "bucket").put_if_absent("m/000000000001.json", b"x" * 100_000)


def test_a_crash_while_writing_leaves_no_object(lake: DirectoryLake, tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_while_writing, args=(str(tmp_path),))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert any(tmp_path.rglob("*")), "the writer died before it wrote"
    assert list(lake.list_after("m/")) == []
    assert lake.put_if_absent("m/000000000001.json", b"whole")


def test_an_object_is_a_file_of_its_name(lake: DirectoryLake, tmp_path: Path) -> None:
    lake.put("a/b.bin", b"new")
    assert lake.engine_path("a/b.bin") == str(tmp_path / "bucket" / "a" / "b.bin")
    assert (tmp_path / "bucket" / "a" / "b.bin").read_bytes() == b"new"


def test_a_key_cannot_leave_the_lake(lake: DirectoryLake) -> None:
    with pytest.raises(ValueError, match="leaves the lake"):
        lake.put("../outside", b"")


@pytest.mark.parametrize("verb", ["put", "put_file", "put_if_absent"])
def test_a_full_disk_is_told_and_leaves_nothing(
    lake: DirectoryLake, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "local").write_bytes(b"x")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReelhouseError, match="s3://bucket/a/b could not be written: the disk is full"):
        getattr(lake, verb)("a/b", tmp_path / "local" if verb == "put_file" else b"x")
    assert list(Path(lake.engine_path("a")).iterdir()) == []


def test_a_folder_that_cannot_be_listed_is_no_empty_lake(lake: DirectoryLake, tmp_path: Path) -> None:
    lake.put("a/b/c", b"")
    (tmp_path / "bucket" / "a" / "b").rename(tmp_path / "elsewhere")
    (tmp_path / "bucket" / "a" / "b").write_bytes(b"a file where a folder was")
    with pytest.raises(ReelhouseError, match="s3://bucket/a/b/ could not be listed: Not a directory"):
        list(lake.list_after("a/b/"))


def test_what_goes_while_it_is_listed_is_left_out(lake: DirectoryLake) -> None:
    for key in ("a", "b", "c"):
        lake.put(key, b"")
    listing = lake.list_after("")
    assert next(listing).key == "a"
    lake.delete("b")
    assert [info.key for info in listing] == ["c"]


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        open_lake(f"file:{tmp_path}/file/lake")


def test_the_folder_names_the_bucket(tmp_path: Path) -> None:
    assert open_lake(f"file:{tmp_path}/my-lake").url("k") == "s3://my-lake/k"


def test_folders_that_come_before_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files were dropped in the past, to look for those that lie beside the feeds opens none of theirs."""
    lake = DirectoryLake(tmp_path, "lake")
    for day in range(1, 29):
        for feed in ("playback", "user"):
            lake.put(f"landing/{feed}/2026/{day:02}/rows.csv", b"")
    lake.put("landing/zoo/rows.csv", b"")
    opened: list[str] = []
    scandir = os.scandir

    def noting(path: Path) -> Any:
        opened.append(str(path.relative_to(tmp_path / "lake")))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noting)
    assert list(astray(lake, "landing/", ["playback", "user"])) == ["landing/zoo/rows.csv"]
    assert [path for path in opened if path.count("/") > 3] == []
    assert len(opened) < 15
    opened.clear()
    after = "landing/user/2026/27/rows.csv"
    assert [info.key for info in lake.list_after("landing/user/", after)] == ["landing/user/2026/28/rows.csv"]
    assert opened == [f"landing/user{part}" for part in ("", "/2026", "/2026/27", "/2026/28")]
