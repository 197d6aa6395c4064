"""Spark and a lake in S3: read and written by Spark itself, here and on a cluster, whatever becomes of its tasks."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ReelhouseError
from extract.lake import Lake
from extract.lake.s3 import S3Lake
from extract.manifest import raw_log
from extract.settings import S3, Quarantine, Settings
from spark.manifest import StagingManifest
from tests.integration.spark import hostile
from tests.integration.spark.lakes import land, new_lake, newest, run
from tests.integration.spark.test_normalise import curve, session, visitor
from tests.storage import Fault, Request, Storage, storage

parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
from tests.integration.spark.cluster import OPTIONS, QUICK, Cluster, standalone  # noqa: E402 - it needs pyspark

# Py4J leaves its sockets to the collector; here that is a warning, and not ours.
pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
# Small data in many files, so that several tasks write.
MANY_FILES = {"spark.sql.adaptive.coalescePartitions.enabled": "false"}
TOLERANT = Quarantine(max_share=1.0)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with standalone() as found:
        yield found


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what Py4J leaves before a test of others is blamed for it."""
    yield
    gc.collect()


def fill_small(lake: Lake) -> None:
    """Land one stream: two objects and a torn line."""
    land(lake, "wistia/events", [session(f"s{number}", number / 300) for number in range(300)], ["{torn"])


def fill(lake: Lake) -> None:
    """Land three streams: ordinary records, later states of them, and lines that no source should send."""
    fill_small(lake)
    land(lake, "wistia/visitors", [visitor(f"v{number}") for number in range(300)], list(hostile.lines(200)))
    land(lake, "wistia/visitors", [visitor(f"v{number}", plays=2) for number in range(250, 350)])
    land(lake, "wistia/media_engagement", [curve("m", [3, 2, 1], [0, 0, 0]), curve("n", [1, 2], [0])])


def settings(server: Storage, master: str = "local[2]", **options: str) -> Settings:
    jars = os.environ.get("REELHOUSE_SPARK_JARS")
    quick = {"spark.driver.extraJavaOptions": QUICK, **options}
    s3 = S3(endpoint_url=server.endpoint_url)
    return Settings(
        engine="spark", s3=s3, spark_master=master, spark_jars=jars, spark_options=quick, quarantine=TOLERANT
    )


def normalise(lake: Lake, chosen: Settings) -> Any:
    """Normalise, or skip where the jars are not to be had."""
    try:
        return run(lake, chosen)
    except ReelhouseError as error:
        if "could not be fetched from Maven Central" in str(error):
            pytest.skip(str(error))
        raise


def content(lake: Lake, folder: Path) -> Rows:
    """Return all that the newest load holds, in a total order."""
    manifest = newest(lake)
    files = {name: entry.files for name, entry in manifest.entities.items()}
    files |= {name: entry.files for name, entry in manifest.quarantine.items()}
    rows: Rows = {}
    for name, entries in files.items():
        for entry in entries:
            local = folder / "part.parquet"
            local.write_bytes(lake.get(entry.key))
            table = parquet.read_table(local)
            assert (table.num_rows, local.stat().st_size) == (entry.rows, entry.bytes)
            columns = [f"{column.name} {column.type}" for column in table.schema]
            rows.setdefault(f"{name}: {', '.join(columns)}", []).extend(table.to_pylist())
    return {name: sorted(found, key=repr) for name, found in rows.items()}


@pytest.fixture(scope="module")
def by_duckdb(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Rows]:
    """What DuckDB makes of the same records in a folder."""
    lake = new_lake(tmp_path_factory.mktemp("duckdb"))
    fill(lake)
    report = run(lake)
    return report, content(lake, tmp_path_factory.mktemp("read"))


def bucket(server: Storage) -> S3Lake:
    return S3Lake(server.create(), server.endpoint_url)


@contextmanager
def played(server: Storage, before: Callable[[Request], None]) -> Iterator[None]:
    """Call something before each request for as long as the context lasts."""
    server.before = before
    try:
        yield
    finally:
        server.before = lambda _: None


