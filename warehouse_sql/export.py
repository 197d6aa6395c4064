"""The export: daily engagement as Parquet for Athena, a file a day, the closed days that changed and no others.

A day is one object under one name. A PUT replaces an object whole, so whoever reads a day reads what it was or what it
is, and never half of it; S3 has nothing that would replace several objects together. What each object holds stands in
a manifest beside them, from which the next export sees which days changed.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from extract.clock import RunClock, format_instant
from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from extract.manifest import Manifest, ManifestLog
from extract.progress import Progress
from warehouse_sql.connection import Connection, StatementRefused, Target, connect
from warehouse_sql.ledger import newest_load
from warehouse_sql.model import load_models
from warehouse_sql.render import render

PREFIX = "analytics/daily_aggregates/"
MART = "mart.daily_engagement"
_FILE = "engagement_"
_ABSENT = ("42P01", "3F000")
"""Codes of "no such table" and "no such schema"."""
_ZONE = "select setting_value from core.reporting_setting where setting_name = 'time_zone'"
# Sixty bits of each row's hash, summed: the order of rows does not matter, and no text is too long.
_FINGERPRINTS = """
select hashed.activity_date, count(*), sum(cast(hashed.row_hash as decimal(38, 0)))
from (
    select
        activity_date,
        strtol(left({{ attribute_hash([
            'region', 'device_type', 'content_id', 'title', 'genre', 'cast(unique_viewers as varchar(20))',
            'cast(playback_count as varchar(20))', 'cast(total_watch_minutes as varchar(24))',
            millionths('average_session_minutes'),
        ]) }}, 15), 16) as row_hash
    from mart.daily_engagement
    where activity_date < :today
) as hashed
group by hashed.activity_date
order by hashed.activity_date
"""


class DayEntry(BaseModel):
    """What the object of a day holds: its size, its rows and their fingerprint.

    The fingerprint is a digest: of two sums the difference would tell what an erasure took out of a day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    rows: int
    fingerprint: str


class ExportManifest(Manifest):
    """The commit point of an export: what it was made from, and every day that is there, by its ISO date."""

    load_sequence: int
    time_zone: str
    closed_before: str
    days: dict[str, DayEntry]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export did.

    Attributes:
        sequence: of its manifest; None where there was nothing new.
        closed_before: the first day that is not closed; None where no playback was ever loaded.
        written: days whose object is new.
        removed: days that have no playback any more, and no object.
        days: how many days are there.
        rows: how many rows they hold.
    """

    sequence: int | None
    closed_before: date | None
    written: tuple[date, ...]
    removed: tuple[date, ...]
    days: int
    rows: int


def export_log(lake: Lake) -> ManifestLog[ExportManifest]:
    """Return the manifests of the export; engines pass over names that begin with an underscore."""
    return ManifestLog(lake, f"{PREFIX}_manifests/", ExportManifest)


def changed_days(lake: Lake, runs: Collection[str]) -> int:
    """Return how many days some runs have written or removed, the newest exports of all; others end the search."""
    log, changed = export_log(lake), 0
    made = log.head()
    while made and made.run_id in runs:
        before = log.read(made.sequence - 1) if made.sequence > 1 else None
        held = before.days if before else {}
        changed += sum(made.days.get(day) != held.get(day) for day in made.days.keys() | held.keys())
        made = before
    return changed


def day_folder(day: date) -> str:
    """Return the folder of a day, as Athena's partition projection makes it up."""
    return f"{PREFIX}year={day:%Y}/month={day:%m}/day={day:%d}/"


def export(target: Target, lake: Lake, clock: RunClock, run_id: str, progress: Progress) -> ExportReport:
    """Publish the closed days of daily engagement that are not in the lake as the warehouse has them.

    A day is closed when it is over in the reporting time zone at the run's instant.

    Raises:
        ConfigurationError: the warehouse cannot be reached.
        DataRefused: nothing was ever loaded, or what was unloaded is not what was counted; days that were written
            before are right, and the next export goes on.
        ReelhouseError: the warehouse or the lake failed.
    """
    again: set[date] = set()
    while True:
        with connect(target) as connection:
            work = _Export(connection, lake, clock, run_id, progress, again)
            report = work.run()
        if report is not None:
            return report
        again |= set(work.written)  # another export was first, and may have seen another warehouse


