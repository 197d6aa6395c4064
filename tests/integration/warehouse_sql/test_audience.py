"""Playbacks and their marts over several loads of invented files, made anew in Python and compared row by row."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.warehouse_sql.audience import audience
from tests.integration.warehouse_sql.house import House, Record, open_laid_out_house

LOADS = 6
ZONE = "Asia/Kolkata"
LATER_ZONE = "America/Sao_Paulo"


@dataclass(frozen=True)
class Seen:
    """A playback as the newest file tells it, with the version of title and user valid when it started."""

    row: Record
    title: Record
    user: Record
    day: date

    @property
    def region(self) -> str:
        return self.row["region"] or self.user.get("region") or "Unknown"

    @property
    def minutes(self) -> Decimal | None:
        if self.row["ended_at"] is None:
            return None
        lasted = (self.row["ended_at"] - self.row["started_at"]) // timedelta(microseconds=1)
        return (Decimal(lasted) / 60_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


class Told:
    """Everything that files have told so far."""

    def __init__(self) -> None:
        self.playbacks: dict[str, tuple[tuple[Any, ...], Record]] = {}
        self.states: dict[str, dict[str, dict[datetime, tuple[tuple[Any, ...], Record]]]] = {
            "content_id": defaultdict(dict),
            "user_id": defaultdict(dict),
        }

    def hear(self, sequence: int, entities: dict[str, list[Record]]) -> None:
        for line, row in enumerate(entities["streampulse__playback"], start=1):
            order = (row["last_modified"], row["_extracted_at"], sequence, line)
            if row["playback_id"] not in self.playbacks or self.playbacks[row["playback_id"]][0] < order:
                self.playbacks[row["playback_id"]] = (order, row)
        for entity, key in (("streampulse__content", "content_id"), ("streampulse__user", "user_id")):
            for line, row in enumerate(entities[entity], start=1):
                states = self.states[key][row[key]]
                later = (row["_extracted_at"], sequence, line)
                if row["last_modified"] not in states or states[row["last_modified"]][0] < later:
                    states[row["last_modified"]] = (later, row)

    def valid(self, key: str, member: str, instant: datetime) -> Record:
        """The state valid at an instant: the newest that was observed by then, else the first of all."""
        states = self.states[key][member]
        by_then = [observed for observed in states if observed <= instant]
        observed = max(by_then) if by_then else min(states, default=None)
        return states[observed][1] if observed else {}

    def seen(self, zone: str) -> list[Seen]:
        return [
            Seen(
                row,
                self.valid("content_id", row["content_id"], row["started_at"]),
                self.valid("user_id", row["user_id"], row["started_at"]),
                row["started_at"].replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date(),
            )
            for _, row in self.playbacks.values()
        ]

    def present(self, content_id: str, column: str) -> str:
        states = self.states["content_id"][content_id]
        return (states[max(states)][1].get(column) or "Unknown") if states else "Unknown"


@dataclass
class Watched:
    house: House
    told: Told
    zone: str = ZONE


@pytest.fixture(scope="module", params=[ZONE, pytest.param(LATER_ZONE, marks=pytest.mark.long)])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Six loads; the second time around the zone changes before the last of them."""
    chance, told = random.Random(8), Told()
    with open_laid_out_house(tmp_path_factory.mktemp("audience")) as house:
        for number in range(1, LOADS + 1):
            entities = {name: [dict(row) for row in rows] for name, rows in audience(chance).items()}
            entities["streampulse__playback"] = list(
                {row["playback_id"]: row for row in entities["streampulse__playback"]}.values()
            )
            house.time_zone = request.param if number == LOADS else ZONE
            house.stage(entities)
            told.hear(number, entities)
            house.load()
        yield Watched(house, told, request.param)


def of_mart(watched: Watched, mart: str) -> list[Record]:
    rows = watched.house.rows(f"select * from mart.{mart}")
    return [{name: float(value) if isinstance(value, float) else value for name, value in row.items()} for row in rows]


def grouped(seen: Iterable[Seen], key: Callable[[Seen], Any]) -> dict[Any, list[Seen]]:
    groups: dict[Any, list[Seen]] = defaultdict(list)
    for playback in seen:
        groups[key(playback)].append(playback)
    return groups


def minutes(group: Iterable[Seen]) -> Decimal:
    return sum((playback.minutes for playback in group if playback.minutes is not None), Decimal(0))


def mean(group: list[Seen]) -> float | None:
    ended = [playback for playback in group if playback.minutes is not None]
    return float(minutes(ended)) / len(ended) if ended else None


def viewers(group: Iterable[Seen]) -> int:
    return len({playback.row["user_id"] for playback in group})


def in_order(rows: Iterable[Record]) -> list[str]:
    return sorted(repr(row) for row in rows)


def test_every_playback_is_one_flat_row(watched: Watched) -> None:
    expected = [
        {
            "playback_id": found.row["playback_id"],
            "user_id": found.row["user_id"],
            "content_id": found.row["content_id"],
            "title": found.title.get("title") or "Unknown",
            "genre": found.title.get("genre") or "Unknown",
            "region": found.region,
            "device_type": found.row["device_type"],
            "subscription_plan": found.user.get("subscription_plan") or "Unknown",
            "start_time": found.row["started_at"],
            "end_time": found.row["ended_at"],
            "duration_min": found.minutes,
        }
        for found in watched.told.seen(watched.zone)
    ]
    assert len(expected) > 400
    assert in_order(of_mart(watched, "processed_playback")) == in_order(expected)


