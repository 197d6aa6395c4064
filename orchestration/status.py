"""The morning look, from the lake alone: last run, streams, counts, quarantine, what waits to be loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extract.lake import Lake
from extract.manifest import raw_log
from extract.sources import STREAM_NAMES
from extract.sources.streampulse.feeds import STREAM_NAMES as STREAMPULSE
from orchestration.context import Context
from orchestration.pipeline import newest_report
from spark.manifest import StagingManifest, staging_log
from warehouse_sql.load import pending
from warehouse_sql.set_aside import SetAside, marks


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """Where a stream stands."""

    stream: str
    manifests: int
    committed_at: str
    records_landed: int
    normalised_up_to: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Where the pipeline stands; ``quarantined`` counts what is in quarantine, by stream and reason."""

    last_run: dict[str, Any] | None
    streams: tuple[StreamStatus, ...]
    staged_loads: int
    waits_for_load: bool
    refused_files: tuple[str, ...]
    """Files of which nothing was taken, with the reason; those of the newest manifests."""
    quarantined: dict[str, dict[str, int]]
    drift: tuple[dict[str, Any], ...]
    set_aside: tuple[SetAside, ...] = ()
    """Loads that were passed by hand."""


def read_status(context: Context) -> Status:
    """Read where the pipeline stands; the warehouse is not woken."""
    staged = staging_log(context.lake).head()
    return Status(
        last_run=newest_report(context.lake),
        streams=tuple(_streams(context.lake, staged)),
        staged_loads=staged.sequence if staged else 0,
        refused_files=tuple(_refused(context.lake)),
        waits_for_load=pending(context.lake, context.settings.warehouse),
        quarantined=staged.total_quarantined if staged else {},
        drift=tuple(entry.model_dump() for entry in staged.drift) if staged else (),
        set_aside=tuple(marks(context.lake, context.settings.warehouse).values()),
    )


def _refused(lake: Lake) -> Iterator[str]:
    for stream in STREAMPULSE:
        head = raw_log(lake, stream).head()
        for manifest in raw_log(lake, stream).after(head.cursor_after["up_to"]) if head else ():
            yield from (f"{file.key}: {file.refused}" for file in manifest.files if file.refused)


def _streams(lake: Lake, staged: StagingManifest | None) -> list[StreamStatus]:
    heads = {name: raw_log(lake, name).head() for name in STREAM_NAMES}
    return [
        StreamStatus(
            name,
            manifests=head.sequence,
            committed_at=head.committed_at,
            records_landed=head.total_rows,
            normalised_up_to=staged.consumed.get(name, 0) if staged else 0,
            complete=head.complete,
        )
        for name, head in heads.items()
        if head
    ]
