"""Properties of an invented account at any instant."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.wistia.account import EventFilter, Listing, VisitorFilter
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.instants import DAY, horizon, seconds, stats_time
from sandbox.wistia.invented import InventedAccount, InventedShown
from sandbox.wistia.profile import EPOCH, small

SMALL = small(visitors=400, events=300)
ACCOUNT = InventedAccount(SMALL, seed=7)

instants = st.integers(EPOCH - 300 * DAY, EPOCH + 200 * DAY)


def rows(listing: Listing) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(listing.page(1, max(1, len(listing))))
    return found


def everything(shown: InventedShown) -> bytes:
    stats = [shown.media_stats(media.hashed_id) for media in MEDIAS]
    lists = [shown.visitors(VisitorFilter()), shown.events(EventFilter())]
    pages = b"\n".join(each.page(1, len(each)) for each in lists)
    return pages + json.dumps([stats, shown.medias]).encode()


def test_the_small_profile_has_the_size_it_was_given() -> None:
    shown = ACCOUNT.at(EPOCH)
    assert len(shown.visitors(VisitorFilter())) == 400
    assert abs(len(shown.events(EventFilter())) - 300) <= 1


def test_a_profile_that_cannot_hold_its_players_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        InventedAccount(small(visitors=10, events=300))


@settings(max_examples=25, deadline=None)
@given(now=instants, before=st.lists(instants, max_size=3))
def test_answers_depend_on_the_instant_alone(now: int, before: list[int]) -> None:
    wanderer = InventedAccount(SMALL, seed=7)
    for other in before:
        everything(wanderer.at(other))
    assert everything(wanderer.at(now)) == everything(ACCOUNT.at(now))


def test_another_seed_is_another_account_of_the_same_size() -> None:
    other = InventedAccount(SMALL, seed=8).at(EPOCH)
    assert len(other.visitors(VisitorFilter())) == 400
    assert everything(other) != everything(ACCOUNT.at(EPOCH))


@settings(max_examples=50, deadline=None)
@given(now=instants)
def test_visitors_are_listed_once_latest_activity_first(now: int) -> None:
    found = rows(ACCOUNT.at(now).visitors(VisitorFilter()))
    activity = [row["last_active_at"] for row in found]
    assert activity == sorted(activity, reverse=True)
    assert len({row["visitor_key"] for row in found}) == len(found)
    assert all(row["play_count"] >= 1 and row["load_count"] >= 1 for row in found)
    assert all(row["created_at"] <= stats_time(now) for row in found)
    assert all(stats_time(horizon(now)) <= at <= stats_time(now) for at in activity)


def test_a_visitor_gets_its_row_seconds_after_its_first_activity() -> None:
    found = [row for row in rows(ACCOUNT.at(EPOCH + 30 * DAY).visitors(VisitorFilter())) if row["play_count"] == 1]
    waits = [seconds(row["created_at"]) - seconds(row["last_active_at"]) for row in found]
    assert len(found) > 300
    assert all(0 <= wait <= 139 for wait in waits)
    assert 0.7 < sum(wait > 0 for wait in waits) / len(waits) < 0.95


@settings(max_examples=50, deadline=None)
@given(now=instants)
def test_events_are_listed_latest_first_within_two_years(now: int) -> None:
    found = rows(ACCOUNT.at(now).events(EventFilter()))
    received = [row["received_at"] for row in found]
    assert received == sorted(received, reverse=True)
    assert all(stats_time(horizon(now)) <= at <= stats_time(now) for at in received)
    assert all(0 <= row["percent_viewed"] <= 1 for row in found)


@settings(max_examples=50, deadline=None)
@given(now=instants, per_page=st.integers(1, 100))
def test_pages_cover_a_list_exactly_once(now: int, per_page: int) -> None:
    shown = ACCOUNT.at(now)
    for listing in (shown.visitors(VisitorFilter()), shown.events(EventFilter())):
        pages: list[dict[str, Any]] = []
        for page in range(1, -(-len(listing) // per_page) + 1):
            pages += json.loads(listing.page(page, per_page))
        assert pages == rows(listing)
        assert listing.page(-(-len(listing) // per_page) + 1, per_page) == b"[]"


@settings(max_examples=50, deadline=None)
@given(now=instants, since=instants, days=st.integers(0, 400), media=st.sampled_from([None, *MEDIAS[7:]]))
def test_event_filters_select_what_a_scan_would(now: int, since: int, days: int, media: Any) -> None:
    shown = ACCOUNT.at(now)
    media_id = media.hashed_id if media else None
    first = since // DAY * DAY
    last = first + days * DAY
    found = rows(shown.events(EventFilter(media=media_id, since=first, before=last)))
    assert found == [
        row
        for row in rows(shown.events(EventFilter()))
        if stats_time(first) <= row["received_at"] < stats_time(last) and media_id in (None, row["media_id"])
    ]


@settings(max_examples=50, deadline=None)
@given(now=instants)
def test_counters_obey_the_formulas_of_the_vendor(now: int) -> None:
    for media in MEDIAS:
        stats = ACCOUNT.at(now).media_stats(media.hashed_id)
        if stats is None:
            assert media.created > now
            continue
        hours = stats["play_count"] * stats["engagement"] * (media.duration or 0) / 3600
        assert stats["hours_watched"] == hours
        assert round(stats["engagement"], 6) == stats["engagement"]
        players = stats["play_rate"] * stats["visitors"]
        assert abs(players - round(players)) < 1e-6
        assert round(players) <= min(stats["visitors"], stats["play_count"])
        assert stats["visitors"] <= stats["load_count"]
        assert 0 <= stats["engagement"] <= 1


@settings(max_examples=50, deadline=None)
@given(now=instants, later=st.integers(1, 40 * DAY))
def test_loads_plays_and_visitors_never_fall(now: int, later: int) -> None:
    for media in MEDIAS:
        then = ACCOUNT.at(now).media_stats(media.hashed_id)
        if then is None:
            continue
        since = ACCOUNT.at(now + later).media_stats(media.hashed_id)
        assert since is not None
        for counter in ("load_count", "play_count", "visitors"):
            assert since[counter] >= then[counter]


@settings(max_examples=25, deadline=None)
@given(now=instants)
def test_events_are_plays_that_the_counters_know(now: int) -> None:
    shown = ACCOUNT.at(now)
    for media in MEDIAS:
        keys = {row["event_key"] for row in rows(shown.events(EventFilter(media=media.hashed_id)))}
        stats = shown.media_stats(media.hashed_id)
        assert len(keys) <= (stats["play_count"] if stats else 0)


def test_hours_fall_on_some_days_although_plays_rise() -> None:
    days = [ACCOUNT.at(EPOCH + day * DAY).media_stats("v08dlrgr7v") or {} for day in range(365)]
    steps = pairwise(days)
    assert any(b["play_count"] > a["play_count"] and b["hours_watched"] < a["hours_watched"] for a, b in steps)


def test_visitors_return_to_the_top_with_their_first_instant() -> None:
    returned = 0
    for day in range(60):
        before = {row["visitor_key"]: row for row in rows(ACCOUNT.at(EPOCH + day * DAY).visitors(VisitorFilter()))}
        after = rows(ACCOUNT.at(EPOCH + (day + 1) * DAY).visitors(VisitorFilter()))
        for row in after:
            old = before.get(row["visitor_key"])
            if old is None or old == row:
                continue
            returned += 1
            assert row["created_at"] == old["created_at"]
            assert row["last_active_at"] > stats_time(EPOCH + day * DAY) >= old["last_active_at"]
            assert row["play_count"] > old["play_count"]
            assert row["load_count"] >= old["load_count"]
    assert returned > 10


def test_sessions_come_late_are_revised_repeated_and_purged() -> None:
    seen: dict[str, dict[str, Any]] = {}
    late = revised = repeated = purged = 0
    for day in range(60):
        now = EPOCH + day * DAY
        found = rows(ACCOUNT.at(now).events(EventFilter()))
        repeated += len(found) - len({row["event_key"] for row in found})
        for row in found:
            old = seen.get(row["event_key"])
            late += old is None and day > 0 and row["received_at"] <= stats_time(now - DAY)
            revised += old is not None and old["percent_viewed"] < row["percent_viewed"]
            assert old is None or old == row | {"percent_viewed": old["percent_viewed"]}
            assert old is None or old["percent_viewed"] <= row["percent_viewed"]
        purged += len(seen.keys() - {row["event_key"] for row in found})
        seen = {row["event_key"]: row for row in found}
    assert min(late, revised, repeated) > 3
    everyone = {row["visitor_key"] for row in rows(ACCOUNT.at(EPOCH).visitors(VisitorFilter()))}
    listed = {row["visitor_key"] for row in rows(ACCOUNT.at(EPOCH + 60 * DAY).visitors(VisitorFilter()))}
    assert everyone - listed
    assert purged == 0  # no event of the campaigns is two years old yet
    gone = {row["event_key"] for row in rows(ACCOUNT.at(EPOCH).events(EventFilter()))}
    assert gone - {row["event_key"] for row in rows(ACCOUNT.at(EPOCH + 200 * DAY).events(EventFilter()))}


def test_the_traps_of_real_rows_are_there() -> None:
    found = rows(InventedAccount(small(), seed=7).at(EPOCH).events(EventFilter()))

    def seen(name: str) -> set[Any]:
        """Types of a field; of text also whether it is empty."""
        return {row[name] if row[name] in ("", None) else type(row[name]) for row in found}

    assert seen("lat") == seen("lon") == {float, int, ""}
    assert {(bool(row["lat"]), bool(row["lon"])) for row in found} == {(True, True), (False, False), (True, False)}
    assert seen("org") == seen("region") == seen("city") == {str, "", None}
    assert seen("country") == {str, ""}
    assert seen("conversion_type") == {str, int, ""}
    assert {row["conversion_data"] for row in found if isinstance(row["conversion_data"], str)} == {""}
    filled = [row["conversion_data"] for row in found if row["conversion_type"] != ""]
    assert all(data["email"].endswith("@example.com") for data in filled)
    assert 0 < len(filled) < len(found) / 50


@settings(max_examples=25, deadline=None)
@given(now=instants, place=st.integers(0, 10_000))
def test_one_row_is_the_row_of_the_list(now: int, place: int) -> None:
    shown = ACCOUNT.at(now)
    for listing, one, name in (
        (shown.visitors(VisitorFilter()), shown.visitor, "visitor_key"),
        (shown.events(EventFilter()), shown.event, "event_key"),
    ):
        found = rows(listing)
        if not found:
            continue
        row = found[place % len(found)]
        alone = one(row[name])
        assert alone is not None
        assert json.loads(alone) == row


def test_what_is_not_listed_is_not_shown_alone() -> None:
    newest = rows(ACCOUNT.at(EPOCH + DAY).visitors(VisitorFilter()))[0]
    assert ACCOUNT.at(EPOCH).visitor(newest["visitor_key"]) is None
    event = rows(ACCOUNT.at(EPOCH + DAY).events(EventFilter()))[0]
    assert ACCOUNT.at(EPOCH).event(event["event_key"]) is None


def test_a_media_changes_title_and_section_and_updated_follows_nothing_else() -> None:
    def media(at: str) -> dict[str, Any]:
        return next(row for row in ACCOUNT.at(seconds(at)).medias if row["hashed_id"] == "t3g5k9x0wn")

    old, titled, sectioned = (media(f"2026-01-{day}T23:59:59Z") for day in ("07", "10", "12"))
    assert (old["name"], "section" in old) == ("The Gap Lesson", False)
    assert (titled["name"], "section" in titled) == ("The Gap Lesson (2026 edition)", False)
    assert (sectioned["name"], sectioned["section"]) == ("The Gap Lesson (2026 edition)", "Evergreen")
    assert (old["updated"], titled["updated"]) == ("2025-10-15T17:20:04+00:00", "2026-01-10T15:20:31+00:00")
    assert media("2026-02-20T00:00:00Z")["updated"] == sectioned["updated"]