def test_daily_engagement_is_counted_from_users(watched: Watched) -> None:
    def key(found: Seen) -> Any:
        return found.day, found.region, found.row["device_type"], found.row["content_id"]

    expected = [
        {
            "activity_date": day,
            "region": region,
            "device_type": device,
            "content_id": content,
            "title": watched.told.present(content, "title"),
            "genre": watched.told.present(content, "genre"),
            "unique_viewers": viewers(group),
            "playback_count": len(group),
            "total_watch_minutes": minutes(group).quantize(Decimal("0.01")),
            "total_watch_hours": float(minutes(group)) / 60,
            "average_session_minutes": mean(group),
        }
        for (day, region, device, content), group in grouped(watched.told.seen(watched.zone), key).items()
    ]
    assert in_order(of_mart(watched, "daily_engagement")) == in_order(expected)


@pytest.mark.parametrize(
    ("mart", "column"),
    [("watch_hours_by_device", "device_type"), ("regional_engagement", "region"), ("genre_performance", "genre")],
)
def test_marts_of_a_day_count_their_own_viewers(watched: Watched, mart: str, column: str) -> None:
    def member(found: Seen) -> str:
        by = {"region": found.region, "genre": watched.told.present(found.row["content_id"], "genre")}
        return str(by.get(column) or found.row[column])

    groups = grouped(watched.told.seen(watched.zone), lambda found: (found.day, member(found)))
    expected = [
        {
            "activity_date": day,
            column: name,
            **({"title_count": len({found.row["content_id"] for found in group})} if column == "genre" else {}),
            "unique_viewers": viewers(group),
            "playback_count": len(group),
            "total_watch_hours": float(minutes(group)) / 60,
            "average_session_minutes": mean(group),
            "minutes_per_viewer": float(minutes(group)) / viewers(group),
        }
        for (day, name), group in groups.items()
    ]
    assert in_order(of_mart(watched, mart)) == in_order(expected)


def test_active_users_of_windows_are_distinct(watched: Watched) -> None:
    seen = watched.told.seen(watched.zone)
    first, last = min(found.day for found in seen), max(found.day for found in seen)

    def active(day: date, days: int) -> int:
        return viewers(found for found in seen if timedelta(0) <= day - found.day < timedelta(days))

    expected = [
        {
            "activity_date": day,
            "daily_active_users": active(day, 1),
            "weekly_active_users": active(day, 7),
            "monthly_active_users": active(day, 30),
            "stickiness": active(day, 1) / active(day, 30) if active(day, 30) else None,
        }
        for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
    ]
    assert in_order(of_mart(watched, "daily_active_users")) == in_order(expected)


def test_top_titles_are_ranked_in_each_period(watched: Watched) -> None:
    seen = watched.told.seen(watched.zone)
    last = max(found.day for found in seen)
    expected = []
    for period, days in (("last 7 days", 7), ("last 30 days", 30), ("all time", 10_000)):
        recent = [found for found in seen if last - found.day < timedelta(days)]
        groups = grouped(recent, lambda found: found.row["content_id"])
        ranked = sorted(
            groups, key=lambda name: (-minutes(groups[name]), -viewers(groups[name]), -len(groups[name]), name)
        )
        expected += [
            {
                "period_name": period,
                "title_rank": rank,
                "content_id": name,
                "title": watched.told.present(name, "title"),
                "genre": watched.told.present(name, "genre"),
                "unique_viewers": viewers(groups[name]),
                "playback_count": len(groups[name]),
                "total_watch_hours": float(minutes(groups[name])) / 60,
            }
            for rank, name in enumerate(ranked, start=1)
        ]
    assert in_order(of_mart(watched, "top_title")) == in_order(expected)


def test_completion_is_held_against_the_length_of_its_time(watched: Watched) -> None:
    def share(found: Seen) -> float | None:
        length = found.title.get("duration_min")
        return min(1.0, float(found.minutes) / length) if length and found.minutes is not None else None

    shown = {row["content_id"]: row for row in of_mart(watched, "title_completion")}
    groups = grouped(watched.told.seen(watched.zone), lambda found: found.row["content_id"])
    assert set(shown) == set(groups)
    for name, group in groups.items():
        shares = [found for found in map(share, group) if found is not None]
        row = shown[name]
        assert (row["playback_count"], row["measured_count"]) == (len(group), len(shares))
        assert row["completed_count"] == sum(found >= 0.9 for found in shares)
        assert row["completion_rate"] == (pytest.approx(sum(shares) / len(shares)) if shares else None)


def test_keys_name_the_day_of_each_playback(watched: Watched) -> None:
    held = {
        row["playback_id"]: row["start_date_key"] for row in watched.house.rows("select * from core.fct_playback_key")
    }
    assert held == {found.row["playback_id"]: int(f"{found.day:%Y%m%d}") for found in watched.told.seen(watched.zone)}


def test_no_name_and_no_address_reach_core(watched: Watched) -> None:
    assert watched.house.rows("select name, email from restricted.stg_streampulse__user")
    for table in ("core.dim_user", "core.dim_user_observation", "mart.processed_playback"):
        assert not [row for row in watched.house.rows(f"select * from {table}") if "asha" in repr(row).lower()]
