"""The lake in a folder: its verbs are atomic."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.lake import DirectoryLake, open_lake


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "bucket")


def keys(lake: DirectoryLake, prefix: str, after: str = "") -> list[str]:
    return [info.key for info in lake.list_after(prefix, after)]


def test_an_object_is_read_as_it_was_written(lake: DirectoryLake) -> None:
    lake.put("a/b.bin", b"\x00\xff")
    assert lake.get("a/b.bin") == b"\x00\xff"
    lake.put("a/b.bin", b"new")
    assert lake.get("a/b.bin") == b"new"
    assert lake.url("a/b.bin") == "s3://bucket/a/b.bin"
    assert Path(lake.engine_path("a/b.bin")).read_bytes() == b"new"


def test_an_object_comes_from_a_file(lake: DirectoryLake, tmp_path: Path) -> None:
    (tmp_path / "local").write_bytes(b"data")
    lake.put_file("x", tmp_path / "local")
    assert lake.get("x") == b"data"


def test_what_does_not_exist_is_refused_by_name(lake: DirectoryLake) -> None:
    with pytest.raises(DataRefused, match="s3://bucket/none"):
        lake.get("none")


def test_of_sixteen_writers_of_one_key_exactly_one_succeeds(lake: DirectoryLake) -> None:
    for race in range(5):
        key = f"m/{race:012d}.json"
        together = threading.Barrier(16)
        won: list[bytes] = []

        def write(number: int, won: list[bytes], key: str, together: threading.Barrier) -> None:
            data = b"%d" % number
            together.wait()
            if lake.put_if_absent(key, data):
                won.append(data)

        threads = [threading.Thread(target=write, args=(number, won, key, together)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert lake.get(key) == won[0]


def test_creating_the_same_bytes_again_is_a_success(lake: DirectoryLake) -> None:
    """The outcome of a commit whose answer was lost is settled by reading back."""
    assert lake.put_if_absent("m", b"x")
    assert lake.put_if_absent("m", b"x")
    assert not lake.put_if_absent("m", b"y")
    assert lake.get("m") == b"x"


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
    assert keys(lake, "m/") == []
    assert lake.put_if_absent("m/000000000001.json", b"whole")


@given(names=st.sets(st.text("abc/-0", min_size=1, max_size=6).filter(lambda name: "//" not in name), max_size=8))
def test_a_listing_is_in_the_order_of_keys(names: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = DirectoryLake(tmp_path_factory.mktemp("lake"), "bucket")
    files = {name.strip("/") + ".x" for name in names}
    for name in files:
        lake.put(f"p/{name}", b"")
    listed = keys(lake, "p/")
    assert listed == sorted(f"p/{name}" for name in files)
    for known in listed:
        assert keys(lake, "p/", after=known) == [key for key in listed if key > known]


def test_a_listing_takes_part_of_a_name_as_its_prefix(lake: DirectoryLake) -> None:
    for key in ("a/x1", "a/x2", "a/y", "ab/x1"):
        lake.put(key, b"")
    assert keys(lake, "a/x") == ["a/x1", "a/x2"]
    assert keys(lake, "nothing/") == []


def test_deleting_what_is_not_there_is_no_error(lake: DirectoryLake) -> None:
    lake.put("a", b"")
    lake.delete("a")
    lake.delete("a")
    assert keys(lake, "") == []


def test_a_key_cannot_leave_the_lake(lake: DirectoryLake) -> None:
    with pytest.raises(ValueError, match="leaves the lake"):
        lake.put("../outside", b"")


def test_a_full_disk_is_told_and_leaves_nothing(lake: DirectoryLake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReelhouseError, match="the disk is full"):
        lake.put("a/b", b"x")
    assert list(Path(lake.engine_path("a")).iterdir()) == []


@pytest.mark.parametrize("address", ["", "lake", "file:", "gs://bucket", "s4://bucket"])
def test_an_address_of_no_known_kind(address: str) -> None:
    with pytest.raises(ConfigurationError, match="lake"):
        open_lake(address)


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        open_lake(f"file:{tmp_path}/file/lake")


def test_the_folder_names_the_bucket(tmp_path: Path) -> None:
    assert open_lake(f"file:{tmp_path}/my-lake").url("k") == "s3://my-lake/k"
