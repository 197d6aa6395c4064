"""An account that a test can hold in its hand: lists of rows behind an HTTP server, and extractions against it."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from extract.clock import RunClock, new_run_id
from extract.lake import DirectoryLake
from extract.manifest import RawManifest, raw_log
from extract.progress import Progress, Silent
from extract.runner import ExtractionReport, run_extraction
from extract.settings import Settings, Wistia
from extract.writer import StreamReport
from tests.integration.extract.server import Answer, Answered, Asked, Served

Row = dict[str, Any]

TOKEN = "t0ken-of-nobody"
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
STREAMS = ("wistia/medias", "wistia/media_stats", "wistia/visitors", "wistia/events")


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


@dataclass
class Account:
    """Rows that a test may change between requests."""

    medias: list[Row] = field(default_factory=lambda: [{"id": 1, "hashed_id": "m1"}, {"id": 2, "hashed_id": "m2"}])
    stats: dict[str, Row] = field(default_factory=lambda: {"m1": {"load_count": 5}, "m2": {"load_count": 7}})
    visitors: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    token: str = TOKEN
    broken: dict[str, Answer] = field(default_factory=dict)
    """What answers a path instead of its rows."""

    def answer(self, asked: Asked) -> Answered:
        """Answer as the API does: bare arrays, newest first, dates inclusive, strange parameters ignored."""
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            return Answered(b'{"code":"unauthorized_credentials","error":"Invalid credentials."}', 401)
        path = asked.path.removeprefix("/v1")
        if path in self.broken:
            return self.broken[path](asked)
        match path.strip("/").split("/"):
            case ["medias"]:
                return self._page(self.medias, asked)
            case ["stats", "medias", key] if key in self.stats:
                return Answered(json.dumps(self.stats[key]).encode())
            case ["stats", "visitors"]:
                return self._page(newest_first(self.visitors, "last_active_at"), asked)
            case ["stats", "events"]:
                return self._page(self._in_window(asked), asked)
        return Answered(b"", 404, content_type="")

    def _in_window(self, asked: Asked) -> list[Row]:
        start, end = asked.parameters.get("start_date", ""), asked.parameters.get("end_date", "9")
        rows = [row for row in self.events if start <= row["received_at"][:10] <= end]
        return newest_first(rows, "received_at")

    def _page(self, rows: list[Row], asked: Asked) -> Answered:
        size = min(100, int(asked.parameters.get("per_page", 10)))
        start = (int(asked.parameters.get("page", 1)) - 1) * size
        return Answered(json.dumps(rows[start : start + size], indent=1).encode())


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
        self, as_of: datetime = AS_OF, progress: Progress | None = None, **wistia: Any
    ) -> dict[str, StreamReport]:
        """Extract as at an instant; return the reports by stream."""
        self.server.asked.clear()
        values: dict[str, Any] = {
            "base_url": self.server.base_url,
            "per_page": self.per_page,
            "requests_per_minute": 1_000_000,
        }
        settings = Settings(wistia=Wistia(**(values | wistia)))
        clock = RunClock(as_of)
        report: ExtractionReport = run_extraction(
            self.lake, settings, SecretStr(TOKEN), clock, new_run_id(as_of), progress or Silent()
        )
        return {stream.stream: stream for stream in report.streams}

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
        return {info.key: self.lake.get(info.key) for info in self.lake.list_after("")}


def bench(folder: Path, server: Served, per_page: int = 100) -> Bench:
    return Bench(DirectoryLake(folder, "lake"), server, per_page)
