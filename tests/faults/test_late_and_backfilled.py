"""Faults 26 and 29 in the warehouse: what comes late, or once more with a backfill, ends where one load of all ends.

Sessions are late by an hour, 3, 30 and 150 days; a title changes in between, so that each has the version of its time.
A day that is read again beside the daily runs ends as in a warehouse that is made anew from all that landed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.warehouse_sql.house import House, Record, open_laid_out_house
from warehouse_sql.catalog import load_catalog

NOW = datetime(2026, 6, 1, 12)  # noqa: DTZ001 - staging holds UTC without a zone
LATE = {"an hour": timedelta(hours=1), "3 days": timedelta(3), "30 days": timedelta(30), "150 days": timedelta(150)}
TABLES = [table for table in load_catalog() if table.startswith(("core.", "mart.")) and table != "core.dim_date"]
Batch = Mapping[str, list[Record]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("late")) as opened:
        opened.load()
        yield opened


def session(key: str, received: datetime, seen: datetime, share: float = 0.5) -> Record:
    return {
        "session_id": key,
        "media_id": "m1",
        "visitor_id": f"visitor of {key}",
        "received_at": received,
        "percent_viewed": share,
        "_extracted_at": seen,
    }


def film(title: str, seen: datetime) -> Record:
    return {"media_id": "m1", "media_name": title, "duration_seconds": 100, "_extracted_at": seen}


def content(house: House) -> dict[str, list[str]]:
    """Return what stands in the tables, without the load that brought it."""
    found = {}
    for table in TABLES:
        names = ", ".join(column.name for column in load_catalog()[table] if column.name != "_load_sequence")
        found[table] = sorted(map(str, house.rows(f"select {names} from {table}")))
    return found


def loaded(house: House, *batches: Batch) -> dict[str, list[str]]:
    """Load some batches, one after the other, into an empty warehouse; return what it ends in."""
    house.empty()
    for batch in batches:
        house.stage(batch)
        house.load()
    return content(house)


def landed(*batches: Batch) -> list[Batch]:
    """Give each row its place in raw, which it keeps however it is loaded."""
    return [
        {
            entity: [{**row, "_raw_sequence": number, "_raw_line": line} for line, row in enumerate(rows, start=1)]
            for entity, rows in batch.items()
        }
        for number, batch in enumerate(batches, start=1)
    ]


def together(*batches: Batch) -> Batch:
    every: dict[str, list[Any]] = {}
    for batch in batches:
        for entity, rows in batch.items():
            every.setdefault(entity, []).extend(rows)
    return every


def test_sessions_that_come_late_end_where_those_in_time_do(made: House) -> None:
    titles = [film("Before", NOW - timedelta(100)), film("After", NOW - timedelta(10))]
    in_time = [session(f"in time, {name}", NOW - age, NOW) for name, age in LATE.items()]
    late = [session(f"late by {name}", NOW - age, NOW + timedelta(days=1)) for name, age in LATE.items()]
    first, second = landed({"media": titles, "viewing_session": in_time}, {"viewing_session": late})
    one_by_one = loaded(made, first, second)
    days = made.rows("select session_count from mart.media_daily_total where session_count > 0")
    assert sorted(row["session_count"] for row in days) == [2, 2, 2, 2]
    versions = made.rows(
        "select session_id, media_name from core.fct_viewing_session "
        "inner join core.dim_media on fct_viewing_session.media_key = dim_media.media_key"
    )
    assert {row["session_id"]: row["media_name"] for row in versions if row["session_id"].startswith("late")} == {
        "late by an hour": "After",
        "late by 3 days": "After",
        "late by 30 days": "Before",
        "late by 150 days": "Before",
    }
    assert loaded(made, together(first, second)) == one_by_one


@pytest.mark.parametrize("backfill_comes", ["before the daily load", pytest.param("after it", marks=pytest.mark.long)])
def test_a_day_that_is_read_again_is_that_of_a_warehouse_made_anew(made: House, backfill_comes: str) -> None:
    day = NOW - timedelta(days=20)
    history = [session(f"s{number}", day + timedelta(days=number - 1), day + timedelta(2)) for number in range(3)]
    daily = [session("s3", NOW, NOW + timedelta(hours=1)), session("s1", day, NOW + timedelta(hours=1), 0.6)]
    again = [session("s1", day, NOW + timedelta(hours=2), 0.9), session("missed", day, NOW + timedelta(hours=2))]
    first, second, third = landed(
        {"media": [film("Film", day)], "viewing_session": history},
        {"viewing_session": daily},
        {"viewing_session": again},
    )
    order = (first, third, second) if backfill_comes == "before the daily load" else (first, second, third)
    ended = loaded(made, *order)
    of_day = made.rows(
        f"select session_id, percent_viewed from core.fct_viewing_session where received_date_key = {day:%Y%m%d}"
    )
    assert {row["session_id"]: row["percent_viewed"] for row in of_day} == {"s1": 0.9, "missed": 0.5}
    assert loaded(made, together(first, second, third)) == ended
