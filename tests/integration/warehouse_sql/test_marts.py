"""Marts over a warehouse of invented data: keys are keys, sums are the facts' sums, windows are of calendar days."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from tests.integration.warehouse_sql.audience import audience
from tests.integration.warehouse_sql.house import House, Record, open_laid_out_house
from warehouse_sql.model import Load, Model, load_models

LAST_DAY = date(2026, 1, 31)
ASKED_AT = datetime.fromisoformat("2026-02-01 02:00")
BEFORE_ALL_DAYS = datetime.fromisoformat("1999-01-01")
MEDIAS = [f"m{number}" for number in range(12)]
DESCRIBED = MEDIAS[:-2]
VIEWS = [model for model in load_models().values() if model.load is Load.VIEW]
OF_TROUBLE = {"quarantine_total", "schema_drift"}
"""Empty after a calm load; the tests of what stages count have rows for them."""
FILLED = [model for model in VIEWS if model.name not in OF_TROUBLE]


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A warehouse with two loads of invented data; the last two medias are never described."""
    chance = random.Random(20260131)
    with open_laid_out_house(tmp_path_factory.mktemp("invented")) as house:
        house.channels = {"m0": "Newsletter"}
        house.stage({"media": medias(), "media_day": days(chance), "viewing_session": sessions(chance)})
        house.load()
        house.stage(
            {
                "visitor": visitors(chance),
                "media_snapshot": snapshots(chance),
                "account_snapshot": [
                    {"snapshot_date": LAST_DAY, "load_count": 900, "play_count": 400, "_extracted_at": ASKED_AT}
                ],
                "media_engagement": curves(chance),
                **audience(chance),
            }
        )
        house.load()
        yield house


def medias() -> list[Record]:
    words = ("facebook", "youtube", "plain")
    return [
        {
            "media_id": media,
            "media_name": f"A {words[number % 3]} film",
            "duration_seconds": 100 + number,
            "_extracted_at": datetime.fromisoformat("2026-01-01"),
        }
        for number, media in enumerate(DESCRIBED)
    ]


def days(chance: random.Random) -> list[Record]:
    return [
        {
            "media_id": media,
            "activity_date": LAST_DAY - timedelta(days=back),
            "load_count": chance.choice((0, 1, 5, 40)),
            "play_count": chance.choice((0, 0, 1, 2, 25)),
            "hours_watched": chance.choice((None, 0.125, 2.5)),
            "_extracted_at": ASKED_AT,
        }
        for media in MEDIAS
        for back in range(80)
        if chance.random() < 0.7
    ]


def sessions(chance: random.Random) -> list[Record]:
    return [
        {
            "session_id": f"s{number}",
            "media_id": chance.choice(MEDIAS),
            "visitor_id": chance.choice((None, *(f"v{visitor}" for visitor in range(40)))),
            "received_at": ASKED_AT - timedelta(hours=chance.randrange(60 * 24)),
            "percent_viewed": chance.choice((None, 0, 0.25, 1)),
            "browser": chance.choice((None, "Chrome", "Safari")),
            "country": chance.choice((None, "US", "GB")),
            "_extracted_at": ASKED_AT,
        }
        for number in range(400)
    ] + [{"session_id": "of-old", "media_id": "m0", "received_at": BEFORE_ALL_DAYS, "_extracted_at": ASKED_AT}]


def visitors(chance: random.Random) -> list[Record]:
    return [
        {
            "visitor_id": f"v{number}",
            "last_active_at": ASKED_AT - timedelta(days=chance.randrange(120)),
            "load_count": chance.randrange(6),
            "play_count": chance.randrange(3),
            "browser": chance.choice((None, "Chrome")),
            "_extracted_at": ASKED_AT,
        }
        for number in range(30)
    ]


def snapshots(chance: random.Random) -> list[Record]:
    return [
        {
            "media_id": media,
            "snapshot_date": LAST_DAY - timedelta(days=back),
            "load_count": chance.randrange(1200),
            "play_count": chance.randrange(400),
            "_extracted_at": ASKED_AT + timedelta(seconds=back),
        }
        for media in MEDIAS
        for back in (0, 1, 40)
    ]


def curves(chance: random.Random) -> list[Record]:
    return [
        {
            "media_id": media,
            "snapshot_date": LAST_DAY,
            "engagement": 0.5,
            "view_count": [100 + chance.randrange(100) for _ in range(5)],
            "rewatch_count": [chance.randrange(100) for _ in range(5)],
            "_extracted_at": ASKED_AT,
        }
        for media in MEDIAS
    ]


@pytest.mark.parametrize("model", FILLED, ids=[model.name for model in FILLED])
def test_a_mart_has_rows_and_its_key_is_unique(invented: House, model: Model) -> None:
    names = ", ".join(model.key)
    assert invented.value(f"select count(*) from {model.table}") > 0
    assert invented.rows(f"select {names} from {model.table} group by {names} having count(*) > 1") == []


