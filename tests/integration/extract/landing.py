"""A landing folder in a lake, into which tests drop files, and the raw lines that come of them."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from extract.clock import RunClock, new_run_id
from extract.lake import Lake
from extract.manifest import RawManifest, raw_log
from extract.progress import Progress, Silent
from extract.settings import Quarantine, StreamPulse
from extract.sources.streampulse.feeds import PLAYBACK
from extract.sources.streampulse.source import FileExtraction, FileSource


@dataclass
class Landing:
    """A lake, and the time of its machine, which moves only when somebody waits."""

    lake: Lake
    settings: StreamPulse = field(default_factory=StreamPulse)
    now: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    """Long after any file was written."""
    sleep: Callable[[float], None] = lambda _: None

    def drop(self, name: str, data: bytes) -> None:
        self.lake.put(f"landing/streampulse/{name}", data)

    def source(self, lake: Lake | None = None) -> FileSource:
        return FileSource(lake or self.lake, self.settings, Quarantine(), now=lambda: self.now, sleep=self.sleep)

    def extract(self, lake: Lake | None = None, progress: Progress | None = None) -> FileExtraction:
        clock = RunClock()
        return self.source(lake).extract(clock, new_run_id(clock.as_of), progress or Silent())

    def manifests(self, stream: str = PLAYBACK.stream) -> list[RawManifest]:
        return list(raw_log(self.lake, stream).after(0))

    def lines(self, stream: str = PLAYBACK.stream) -> list[bytes]:
        """The raw lines that manifests vouch for, in order."""
        objects = [entry for manifest in self.manifests(stream) for entry in manifest.objects]
        return [line for entry in objects for line in gzip.decompress(self.lake.get(entry.key)).splitlines()]

    def records(self, stream: str = PLAYBACK.stream) -> list[Any]:
        """What the raw lines say; of those that could not be taken, the bytes."""
        return [_said(json.loads(line)) for line in self.lines(stream)]


def _said(line: dict[str, Any]) -> Any:
    return line["record"] if "record" in line else {"bytes": base64.b64decode(line["bytes"])}
