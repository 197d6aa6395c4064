"""A recorded account shows what had been seen by an instant, and nothing that had not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.wistia.account import EventFilter, VisitorFilter
from sandbox.wistia.instants import DAY, seconds
from sandbox.wistia.recorded import RecordedAccount, RecordedShown, RecordedStats
from sandbox.wistia.routes import answer

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
PROJECTS = [{"id": 2, "hashedId": "q"}, {"id": 1, "hashedId": "p"}]
CURVES = [RecordedStats("m", FIRST, {"engagement": 0.5}), RecordedStats("m", SECOND, {"engagement": 0.4})]
DAYS = [
    RecordedStats("m", SECOND, [{"date": "2026-07-29", "play_count": 2}, {"date": "2026-07-30", "play_count": 1}]),
    RecordedStats("m", FIRST, [{"date": "2026-07-28", "play_count": 7}, {"date": "2026-07-29", "play_count": 1}]),
]
EVENTS = [event("old", "2026-07-28"), event("new", "2026-07-29"), event("other", "2026-07-29", media="n")]
ACCOUNT = RecordedAccount(MEDIAS, PULLS, STATS, EVENTS, CURVES, DAYS, PROJECTS)


def at(instant: datetime) -> RecordedShown:
    return ACCOUNT.at(int(instant.timestamp()))


def listed(instant: datetime, **wanted: Any) -> list[tuple[str, int]]:
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
    assert listed(SECOND, since=seconds("2026-07-29T22:00:00Z")) == [("c", 1), ("a", 2)]


def test_stats_are_the_newest_answer_and_none_where_none_was_recorded() -> None:
    assert at(FIRST - timedelta(seconds=1)).media_stats("m") is None
    assert at(FIRST).media_stats("m") == {"play_count": 2}
    assert at(SECOND + timedelta(days=9)).media_stats("m") == {"play_count": 3}
    assert at(SECOND).media_stats("n") is None


def test_curves_are_the_newest_answer_and_none_where_none_was_recorded() -> None:
    assert at(FIRST - timedelta(seconds=1)).media_engagement("m") is None
    assert at(FIRST).media_engagement("m") == {"engagement": 0.5}
    assert at(SECOND).media_engagement("m") == {"engagement": 0.4}
    assert at(SECOND).media_engagement("n") is None


def test_days_are_those_of_the_window_as_they_were_seen_last() -> None:
    def days(instant: datetime, first: str, last: str) -> list[tuple[str, int]] | None:
        window = (seconds(f"{day}T00:00:00Z") // DAY for day in (first, last))
        rows = at(instant).media_days("m", *window)
        return None if rows is None else [(row["date"][-2:], row["play_count"]) for row in rows]

    assert days(FIRST - timedelta(seconds=1), "2026-07-01", "2026-07-31") is None
    assert days(FIRST, "2026-07-01", "2026-07-31") == [("28", 7), ("29", 1)]
    assert days(SECOND, "2026-07-01", "2026-07-31") == [("28", 7), ("29", 2), ("30", 1)]
    assert days(SECOND, "2026-07-29", "2026-07-29") == [("29", 2)]
    assert days(SECOND, "2026-08-01", "2026-08-02") == []
    assert at(SECOND).media_days("n", 0, 99_999) is None


def test_what_was_not_recorded_is_not_there() -> None:
    for path in ("/account", "/stats/account", "/stats/account/by_date", "/stats/projects/p"):
        assert answer(path, {}, at(SECOND)).status == 404
    for path in ("", "/by_date", "/engagement"):
        assert answer(f"/stats/medias/n{path}", {}, at(SECOND)).status == 404
        assert answer(f"/stats/medias/m{path}", {}, at(SECOND)).status == 200


def test_projects_and_medias_are_listed_by_id() -> None:
    assert [media["id"] for media in at(FIRST).medias] == [1, 2]
    assert [project["id"] for project in at(FIRST).projects] == [1, 2]


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
