"""What Spark makes of large inputs, at a thousandth of their size: how many files, and how evenly rows are spread."""

import gc
from collections.abc import Iterator

import pytest

from extract.lake import DirectoryLake
from extract.settings import Settings
from spark.manifest import StagingManifest, staging_log
from tests.integration.spark.lakes import land, new_lake, newest, run, staged
from tests.integration.spark.test_normalise import session

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
from tests.integration.spark.test_spark_engine import QUICK_START

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STREAM, ENTITY = "wistia/events", "wistia__viewing_session"
SESSIONS, TASKS = 4_000, 32
SMALL_FILES = {
    "spark.default.parallelism": str(TASKS),
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "16k",
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "1k",
}


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what Py4J leaves before a test of others is blamed for it."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> DirectoryLake:
    """Two loads: sessions of which half are of one media; then one of an old day, and a later state of another."""
    lake = new_lake(tmp_path_factory.mktemp("shapes"))
    lines = [
        session(f"s{number}", number / SESSIONS, media_id="most" if number % 2 else f"m{number}")
        for number in range(SESSIONS)
    ]
    land(lake, STREAM, lines[: SESSIONS // 2], lines[SESSIONS // 2 :])
    settings = Settings(engine="spark", spark_master="local[2]", spark_options=QUICK_START | SMALL_FILES)
    run(lake, settings)
    land(lake, STREAM, [late("old"), late("s7", received_at="2026-01-07T12:00:00Z")])
    run(lake, settings)
    return lake


def late(key: str, received_at: str = "2024-02-29T23:59:59Z") -> str:
    return session(key, 0.5, received_at=received_at)


def test_files_are_as_large_as_they_should_be_though_half_of_the_sessions_are_of_one_media(
    lake: DirectoryLake,
) -> None:
    (first, _) = loads(lake)
    rows = [file.rows for file in first.entities[ENTITY].files]
    assert sum(rows) == SESSIONS
    assert 1 < len(rows) < TASKS, "neither one file of all, nor one of each task"
    assert max(rows) < 2 * SESSIONS / len(rows), "no task has the rows of a media"


def test_what_comes_late_is_a_load_of_its_own_with_its_day_and_its_later_state(lake: DirectoryLake) -> None:
    (_, second) = loads(lake)
    rows = staged(lake, second, ENTITY)
    assert {(row["session_id"], row["received_at"].isoformat()) for row in rows} == {
        ("old", "2024-02-29T23:59:59"),
        ("s7", "2026-01-07T12:00:00"),
    }
    assert len(second.entities[ENTITY].files) == 1, "what is small is one file"
    assert {row["_raw_sequence"] for row in rows} == {2}


def loads(lake: DirectoryLake) -> list[StagingManifest]:
    assert newest(lake).sequence == 2
    return list(staging_log(lake).after(0))
