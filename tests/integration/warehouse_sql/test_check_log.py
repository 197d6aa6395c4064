"""What checks found last is noted in the lake: by loads, published or refused, and by an examination of all rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.errors import DataRefused
from extract.lake import DirectoryLake
from tests.integration.warehouse_sql.house import House
from warehouse_sql.check_log import FOLDER, LastResult, last_results, note_examination, note_load
from warehouse_sql.checks import Result

HOUSE, OTHER = "sandbox:house", "sandbox:other"
AT = datetime(2026, 1, 15, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = {"_extracted_at": "2026-01-10 02:00:00"}
DAY = {"media_id": "m1", "activity_date": "2026-01-05", "load_count": 2, "play_count": 1, **SEEN}


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "lake")


def found(lake: DirectoryLake) -> dict[str, tuple[int, str]]:
    """Return of each table how many rows offended, and of which rows it was asked."""
    return {result.table: (result.count, result.rows) for result in last_results(lake, HOUSE)}


def test_the_newest_result_of_each_check_is_the_last(lake: DirectoryLake) -> None:
    assert found(lake) == {}
    note_load(lake, HOUSE, [Result("a", "is so", True, 0), Result("b", "is so", True, 0)], "load 1", AT)
    note_examination(lake, HOUSE, [Result("a", "is so", True, 2), Result("c", "is so", False, 0)], AT + HOUR)
    note_load(lake, HOUSE, [Result("b", "is so", True, 1)], "load 2", AT + 2 * HOUR)
    assert found(lake) == {"a": (2, "all rows"), "b": (1, "the rows of load 2"), "c": (0, "all rows")}
    assert last_results(lake, OTHER) == ()


def test_a_load_that_checks_nothing_leaves_what_was_known(lake: DirectoryLake) -> None:
    note_load(lake, HOUSE, [Result("a", "is so", True, 0)], "load 1", AT)
    note_load(lake, HOUSE, [], "load 2", AT + HOUR)
    assert found(lake) == {"a": (0, "the rows of load 1")}


def test_a_note_that_another_release_wrote_otherwise_is_none(lake: DirectoryLake) -> None:
    note_examination(lake, HOUSE, [Result("a", "is so", True, 0)], AT)
    (key,) = [info.key for info in lake.list_after(FOLDER)]
    lake.put(key, b'[{"table": "a", "severity": "high"}]')
    assert last_results(lake, HOUSE) == ()
    note_examination(lake, HOUSE, [Result("a", "is so", True, 0)], AT)
    assert last_results(lake, HOUSE) == (LastResult("a", "is so", True, 0, "all rows", "2026-01-15T02:00:00.000000Z"),)


def test_a_load_leaves_what_its_checks_found_and_one_that_was_refused_too(filled: House) -> None:
    filled.stage({"media": [{"media_id": "m1", "media_name": "Video", **SEEN}], "media_day": [DAY]})
    filled.load()
    published = found(filled.lake)
    assert published["core.fct_media_day"] == published["core.dim_media"] == (0, "the rows of load 1")
    filled.stage({"media_day": [{**DAY, "activity_date": "2026-01-06", "load_count": -1}]})
    with pytest.raises(DataRefused, match="load 2"):
        filled.load()
    offending = [result for result in last_results(filled.lake, HOUSE) if result.count and result.is_fatal]
    assert [(result.table, result.count, result.rows) for result in offending] == [
        ("core.fct_media_day", 1, "the rows of load 2, which was refused")
    ]
    assert found(filled.lake)["core.dim_media"] == (0, "the rows of load 1")
