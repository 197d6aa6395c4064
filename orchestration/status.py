"""The morning look, from the lake alone: last run, freshness of streams, counts, quarantine, what needs a person."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from extract.clock import parse_instant
from extract.lake import Lake
from extract.manifest import raw_log
from extract.sources import STREAM_NAMES
from extract.sources.streampulse.feeds import STREAM_NAMES as STREAMPULSE
from extract.words import counted
from orchestration.context import Context
from orchestration.erasures import are_wanting
from orchestration.pipeline import newest_report
from spark.jobs.looked_at import looked_at
from spark.manifest import DriftEntry, StagingManifest, staging_log
from warehouse_sql.check_log import EVERY_ROW, LastResult, last_results
from warehouse_sql.checks import checks_of
from warehouse_sql.load import pending
from warehouse_sql.model import load_models
from warehouse_sql.set_aside import SetAside, marks

STALE_AFTER = timedelta(hours=26)
"""A daily run, and two hours for it to be late."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """Where a stream stands; ``age``: seconds since its newest commit, as of the instant of the look."""

    stream: str
    manifests: int
    committed_at: str
    records_landed: int
    normalised_up_to: int
    complete: bool
    age: float = 0.0


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
    drift: tuple[DriftEntry, ...]
    checks: int = 0
    """How many checks were ever run."""
    failed_checks: tuple[LastResult, ...] = ()
    """Those that found something when they were last run, the graver first."""
    set_aside: tuple[SetAside, ...] = ()
    """Loads that were passed by hand."""
    forgetting: bool = False
    """Whether a request to forget somebody is not at its end."""
    needs: tuple[str, ...] = ()
    """What needs a person: each a sentence with what to type."""


def read_status(context: Context) -> Status:
    """Read where the pipeline stands; the warehouse is not woken."""
    staged = staging_log(context.lake).head()
    checked = last_results(context.lake, context.settings.warehouse)
    found = Status(
        last_run=newest_report(context.lake),
        streams=tuple(_streams(context.lake, staged, context.clock.as_of)),
        staged_loads=staged.sequence if staged else 0,
        refused_files=tuple(_refused(context.lake)),
        waits_for_load=pending(context.lake, context.settings.warehouse),
        quarantined=staged.total_quarantined if staged else {},
        drift=staged.drift if staged else (),
        checks=len(checked),
        failed_checks=tuple(_failed(checked)),
        set_aside=tuple(marks(context.lake, context.settings.warehouse).values()),
        forgetting=are_wanting(context.lake, context.settings.warehouse),
    )
    is_seen = looked_at(context.lake) >= found.staged_loads
    return replace(found, needs=tuple(needs_of(found, quarantine_is_seen=is_seen)))


def needs_of(found: Status, *, quarantine_is_seen: bool) -> Iterator[str]:
    """Yield what needs a person, the most pressing first.

    Args:
        found: where the pipeline stands.
        quarantine_is_seen: whether somebody has looked at what is in quarantine now.
    """
    if found.last_run and found.last_run["outcome"] == "failed":
        yield "the last run failed, as told above; `reelhouse run` goes on where it stopped"
    elif found.waits_for_load:
        yield "what is staged is not in the warehouse: `reelhouse load` brings it there"
    if found.forgetting:
        yield "somebody asked to be forgotten, and is not yet: `reelhouse load` completes it"
    yield from _needs_of_streams(found.streams)
    if broken := [check for check in found.failed_checks if check.is_fatal]:
        yield f"{counted(len(broken), 'check')} failed, as told above: `reelhouse warehouse check` shows of which rows"
    waiting = sum(count for reasons in found.quarantined.values() for count in reasons.values())
    if waiting and not quarantine_is_seen:
        yield f"{counted(waiting, 'record')} in quarantine that nobody has looked at: `reelhouse quarantine list`"
    if found.refused_files:
        yield f"{counted(len(found.refused_files), 'file')} refused whole, as told above: mend and drop again"
    for mark in found.set_aside:
        yield f"load {mark.sequence} was set aside: `reelhouse load --retry {mark.sequence}` when its cause is gone"


def _needs_of_streams(streams: tuple[StreamStatus, ...]) -> Iterator[str]:
    stale = [item for item in streams if item.age > STALE_AFTER.total_seconds()]
    if streams and len(stale) == len(streams):
        yield f"nothing was committed for {age_words(min(item.age for item in stale))}: are the runs still started?"
    elif stale:
        yield f"not fresh: {', '.join(item.stream for item in stale)}; does the source still tell something?"
    if partial := [item.stream for item in streams if not item.complete]:
        yield f"begun and not ended: {', '.join(partial)}; `reelhouse run` goes on there"


def age_words(seconds: float) -> str:
    """Write an age for people to read, in its greatest unit."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} seconds"


def _failed(checked: tuple[LastResult, ...]) -> list[LastResult]:
    """Return what found something, the graver first; loads note no more of a check that this release does not make."""
    failed = [each for each in checked if each.count]
    if not failed:
        return []
    made = {(check.table, check.about) for model in load_models().values() for check in checks_of(model)}
    made |= {(each.table, each.about) for each in failed if each.rows == EVERY_ROW}
    return sorted((each for each in failed if (each.table, each.about) in made), key=lambda each: not each.is_fatal)


def _refused(lake: Lake) -> Iterator[str]:
    for stream in STREAMPULSE:
        head = raw_log(lake, stream).head()
        for manifest in raw_log(lake, stream).after(head.cursor_after["up_to"]) if head else ():
            yield from (f"{file.key}: {file.refused}" for file in manifest.files if file.refused)


def _streams(lake: Lake, staged: StagingManifest | None, now: datetime) -> list[StreamStatus]:
    heads = {name: raw_log(lake, name).head() for name in STREAM_NAMES}
    return [
        StreamStatus(
            name,
            manifests=head.sequence,
            committed_at=head.committed_at,
            records_landed=head.total_rows,
            normalised_up_to=staged.consumed.get(name, 0) if staged else 0,
            complete=head.complete,
            age=(now - parse_instant(head.committed_at)).total_seconds(),
        )
        for name, head in heads.items()
        if head
    ]
