"""Landing: what is written is what was given, or nothing is vouched for."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from extract.errors import DataRefused
from extract.lake import DirectoryLake
from extract.land import Landing, verify
from extract.manifest import ObjectEntry

LINES = b'{"a":1}\n{"a":2}\n'


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "bucket")


def landing(lake: DirectoryLake, run_id: str = "r1", part_bytes: int = 1_000_000) -> Landing:
    return Landing(lake, "wistia/visitors", date(2026, 1, 8), run_id, part_bytes)


def test_lines_lie_in_a_part_of_the_run(lake: DirectoryLake) -> None:
    parts = landing(lake)
    parts.add(LINES, 2)
    parts.add(LINES, 2)
    (entry,) = parts.finish()
    assert entry.key == "raw/wistia/visitors/date=2026-01-08/run=r1/part-00000.jsonl.gz"
    assert gzip.decompress(lake.get(entry.key)) == LINES * 2
    assert (entry.rows, entry.bytes) == (4, len(lake.get(entry.key)))


def test_each_finish_ends_a_part_and_names_what_is_new(lake: DirectoryLake) -> None:
    parts = landing(lake)
    parts.add(LINES, 2)
    (first,) = parts.finish()
    assert parts.finish() == ()
    parts.add(LINES, 2)
    (second,) = parts.finish()
    assert (first.key[-16:], second.key[-16:]) == ("t-00000.jsonl.gz", "t-00001.jsonl.gz")


def test_a_part_ends_when_it_is_large_enough(lake: DirectoryLake) -> None:
    parts = landing(lake, part_bytes=50)
    for number in range(400):
        line = f'{{"n":{number * 7919 % 1000003}}}\n'.encode()
        parts.add(line, 1)
    entries = parts.finish()
    assert [entry.key[-13:-9] for entry in entries] == [f"{number:04d}" for number in range(len(entries))]
    assert sum(entry.rows for entry in entries) == 400


def test_the_same_lines_are_the_same_bytes(lake: DirectoryLake) -> None:
    entries: list[ObjectEntry] = []
    for run_id in ("r1", "r2"):
        parts = landing(lake, run_id)
        parts.add(LINES, 2)
        entries += parts.finish()
    assert entries[0].sha256 == entries[1].sha256


def test_what_is_discarded_is_gone(lake: DirectoryLake) -> None:
    parts = landing(lake, part_bytes=1)
    parts.add(LINES, 2)
    parts.add(LINES, 2)
    parts.discard()
    assert list(lake.list_after("")) == []
    assert parts.finish() == ()


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"garbage", gzip.compress(LINES[:8], mtime=0), gzip.compress(LINES, mtime=0)[:-9]],
    ids=["empty", "garbage", "half", "cut"],
)
def test_an_object_that_is_not_as_written_is_refused(lake: DirectoryLake, spoilt: bytes) -> None:
    parts = landing(lake)
    parts.add(LINES, 2)
    (entry,) = parts.finish()
    verify(lake, entry)
    lake.put(entry.key, spoilt)
    with pytest.raises(DataRefused, match="2 lines"):
        verify(lake, entry)


def test_a_storage_that_loses_bytes_is_noticed_before_the_commit(lake: DirectoryLake) -> None:
    class Lossy(DirectoryLake):
        def put(self, key: str, data: bytes) -> None:
            super().put(key, data[:-1])

    parts = landing(Lossy(lake.root, "bucket"))
    parts.add(LINES, 2)
    with pytest.raises(DataRefused, match="nothing of it was committed"):
        parts.finish()
