"""Counters by day and engagement curves agree with the sessions and with the lifetime counters."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.wistia.account import EventFilter
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.curves import bucket_count
from sandbox.wistia.instants import DAY, day_text, seconds
from sandbox.wistia.invented import InventedAccount, InventedShown
from sandbox.wistia.profile import EPOCH, small

ACCOUNT = InventedAccount(small(visitors=400, events=300), seed=7)
FIRST = seconds("2022-01-01T00:00:00Z") // DAY
LIVE = [media.hashed_id for media in MEDIAS if media.weight and media.created < EPOCH]

instants = st.integers(EPOCH - 300 * DAY, EPOCH + 200 * DAY)
medias = st.sampled_from([media.hashed_id for media in MEDIAS if media.created < EPOCH - 300 * DAY])


def days(shown: InventedShown, media_id: str, first: int = FIRST, last: int | None = None) -> list[dict[str, Any]]:
    rows = shown.media_days(media_id, first, shown.now // DAY if last is None else last)
    assert rows is not None
    return rows


def events_by_day(shown: InventedShown, media_id: str) -> dict[str, set[str]]:
    listing = shown.events(EventFilter(media=media_id))
    found: dict[str, set[str]] = {}
    for row in json.loads(listing.page(1, max(1, len(listing)))):
        found.setdefault(row["received_at"][:10], set()).add(row["event_key"])
    return found


@settings(max_examples=50, deadline=None)
@given(now=instants, media_id=medias, back=st.integers(0, 400), ahead=st.integers(-400, 5))
def test_every_day_of_a_window_has_one_row_up_to_today(now: int, media_id: str, back: int, ahead: int) -> None:
    today = now // DAY
    rows = days(ACCOUNT.at(now), media_id, today - back, today + ahead)
    assert [row["date"] for row in rows] == [
        day_text(day) for day in range(today - back, min(today + ahead, today) + 1)
    ]
    whole = {row["date"]: row for row in days(ACCOUNT.at(now), media_id)}
    assert all(whole[row["date"]] == row for row in rows)
    for row in rows:
        assert 0 <= row["play_count"] <= row["load_count"]
        assert row["hours_watched"] >= 0
        assert row["play_count"] or row["hours_watched"] == 0


@settings(max_examples=25, deadline=None)
@given(now=instants)
def test_every_session_that_is_listed_is_a_play_of_its_day(now: int) -> None:
    shown = ACCOUNT.at(now)
    for media_id in LIVE:
        if shown.media_stats(media_id) is None:
            continue
        plays = {row["date"]: row["play_count"] for row in days(shown, media_id)}
        for day, keys in events_by_day(shown, media_id).items():
            assert len(keys) <= plays[day]


def test_sessions_are_one_to_four_per_cent_fewer_than_the_plays_of_their_days() -> None:
    account = InventedAccount(small(), seed=7)
    now = EPOCH + 365 * DAY
    shown = account.at(now)
    since = day_text(EPOCH // DAY + 1)
    plays = sum(row["play_count"] for media in LIVE for row in days(shown, media) if row["date"] >= since)
    sessions = sum(len(keys) for media in LIVE for day, keys in events_by_day(shown, media).items() if day >= since)
    assert plays > 2_000
    assert 0.96 <= sessions / plays <= 0.99


@settings(max_examples=50, deadline=None)
@given(now=instants, media_id=medias)
def test_days_add_up_to_the_lifetime_counters_but_for_what_is_late_or_undated(now: int, media_id: str) -> None:
    shown = ACCOUNT.at(now)
    stats = shown.media_stats(media_id)
    assert stats is not None
    media = next(media for media in MEDIAS if media.hashed_id == media_id)
    rows = days(shown, media_id)
    late_plays = stats["play_count"] - media.quiet.undated[1] - sum(row["play_count"] for row in rows)
    assert late_plays == stats["load_count"] - media.quiet.undated[0] - sum(row["load_count"] for row in rows)
    assert 0 <= late_plays <= 5 * media.weight
    if not media.weight:
        assert late_plays == 0


def test_a_profile_can_do_without_a_shortfall() -> None:
    account = InventedAccount(replace(small(visitors=400, events=300), undated=0.0), seed=7)
    for media in MEDIAS:
        shown = account.at(EPOCH)
        stats = shown.media_stats(media.hashed_id)
        if stats is None:
            continue
        rows = days(shown, media.hashed_id)
        assert sum(row["play_count"] for row in rows) == stats["play_count"]
        assert sum(row["load_count"] for row in rows) == stats["load_count"]
        assert sum(row["hours_watched"] for row in rows) == pytest.approx(
            stats["hours_watched"], abs=0.0005 * len(rows)
        )


def test_recent_days_are_restated_and_older_ones_stand() -> None:
    arrived = revised = 0
    for today in range(EPOCH // DAY + 1, EPOCH // DAY + 60):
        # Half an hour after midnight: the day before is over, and not all of it has arrived.
        before = days(ACCOUNT.at(today * DAY + 1800), "v08dlrgr7v")[:-1]
        after = days(ACCOUNT.at((today + 1) * DAY + 1800), "v08dlrgr7v")[:-2]
        for old, new in zip(before, after, strict=True):
            if old != new:
                assert old["date"] >= day_text(today - 4)
                assert old["play_count"] <= new["play_count"]
                arrived += old["play_count"] < new["play_count"]
                revised += old["play_count"] == new["play_count"]
                assert old["hours_watched"] < new["hours_watched"]
    assert min(arrived, revised) > 3


def test_today_is_partial() -> None:
    counts = [
        days(ACCOUNT.at(EPOCH + 9 * DAY + hour * 3600), "v08dlrgr7v", EPOCH // DAY + 10)[0]["play_count"]
        for hour in range(1, 24)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@settings(max_examples=25, deadline=None)
@given(now=instants, first=st.integers(0, 900))
def test_the_account_is_the_sum_of_its_medias_and_of_those_that_were_deleted(now: int, first: int) -> None:
    shown = ACCOUNT.at(now)
    since = now // DAY - first
    every = [days(shown, media["hashed_id"], since) for media in shown.medias]
    rows = shown.account_days(since, now // DAY)
    deleted = 0
    for row, parts in zip(rows, zip(*every, strict=True), strict=True):
        missing = row["play_count"] - sum(part["play_count"] for part in parts)
        assert missing >= 0
        assert row["load_count"] - sum(part["load_count"] for part in parts) == 2 * missing
        deleted += missing
    stats = [shown.media_stats(media["hashed_id"]) or {} for media in shown.medias]
    account = shown.account_stats()
    assert account["play_count"] - sum(each["play_count"] for each in stats) >= deleted
    for project in shown.projects:
        inside = shown.project_stats(project["hashedId"])
        ids = [media["hashed_id"] for media in shown.medias if media["project"]["id"] == project["id"]]
        own = [shown.media_stats(media_id) or {} for media_id in ids]
        assert inside is not None
        assert (inside["number_of_videos"], project["mediaCount"]) == (len(ids), len(ids))
        assert inside["play_count"] == sum(each["play_count"] for each in own)
        assert inside["hours_watched"] == sum(each["hours_watched"] for each in own)


def test_an_account_whose_visitors_played_has_more_plays_than_visitors() -> None:
    shown = ACCOUNT.at(EPOCH)
    assert shown.account_stats()["play_count"] >= 400


def test_buckets_are_seconds_begun_and_never_more_than_a_thousand() -> None:
    lengths = {None: 0, 0: 0, 12.0: 12, 435.456: 436, 999.2: 1000, 1000.0: 1000, 1000.1: 1000, 5402.0: 1000}
    assert {duration: bucket_count(duration) for duration in lengths} == lengths


@settings(max_examples=50, deadline=None)
@given(now=instants, media_id=medias)
def test_a_curve_falls_but_for_its_last_bucket_and_never_counts_more_first_views_than_plays(
    now: int, media_id: str
) -> None:
    shown = ACCOUNT.at(now)
    curve, stats = shown.media_engagement(media_id), shown.media_stats(media_id)
    media = next(media for media in MEDIAS if media.hashed_id == media_id)
    assert curve is not None
    assert stats is not None
    views, again = curve["engagement_data"], curve["rewatch_data"]
    assert len(views) == len(again) == bucket_count(media.duration)
    assert curve["engagement"] == stats["engagement"]
    first = [view - second for view, second in zip(views, again, strict=True)]
    assert all(0 <= count <= stats["play_count"] for count in first)
    assert all(second >= 0 for second in again)
    assert all(before >= after for before, after in pairwise(first[:-1]))
    if stats["play_count"] > 50:
        assert first[-1] > first[-2]


def test_a_curve_is_as_large_as_those_that_were_published() -> None:
    account = InventedAccount()
    shown = account.at(EPOCH)
    for media_id in ("v08dlrgr7v", "gskhw4w4lm"):
        curve, stats = shown.media_engagement(media_id), shown.media_stats(media_id)
        assert curve is not None
        assert stats is not None
        views, again = sum(curve["engagement_data"]), sum(curve["rewatch_data"])
        assert len(curve["engagement_data"]) == 436
        assert 1.01 <= (views - again) / (436 * stats["play_count"]) / stats["engagement"] <= 1.02
        assert 0.03 <= again / views <= 0.06
        assert 0.1 <= curve["rewatch_data"][0] / curve["engagement_data"][0] <= 0.11


@settings(max_examples=25, deadline=None)
@given(now=instants, later=st.integers(1, 3 * DAY))
def test_a_curve_stays_the_same_to_the_byte_while_nothing_happens_to_its_media(now: int, later: int) -> None:
    for media in MEDIAS:
        if media.weight or media.created > now:
            continue
        assert ACCOUNT.at(now).media_engagement(media.hashed_id) == ACCOUNT.at(now + later).media_engagement(
            media.hashed_id
        )


def test_a_curve_moves_with_plays_and_with_revisions() -> None:
    moved = revised = 0
    for hour in range(24 * 20):
        then, since = ACCOUNT.at(EPOCH + hour * 3600), ACCOUNT.at(EPOCH + (hour + 1) * 3600)
        plays = [(shown.media_stats("gskhw4w4lm") or {})["play_count"] for shown in (then, since)]
        changed = then.media_engagement("gskhw4w4lm") != since.media_engagement("gskhw4w4lm")
        moved += changed and plays[0] < plays[1]
        revised += changed and plays[0] == plays[1]
        assert changed or plays[0] == plays[1]
    assert min(moved, revised) > 10


def test_a_curve_is_flat_from_where_the_session_that_came_farthest_stands() -> None:
    account = InventedAccount(replace(small(visitors=400, events=300), unseen=0.0, late=0.0, revised=0.9), seed=7)
    media_id, standing = "b0z6h3u9ek", 0
    for hour in range(24 * 3, 24 * 12):
        # A quarter past: the sessions of the hour have arrived.
        shown = account.at(EPOCH + hour * 3600 + 900)
        listing = shown.events(EventFilter(media=media_id))
        sessions = {row["event_key"]: row["percent_viewed"] for row in json.loads(listing.page(1, 1000))}
        stats, curve = shown.media_stats(media_id), shown.media_engagement(media_id)
        if curve is None or stats is None or not 0 < len(sessions) == stats["play_count"] <= 12:
            continue
        first = [view - again for view, again in zip(curve["engagement_data"], curve["rewatch_data"], strict=True)]
        end = int(max(sessions.values()) * len(first)) + 2
        assert len(set(first[end:-1])) <= 1
        standing += end < 900
    assert standing > 10


@settings(max_examples=25, deadline=None)
@given(now=instants, before=st.lists(instants, max_size=3))
def test_days_and_curves_depend_on_the_instant_alone(now: int, before: list[int]) -> None:
    wanderer = InventedAccount(small(visitors=400, events=300), seed=7)

    def everything(account: InventedAccount, at: int) -> bytes:
        shown = account.at(at)
        ids = [media["hashed_id"] for media in shown.medias]
        parts = [shown.projects, shown.account, shown.account_stats(), shown.account_days(at // DAY - 20, at // DAY)]
        per_media = [(shown.media_days(each, at // DAY - 20, at // DAY), shown.media_engagement(each)) for each in ids]
        return json.dumps([parts, per_media]).encode()

    for other in before:
        everything(wanderer, other)
    assert everything(wanderer, now) == everything(ACCOUNT, now)
