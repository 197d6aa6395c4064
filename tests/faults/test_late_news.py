"""Fault 26: sessions that come late, by an hour, days, months, or too late for the API's two years."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from extract.late_news import MOST_READS, PATROL_DAYS
from tests.integration.extract.account import AS_OF, Account, Bench, bench, event, media
from tests.integration.extract.server import Served, served

EVENTS, BY_DATE = "wistia/events", "wistia/media_by_date"
DAY = timedelta(days=1)
PER_DAY = 10
HISTORY = 200


def sessions(day: datetime, first: int, count: int) -> list[dict[str, object]]:
    return [event(first + number, day + timedelta(minutes=number)) for number in range(count)]


@pytest.fixture
def account() -> Account:
    """Ten sessions a day of one media, and nothing after the first run."""
    account = Account(medias=[media(1, "2024-01-01T09:00:00+00:00")], stats={"m1": {"load_count": 5}})
    for age in range(1, HISTORY):
        account.events += sessions(AS_OF - age * DAY, 1000 * age, PER_DAY)
        account.days["m1"][f"{AS_OF - age * DAY:%Y-%m-%d}"] = PER_DAY
    return account


@pytest.fixture
def server(account: Account) -> Iterator[Served]:
    with served(lambda asked: account.answer(asked)) as server:
        yield server


@pytest.fixture
def here(server: Served, tmp_path: Path) -> Bench:
    return bench(tmp_path, server)


def windows(here: Bench) -> set[tuple[str, str]]:
    """Return the windows of events that the last run asked for."""
    return {(asked["start_date"], asked["end_date"]) for asked in here.asked("/stats/events")}


def goes_on_living(account: Account, day: int) -> None:
    """Let there be sessions on a day after the first run, so that the watermark moves."""
    account.events += sessions(AS_OF + (day - 1) * DAY + timedelta(hours=1), 900_000 + 100 * day, 3)


def test_an_hour_late_is_within_the_overlap(here: Bench, account: Account) -> None:
    here.extract()
    account.events.append(event(1, AS_OF - timedelta(days=1, hours=1)))
    here.extract(AS_OF + DAY)
    assert "e1" in here.keys(EVENTS, "event_key")


def test_a_day_that_falls_short_of_the_plays_counted_by_day_is_read_again(here: Bench, account: Account) -> None:
    here.extract()
    late = AS_OF - 4 * DAY
    account.days["m1"][f"{late:%Y-%m-%d}"] += 3
    goes_on_living(account, 1)
    here.extract(AS_OF + DAY)
    for day in (2, 3):
        goes_on_living(account, day)
    account.events += sessions(late + timedelta(hours=3), 1, 3)
    reports = here.extract(AS_OF + 2 * DAY)
    assert (f"{late:%Y-%m-%d}",) * 2 in windows(here)
    assert reports[EVENTS].purposes["short days"] == 1
    assert {"e1", "e2", "e3"} <= here.keys(EVENTS, "event_key")
    here.extract(AS_OF + 3 * DAY)
    assert (f"{late:%Y-%m-%d}",) * 2 not in windows(here)


def test_one_session_or_four_in_a_hundred_are_no_reason(here: Bench, account: Account) -> None:
    here.extract()
    account.days["m1"][f"{AS_OF - 4 * DAY:%Y-%m-%d}"] += 1
    for day in range(1, 4):
        goes_on_living(account, day)
        assert "short days" not in here.extract(AS_OF + day * DAY)[EVENTS].purposes


@pytest.mark.parametrize(("age", "runs"), [(3, 2), (30, 35), (150, 90)])
def test_late_by_days_or_months_is_found_in_the_end(here: Bench, account: Account, age: int, runs: int) -> None:
    here.extract()
    account.events.append(event(1, AS_OF - age * DAY))
    for day in range(1, runs + 1):
        goes_on_living(account, day)
        reports = here.extract(AS_OF + day * DAY)
        if "e1" in here.keys(EVENTS, "event_key"):
            break
        assert reports[EVENTS].purposes["patrol"] <= 2
    assert "e1" in here.keys(EVENTS, "event_key")
    rows = [line["record"]["event_key"] for line in here.lines(EVENTS)]
    # Of the patrolled days none but the one that changed has landed twice.
    assert sum(rows.count(f"e{1000 * old}") > 1 for old in range(4, HISTORY)) <= 1


def test_a_day_that_stays_short_is_not_asked_for_for_ever(here: Bench, account: Account) -> None:
    here.extract()
    account.days["m1"][f"{AS_OF + DAY:%Y-%m-%d}"] = PER_DAY
    asked: list[int] = []
    notes: list[str] = []
    for day in range(1, 50):
        goes_on_living(account, day)
        report = here.extract(AS_OF + day * DAY)[EVENTS]
        asked += [day] if "short days" in report.purposes else []
        notes += [note for note in report.notes if "short of the plays" in note]
    assert len(asked) == MOST_READS
    assert [later - day for day, later in pairwise(asked)] == [1, 2, 4, 8, 16]
    assert notes == ["2026-01-09 stays 7 sessions short of the plays counted by day"]


def test_the_patrol_reads_each_day_once_in_a_rotation_and_lands_nothing_twice(here: Bench, account: Account) -> None:
    here.extract()
    landed = len(here.records(EVENTS))
    seen: list[str] = []
    for day in range(1, HISTORY // PATROL_DAYS):
        goes_on_living(account, day)
        reports = here.extract(AS_OF + day * DAY)
        (window,) = {found for found in windows(here) if found[1] < f"{AS_OF - 3 * DAY + day * DAY:%Y-%m-%d}"}
        seen.append(window[1])
        assert reports[EVENTS].unchanged in {PER_DAY * PATROL_DAYS, PER_DAY * (PATROL_DAYS - 1)}
        assert here.extract(AS_OF + day * DAY)[EVENTS].sequence is None
    assert seen == sorted(set(seen), reverse=True)
    new = {row["event_key"] for row in here.records(EVENTS)[landed:]}
    assert not {f"e{1000 * age}" for age in range(4, HISTORY)} & new


def test_beyond_what_the_source_keeps_it_is_said(here: Bench, account: Account) -> None:
    here.extract()
    old = (AS_OF - 731 * DAY).date()
    account.events.append(event(1, AS_OF - 731 * DAY))
    report = here.backfill(old, old, only="events")[EVENTS]
    assert report.requests == 0
    assert report.notes == (f"days before {old + DAY} are older than the source keeps: nothing of them can be read",)
    report = here.backfill(old, old + DAY, only="events")[EVENTS]
    assert report.landed == 0
    assert report.notes
