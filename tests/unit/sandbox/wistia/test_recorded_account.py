"""A recorded account shows what had been seen by an instant, and nothing that had not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.wistia.account import EventFilter, VisitorFilter
from sandbox.wistia.recorded import RecordedAccount, RecordedShown, RecordedStats

FIRST = datetime(2026, 7, 29, 21, 50, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=6)


def visitor(key: str, active: str, plays: int = 1, name: str = "") -> dict[str, Any]:
    return {
        "visitor_key": key,
        "last_active_at": f"2026-07-29T{active}:00.000Z",
        "play_count": plays,
        "identifying_event_key": "e" if name else None,
        "visitor_identity": {"name": name, "email": None},
    }


def event(key: str, day: str, media: str = "m") -> dict[str, Any]:
    return {"event_key": key, "received_at": f"{day}T10:00:00.000Z", "media_id": media, "visitor_key": "a"}


PULLS = {
    SECOND: [visitor("c", "23:10"), visitor("a", "22:00", plays=2)],
    FIRST: [visitor("a", "21:49"), visitor("b", "21:40", name="Ann"), visitor("b", "21:30")],
}
STATS = [
    RecordedStats("m", SECOND, {"play_count": 3}),
    RecordedStats("m", FIRST, {"play_count": 2}),
]
MEDIAS = [{"id": 2, "hashed_id": "n"}, {"id": 1, "hashed_id": "m"}]
EVENTS = [event("old", "2026-07-28"), event("new", "2026-07-29"), event("other", "2026-07-29", media="n")]
ACCOUNT = RecordedAccount(MEDIAS, PULLS, STATS, EVENTS)


def at(instant: datetime) -> RecordedShown:
    return ACCOUNT.at(int(instant.timestamp()))


def listed(instant: datetime, **wanted: str) -> list[tuple[str, int]]:
    rows = json.loads(at(instant).visitors(VisitorFilter(**wanted)).page(1, 100))
    return [(row["visitor_key"], row["play_count"]) for row in rows]


def test_pulls_add_up_and_the_newest_state_of_a_visitor_counts() -> None:
    assert listed(FIRST - timedelta(seconds=1)) == []
    assert listed(FIRST) == [("a", 1), ("b", 1)]
    assert listed(SECOND) == [("c", 1), ("a", 2), ("b", 1)]
    assert listed(FIRST) == [("a", 1), ("b", 1)]


def test_within_a_pull_the_first_row_of_a_visitor_counts() -> None:
    row = at(FIRST).visitor("b")
    assert row is not None
    assert json.loads(row)["last_active_at"] == "2026-07-29T21:40:00.000Z"
    assert at(FIRST).visitor("c") is None


def test_visitors_are_filtered_and_searched() -> None:
    assert listed(SECOND, filter="has_name") == [("b", 1)]
    assert listed(SECOND, filter="identified_by_email_gate") == [("b", 1)]
    assert listed(SECOND, filter="has_email") == []
    assert listed(SECOND, search="aNN") == [("b", 1)]
    assert len(listed(SECOND, filter="no such filter")) == 3


def test_stats_are_the_newest_answer_and_none_where_none_was_recorded() -> None:
    assert at(FIRST - timedelta(seconds=1)).media_stats("m") is None
    assert at(FIRST).media_stats("m") == {"play_count": 2}
    assert at(SECOND + timedelta(days=9)).media_stats("m") == {"play_count": 3}
    assert at(SECOND).media_stats("n") is None


def test_medias_are_listed_by_id() -> None:
    assert [media["id"] for media in at(FIRST).medias] == [1, 2]


def test_events_are_shown_from_their_instant_and_filtered() -> None:
    def keys(wanted: EventFilter, instant: datetime = SECOND) -> list[str]:
        return [row["event_key"] for row in json.loads(at(instant).events(wanted).page(1, 100))]

    assert keys(EventFilter()) == ["new", "other", "old"]
    assert keys(EventFilter(), FIRST - timedelta(days=1)) == ["old"]
    assert keys(EventFilter(media="n")) == ["other"]
    assert keys(EventFilter(visitor="b")) == []
    midnight = int(datetime(2026, 7, 29, tzinfo=UTC).timestamp())
    assert keys(EventFilter(since=midnight)) == ["new", "other"]
    assert keys(EventFilter(before=midnight)) == ["old"]
    assert at(SECOND).event("old") is not None
    assert at(FIRST - timedelta(days=1)).event("new") is None


def test_a_simulator_starts_at_the_last_pull() -> None:
    assert ACCOUNT.epoch == int(SECOND.timestamp())
