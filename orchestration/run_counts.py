"""What a run did, at every hop: from the requests that it sent to the rows of the tables, from the lake alone."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from extract.errors import ConfigurationError, DataRefused
from extract.lake import Lake
from extract.manifest import raw_log
from extract.sources import STREAM_NAMES
from orchestration.pipeline import REPORTS
from spark.manifest import Counts, StagingManifest, staging_log
from warehouse_sql.ledger import receipts


@dataclass(frozen=True, slots=True)
class Landed:
    """A raw manifest of the run."""

    stream: str
    sequence: int
    requests: int
    received: int
    unchanged: int
    landed: int
    normalised_in: int | None
    """The staging load that took it; None where none has."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An entity of a staging load that took something of the run."""

    sequence: int
    run_id: str
    entity: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class RunCounts:
    """The counts of a run.

    Attributes:
        report: as the run left it; None where it was killed.
        landed: what it landed.
        staged: what the loads hold that took something of it, or that it made.
        loaded: for each of these loads the run that brought it to the warehouse, None while none has.
        tables: for each of these loads what it did to each table, where the report of its run tells.
    """

    run_id: str
    report: Mapping[str, Any] | None
    landed: tuple[Landed, ...]
    staged: tuple[Staged, ...]
    loaded: Mapping[int, str | None]
    tables: Mapping[int, Mapping[str, Mapping[str, int | None]]]


def read_run(lake: Lake, warehouse: str, run_id: str) -> RunCounts:
    """Read the counts of a run.

    Raises:
        ConfigurationError: the lake knows no such run.
    """
    staging = list(staging_log(lake).after(0))
    landed = tuple(_landed(lake, run_id, staging))
    numbers = {item.normalised_in for item in landed} | {item.sequence for item in staging if item.run_id == run_id}
    loads = [manifest for manifest in staging if manifest.sequence in numbers]
    report = _report(lake, run_id)
    if report is None and not landed and not loads:
        raise ConfigurationError(f"the lake knows no run {run_id}; the reports of runs lie in {lake.url(REPORTS)}")
    confirmed = receipts(lake, warehouse)
    loaded = {manifest.sequence: confirmed.get(manifest.sequence) for manifest in loads}
    return RunCounts(run_id, report, landed, tuple(_staged(loads)), loaded, _tables(lake, loaded))


def _landed(lake: Lake, run_id: str, staging: list[StagingManifest]) -> Iterator[Landed]:
    for stream in STREAM_NAMES:
        for raw in raw_log(lake, stream).after(0):
            if raw.run_id == run_id:
                taken = (load.sequence for load in staging if load.consumed.get(stream, 0) >= raw.sequence)
                requests = sum(raw.requests.values())
                yield Landed(stream, raw.sequence, requests, raw.received, raw.unchanged, raw.landed, next(taken, None))


def _staged(loads: list[StagingManifest]) -> Iterator[Staged]:
    for load in loads:
        for entity, entry in load.entities.items():
            yield Staged(load.sequence, load.run_id, entity, entry.counts)


def _tables(lake: Lake, loaded: Mapping[int, str | None]) -> dict[int, Mapping[str, Mapping[str, int | None]]]:
    found = {}
    for sequence, run_id in loaded.items():
        report = _report(lake, run_id) if run_id else None
        for load in ((report or {}).get("load") or {}).get("applied", ()):
            if load["sequence"] == sequence:
                found[sequence] = load["tables"]
    return found


def _report(lake: Lake, run_id: str) -> dict[str, Any] | None:
    with suppress(DataRefused, ValueError):
        report = json.loads(lake.get(f"{REPORTS}{run_id}.json"))
        return report if isinstance(report, dict) else None
    return None
