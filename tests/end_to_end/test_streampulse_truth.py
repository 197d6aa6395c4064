"""What the producer of StreamPulse's files invented, and what the marts show of it, row by row.

The truth is told by the producer and read from no file. On the way to the marts lie files of every format, late,
repeated, replaced, cut off and dirty, taken in several runs.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from extract.settings import StreamPulse
from sandbox.streampulse.playbacks import Row
from sandbox.streampulse.producer import deliver
from sandbox.streampulse.size import EPOCH, Size
from sandbox.streampulse.truth import Truth, truth
from tests.integration.extract.landing import Landing
from tests.integration.spark.lakes import run as normalise
from tests.integration.warehouse_sql.house import House, open_house

SIZE = Size(users=900, titles=60, playbacks=800, days=5, seed=8)
HOURS = (-70, -50, -30, -14, 2)
"""Instants of the runs, in hours after the producer's epoch."""
INDIA = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True)
class Shown:
    house: House
    told: Truth


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with open_house(tmp_path_factory.mktemp("audience")) as house:
        landing = Landing(house.lake, StreamPulse())
        for hours in HOURS:
            as_of = datetime.fromtimestamp(EPOCH, UTC) + timedelta(hours=hours)
            sizes = {name: getattr(SIZE, name) for name in ("users", "titles", "playbacks", "days", "seed")}
            assert deliver(house.lake, landing.settings.landing, as_of, **sizes)
            landing.extract()
            normalise(house.lake)
            house.load()
        yield Shown(house, truth(SIZE, EPOCH + HOURS[-1] * 3600))


def minutes(row: Row) -> Decimal | None:
    if row.end is None:
        return None
    return (Decimal(row.end - row.start) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def day(row: Row) -> date:
    return datetime.fromtimestamp(row.start, INDIA).date()


def title_of(told: Truth, content: str, at: int | None = None) -> tuple[str, str]:
    """Title and genre at an instant, or now; the first that was told counts for all time before it."""
    states = told.titles.get(content)
    if not states:
        return "Unknown", "Unknown"
    by_then = [state for state in states if at is None or state[0] <= at] or states[:1]
    newest = max(by_then, key=lambda state: state[0])[1]
    return newest.title.strip() or "Unknown", newest.genre or "Unknown"


def instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def test_every_good_playback_is_shown_as_it_was_invented(shown: Shown) -> None:
    told, expected = shown.told, []
    for key, row in told.playbacks.items():
        profile = told.profile_at(row.user, row.start)
        title, genre = title_of(told, row.content, row.start)
        plan = profile.subscription_plan if profile else "Unknown"
        expected.append(
            (
                *(key, row.user, row.content, title, genre, told.region(row), told.device(row), plan),
                *(instant(row.start), instant(row.end), minutes(row)),
            )
        )
    found = [tuple(each.values()) for each in shown.house.rows("select * from mart.processed_playback")]
    assert len(expected) > 2_000
    assert sorted(found) == sorted(expected)


def test_daily_engagement_is_that_of_the_truth_in_every_row(shown: Shown) -> None:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in shown.told.playbacks.values():
        groups[day(row), shown.told.region(row), shown.told.device(row), row.content].append(row)
    expected = {}
    for key, rows in groups.items():
        ended = [lasted for lasted in map(minutes, rows) if lasted is not None]
        total = sum(ended, Decimal("0.00"))
        mean = float(total) / len(ended) if ended else None
        viewers = len({row.user for row in rows})
        expected[key] = (*title_of(shown.told, key[-1]), viewers, len(rows), total, float(total) / 60, mean)
    names = "activity_date, region, device_type, content_id, title, genre, unique_viewers, playback_count, "
    names += "total_watch_minutes, total_watch_hours, average_session_minutes"
    found = [tuple(each.values()) for each in shown.house.rows(f"select {names} from mart.daily_engagement")]
    assert len(found) == len(expected)
    assert {line[:4]: line[4:] for line in found} == expected


def test_the_truth_has_what_the_files_are_feared_for(shown: Shown) -> None:
    house = shown.house
    changed = house.value("select count(*) from core.dim_user where user_key > 0 and not is_current")
    moved = house.value("select sum(updated_count) from audit.load_count where table_name = 'core.fct_playback_key'")
    unknown = house.value("select count(*) from core.dim_content where is_inferred and content_key > 0")
    open_ones = house.value("select count(*) from core.fct_playback where ended_at is null")
    assert min(changed, moved, open_ones) > 0
    assert unknown == len({row.content for row in shown.told.playbacks.values()} - set(shown.told.titles))