@dataclass(slots=True)
class _Export:
    connection: Connection
    lake: Lake
    clock: RunClock
    run_id: str
    progress: Progress
    again: set[date]
    written: tuple[date, ...] = ()

    def run(self) -> ExportReport | None:
        """Export in one transaction, so that all days are of one state; None where another export was first."""
        sequence, zone = _loaded(self.connection)
        if zone is None:
            return ExportReport(None, None, (), (), 0, 0)
        head = export_log(self.lake).head()
        held = head.days if head else {}
        closed_before = self.clock.now().astimezone(ZoneInfo(zone)).date()
        wanted = _fingerprints(self.connection, closed_before)
        intact = set(_intact(self.lake, held))
        # Of another zone a day may not be over yet that was over in the one before: it goes as well.
        removed = tuple(day for day in map(date.fromisoformat, held) if day not in wanted)
        self.written = tuple(
            day for day, found in wanted.items() if day in self.again or day not in intact or found != _of(held, day)
        )
        if not self.written and not removed:
            return ExportReport(None, closed_before, (), (), len(held), sum(day.rows for day in held.values()))
        entries = self._write(wanted)
        for day in removed:
            _clear(self.lake, day, keep=None)
        days = {day.isoformat(): entries.get(day) or held[day.isoformat()] for day in wanted}
        number = head.sequence + 1 if head else 1
        manifest = ExportManifest(
            sequence=number,
            run_id=self.run_id,
            committed_at=format_instant(self.clock.now()),
            load_sequence=sequence,
            time_zone=zone,
            closed_before=closed_before.isoformat(),
            days=days,
        )
        if not export_log(self.lake).commit(manifest):
            return None
        self.progress.event("export.committed", sequence=number, written=len(self.written), removed=len(removed))
        rows = sum(day.rows for day in days.values())
        return ExportReport(number, closed_before, self.written, removed, len(days), rows)

    def _write(self, wanted: Mapping[date, tuple[int, str]]) -> dict[date, DayEntry]:
        entries = {}
        for number, day in enumerate(self.written, start=1):
            rows, fingerprint = wanted[day]
            entries[day] = DayEntry(bytes=self._unload(day, rows), rows=rows, fingerprint=fingerprint)
            self.progress.advance("export", number, "days", len(self.written))
        return entries

    def _unload(self, day: date, rows: int) -> int:
        """Replace the object of a day; return its size."""
        url = self.lake.url(day_folder(day) + _FILE)
        try:
            self.connection.execute(unload_statement(day, url))
        except StatementRefused as error:
            raise ReelhouseError(f"UNLOAD of {day} to {url} failed: {error}") from None
        told = self.connection.rows("select pg_last_unload_count()")[0][0]
        found = [info for info in self.lake.list_after(day_folder(day)) if info.key.startswith(day_folder(day) + _FILE)]
        if told != rows or not found:
            raise DataRefused(
                f"{url}: {rows} rows of {day} were to be unloaded, UNLOAD says {told} and left {len(found)} objects; "
                "nothing was committed, and the next export writes that day again"
            )
        _clear(self.lake, day, keep=found[0].key)
        return found[0].bytes


def unload_statement(day: date, url: str) -> str:
    """Return the UNLOAD of one day: one object, because PARALLEL OFF writes files of up to 6.2 GB one after another."""
    names = ", ".join(name for name, _ in load_models()[MART].columns)
    select = (
        f"select {names} from {MART} where activity_date = ''{day.isoformat()}'' "
        "order by content_id, region, device_type"
    )
    quoted = url.replace("'", "''")
    return f"unload ('{select}')\nto '{quoted}'\niam_role default\nformat as parquet\nparallel off\nallowoverwrite"


def fingerprint_statement() -> str:
    """Return the statement that asks for the rows and the fingerprint of each closed day."""
    return render(_FINGERPRINTS.strip())


def _loaded(connection: Connection) -> tuple[int, str | None]:
    """Return the newest load and the reporting zone of its playbacks; None where none was ever loaded."""
    try:
        sequence, _ = newest_load(connection)
        zones = connection.rows(_ZONE)
    except StatementRefused as error:
        if error.code in _ABSENT:
            raise DataRefused("nothing was ever loaded into this warehouse: run `reelhouse load` first") from None
        raise
    return sequence, str(zones[0][0]) if zones else None


def _fingerprints(connection: Connection, closed_before: date) -> dict[date, tuple[int, str]]:
    rows = connection.rows(fingerprint_statement(), {"today": closed_before})
    return {_as_date(day): (int(count), _digest(int(total))) for day, count, total in rows}


def _digest(total: int) -> str:
    return hashlib.sha256(str(total).encode()).hexdigest()


def _as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _of(held: Mapping[str, DayEntry], day: date) -> tuple[int, str] | None:
    entry = held.get(day.isoformat())
    return (entry.rows, entry.fingerprint) if entry else None


def _intact(lake: Lake, held: Mapping[str, DayEntry]) -> Iterator[date]:
    """Yield the days whose object is there in the size that was written: lost ones are written again."""
    sizes: dict[str, list[int]] = {}
    for info in lake.list_after(f"{PREFIX}year="):
        sizes.setdefault(info.key.rpartition("/")[0] + "/", []).append(info.bytes)
    for text, entry in held.items():
        day = date.fromisoformat(text)
        if sizes.get(day_folder(day)) == [entry.bytes]:
            yield day


def _clear(lake: Lake, day: date, keep: str | None) -> None:
    """Remove what else lies in the folder of a day: Athena reads all that is there."""
    for info in list(lake.list_after(day_folder(day))):
        if info.key != keep:
            lake.delete(info.key)
