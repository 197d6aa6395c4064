"""Real answers of a real account, pull after pull: what the warehouse holds is what can be read off the files."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.clock import parse_instant
from sandbox.wistia.recorded import RecordedAccount, RecordedStats
from tests.conftest import House, house

MEASURES = ("load_count", "play_count", "visitors", "play_rate", "hours_watched", "engagement")
VISITOR_FIELDS = ("load_count", "play_count")


class Recorded:
    """The files, and what can be read off them without any code of the pipeline."""

    def __init__(self, folder: Path) -> None:
        self.medias = json.loads((folder / "medias.json").read_text())
        self.stats = json.loads((folder / "media_stats.json").read_text())
        pulls = [json.loads(file.read_text()) for file in (folder / "visitors").glob("pulled-*.json")]
        # The times in the files' names are of the caller's zone; the newest activity plus a second is the instant.
        self.pulls = {self.newest(rows) + timedelta(seconds=1): rows for rows in pulls if rows}
        # Two pulls have the same newest activity: their rows are shown together.
        for rows in pulls:
            known = self.pulls[self.newest(rows) + timedelta(seconds=1)]
            known.extend(row for row in rows if row not in known)

    @staticmethod
    def newest(rows: list[dict[str, Any]]) -> datetime:
        return max(parse_instant(row["last_active_at"]) for row in rows)

    @property
    def instants(self) -> list[datetime]:
        """One instant for each pull of visitors and for each UTC date with a recorded statistic, in order."""
        return sorted({*self.pulls, *(self.at(answer) for answer in self.stats)})

    @staticmethod
    def at(answer: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(answer["extracted_at"]).replace(tzinfo=UTC)

    @property
    def visitors(self) -> dict[str, dict[str, Any]]:
        rows = [row for instant in sorted(self.pulls) for row in self.pulls[instant]]
        return {row["visitor_key"]: row for row in rows}

    @property
    def snapshots(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The answer that stands at the end of each run, by media and UTC date: the latest of a day wins."""
        answers = sorted(self.stats, key=self.at)
        shown: dict[tuple[str, str], dict[str, Any]] = {}
        for instant in self.instants:
            known = [answer for answer in answers if self.at(answer) <= instant]
            if known:
                shown[known[-1]["media_id"], instant.date().isoformat()] = known[-1]["body"]
        return shown


@pytest.fixture(scope="module")
def files(recorded: Path) -> Recorded:
    return Recorded(recorded)


@pytest.fixture(scope="module")
def loaded(files: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    stats = [RecordedStats(answer["media_id"], files.at(answer), answer["body"]) for answer in files.stats]
    account = RecordedAccount(files.medias, files.pulls, stats)
    for built in house(tmp_path_factory.mktemp("recorded"), account):
        for instant in files.instants:
            built.run(instant)
        yield built


def test_every_visitor_is_there_once_with_its_newest_state(files: Recorded, loaded: House) -> None:
    expected = {(key, *(row[name] for name in VISITOR_FIELDS)) for key, row in files.visitors.items()}
    rows = loaded.query("select visitor_id, load_count, play_count from core.dim_visitor where visitor_key > 0")
    assert len(rows) == 704
    assert set(rows) == expected


def test_instants_and_devices_are_those_of_the_files(files: Recorded, loaded: House) -> None:
    expected = {
        (key, parse_instant(row["last_active_at"]).replace(tzinfo=None), row["user_agent_details"]["platform"])
        for key, row in files.visitors.items()
    }
    rows = loaded.query(
        "select visitor_id, last_active_at, platform from core.dim_visitor "
        "join core.dim_device on dim_device.device_key = dim_visitor.device_key where visitor_key > 0"
    )
    assert set(rows) == expected


def test_every_media_is_there_with_its_type_and_one_version(files: Recorded, loaded: House) -> None:
    rows = loaded.query("select media_id, media_name, media_type from core.dim_media where media_key > 0")
    assert len(rows) == 142
    assert sum(kind == "Video" for _, _, kind in rows) == 127
    assert set(rows) == {(row["hashed_id"], row["name"], row["type"]) for row in files.medias}


def test_the_campaign_videos_have_their_channels(loaded: House) -> None:
    rows = loaded.query(
        "select media_id, channel_name from core.dim_media "
        "join core.dim_channel on dim_channel.channel_key = dim_media.channel_key "
        "where media_id in ('v08dlrgr7v', 'gskhw4w4lm')"
    )
    assert dict(rows) == {"v08dlrgr7v": "Facebook", "gskhw4w4lm": "YouTube"}


def test_snapshots_are_kept_as_they_were_although_hours_and_engagement_fall(files: Recorded, loaded: House) -> None:
    rows = loaded.query(
        "select media_id, snapshot_date, load_count, play_count, visitor_count, play_rate, hours_watched, engagement "
        "from core.fct_media_snapshot order by media_id, snapshot_date"
    )
    expected = {(media, day, *(body[name] for name in MEASURES)) for (media, day), body in files.snapshots.items()}
    assert {(media, str(day), *rest) for media, day, *rest in rows} == expected
    plays, hours, engagement = ([row[column] for row in rows] for column in (3, 6, 7))
    assert plays == sorted(plays)
    assert hours != sorted(hours)
    assert engagement != sorted(engagement)


def test_repeats_change_nothing(files: Recorded, loaded: House) -> None:
    before = loaded.query("select * from core.dim_visitor order by visitor_key")
    assert loaded.run(files.instants[-1]).outcome == "nothing new"
    assert loaded.query("select * from core.dim_visitor order by visitor_key") == before
    assert loaded.one("select sum(updated_count) from audit.load_count where table_name = 'core.dim_visitor'") == 0
