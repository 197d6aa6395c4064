"""COPY and UNLOAD with buckets in S3: a bucket without a folder of its own is looked for there, once that was told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redshift_connector.error import Error

from extract.lake.s3 import ATTEMPTS, S3Lake
from sandbox.redshift.objects import tell_of_s3
from tests.integration.sandbox.redshift.conftest import Lake
from tests.storage import Fault, Storage, storage

TAIL = "iam_role default format as parquet"


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


@pytest.fixture
def bucket(server: Storage, tmp_path: Path) -> Iterator[S3Lake]:
    """A bucket in S3, of which the endpoint knows."""
    tell_of_s3(tmp_path, server.endpoint_url)
    yield S3Lake(server.create(), server.endpoint_url)
    left, server.faults = server.faults, []
    assert left == [], "not every fault was played"


def upload(bucket: S3Lake, lake: Lake, key: str, query: str) -> dict[str, Any]:
    """Put the rows of a query into the bucket; return the entry of a manifest."""
    file = lake.root / "lake" / "made.parquet"
    lake.parquet("made.parquet", query)
    bucket.put_file(key, file)
    return {"url": bucket.url(key), "mandatory": True, "meta": {"content_length": file.stat().st_size}}


def manifest(bucket: S3Lake, *entries: dict[str, Any]) -> str:
    bucket.put("copy.manifest", json.dumps({"entries": entries}).encode())
    return bucket.url("copy.manifest")


def rows(cursor: Any, query: str) -> list[list[Any]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def refused(cursor: Any, statement: str) -> dict[str, str]:
    with pytest.raises(Error) as problem:
        cursor.execute(statement)
    fields: dict[str, str] = problem.value.args[0]
    return fields


def test_a_manifest_in_s3_is_loaded_and_nothing_stays_here(cursor: Any, lake: Lake, bucket: S3Lake) -> None:
    first = upload(bucket, lake, "a/x=7/1.parquet", "select 1::int as a, 'x' as b")
    second = upload(bucket, lake, "a/x=7/2.parquet", "select 2::int as a, 'y' as b")
    cursor.execute("create table t (a int, b varchar(3))")
    cursor.execute(f"copy t from '{manifest(bucket, first, second, first)}' {TAIL} manifest")
    assert rows(cursor, "select * from t order by a") == [[1, "x"], [1, "x"], [2, "y"]]
    assert rows(cursor, "select pg_last_copy_count()") == [[3]]
    assert sorted(path.name for path in lake.root.iterdir()) == ["lake", "s3.json"]


def test_a_prefix_in_s3_is_loaded(cursor: Any, lake: Lake, bucket: S3Lake) -> None:
    for number in range(3):
        upload(bucket, lake, f"a/{number}.parquet", f"select {number}::int as a")
    upload(bucket, lake, "ab", "select 9::int as a")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{bucket.url('a/')}' {TAIL}")
    assert rows(cursor, "select * from t order by a") == [[0], [1], [2]]


def test_text_in_s3_is_loaded(cursor: Any, bucket: S3Lake) -> None:
    bucket.put("a.csv", b"1,x\n2,y\n")
    cursor.execute("create table t (a int, b varchar(3))")
    cursor.execute(f"copy t from '{bucket.url('a.csv')}' iam_role default format as csv")
    assert rows(cursor, "select * from t order by a") == [[1, "x"], [2, "y"]]


def test_what_is_unloaded_to_s3_is_loaded_from_there(cursor: Any, bucket: S3Lake) -> None:
    cursor.execute("create table t (a int, b varchar(3))")
    cursor.execute("insert into t values (1, 'x'), (2, null)")
    target = bucket.url("out/")
    unload = f"unload ('select * from t') to '{target}' iam_role default format as parquet manifest"
    cursor.execute(unload)
    assert [info.key for info in bucket.list_after("out/")] == ["out/0000_part_00.parquet", "out/manifest"]
    assert "not empty" in refused(cursor, unload)["M"]
    cursor.execute(f"{unload} allowoverwrite")
    cursor.execute(f"{unload.removesuffix(' manifest')} cleanpath")
    assert [info.key for info in bucket.list_after("out/")] == ["out/0000_part_00.parquet"]
    cursor.execute("create table u (a int, b varchar(3))")
    cursor.execute(f"copy u from '{target}' {TAIL}")
    assert rows(cursor, "select * from u order by a") == [[1, "x"], [2, None]]


def test_a_bucket_with_a_folder_is_the_folder(cursor: Any, lake: Lake, bucket: S3Lake, server: Storage) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    before = len(server.requests)
    cursor.execute(f"copy t from '{url}' {TAIL}")
    assert len(server.requests) == before


def test_without_being_told_nobody_is_asked(cursor: Any, lake: Lake, bucket: S3Lake, server: Storage) -> None:
    entry = upload(bucket, lake, "a.parquet", "select 1::int as a")
    (lake.root / "s3.json").unlink()
    cursor.execute("create table t (a int)")
    before = len(server.requests)
    assert "does not exist" in refused(cursor, f"copy t from '{entry['url']}' {TAIL}")["M"]
    assert len(server.requests) == before


def test_an_object_that_is_not_there(cursor: Any, lake: Lake, bucket: S3Lake) -> None:
    cursor.execute("create table t (a int)")
    nothing = bucket.url("nothing/")
    assert (
        refused(cursor, f"copy t from '{nothing}' {TAIL}")["M"] == f"The specified S3 prefix '{nothing}' does not exist"
    )
    entry = upload(bucket, lake, "a.parquet", "select 1::int as a")
    bucket.delete("a.parquet")
    assert "mandatory file" in refused(cursor, f"copy t from '{manifest(bucket, entry)}' {TAIL} manifest")["M"]


def test_another_size_than_the_manifest_says(cursor: Any, lake: Lake, bucket: S3Lake) -> None:
    entry = upload(bucket, lake, "a.parquet", "select 1::int as a")
    bucket.put("a.parquet", b"short")
    cursor.execute("create table t (a int)")
    assert "Size in the manifest" in refused(cursor, f"copy t from '{manifest(bucket, entry)}' {TAIL} manifest")["M"]


@pytest.mark.parametrize(
    ("fault", "says", "code"),
    [
        (Fault("GET", status=403, code="AccessDenied"), "S3ServiceException:Access Denied,Status 403,Error Acc", 8001),
        (Fault("GET", status=404, code="NoSuchBucket"), "S3ServiceException:The specified bucket does not exist", 8001),
        (Fault("GET", status=400, code="ExpiredToken"), "S3ServiceException:ExpiredToken,Status 400", 8001),
        (Fault("GET", status=503, code="SlowDown"), "S3ServiceException:SlowDown,Status 503,Error SlowDown", 8001),
        (Fault("GET"), "S3CurlException: ", 9001),
    ],
    ids=["denied", "no bucket", "expired", "slow down", "no answer"],
)
def test_what_s3_refuses_is_told_as_redshift_tells_it(
    cursor: Any,
    lake: Lake,
    bucket: S3Lake,
    server: Storage,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    says: str,
    code: int,
) -> None:
    entry = upload(bucket, lake, "a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    server.faults = [fault] * (1 if 0 < fault.status < 500 else ATTEMPTS)
    fields = refused(cursor, f"copy t from '{entry['url']}' {TAIL}")
    assert fields["C"] == "XX000"
    assert fields["M"].startswith(says)
    assert f"code:      {code}" in fields["D"]
    assert "planted" not in str(fields)
    assert rows(cursor, "select trim(status) from sys_load_history") == [["aborted"]]
    cursor.execute(f"copy t from '{entry['url']}' {TAIL}")
    assert rows(cursor, "select * from t") == [[1]]
