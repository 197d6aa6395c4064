"""The export: closed days that changed, one object each, and what Athena would answer from them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.clock import RunClock
from extract.errors import DataRefused
from extract.lake import DirectoryLake
from tests.integration.warehouse_sql.house import House, Told, open_house, open_laid_out_house
from tests.integration.warehouse_sql.staged import Rows
from warehouse_sql.export import PREFIX, ExportReport, day_folder, export, export_log
from warehouse_sql.model import HOME

EVENING = datetime(2026, 1, 8, 20, 30, tzinfo=UTC)  # two in the morning of 9 January in India
SAMPLE = (HOME / "exports" / "top_titles.athena.sql").read_text(encoding="utf-8")
TABLE = (HOME / "exports" / "daily_aggregates.athena.sql").read_text(encoding="utf-8")


def playback(key: str, started_at: str, minutes: int = 30, content: str = "c1", told: int = 1) -> dict[str, Any]:
    start = datetime.fromisoformat(started_at)
    return {
        "playback_id": key,
        "user_id": f"u{key}",
        "content_id": content,
        "device_type": "tv",
        "region": "Goa",
        "started_at": start,
        "ended_at": datetime.fromtimestamp(start.timestamp() + 60 * minutes),  # noqa: DTZ006 - both are UTC without a zone
        "last_modified": f"2026-01-0{told} 00:00:00",
        "_extracted_at": f"2026-01-09 00:00:0{told}",
    }


def title(name: str, told: int = 1, content: str = "c1") -> Rows:
    moment = f"2026-01-0{told} 00:00:00"
    return [{"content_id": content, "title": name, "genre": "Drama", "last_modified": moment, "_extracted_at": moment}]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("export")) as house:
        house.load()
        yield house


@pytest.fixture
def loaded(made: House) -> House:
    """Three days of playbacks, the last of which is not over at ``EVENING``."""
    made.empty()
    made.stage(
        {
            "streampulse__playback": [
                playback("1", "2026-01-06 10:00:00", 90),
                playback("2", "2026-01-06 11:00:00", 30),
                playback("3", "2026-01-07 10:00:00", 60, content="c2"),
                playback("4", "2026-01-08 18:30:00", 10),  # midnight in India
            ],
            "streampulse__content": [*title("Monsoon"), *title("Derby", content="c2")],
        }
    )
    made.load()
    return made


def exported(house: House, as_of: datetime = EVENING, lake: Any = None) -> ExportReport:
    return export(house.target, lake or house.lake, RunClock(as_of), "export", Told())


def objects(house: House) -> dict[str, bytes]:
    keys = [info.key for info in house.lake.list_after(PREFIX) if "/_" not in info.key]
    return {key.removeprefix(PREFIX): house.lake.get(key) for key in keys}


def athena(house: House, query: str = SAMPLE) -> list[tuple[Any, ...]]:
    """Answer a query as Athena would: from the files alone, days from the names of folders."""
    files = Path(house.lake.engine_path(PREFIX)) / "year=*" / "month=*" / "day=*" / "*.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"create view daily_aggregates as select * from read_parquet('{files}', hive_partitioning = true)"
        )
        return connection.execute(query).fetchall()


def test_closed_days_are_published_and_answer_the_sample_query(loaded: House) -> None:
    report = exported(loaded)
    assert report == ExportReport(1, date(2026, 1, 9), (date(2026, 1, 6), date(2026, 1, 7)), (), 2, 2)
    assert list(objects(loaded)) == [
        "year=2026/month=01/day=06/engagement_000.parquet",
        "year=2026/month=01/day=07/engagement_000.parquet",
    ]
    assert athena(loaded) == [("Monsoon", 2.0, 2), ("Derby", 1.0, 1)]
    assert athena(loaded, "select title from daily_aggregates where year = 2026 and month = 1 and day = 7") == [
        ("Derby",)
    ]


def test_files_hold_what_the_mart_shows_under_the_columns_of_the_table_for_athena(loaded: House) -> None:
    exported(loaded)
    declared = re.findall(
        r"^    (\w+) ([a-z]+(?:\(\d+, \d+\))?),?$", TABLE.partition(")\npartitioned")[0], re.MULTILINE
    )
    kinds = {"VARCHAR": "string"}
    described = athena(loaded, "select column_name, column_type from (describe from daily_aggregates)")
    found = [(name, kinds.get(kind, kind.lower()).replace(",", ", ")) for name, kind in described]
    assert found[: len(declared)] == [(name, kind) for name, kind in declared]
    assert [name for name, _ in found[len(declared) :]] == ["day", "month", "year"]
    names = ", ".join(name for name, _ in declared)
    shown = loaded.rows(f"select {names} from mart.daily_engagement where activity_date < '2026-01-09'")
    assert sorted(athena(loaded, f"select {names} from daily_aggregates")) == sorted(
        tuple(row.values()) for row in shown
    )


def test_the_projection_makes_up_the_folders_that_are_written() -> None:
    (template,) = re.findall(r"'storage.location.template' = 's3://MY-LAKE/([^']+)'", TABLE)
    made_up = template.replace("${year}", "2026").replace("${month}", "03").replace("${day}", "07")
    assert day_folder(date(2026, 3, 7)) == made_up
    assert set(re.findall(r"'projection.(\w+).digits' = '2'", TABLE)) == {"month", "day"}


def test_the_second_time_there_is_nothing_new(loaded: House) -> None:
    first, before = exported(loaded), objects(loaded)
    again = exported(loaded)
    assert again == replace(first, sequence=None, written=())
    assert objects(loaded) == before


def test_a_day_is_published_when_it_is_over(loaded: House) -> None:
    exported(loaded)
    assert exported(loaded, datetime(2026, 1, 9, 18, 29, tzinfo=UTC)).written == ()
    assert exported(loaded, datetime(2026, 1, 9, 18, 30, tzinfo=UTC)).written == (date(2026, 1, 9),)


def test_only_days_that_changed_are_written_again(loaded: House) -> None:
    exported(loaded)
    untouched = objects(loaded)["year=2026/month=01/day=07/engagement_000.parquet"]
    stat = Path(loaded.lake.engine_path(f"{day_folder(date(2026, 1, 7))}engagement_000.parquet")).stat()
    loaded.stage({"streampulse__playback": [playback("5", "2026-01-06 12:00:00", 120)]})
    loaded.load()
    assert exported(loaded).written == (date(2026, 1, 6),)
    assert athena(loaded) == [("Monsoon", 4.0, 3), ("Derby", 1.0, 1)]
    assert objects(loaded)["year=2026/month=01/day=07/engagement_000.parquet"] == untouched
    after = Path(loaded.lake.engine_path(f"{day_folder(date(2026, 1, 7))}engagement_000.parquet")).stat()
    assert (after.st_ino, after.st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_a_load_that_restates_nothing_writes_nothing(loaded: House) -> None:
    exported(loaded)
    loaded.stage({"streampulse__playback": [playback("4", "2026-01-08 18:30:00", 20, told=2)]})
    loaded.load()
    assert exported(loaded).sequence is None


def test_a_new_title_restates_the_days_that_show_it(loaded: House) -> None:
    exported(loaded)
    loaded.stage({"streampulse__content": title("The Long Monsoon", told=8)})
    loaded.load()
    assert exported(loaded).written == (date(2026, 1, 6),)
    assert athena(loaded)[0][0] == "The Long Monsoon"


def test_a_day_that_its_playbacks_left_is_removed(loaded: House) -> None:
    exported(loaded)
    loaded.stage({"streampulse__playback": [playback("3", "2026-01-05 10:00:00", 60, content="c2", told=2)]})
    loaded.load()
    report = exported(loaded)
    assert (report.written, report.removed) == ((date(2026, 1, 5),), (date(2026, 1, 7),))
    assert [key[:27] for key in objects(loaded)] == ["year=2026/month=01/day=05/e", "year=2026/month=01/day=06/e"]
    assert exported(loaded).sequence is None


def test_what_was_lost_or_stands_there_too_much_is_mended(loaded: House) -> None:
    exported(loaded)
    before = objects(loaded)
    loaded.lake.delete(f"{day_folder(date(2026, 1, 6))}engagement_000.parquet")
    loaded.lake.put(f"{day_folder(date(2026, 1, 7))}engagement_001.parquet", b"of a larger day")
    report = exported(loaded)
    assert report.written == (date(2026, 1, 6), date(2026, 1, 7))
    assert objects(loaded) == before


class Killed(BaseException):
    """Stands for the end of the process."""


class DyingLake(DirectoryLake):
    """A lake whose process ends before it commits."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        raise Killed


