"""Retention: what is older than the settings keep it, in every layer, shown before it is let go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from extract.lake import Lake, ObjectInfo
from extract.manifest import raw_log
from extract.progress import Progress
from extract.sources import STREAM_NAMES
from extract.sources.streampulse.taken import Taken
from orchestration.context import Context
from orchestration.pipeline import REPORTS
from orchestration.sandboxes import landing_of, open_warehouse
from spark.jobs.retention import Days, Expired, Expiry, expired, kept
from warehouse_sql.retention import OldRows, let_rows_go, old_rows


@dataclass(frozen=True, slots=True)
class Outlived:
    """What is older than it is kept.

    Attributes:
        manifests: what manifests of raw, staging and quarantine name.
        files: landing files that were taken, by stream.
        reports: of runs.
        old_rows: of the warehouse, that tell who somebody is.
    """

    manifests: tuple[Expired, ...] = ()
    files: tuple[tuple[str, ObjectInfo], ...] = ()
    reports: tuple[ObjectInfo, ...] = ()
    old_rows: tuple[OldRows, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.manifests or self.files or self.reports or self.old_rows)

    def objects(self) -> Iterator[tuple[str, str, int, int, str]]:
        """Yield what is told of it in the lake: layer, stream, objects, bytes, when the oldest was written (UTC)."""
        for found in self.manifests:
            yield found.layer, found.stream, len(found.objects), found.bytes, found.committed_at[:16]
        for stream, info in self.files:
            yield "landing", stream, 1, info.bytes, f"{info.modified_at:%Y-%m-%dT%H:%M}"
        for info in self.reports:
            yield "runs", "", 1, info.bytes, f"{info.modified_at:%Y-%m-%dT%H:%M}"

    def tables(self) -> Iterator[tuple[str, str, int, str, str]]:
        """Yield what is told of it in the warehouse: table, stream, rows, how old the oldest is, what is kept (UTC)."""
        for old in self.old_rows:
            oldest, kept_from = (f"{instant:%Y-%m-%dT%H:%M}" for instant in (old.oldest, old.kept_from))
            yield old.of.table, old.of.stream, old.rows, oldest, kept_from


NOTHING = Outlived()


def outlived(context: Context) -> Outlived:
    """Find what is older than the settings keep it, at the instant of the command."""
    keep, lake, now = context.settings.retention, context.lake, context.clock.as_of
    manifests = expired(lake, keep.raw, keep.staging, keep.quarantine, now)
    streampulse = context.settings.streampulse
    landing = landing_of(streampulse).landing if streampulse else ""
    old_reports = now - timedelta(days=keep.runs) if keep.runs else None
    reports = (info for info in lake.list_after(REPORTS) if old_reports and info.modified_at < old_reports)
    files = _files(lake, landing, keep.landing, now)
    return Outlived(tuple(manifests), tuple(files), tuple(reports), tuple(_old_rows(context)))


def _old_rows(context: Context) -> Sequence[OldRows]:
    keep = context.settings.retention.restricted
    return old_rows(open_warehouse(context.settings, context.secrets), keep, context.clock.as_of) if keep else ()


def let_go(context: Context, progress: Progress, found: Outlived) -> None:
    """Let it go: in the lake with all versions that the storage keeps, in the warehouse in one transaction.

    Raises:
        LockHeld: a load holds the lock of the warehouse for too long.
        ReelhouseError: lake or warehouse failed; done again, it goes on.
    """
    expiry = Expiry(context.lake, context.clock, context.run_id)
    for manifest in found.manifests:
        expiry.let_go(manifest)
    for info in (*(info for _, info in found.files), *found.reports):
        context.lake.erase(info.key)
    if found.old_rows:
        target = open_warehouse(context.settings, context.secrets)
        let_rows_go(target, context.lake, context.settings, found.old_rows, context.run_id, progress)


def _files(lake: Lake, landing: str, days: Days, now: datetime) -> Iterator[tuple[str, ObjectInfo]]:
    for stream in STREAM_NAMES:
        head = raw_log(lake, stream).head() if stream.startswith("streampulse/") else None
        age = kept(days, stream)
        if not landing or head is None or age is None:
            continue
        taken = Taken(lake, stream, head)
        for info in lake.list_after(f"{landing}{stream.rpartition('/')[2]}/"):
            if now - info.modified_at > timedelta(days=age) and taken.knows(info):
                yield stream, info
