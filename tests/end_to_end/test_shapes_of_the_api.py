"""The same account read through both shapes of the API ends in the same tables, whichever the lake was begun with."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.status import read_status
from sandbox.wistia.api import Manners
from tests.conftest import House, house
from tests.faults.test_killed_at_commit import account, content

DAYS = [datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9)]
EPOCH = date(1970, 1, 1)
WITHOUT_ANALYTICS = Manners(refused={"/analytics": 403})
Content = dict[str, list[tuple[Any, ...]]]


def loaded(home: Path, shapes: Sequence[str]) -> Iterator[House]:
    """Yield a pipeline that has run once a day, each day through the shape that is named for it."""
    for built in house(home, account(), WITHOUT_ANALYTICS):
        for day, shape in zip(DAYS, shapes, strict=True):
            built.speak(shape)
            assert built.run(day).outcome == "published"
        yield built


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Content]:
    for built in loaded(tmp_path_factory.mktemp("v1"), ("v1", "v1")):
        yield content(built)


SHAPES = [
    pytest.param(("v1", "modern"), id="v1-modern"),
    pytest.param(("modern", "modern"), id="modern-modern", marks=pytest.mark.long),
    pytest.param(("modern", "v1"), id="modern-v1", marks=pytest.mark.long),
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_both_shapes_end_in_the_same_tables(shapes: Sequence[str], first_version: Content, tmp_path: Path) -> None:
    for built in loaded(tmp_path, shapes):
        assert content(built) == first_version
        assert read_status(built.context(DAYS[-1])).drift == ()
        assert read_status(built.context(DAYS[-1])).quarantined == {}


def test_a_plan_that_has_analytics_adds_what_they_tell_of_each_day_and_nothing_else(
    first_version: Content, tmp_path: Path
) -> None:
    shown = account().at(int(DAYS[-1].timestamp()))
    today = DAYS[-1].date()
    for built in house(tmp_path, account(), shape="modern"):
        for day in DAYS:
            assert built.run(day).outcome == "published"
        status = read_status(built.context(DAYS[-1]))
        assert (status.drift, status.quarantined) == ((), {})
        for table, rows in content(built).items():
            assert len(rows) == len(first_version[table]) or table == "core.fct_media_analytics_day"
        found = built.query(
            "select media_id, activity_date, unique_visitor_count, unique_play_count, engagement "
            "from mart.media_daily_performance where activity_date > '2025-12-01' and load_count is not null"
        )
        assert len({day for _, day, *_ in found}) == 39
        for media, day, *told in found:
            number = day.toordinal() - EPOCH.toordinal()
            metrics = shown.media_analytics(media, number, number + 1) or {}
            assert told == [metrics[name] for name in ("unique_visitors", "unique_plays", "engagement_rate")]
        assert max(visitors for _, _, visitors, *_ in found) > 3
        assert {day for _, day, *_ in found if day >= today} == {today}
