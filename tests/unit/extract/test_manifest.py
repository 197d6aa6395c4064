"""Manifest logs: dense, raced for, read whole or refused."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.errors import DataRefused
from extract.lake import DirectoryLake
from extract.lake.base import ObjectInfo
from extract.manifest import (
    PAGE,
    ManifestLog,
    ObjectEntry,
    RawManifest,
    Successor,
    Superseding,
    raw_log,
    sequence_name,
)

Log = ManifestLog[RawManifest]


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "bucket")


def manifest(sequence: int, run_id: str = "run", **fields: Any) -> RawManifest:
    made: dict[str, Any] = {
        "stream": "wistia/visitors",
        "complete": True,
        "objects": (),
        "received": 0,
        "landed": 0,
        "requests": {},
        "cursor_after": {"watermark": None},
        "total_rows": 0,
        "total_objects": 0,
    }
    return RawManifest(sequence=sequence, run_id=run_id, committed_at="2026-01-08T02:00:00Z", **(made | fields))


def test_what_was_committed_is_read_in_order(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    assert log.head() is None
    for number in range(1, 13):
        assert log.commit(manifest(number))
    assert log.head() == manifest(12)
    assert log.head(known=12) is None
    assert [found.sequence for found in log.after(9)] == [10, 11, 12]


def test_a_number_is_committed_once(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    together = threading.Barrier(8)
    won: list[str] = []

    def commit(run_id: str) -> None:
        together.wait()
        if log.commit(manifest(1, run_id)):
            won.append(run_id)

    threads = [threading.Thread(target=commit, args=(f"run-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head = log.head()
    assert head is not None
    assert won == [head.run_id]


def test_a_gap_is_refused_and_named(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    for number in (1, 2, 4):
        log.commit(manifest(number))
    with pytest.raises(DataRefused, match=r"000000000003\.json is missing"):
        list(log.after(0))
    assert [found.sequence for found in log.after(3)] == [4]


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"\xff"])
def test_what_is_no_manifest_is_refused_and_named(lake: DirectoryLake, data: bytes) -> None:
    lake.put(f"raw/wistia/visitors/_manifests/{sequence_name(1)}.json", data)
    with pytest.raises(DataRefused, match=r"000000000001\.json is not a manifest"):
        raw_log(lake, "wistia/visitors").head()


def test_a_manifest_of_a_later_release_is_refused(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    text = manifest(1).model_dump_json().replace('"format":1', '"format":2')
    lake.put(f"raw/wistia/visitors/_manifests/{sequence_name(1)}.json", text.encode())
    with pytest.raises(DataRefused, match="format"):
        log.read(1)


def test_streams_do_not_see_one_another(lake: DirectoryLake) -> None:
    raw_log(lake, "wistia/visitors").commit(manifest(1))
    assert raw_log(lake, "wistia/visitors2").head() is None
    assert raw_log(lake, "wistia").head() is None


def objects(*names: str) -> tuple[ObjectEntry, ...]:
    return tuple(ObjectEntry(key=name, bytes=1, rows=1, sha256=f"hash of {name}") for name in names)


def superseding(number: int, path: str, by: str) -> Superseding:
    (entry,) = objects(by)
    return Superseding(
        manifest=1,
        number=number,
        run_id="run",
        committed_at="2026-01-08T02:00:00Z",
        reason="somebody asked",
        objects=(Successor(old_key="a", old_sha256="hash of a", key=by, sha256=entry.sha256),),
        replaced={path: entry.model_dump()},
    )


def test_what_supersedes_parts_of_a_manifest_is_read_with_it_in_its_order(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    log.commit(manifest(1, objects=objects("a", "b")))
    log.commit(manifest(2, objects=objects("c")))
    assert log.supersede(superseding(1, "objects|0", "a2"))
    assert not log.supersede(superseding(1, "objects|0", "of another"))
    assert log.supersede(superseding(2, "objects|0", "a3"))
    assert log.read(1).objects == objects("a3", "b")
    assert [found.objects for found in log.after(0)] == [objects("a3", "b"), objects("c")]
    assert log.head() == manifest(2, objects=objects("c"))
    assert [found.number for found in log.superseding()] == [1, 2]
    assert [found.times_superseded for found in log.after(0)] == [2, 0]
    assert [found.sequence for found in log.after(1)] == [2]
    assert raw_log(lake, "wistia/visitors").read(2).objects == objects("c")


def test_the_newest_manifest_is_read_with_what_supersedes_it(lake: DirectoryLake) -> None:
    log = raw_log(lake, "wistia/visitors")
    log.commit(manifest(1, objects=objects("a")))
    log.supersede(superseding(1, "objects|0", "a2"))
    head = log.head()
    assert head
    assert head.objects == objects("a2")
    assert log.head(1) is None


class Listed(DirectoryLake):
    """Counts the objects that listings show."""

    shown = 0

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        for info in super().list_after(prefix, after):
            self.shown += 1
            yield info


def fill(lake: DirectoryLake, numbers: Iterable[int]) -> Log:
    """Write a log of which only what is committed later can be read."""
    folder = Path(lake.engine_path("raw/wistia/visitors/_manifests"))
    folder.mkdir(parents=True)
    for sequence in numbers:
        (folder / f"{sequence_name(sequence)}.json").touch()
    return raw_log(lake, "wistia/visitors")


@pytest.mark.parametrize("count", [1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 10_000])
def test_the_newest_of_years_is_found_by_listing_few(count: int, tmp_path: Path) -> None:
    lake = Listed(tmp_path, "bucket")
    log = fill(lake, range(1, count))
    log.commit(manifest(count))
    for known in (0, count - 1):
        head = log.head(known)
        assert head
        assert head.sequence == count
    assert log.head(count) is None
    assert lake.shown <= 2 * PAGE + 50


def test_the_newest_of_years_is_found_behind_a_gap_and_with_what_supersedes_it(lake: DirectoryLake) -> None:
    log = fill(lake, range(1, PAGE + 3))
    log.commit(manifest(3 * PAGE, objects=objects("a")))
    log.supersede(superseding(1, "objects|0", "a2").model_copy(update={"manifest": 3 * PAGE}))
    head = log.head()
    assert head
    assert (head.sequence, head.objects) == (3 * PAGE, objects("a2"))


def test_a_part_that_gave_way_to_nothing_is_gone() -> None:
    document = {"entities": {"one": {"rows": 1}, "two": {"rows": 2}}}
    superseding(1, "x", "y").model_copy(update={"replaced": {"entities|one": None}}).laid_over(document)
    assert document == {"entities": {"two": {"rows": 2}}}