def assert_nothing_beside(lake: Lake, manifest: StagingManifest) -> None:
    """All that stands in the lake is named, so no attempt has left anything that a reader could take for a file."""
    named = {file.key for entry in manifest.entities.values() for file in entry.files}
    named |= {file.key for entry in manifest.quarantine.values() for file in entry.files}
    named |= {key for entry in manifest.entities.values() for key in entry.beside} | {
        "staging/_manifests/000000000001.json"
    }
    assert {info.key for area in ("staging/", "quarantine/") for info in lake.list_after(area)} == named


@pytest.mark.long
def test_a_bucket_holds_what_a_folder_holds(server: Storage, tmp_path: Path) -> None:
    folder, lake = new_lake(tmp_path), bucket(server)
    for empty in (folder, lake):
        fill_small(empty)
    assert normalise(lake, settings(server)) == run(folder)
    assert content(lake, tmp_path) == content(folder, tmp_path)
    assert_nothing_beside(lake, newest(lake))
    paths = {request.path for request in server.requests if request.method == "PUT"}
    assert any("/__magic/" in path for path in paths), "written by a committer that knows attempts"


@pytest.mark.long
def test_only_what_landed_since_is_read(server: Storage, tmp_path: Path) -> None:
    """A backfill of old days is read from its own objects: nothing is listed or looked into beside them."""
    lake = bucket(server)
    fill(lake)
    normalise(lake, settings(server))
    land(lake, "wistia/events", [session("old", 0.25)])
    before = len(server.requests)
    assert normalise(lake, settings(server)).sequence == 2
    read = {
        request.path for request in server.requests[before:] if request.method == "GET" and "/date=" in request.path
    }
    (manifest,) = raw_log(lake, "wistia/events").after(1)
    assert read == {f"/{lake.bucket}/{entry.key}" for entry in manifest.objects}


@pytest.mark.long
def test_a_cluster_shares_nothing_but_the_lake(
    server: Storage, cluster: Cluster, by_duckdb: tuple[Any, Rows], tmp_path: Path
) -> None:
    lake = bucket(server)
    fill(lake)
    report = normalise(lake, settings(server, cluster.url, **OPTIONS, **MANY_FILES))
    assert (report, content(lake, tmp_path)) == by_duckdb
    assert_nothing_beside(lake, newest(lake))
    assert len(newest(lake).entities["wistia__visitor"].files) > 1


@pytest.mark.long
def test_a_task_that_fails_after_it_has_written_is_done_again_and_counts_once(
    server: Storage, cluster: Cluster, tmp_path: Path
) -> None:
    folder, lake = new_lake(tmp_path), bucket(server)
    for empty in (folder, lake):
        fill_small(empty)
    refused: list[Request] = []

    def refuse_first_commit(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith(".pendingset") and not refused:
            refused.append(request)
            server.faults.append(Fault("PUT", status=403, code="AccessDenied"))

    with played(server, refuse_first_commit):
        report = normalise(lake, settings(server, cluster.url, **OPTIONS, **MANY_FILES))
    assert refused
    assert report == run(folder)
    assert content(lake, tmp_path) == content(folder, tmp_path)
    assert_nothing_beside(lake, newest(lake))


@pytest.mark.long
def test_a_worker_that_dies_while_it_writes_leaves_neither_double_nor_missing_rows(
    server: Storage, tmp_path: Path
) -> None:
    folder, lake = new_lake(tmp_path), bucket(server)
    for empty in (folder, lake):
        fill_small(empty)
    killed: list[int] = []
    with standalone() as cluster:

        def kill_the_first_writer(request: Request) -> None:
            if request.method == "PUT" and "partNumber=" in request.query and not killed:
                killed.append(cluster.executor_at(request.port))
                cluster.kill(killed[0])

        with played(server, kill_the_first_writer):
            report = normalise(lake, settings(server, cluster.url, **OPTIONS, **MANY_FILES))
        assert killed
        assert killed[0] not in cluster.executors()
    assert report == run(folder)
    assert content(lake, tmp_path) == content(folder, tmp_path)
    assert_nothing_beside(lake, newest(lake))
