"""The later versions show the same account under other names, and analytics that agree with the older statistics."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.wistia.account import EventFilter
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.dialects import EDGE, RELEASES, release
from sandbox.wistia.instants import DAY, day_text
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EPOCH, restless, small
from sandbox.wistia.routes import answer

ACCOUNT = InventedAccount(small(), seed=7)
SHOWN = ACCOUNT.at(EPOCH)
FIRST = min(media.created for media in MEDIAS) // DAY

instants = st.integers(EPOCH - 300 * DAY, EPOCH + 100 * DAY)
medias = st.sampled_from([media.hashed_id for media in MEDIAS if media.created < EPOCH - 300 * DAY])


def modern(path: str, **parameters: str) -> Any:
    return json.loads(answer(path, parameters, SHOWN, version=RELEASES[-1]).body)


def first(path: str) -> Any:
    return json.loads(answer(path, {"per_page": "100"}, SHOWN).body)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "2026-07"),
        ("2026-01", "2026-01"),
        ("2026-02", "2026-01"),
        ("2026-06", "2026-05"),
        ("2031-12", "2026-07"),
        ("2019-01", "2026-01"),
        ("Edge", EDGE),
        ("latest", "2026-07"),
        ("", "2026-07"),
    ],
)
def test_a_version_that_is_none_is_the_one_before(asked: str | None, given: str) -> None:
    assert release(asked) == given


def test_medias_lie_in_folders_and_all_names_are_in_lower_case() -> None:
    for old, new in zip(first("/medias"), modern("/medias"), strict=True):
        project = old.pop("project")
        folder = new.pop("folder")
        assert (folder["id"], folder["name"]) == (project["id"], project["name"])
        assert folder["hashed_id"] == (project.get("hashed_id") or project["hashedId"])
        for was, asset in zip(old.pop("assets"), new.pop("assets"), strict=True):
            assert (asset["file_size"], asset["content_type"]) == (was["fileSize"], was["contentType"])
            assert all(name == name.lower() for name in asset)
        assert new.pop("protected") is False
        assert new == {"section": None, "duration": None} | old
        assert modern(f"/medias/{new['hashed_id']}")["folder"] == folder


def test_folders_are_the_projects_and_hold_a_link() -> None:
    for old, new in zip(first("/projects"), modern("/folders"), strict=True):
        assert new["hashed_id"] == old["hashedId"]
        assert new["media_count"] == old["mediaCount"]
        assert new["hashed_id"] in new["medias"]["url"]
        assert all(name == name.lower() for name in new)
        assert modern(f"/folders/{new['hashed_id']}") == new
    counts = [folder["media_count"] for folder in modern("/folders", sort_by="media_count", sort_direction="0")]
    assert counts == sorted(counts, reverse=True)


def test_projects_embed_their_medias_page_by_page() -> None:
    project = first("/projects/k2m9c0r7hz")
    medias = first("/medias")
    assert [media["name"] for media in project["medias"]] == [
        media["name"] for media in medias if media["project"]["id"] == project["id"]
    ]
    assert not any("project" in media for media in project["medias"])
    second = json.loads(answer("/projects/k2m9c0r7hz", {"per_page": "2", "page": "2"}, SHOWN).body)
    assert second["medias"] == project["medias"][2:4]


@pytest.mark.parametrize("path", ["medias/v08dlrgr7v", "medias/v08dlrgr7v/by_date", "visitors", "events", "account"])
def test_statistics_are_the_same_in_all_versions(path: str) -> None:
    answers = {version: answer(f"/stats/{path}", {}, SHOWN, version=version) for version in ("v1", *RELEASES, EDGE)}
    assert len({each.body for each in answers.values()}) == 1


@settings(max_examples=50, deadline=None)
@given(now=instants, media_id=medias, back=st.integers(0, 700), days=st.integers(1, 90))
def test_analytics_agree_with_the_counters_by_date(now: int, media_id: str, back: int, days: int) -> None:
    shown = ACCOUNT.at(now)
    start = now // DAY - back
    window = {"start_date": day_text(start), "end_date": day_text(start + days)}
    path = f"/analytics/medias/{media_id}"
    series = json.loads(answer(f"{path}/timeseries", window, shown, version=EDGE).body)
    by_date = shown.media_days(media_id, start, start + days - 1)
    assert by_date is not None
    assert [row["timestamp"] for row in series] == [f"{row['date']}T00:00:00Z" for row in by_date]
    assert [row["plays"] for row in series] == [row["play_count"] for row in by_date]
    for row, day in zip(series, by_date, strict=True):
        assert row["played_time"] == pytest.approx(day["hours_watched"] * 3600, abs=2)
        assert row["unique_plays"] <= min(row["plays"], row["unique_visitors"])
        assert row["unique_loads"] == row["unique_visitors"] <= day["load_count"]
        assert (row["play_rate"] is None) == (row["unique_loads"] == 0)
        assert (row["engagement_rate"] is None) == (row["plays"] == 0)
        assert 0 <= (row["engagement_rate"] or 0) <= 1.01
    whole = json.loads(answer(path, window, shown, version=EDGE).body)
    assert whole["plays"] == sum(row["plays"] for row in series)
    assert whole["form_conversions"] == sum(row["form_conversions"] for row in series)
    assert whole["unique_plays"] <= sum(row["unique_plays"] for row in series)
    for granularity in ("weekly", "monthly"):
        coarse = answer(f"{path}/timeseries", {**window, "granularity": granularity}, shown, version=EDGE)
        assert sum(row["plays"] for row in json.loads(coarse.body)) == whole["plays"]


def test_over_the_lifetime_uniques_are_those_of_the_lifetime_counters() -> None:
    for media in SHOWN.medias:
        stats, whole = (
            SHOWN.media_stats(media["hashed_id"]),
            SHOWN.media_analytics(media["hashed_id"], FIRST, EPOCH // DAY + 1),
        )
        assert stats is not None
        assert whole is not None
        assert whole["unique_visitors"] == stats["visitors"]
        assert whole["play_rate"] == (stats["play_rate"] if stats["visitors"] else None)


def test_forms_are_those_of_the_sessions_that_are_listed() -> None:
    now = EPOCH + 200 * DAY
    shown = InventedAccount(replace(restless(), unseen=0.5), seed=7).at(now)
    listing = shown.events(EventFilter(media="v08dlrgr7v", since=EPOCH + 1))
    rows = {row["event_key"]: row for row in json.loads(listing.page(1, len(listing)))}
    whole = shown.media_analytics("v08dlrgr7v", EPOCH // DAY + 1, now // DAY + 1)
    assert whole is not None
    assert whole["form_conversions"] == sum(row["conversion_type"] != "" for row in rows.values()) > 20


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    def series(granularity: str) -> dict[str, int]:
        window = {"start_date": "2025-11-26", "end_date": "2026-01-02", "granularity": granularity}
        rows = json.loads(answer("/analytics/medias/v08dlrgr7v/timeseries", window, SHOWN, version=EDGE).body)
        return {row["timestamp"][:10]: row["plays"] for row in rows}

    daily = series("daily")

    def buckets(granularity: str) -> list[str]:
        starts = sorted(series(granularity))
        for start, after in zip(starts, [*starts[1:], "2026-01-02"], strict=True):
            inside = sum(plays for day, plays in daily.items() if start <= day < after)
            assert series(granularity)[start] == inside
        return starts

    assert buckets("monthly") == ["2025-11-01", "2025-12-01", "2026-01-01"]
    assert buckets("weekly") == ["2025-11-24", "2025-12-01", "2025-12-08", "2025-12-15", "2025-12-22", "2025-12-29"]
