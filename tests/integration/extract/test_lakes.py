"""What every lake promises, in a folder and in S3."""

import os
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.errors import DataRefused
from extract.lake import DirectoryLake, Lake
from extract.lake.s3 import S3Lake
from tests.storage import Storage, storage

MEBIBYTE = 1024 * 1024
NAMES = st.sets(st.text("abc/-0 +%é\u2028😀", min_size=1, max_size=6).filter(lambda name: "//" not in name), max_size=8)


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    with storage() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return DirectoryLake(tmp_path / "lakes", "bucket")
    server: Storage = request.getfixturevalue("s3")
    return S3Lake(server.create(), server.endpoint_url)


def keys(lake: Lake, prefix: str, after: str = "") -> list[str]:
    return [info.key for info in lake.list_after(prefix, after)]


def test_an_object_is_read_as_it_was_written(lake: Lake) -> None:
    lake.put("a/b.bin", b"\x00\xff")
    assert lake.get("a/b.bin") == b"\x00\xff"
    lake.put("a/b.bin", b"new")
    assert lake.get("a/b.bin") == b"new"
    assert lake.url("a/b.bin") == f"s3://{lake.bucket}/a/b.bin"


def test_an_object_may_be_empty(lake: Lake) -> None:
    lake.put("a", b"")
    assert lake.get("a") == b""
    assert [info.bytes for info in lake.list_after("")] == [0]


@pytest.mark.parametrize("size", [0, 5, 3 * MEBIBYTE + 1])
def test_an_object_comes_from_a_file(lake: Lake, size: int, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "local").write_bytes(data)
    lake.put("x", b"old")
    lake.put_file("x", tmp_path / "local")
    assert lake.get("x") == data


def test_a_large_file_is_one_object_and_never_in_memory(lake: Lake, tmp_path: Path) -> None:
    size = 40 * MEBIBYTE
    with (tmp_path / "local").open("wb") as file:
        file.truncate(size)
        file.seek(33 * MEBIBYTE)
        file.write(b"here")
    if isinstance(lake, DirectoryLake):
        tracemalloc.start()
        lake.put_file("x", tmp_path / "local")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < size / 2  # other threads of the tests count too
    else:
        lake.put_file("x", tmp_path / "local")
    (info,) = lake.list_after("")
    assert info.bytes == size
    assert lake.get("x")[33 * MEBIBYTE :][:5] == b"here\x00"


def test_what_does_not_exist_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(DataRefused, match=f"s3://{lake.bucket}/none does not exist"):
        lake.get("none")


def test_of_sixteen_writers_of_one_key_exactly_one_succeeds_and_all_know_it(lake: Lake) -> None:
    for race in range(5):
        key = f"m/{race:012d}.json"
        together = threading.Barrier(16)
        outcomes: dict[bytes, bool] = {}

        def write(number: int, outcomes: dict[bytes, bool], key: str, together: threading.Barrier) -> None:
            data = b"%d" % number
            together.wait()
            outcomes[data] = lake.put_if_absent(key, data)

        threads = [threading.Thread(target=write, args=(number, outcomes, key, together)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 16
        assert [data for data, won in outcomes.items() if won] == [lake.get(key)]


def test_creating_the_same_bytes_again_is_a_success(lake: Lake) -> None:
    """The outcome of a commit whose answer was lost is settled by reading back."""
    assert lake.put_if_absent("m", b"x")
    assert lake.put_if_absent("m", b"x")
    assert not lake.put_if_absent("m", b"y")
    assert lake.get("m") == b"x"


@given(names=NAMES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_listing_is_in_the_order_of_keys(names: set[str], lake: Lake) -> None:
    for key in keys(lake, ""):
        lake.delete(key)
    for name in {name.strip("/") + ".x" for name in names}:
        lake.put(f"p/{name}", b"")
    listed = keys(lake, "p/")
    assert listed == sorted(f"p/{name.strip('/')}.x" for name in {name.strip("/") for name in names})
    for known in listed:
        assert keys(lake, "p/", after=known) == [key for key in listed if key > known]


def test_a_listing_goes_beyond_the_thousand_keys_of_an_answer(lake: Lake) -> None:
    names = [f"p/{number:012d}.json" for number in range(1_050)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: lake.put(name, b"1"), [*names, "q"]))
    assert keys(lake, "p/") == names
    assert keys(lake, "p/", after=names[20]) == names[21:]
    assert keys(lake, "p/", after=names[-1]) == []


def test_a_listing_takes_part_of_a_name_as_its_prefix(lake: Lake) -> None:
    for key in ("a/x1", "a/x2", "a/y", "ab/x1"):
        lake.put(key, b"12")
    assert keys(lake, "a/x") == ["a/x1", "a/x2"]
    assert keys(lake, "nothing/") == []
    (info,) = lake.list_after("a/y")
    assert info.bytes == 2
    assert info.modified_at.utcoffset() is not None


def test_deleting_what_is_not_there_is_no_error(lake: Lake) -> None:
    lake.put("a", b"")
    lake.delete("a")
    lake.delete("a")
    assert keys(lake, "") == []
    assert lake.put_if_absent("a", b"again")


def test_an_object_is_erased_with_what_its_name_begins_left_alone(lake: Lake) -> None:
    lake.put("a/b", b"1")
    lake.put("a/bc", b"2")
    lake.erase("a/b")
    lake.erase("a/none")
    assert keys(lake, "a/") == ["a/bc"]


def test_in_s3_all_versions_of_an_object_are_erased(s3: Storage) -> None:
    bucket = s3.create()
    lake = S3Lake(bucket, s3.endpoint_url)
    lake._client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for data in (b"1", b"2"):
        lake.put("a/b", data)
    lake.put("a/bc", b"3")
    lake.delete("a/b")
    lake.erase("a/b")
    left = lake._client.list_object_versions(Bucket=bucket)
    assert [found["Key"] for found in left["Versions"]] == ["a/bc"]
    assert "DeleteMarkers" not in left
