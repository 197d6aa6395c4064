"""A first load and seven days of a simulated account end in the account's own truth, read without any of our SQL."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.clock import parse_instant
from extract.progress import Silent
from orchestration.pipeline import extract_stage
from sandbox.wistia.account import EventFilter, Shown, VisitorFilter
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import House, house

pytestmark = pytest.mark.long
DAYS = [datetime(2026, 1, 8, 2, tzinfo=UTC) + timedelta(days=day) for day in range(8)]
EVERYTHING = 1_000_000


@pytest.fixture(scope="module")
def account() -> InventedAccount:
    return InventedAccount(small(visitors=400, events=300))


@pytest.fixture(scope="module")
def loaded(account: InventedAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house(tmp_path_factory.mktemp("week"), account):
        for day in DAYS:
            assert built.run(day).outcome == "published"
        yield built


@pytest.fixture(scope="module")
def truth(account: InventedAccount) -> Shown:
    return account.at(int(DAYS[-1].timestamp()))


def naive(instant: str) -> datetime:
    return parse_instant(instant).replace(tzinfo=None)


def visitors(shown: Shown) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(shown.visitors(VisitorFilter()).page(1, EVERYTHING))
    return rows


def sessions(shown: Shown) -> dict[str, dict[str, Any]]:
    rows = json.loads(shown.events(EventFilter()).page(1, EVERYTHING))
    return {row["event_key"]: row for row in rows}


def test_every_visitor_has_the_state_that_the_account_shows(loaded: House, truth: Shown) -> None:
    rows = loaded.query("select visitor_id, last_active_at, load_count, play_count from core.dim_visitor")
    states = {visitor: state for visitor, *state in rows}
    for row in visitors(truth):
        assert states[row["visitor_key"]] == [naive(row["last_active_at"]), row["load_count"], row["play_count"]]


def test_every_session_is_there_once_late_and_revised_ones_too(loaded: House, truth: Shown) -> None:
    rows = loaded.query(
        "select session_id, received_at, visitor_id, media_id, percent_viewed from core.fct_viewing_session "
        "join core.dim_visitor on dim_visitor.visitor_key = fct_viewing_session.visitor_key"
    )
    states = {session: state for session, *state in rows}
    assert len(states) == len(rows)
    shown = sessions(truth)
    assert len(shown) > 300
    for key, row in shown.items():
        expected = [naive(row["received_at"]), row["visitor_key"], row["media_id"], row["percent_viewed"]]
        assert states[key] == expected


def test_each_day_has_a_snapshot_of_each_media(account: InventedAccount, loaded: House) -> None:
    rows = loaded.query(
        "select snapshot_date, media_id, load_count, play_count, hours_watched from core.fct_media_snapshot"
    )
    expected = set()
    for day in DAYS:
        shown = account.at(int(day.timestamp()))
        for media in shown.medias:
            stats = shown.media_stats(media["hashed_id"])
            assert stats
            counters = (stats["load_count"], stats["play_count"], stats["hours_watched"])
            expected.add((str(day.date()), media["hashed_id"], *counters))
    assert {(str(day), *rest) for day, *rest in rows} == expected


def test_a_media_that_changed_has_a_version_for_each_state_and_facts_point_at_the_one_of_their_time(
    loaded: House,
) -> None:
    versions = loaded.query(
        "select media_id, count(*), sum(case when is_current then 1 else 0 end) from core.dim_media "
        "where media_key > 0 group by media_id"
    )
    assert {current for _, _, current in versions} == {1}
    assert max(count for _, count, _ in versions) == 3, "one media changes its title and then its section"
    astray = loaded.one(
        "select count(*) from core.fct_viewing_session f join core.dim_media m on m.media_key = f.media_key "
        "where f.media_id <> m.media_id or f.received_at < m.valid_from or f.received_at >= m.valid_to"
    )
    assert astray == 0


def test_a_week_loaded_at_once_has_the_versions_of_a_week_loaded_daily(
    account: InventedAccount, loaded: House, tmp_path: Path
) -> None:
    versions = (
        "select media_id, media_name, section_name, cast(valid_from as date), cast(valid_to as date), is_current "
        "from core.dim_media where media_key > 0 order by media_id, valid_from"
    )
    pointed = (
        "select session_id, media_name, section_name, percent_viewed from core.fct_viewing_session "
        "join core.dim_media on dim_media.media_key = fct_viewing_session.media_key order by session_id"
    )
    for built in house(tmp_path, account):
        for day in DAYS:
            extract_stage(built.context(day), Silent())
        assert built.run(DAYS[-1]).outcome == "published"
        assert built.query(versions) == loaded.query(versions)
        assert built.query(pointed) == loaded.query(pointed)


def test_the_segments_are_those_of_the_visitors(loaded: House) -> None:
    rows = loaded.query("select load_count, play_count from core.dim_visitor where visitor_key > 0 and not is_inferred")
    counted = {"Frequent": 0, "Occasional": 0, "Rare": 0}
    for loads, plays in rows:
        counted["Frequent" if loads + plays >= 5 else "Occasional" if loads + plays >= 2 else "Rare"] += 1
    found = loaded.query(
        "select frequency_segment, sum(visitor_count) from mart.audience_segment "
        "where frequency_segment <> 'Unknown' group by frequency_segment"
    )
    assert dict(found) == {segment: count for segment, count in counted.items() if count}


def test_the_counts_of_every_load_add_up_in_the_ledger(loaded: House) -> None:
    rows = loaded.query(
        "select copied_count, inserted_count + updated_count + unchanged_count + superseded_count "
        "from audit.load_count where copied_count is not null"
    )
    assert rows
    assert all(copied == rest for copied, rest in rows)
