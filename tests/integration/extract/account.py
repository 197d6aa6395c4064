"""An account that a test can hold in its hand: lists of rows behind an HTTP server, and extractions against it."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from extract.budget import Budget
from extract.clock import RunClock, new_run_id
from extract.days import Window
from extract.lake import DirectoryLake
from extract.manifest import RawManifest, raw_log
from extract.progress import Progress, Silent
from extract.runner import ExtractionReport, run_backfill, run_extraction
from extract.settings import Settings, Wistia
from extract.writer import StreamReport
from tests.integration.extract.server import Answer, Answered, Asked, Served

Row = dict[str, Any]

TOKEN = "t0ken-of-nobody"
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
STREAMS = (
    "wistia/medias",
    "wistia/projects",
    "wistia/account_stats",
    "wistia/media_stats",
    "wistia/media_engagement",
    "wistia/media_by_date",
    "wistia/visitors",
    "wistia/events",
)


def data_time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.000Z}"


def visitor(number: int, active: datetime, **fields: Any) -> Row:
    created = AS_OF - timedelta(days=900)
    row = {"visitor_key": f"v{number}", "created_at": data_time(created), "last_active_at": data_time(active)}
    return row | {"load_count": 1, "play_count": 1} | fields


def event(number: int, received: datetime, **fields: Any) -> Row:
    heatmap = f"https://a.wistia.com/e{number}/iframe.html?public_token=heatmap-s3cret"
    row = {"event_key": f"e{number}", "received_at": data_time(received), "iframe_heatmap_url": heatmap}
    return row | {"percent_viewed": 0.5, "media_id": "m1"} | fields


def media(number: int, created: str = "2026-01-01T09:00:00+00:00") -> Row:
    return {"id": number, "hashed_id": f"m{number}", "created": created}


def curve(*views: int) -> Row:
    return {"engagement": 0.5, "engagement_data": list(views), "rewatch_data": [0] * len(views)}


@dataclass
class Account:
    """Rows that a test may change between requests."""

    medias: list[Row] = field(default_factory=lambda: [media(1), media(2)])
    projects: list[Row] = field(default_factory=lambda: [{"id": 9, "hashedId": "p1", "name": "Funnel"}])
    account_stats: Row = field(default_factory=lambda: {"load_count": 12, "play_count": 4, "hours_watched": 0.75})
    stats: dict[str, Row] = field(default_factory=lambda: {"m1": {"load_count": 5}, "m2": {"load_count": 7}})
    curves: dict[str, Row] = field(default_factory=lambda: {"m1": curve(3, 2, 1), "m2": curve(1, 1)})
    days: dict[str, dict[str, int]] = field(default_factory=lambda: {"m1": {"2026-01-05": 3}, "m2": {"2026-01-07": 1}})
    """Plays by media and date; a day that is not there is a quiet one."""
    visitors: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    token: str = TOKEN
    broken: dict[str, Answer] = field(default_factory=dict)
    """What answers a path instead of its rows."""

    def answer(self, asked: Asked) -> Answered:
        """Answer as the API does: bare arrays, newest first, dates inclusive, strange parameters ignored."""
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            return Answered(b'{"code":"unauthorized_credentials","error":"Invalid credentials."}', 401)
        path = asked.path.removeprefix("/v1").removeprefix("/modern")
        if path in self.broken:
            return self.broken[path](asked)
        rows = self._rows(path.strip("/").split("/"), asked)
        return Answered(b"", 404, content_type="") if rows is None else Answered(json.dumps(rows, indent=1).encode())

    def _rows(self, path: list[str], asked: Asked) -> Row | list[Row] | None:
        match path:
            case ["medias"]:
                return page(self.medias, asked)
            case ["projects" | "folders"]:
                return page(self.projects, asked)
            case ["stats", "visitors"]:
                return page(newest_first(self.visitors, "last_active_at"), asked)
            case ["stats", "events"]:
                return page(self._in_window(asked), asked)
            case ["stats", "account"]:
                return self.account_stats
            case ["stats", "medias", key]:
                return self.stats.get(key)
            case ["stats", "medias", key, "engagement"]:
                return self.curves.get(key)
            case ["stats", "medias", key, "by_date"] if key in self.days:
                return days(self.days[key], asked)
            case ["analytics", "medias", key, "timeseries"] if key in self.days:
                return analytics(self.days[key], asked)
        return None

    def _in_window(self, asked: Asked) -> list[Row]:
        start, end = asked.parameters.get("start_date", ""), asked.parameters.get("end_date", "9")
        rows = [row for row in self.events if start <= row["received_at"][:10] <= end]
        return newest_first(rows, "received_at")


def page(rows: list[Row], asked: Asked) -> list[Row]:
    size = min(100, int(asked.parameters.get("per_page", 10)))
    start = (int(asked.parameters.get("page", 1)) - 1) * size
    return rows[start : start + size]


def days(plays: dict[str, int], asked: Asked) -> list[Row]:
    """Return a row a day, quiet days too, in no order at all; yesterday and today where no dates are given."""
    end = date.fromisoformat(asked.parameters.get("end_date", f"{AS_OF:%Y-%m-%d}"))
    start = date.fromisoformat(asked.parameters.get("start_date", f"{end - timedelta(days=1)}"))
    dates = [str(start + timedelta(days=number)) for number in range((end - start).days + 1)]
    rows = [{"date": day, "load_count": 10, "play_count": plays.get(day, 0), "hours_watched": 0} for day in dates]
    return sorted(rows, key=lambda row: str(row["date"])[::-1])


def analytics(plays: dict[str, int], asked: Asked) -> list[Row]:
    """Return a row a day; the end is exclusive, and two years are the most."""
    start, end = (date.fromisoformat(asked.parameters[name]) for name in ("start_date", "end_date"))
    assert asked.parameters["granularity"] == "daily"
    assert start < end <= start + timedelta(days=731)
    dates = [str(start + timedelta(days=number)) for number in range((end - start).days)]
    return [{"timestamp": f"{day}T00:00:00Z", "unique_visitors": plays.get(day, 0), "plays": None} for day in dates]


def newest_first(rows: list[Row], field_name: str) -> list[Row]:
    return sorted(rows, key=lambda row: str(row.get(field_name) or ""), reverse=True)


def lines(lake: DirectoryLake, stream: str) -> Iterator[Row]:
    """Yield what the manifests of a stream vouch for, in order."""
    for manifest in raw_log(lake, stream).after(0):
        for entry in manifest.objects:
            for line in gzip.decompress(lake.get(entry.key)).splitlines():
                yield json.loads(line)


@dataclass
class Bench:
    """A lake, a server, and what a test wants to know about them."""

    lake: DirectoryLake
    server: Served
    per_page: int = 100

    def extract(
        self,
        as_of: datetime = AS_OF,
        progress: Progress | None = None,
        *,
        budget: Budget | None = None,
        full_sweep: bool = False,
        **wistia: Any,
    ) -> dict[str, StreamReport]:
        """Extract as at an instant; return the reports by stream."""
        self.server.asked.clear()
        settings = self._settings(**wistia)
        clock = RunClock(as_of)
        report: ExtractionReport = run_extraction(
            self.lake,
            settings,
            SecretStr(TOKEN),
            clock,
            new_run_id(as_of),
            progress or Silent(),
            budget,
            full_sweep=full_sweep,
        )
        return {stream.stream: stream for stream in report.streams}

    def backfill(
        self, start: date, end: date, as_of: datetime = AS_OF, only: str | None = None
    ) -> dict[str, StreamReport]:
        """Backfill a window of days; return the reports by stream."""
        run_id = new_run_id(as_of)
        report = run_backfill(
            self.lake,
            self._settings(),
            SecretStr(TOKEN),
            RunClock(as_of),
            run_id,
            Silent(),
            Window(start, end),
            only,
        )
        return {stream.stream: stream for stream in report.streams}

    def _settings(self, **wistia: Any) -> Settings:
        values: dict[str, Any] = {
            "base_url": self.server.base_url,
            "per_page": self.per_page,
            "requests_per_minute": 1_000_000,
        }
        return Settings(wistia=Wistia(**(values | wistia)))

    def manifests(self, stream: str) -> list[RawManifest]:
        return list(raw_log(self.lake, stream).after(0))

    def lines(self, stream: str) -> Iterator[Row]:
        return lines(self.lake, stream)

    def records(self, stream: str) -> list[Row]:
        return [line["record"] for line in self.lines(stream)]

    def keys(self, stream: str, field_name: str) -> set[str]:
        return {record[field_name] for record in self.records(stream)}

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the parameters of the requests of the last run for a path."""
        return [asked.parameters for asked in self.server.asked if asked.path == f"/v1{path}"]

    def objects(self) -> dict[str, bytes]:
        """Return everything in the lake."""
        return {
            info.key: self.lake.get(info.key) for info in self.lake.list_after("") if not info.key.startswith("leases/")
        }


def bench(folder: Path, server: Served, per_page: int = 100) -> Bench:
    return Bench(DirectoryLake(folder, "lake"), server, per_page)