def test_killed_before_its_commit_the_next_export_writes_the_same_days(loaded: House) -> None:
    with pytest.raises(Killed):
        exported(loaded, lake=DyingLake(loaded.lake.root, loaded.lake.bucket))
    assert len(objects(loaded)) == 2
    assert exported(loaded).written == (date(2026, 1, 6), date(2026, 1, 7))
    assert athena(loaded) == [("Monsoon", 2.0, 2), ("Derby", 1.0, 1)]


class OvertakenLake(DirectoryLake):
    """A lake in which another export commits first, once, having seen an older warehouse."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        newest = export_log(DirectoryLake(self.root, self.bucket)).head()
        if newest is None:
            DirectoryLake(self.root, self.bucket).put_if_absent(key, data)
            return False
        return super().put_if_absent(key, data)


def test_of_two_exports_the_loser_writes_its_days_again(loaded: House) -> None:
    report = exported(loaded, lake=OvertakenLake(loaded.lake.root, loaded.lake.bucket))
    assert report.sequence == 2
    assert report.written == (date(2026, 1, 6), date(2026, 1, 7))


def test_another_zone_closes_other_days(loaded: House) -> None:
    exported(loaded, datetime(2026, 1, 9, 19, tzinfo=UTC))
    loaded.time_zone = "America/Los_Angeles"
    loaded.stage({"streampulse__playback": [playback("6", "2026-01-05 03:00:00", 60)]})
    loaded.load()
    report = exported(loaded, datetime(2026, 1, 9, 19, tzinfo=UTC))
    assert report.closed_before == date(2026, 1, 9)
    assert report.removed == (date(2026, 1, 9),)
    assert report.written == (date(2026, 1, 4), date(2026, 1, 8))


def test_without_playbacks_there_is_nothing_and_without_a_warehouse_a_message(made: House, tmp_path: Path) -> None:
    made.empty()
    assert exported(made) == ExportReport(None, None, (), (), 0, 0)
    with open_house(tmp_path) as empty, pytest.raises(DataRefused, match="run `reelhouse load` first"):
        exported(empty)
