"""Refused files, however they are packed and written: what is looked for is found, and no piece of something else."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.lake import DirectoryLake
from extract.manifest import FileEntry, RawManifest, raw_log
from orchestration.refused_files import erase_refused, refused_with

STREAM, KEY = "streampulse/user_profiles", "landing/streampulse/user_profiles/people.bin"
TEXTS = ("ada@example.org", "7", "jörg")
LONG = 1024 * 1024


def zipped(data: bytes, name: str = "people.csv") -> bytes:
    """Return an archive with one member."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return written.getvalue()


def note(lake: DirectoryLake, *entries: FileEntry) -> None:
    """Commit a manifest that tells what became of files."""
    head = raw_log(lake, STREAM).head()
    told = {"stream": STREAM, "complete": True, "objects": (), "cursor_after": {}, "files": entries}
    none = {"received": 0, "landed": 0, "requests": {}, "total_rows": 0, "total_objects": 0}
    made = {"sequence": head.sequence + 1 if head else 1, "run_id": "r", "committed_at": "2026-01-08T02:00:00.000000Z"}
    assert raw_log(lake, STREAM).commit(RawManifest.model_validate(told | none | made))


def entry(lake: DirectoryLake, refused: str | None = "its name tells no format") -> FileEntry:
    """Return what a manifest tells of the file as it is now."""
    with lake.open_version(KEY) as version:
        assert version
        is_now = {"etag": version.etag, "state": version.state, "bytes": 1, "refused": refused}
        return FileEntry.model_validate({"key": KEY, "modified_at": "2026-01-08T02:00:00Z", **is_now})


@pytest.fixture
def dropped(tmp_path: Path) -> Callable[[bytes], DirectoryLake]:
    def drop(data: bytes) -> DirectoryLake:
        lake = DirectoryLake(tmp_path, "lake")
        lake.put(KEY, data)
        note(lake, entry(lake))
        return lake

    return drop


@pytest.mark.parametrize(
    ("data", "is_found"),
    [
        (b"a;ADA@example.org;b", True),
        (b"7;x", True),
        (b"17;2026-07-07;7.5;nada@example.org", False),
        (b'{"e":"\\u0041da\\u0040example.org"}', True),
        ("jörg".encode(), True),
        ("Name;ada@example.org".encode("utf-16"), True),
        ("J;jörg".encode("utf-16"), True),
        (gzip.compress(b"ada@example.org", mtime=0), True),
        (gzip.compress(b"ada@example.org " + bytes(99_999), mtime=0)[:-20], True),
        (zipped(b"ada@example.org"), True),
        (zipped(b"", name="ada@example.org.csv"), False),
        (zipped(b"eda@example.org"), False),
        (b"PK\x03\x04 no archive", False),
        (b"x" * (LONG - 5) + b";ada@example.org;", True),
        (b"", False),
    ],
)  # fmt: skip
def test_a_text_is_found_as_a_whole(dropped: Callable[[bytes], DirectoryLake], data: bytes, is_found: bool) -> None:
    assert set(refused_with(dropped(data), TEXTS)) == ({KEY} if is_found else set())


def test_what_was_taken_since_or_is_another_now_is_not_looked_at(dropped: Callable[[bytes], DirectoryLake]) -> None:
    lake = dropped(b"ada@example.org")
    lake.put(KEY, b"ada@example.org again")
    assert refused_with(lake, TEXTS) == {}
    note(lake, entry(lake, refused=None))
    assert refused_with(lake, TEXTS) == {}


def test_only_the_content_that_was_searched_is_erased(dropped: Callable[[bytes], DirectoryLake]) -> None:
    lake = dropped(b"ada@example.org")
    (file,) = refused_with(lake, TEXTS).items()
    lake.put(KEY, b"another")
    assert not erase_refused(lake, *file)
    assert lake.get(KEY) == b"another"
    lake.put(KEY, b"ada@example.org")
    assert erase_refused(lake, *file)
    assert erase_refused(lake, *file), "gone is gone"
    assert [info.key for info in lake.list_after("landing/")] == []
