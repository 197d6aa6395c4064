"""Lakes for tests: raw lines put in as an extraction would, staging and quarantine read out as rows."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.clock import RunClock
from extract.lake import DirectoryLake, Lake
from extract.manifest import ObjectEntry, RawManifest, raw_log
from extract.privacy import PrivacyKey
from extract.progress import Progress, Silent
from extract.settings import Quarantine, Settings
from spark.jobs.normalise import NormaliseReport, normalise
from spark.manifest import StagingManifest, staging_log

NOW = datetime(2026, 1, 8, 2, tzinfo=UTC)
TEXT_OF_KEY = "a-key-for-the-tests-and-for-them-alone"
KEY = PrivacyKey.of(TEXT_OF_KEY)
ANOTHER = "another-key-for-the-tests-as-long-as-one"
TOLERANT = Settings(quarantine=Quarantine(max_share=1.0))


def raw_line(record: Any, sent_at: str = "2026-01-08T00:00:00.000123Z") -> str:
    """Write a raw line around a record."""
    return json.dumps({"_meta": {"sent_at": sent_at}, "record": record}, separators=(",", ":"))


def land(lake: Lake, stream: str, *objects: Sequence[str | bytes], complete: bool = True) -> RawManifest:
    """Commit a raw manifest of objects, each given as its lines."""
    log = raw_log(lake, stream)
    head = log.head()
    sequence = head.sequence + 1 if head else 1
    entries = tuple(_put(lake, stream, sequence, part, lines) for part, lines in enumerate(objects))
    landed = sum(entry.rows for entry in entries)
    manifest = RawManifest(
        sequence=sequence,
        run_id=f"run-{sequence}",
        committed_at="2026-01-08T00:00:00.000000Z",
        stream=stream,
        complete=complete,
        objects=entries,
        received=landed,
        landed=landed,
        requests={},
        cursor_after={},
        total_rows=landed + (head.total_rows if head else 0),
        total_objects=len(entries) + (head.total_objects if head else 0),
    )
    assert log.commit(manifest)
    return manifest


def _put(lake: Lake, stream: str, sequence: int, part: int, lines: Iterable[str | bytes]) -> ObjectEntry:
    encoded = [line if isinstance(line, bytes) else line.encode() for line in lines]
    data = gzip.compress(b"".join(line + b"\n" for line in encoded))
    return put_object(
        lake, f"raw/{stream}/date=2026-01-08/run=run-{sequence}/part-{part:05d}.jsonl.gz", data, len(encoded)
    )


def put_object(lake: Lake, key: str, data: bytes, rows: int) -> ObjectEntry:
    """Put an object and return the entry that vouches for it."""
    lake.put(key, data)
    return ObjectEntry(key=key, bytes=len(data), rows=rows, sha256=hashlib.sha256(data).hexdigest())


def run(
    lake: Lake,
    settings: Settings = TOLERANT,
    run_id: str = "normalise",
    progress: Progress | None = None,
    key: PrivacyKey = KEY,
) -> NormaliseReport:
    """Normalise what is new."""
    clock = RunClock(NOW, monotonic=lambda: 0.0)  # so that two runs say the same
    return normalise(lake, settings, key, clock, run_id, progress or Silent())


def newest(lake: Lake) -> StagingManifest:
    """Return the newest staging manifest."""
    manifest = staging_log(lake).head()
    assert manifest
    return manifest


def staged(lake: DirectoryLake, manifest: StagingManifest, entity: str) -> list[dict[str, Any]]:
    """Return the rows of an entity in a load."""
    entry = manifest.entities.get(entity)
    return read(lake, [file.key for file in entry.files]) if entry else []


def quarantined(lake: DirectoryLake, manifest: StagingManifest, stream: str) -> list[dict[str, Any]]:
    """Return the quarantined records of a stream in a load."""
    entry = manifest.quarantine.get(stream)
    return read(lake, [file.key for file in entry.files]) if entry else []


def read(lake: DirectoryLake, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Read Parquet objects in the order of their rows."""
    with duckdb.connect() as connection:
        rows = []
        for key in keys:
            found = connection.execute(
                "select * from read_parquet(?, hive_partitioning = false)", [lake.engine_path(key)]
            )
            names = [column[0] for column in found.description or []]
            rows += [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return rows


def new_lake(folder: Path) -> DirectoryLake:
    """Return an empty lake in a folder."""
    return DirectoryLake(folder, "lake")
