"""The figures that were published for the two campaign videos in January 2026 end in their published classes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.wistia.recorded import RecordedAccount, RecordedStats
from tests.conftest import House, house

FIRST_DAY, SECOND_DAY = (datetime(2026, 1, day, 21, tzinfo=UTC) for day in (6, 7))


def media(number: int, hashed_id: str, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "type": "Video",
        "archived": False,
        "created": "2025-01-13T00:31:55+00:00",
        "updated": "2025-10-15T00:00:00+00:00",
        "duration": 435.456,
        "hashed_id": hashed_id,
        "status": "ready",
        "project": {"id": 1, "hashed_id": "46xq1tb537", "name": "Main Funnel - B2C"},
    }


MEDIAS = [
    media(1, "v08dlrgr7v", "Sample VSL Facebook Paid Ads"),
    media(2, "gskhw4w4lm", "Sample VSL Youtube  Paid Ads"),
]
FACEBOOK = {
    "load_count": 110734,
    "play_count": 43810,
    "play_rate": 0.43503941167769067,
    "hours_watched": 2651.986969632,
    "engagement": 0.500445,
    "visitors": 94642,
}
YOUTUBE = {
    "load_count": 111165,
    "play_count": 16681,
    "play_rate": 0.15495193917077135,
    "hours_watched": 336.97566205632,
    "engagement": 0.167007,
    "visitors": 104555,
}
A_DAY_LATER = {**YOUTUBE, "load_count": 111166, "visitors": 104556}
STATS = [
    RecordedStats("v08dlrgr7v", FIRST_DAY, FACEBOOK),
    RecordedStats("gskhw4w4lm", FIRST_DAY, YOUTUBE),
    RecordedStats("gskhw4w4lm", SECOND_DAY, A_DAY_LATER),
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house(tmp_path_factory.mktemp("published"), RecordedAccount(MEDIAS, {}, STATS)):
        built.run(FIRST_DAY)
        built.run(SECOND_DAY)
        yield built


def test_the_summary_shows_the_newest_figures_to_the_last_digit(loaded: House) -> None:
    rows = loaded.query(
        "select media_id, channel_name, load_count, play_count, play_rate, hours_watched, engagement, visitor_count "
        "from mart.media_summary order by media_id desc"
    )
    assert rows == [
        ("v08dlrgr7v", "Facebook", 110734, 43810, 0.43503941167769067, 2651.986969632, 0.500445, 94642),
        ("gskhw4w4lm", "YouTube", 111166, 16681, 0.15495193917077135, 336.97566205632, 0.167007, 104556),
    ]


def test_the_classes_are_high_and_medium_by_play_rate_hours_and_plays(loaded: House) -> None:
    rows = loaded.query(
        "select media_id, play_rate_class, hours_watched_class, play_count_class from mart.media_summary"
    )
    assert set(rows) == {("v08dlrgr7v", "High", "High", "High"), ("gskhw4w4lm", "Medium", "Medium", "High")}


def test_each_day_keeps_its_own_snapshot(loaded: House) -> None:
    rows = loaded.query(
        "select snapshot_date, load_count, visitor_count from core.fct_media_snapshot "
        "where media_id = 'gskhw4w4lm' order by snapshot_date"
    )
    assert [(str(day), *rest) for day, *rest in rows] == [
        ("2026-01-06", 111165, 104555),
        ("2026-01-07", 111166, 104556),
    ]