@pytest.mark.parametrize("model", VIEWS, ids=[model.name for model in VIEWS])
def test_a_mart_shows_no_reserved_member_but_the_unknown_one(invented: House, model: Model) -> None:
    words = {"(unknown)", "(not applicable)", "(not yet)", "Not applicable", "Not yet"}
    assert [row for row in invented.rows(f"select * from {model.table}") if words & set(row.values())] == []


def test_sums_over_channels_are_the_sums_of_the_facts(invented: House) -> None:
    channels = invented.rows(
        "select sum(session_count) as sessions, sum(load_count) as loads, sum(play_count) as plays, "
        "sum(watch_hours) as watched, sum(hours_watched) as hours from mart.channel_performance"
    )[0]
    assert channels["sessions"] == invented.value("select count(*) from core.fct_viewing_session") == 401
    assert channels["loads"] == invented.value("select sum(load_count) from core.fct_media_day")
    assert channels["plays"] == invented.value("select sum(play_count) from core.fct_media_day")
    assert channels["hours"] == invented.value("select sum(hours_watched) from core.fct_media_day")
    watched = invented.value("select sum(watch_seconds) / 3600 from core.fct_viewing_session")
    assert channels["watched"] == pytest.approx(watched, abs=1e-6)
    names = {row["channel_name"] for row in invented.rows("select channel_name from mart.channel_performance")}
    assert names == {"Newsletter", "Facebook", "YouTube", "Unknown"}


def test_visitors_of_a_channel_are_distinct(invented: House) -> None:
    told = invented.rows(
        "select activity_date, channel_name, visitor_count from mart.channel_performance where session_count > 0"
    )
    channel_of = {row["media_id"]: row["channel_name"] for row in invented.rows("select * from mart.media_summary")}
    seen: dict[tuple[date | None, str], set[int]] = {}
    for row in invented.rows("select media_id, visitor_key, received_at from core.fct_viewing_session"):
        day = row["received_at"].date() if row["received_at"].year >= 2000 else None
        visitors_seen = seen.setdefault((day, channel_of[row["media_id"]]), set())
        if row["visitor_key"] > 0:
            visitors_seen.add(row["visitor_key"])
    assert {(row["activity_date"], row["channel_name"]): row["visitor_count"] for row in told} == {
        key: len(keys) for key, keys in seen.items()
    }


@pytest.mark.parametrize("mart", ["audience_by_device", "audience_by_place"])
def test_every_session_is_in_one_row_of_the_audience(invented: House, mart: str) -> None:
    assert invented.value(f"select sum(session_count) from mart.{mart}") == 401


def test_every_visitor_is_in_one_row_of_devices_and_of_segments(invented: House) -> None:
    every = invented.value("select count(*) from core.dim_visitor where visitor_key > 0")
    assert every == 40, "ten of them are only named by sessions"
    for mart in ("audience_by_device", "audience_segment"):
        assert invented.value(f"select sum(visitor_count) from mart.{mart}") == every


def test_windows_are_of_calendar_days(invented: House) -> None:
    counted = {
        (row["media_id"], row["activity_date"]): (row["play_count"], row["load_count"])
        for row in invented.rows("select * from core.fct_media_day")
    }
    trend = invented.rows("select * from mart.media_play_trend")
    assert {(row["media_id"], row["activity_date"]) for row in trend} == set(counted)
    for row in trend:
        for place, measure in enumerate(("play", "load")):
            for length in (7, 30):
                these = window(counted, row, place, 0, length)
                before = window(counted, row, place, length, length)
                assert row[f"{measure}_count_{length}_days"] == these
                assert row[f"previous_{measure}_count_{length}_days"] == before
                share = (these - before) / before if these is not None and before else None
                assert row[f"{measure}_change_share_{length}_days"] == share


def window(
    counted: dict[tuple[str, date], tuple[int, int]], row: Record, place: int, back: int, length: int
) -> int | None:
    wanted = [row["activity_date"] - timedelta(days=back + day) for day in range(length)]
    found = [counted[row["media_id"], day][place] for day in wanted if (row["media_id"], day) in counted]
    return sum(found) if found else None


def test_statuses_follow_from_the_counts_beside_them(invented: House) -> None:
    seen = set()
    for row in invented.rows("select * from mart.media_reconciliation"):
        for status, counted, told, late in (
            ("session", row["session_count"], row["play_count"], 0),
            ("play", row["by_date_play_total"], row["lifetime_play_count"], row["play_count"] or 0),
        ):
            assert row[f"{status}_status"] == verdict(counted, told, late), row
            seen.add((status, row[f"{status}_status"]))
    every = {"equal", "expected", "short", "over", "unknown"}
    assert seen >= {("session", word) for word in every} | {("play", word) for word in every - {"equal"}}


def verdict(counted: int | None, told: int | None, late: int) -> str:
    if counted is None or told is None:
        return "unknown"
    if counted > told:
        return "expected" if counted - told <= late else "over"
    if counted == told:
        return "equal"
    missing = told - counted
    return "expected" if missing == 1 or Fraction(missing, told) <= Fraction(4, 100) else "short"
