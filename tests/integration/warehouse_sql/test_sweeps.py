"""Fault 34: visitors that the source has no more, as full sweeps of its list tell."""

from collections.abc import Sequence

from tests.integration.warehouse_sql.house import House
from tests.integration.warehouse_sql.staged import Rows

FIRST, SECOND, THIRD = (f"2026-01-0{day} 02:00:00" for day in (1, 2, 3))
SWEEP_OF_SECOND = "2026-01-02T01:59:59.000000Z"


def visitors(seen: str, *keys: str, play_count: int = 1) -> Rows:
    shown = {"last_active_at": "2025-12-30 10:00:00", "first_seen_at": "2025-12-30 10:00:00"}
    counts = {"load_count": 1, "play_count": play_count}
    return [{"visitor_id": key, "_extracted_at": seen, **shown, **counts} for key in keys]


def session(visitor: str) -> Rows:
    return [{"session_id": "s1", "media_id": "m1", "visitor_id": visitor, "received_at": FIRST, "_extracted_at": FIRST}]


def purged(house: House) -> Sequence[str]:
    rows = house.rows("select visitor_id from core.dim_visitor where is_purged and visitor_key > 0 order by 1")
    return [row["visitor_id"] for row in rows]


def test_whoever_was_last_seen_before_a_sweep_began_is_purged(house: House) -> None:
    house.stage({"visitor": visitors(FIRST, "v1", "v2", "v3"), "viewing_session": session("named only")})
    house.load()
    assert purged(house) == []
    house.stage({"visitor": visitors(SECOND, "v1", "v3")}, swept_since=SWEEP_OF_SECOND)
    report = house.load()
    assert purged(house) == ["v2"]
    assert report.applied[0].tables["core.dim_visitor"].copied == 2
    assert house.value("select play_count from core.dim_visitor where visitor_id = 'v2'") == 1


def test_a_load_without_a_sweep_purges_nobody(house: House) -> None:
    house.stage({"visitor": visitors(FIRST, "v1", "v2")})
    house.stage({"visitor": visitors(SECOND, "v1")}, swept_since=SWEEP_OF_SECOND)
    house.stage({"visitor": visitors(THIRD, "v4")})
    house.load()
    assert purged(house) == ["v2"]


def test_a_visitor_that_returns_is_there_again_also_unchanged(house: House) -> None:
    house.stage({"visitor": visitors(FIRST, "v1", "v2", "v3")})
    house.stage({"visitor": visitors(SECOND, "v1")}, swept_since=SWEEP_OF_SECOND)
    house.load()
    assert purged(house) == ["v2", "v3"]
    house.stage({"visitor": [*visitors(THIRD, "v2"), *visitors(THIRD, "v3", play_count=2)]})
    house.load()
    assert purged(house) == []


def test_a_rebuild_in_one_load_ends_where_daily_loads_do(house: House) -> None:
    everything = [*visitors(SECOND, "v1"), *visitors(FIRST, "v2"), *visitors(THIRD, "v3")]
    house.stage({"visitor": everything}, swept_since=SWEEP_OF_SECOND)
    house.load()
    assert purged(house) == ["v2"]


def test_a_sweep_of_which_the_rows_were_loaded_before_needs_no_rows(house: House) -> None:
    house.stage({"visitor": visitors(FIRST, "v1", "v2")})
    house.stage({"visitor": visitors(SECOND, "v1")})
    house.stage({"viewing_session": session("v1")}, swept_since=SWEEP_OF_SECOND)
    house.load()
    assert purged(house) == ["v2"]
