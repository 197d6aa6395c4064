"""The load: staging sequences reach the warehouse strictly in order, each in one transaction, each once.

The transaction holds everything: the lock, the copied staging rows, dimensions, facts, marts, checks and the row of the
ledger that says that it happened. Whether a sequence is loaded is asked of the ledger alone.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from extract.clock import RunClock, parse_instant
from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Settings, StreamPulse
from spark.contracts import load_contracts
from spark.manifest import StagingManifest, staging_log
from warehouse_sql.apply import Application
from warehouse_sql.connection import Connection, Retryable, Target, Unreachable, connect
from warehouse_sql.ledger import (
    Counts,
    LedgerEntry,
    announce,
    counts_of,
    finish,
    lock,
    newest_load,
    newest_receipt,
    record,
    unconfirmed_loads,
    write_receipt,
)
from warehouse_sql.prepare import prepare
from warehouse_sql.staging import copy_entity, verify_bytes

ATTEMPTS = 5
FIRST_PAUSE = 0.5
"""Seconds before the second attempt, at most; each later one may wait twice as long."""
VISITORS = "wistia/visitors"
_SET_ZONE = "insert into staging.reporting_setting (time_zone) values (:time_zone)"
_SET_SWEEP = "insert into staging.visitor_sweep (began_at) values (:began_at)"
_SET_CHANNEL = "insert into staging.media_channel_setting (media_id, channel_name) values (:media_id, :channel_name)"


@dataclass(frozen=True, slots=True)
class AppliedLoad:
    """A load that this run published: its staging sequence and what it did to each table."""

    sequence: int
    tables: dict[str, Counts]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a run loaded, and which of the loads that it meant to make it found already made."""

    applied: tuple[AppliedLoad, ...]
    already: tuple[int, ...]


@dataclass(slots=True)
class _Run:
    target: Target
    lake: Lake
    settings: Settings
    clock: RunClock
    run_id: str
    progress: Progress
    confirmed: int
    """The newest load with a receipt when the run began."""


def pending(lake: Lake, warehouse: str) -> bool:
    """Tell from the lake alone whether a load may be wanting: whether the newest staging sequence has no receipt.

    Args:
        lake: the lake.
        warehouse: the address of the warehouse, as the settings write it.
    """
    receipt = newest_receipt(lake, warehouse)
    return staging_log(lake).head(receipt) is not None


def load(
    target: Target, lake: Lake, settings: Settings, clock: RunClock, run_id: str, progress: Progress
) -> LoadReport:
    """Bring the warehouse to this release, then load every staging sequence that its ledger does not have.

    Raises:
        ConfigurationError: the warehouse cannot be reached or refuses the login.
        DataRefused: bytes, counts or checks are not as they should be; the loads before are kept, this one is undone.
        LockHeld: another run holds the lock for longer than ``settings.load.lock_wait``.
        ReelhouseError: the warehouse failed, also when the load was repeated whole.
    """
    run = _Run(target, lake, settings, clock, run_id, progress, newest_receipt(lake, settings.warehouse))
    return _repeated(lambda: _load_all(run), run)


def _repeated(work: Callable[[], LoadReport], run: _Run) -> LoadReport:
    """Do the work again, whole, while its failure is one that passes by itself."""
    failure: Retryable | None = None
    attempt = 0
    while True:
        attempt += 1
        try:
            return work()
        except (Retryable, Unreachable) as error:
            # Where it was reached before, the configuration is right, and the failure of then is the one to tell.
            failure = error if isinstance(error, Retryable) else failure
            if failure is None:
                raise
            if attempt == ATTEMPTS:
                raise failure from None
        run.progress.event("load.retry", attempt=attempt, reason=str(failure))
        time.sleep(random.uniform(0.5, 1) * FIRST_PAUSE * 2 ** (attempt - 1))  # noqa: S311 - jitter, no secret


def _load_all(run: _Run) -> LoadReport:
    with connect(run.target) as connection:
        prepare(connection, lambda: _lock(connection, run), run.progress)
        announce(connection, run.run_id)
        try:
            while _load_next(connection, run):
                pass
            report = _report(connection, run)
        except ReelhouseError:
            finish(connection, run.run_id)
            raise
        except KeyboardInterrupt:
            _finish_interrupted(connection, run)
            raise
        finish(connection, run.run_id)
        return report


def _finish_interrupted(connection: Connection, run: _Run) -> None:
    # The answer to a statement may still be under way, so the session is of no more use.
    connection.close()
    with suppress(ReelhouseError), connect(run.target) as another:
        finish(another, run.run_id)


def _load_next(connection: Connection, run: _Run) -> bool:
    """Load the sequence after the newest of the ledger, or find that another run did; False where there is none."""
    started_at = run.clock.now()
    newest = _confirmed_newest(connection, run)
    connection.rollback()
    manifest = next(staging_log(run.lake).after(newest), None)
    if manifest is None:
        return False
    # Files are read before the lock is taken, so that others wait for the warehouse's work alone.
    _verify(run.lake, manifest)
    _lock(connection, run)
    if newest_load(connection)[0] != newest:
        connection.rollback()
        return True
    _load_manifest(connection, run, manifest, started_at)
    write_receipt(run.lake, run.settings.warehouse, manifest.sequence, run.run_id)
    return True


def _confirmed_newest(connection: Connection, run: _Run) -> int:
    """Return the newest load of the ledger, having made sure that it came from this lake."""
    sequence, staged_by = newest_load(connection)
    known = next(staging_log(run.lake).after(sequence - 1), None) if sequence else None
    if sequence and (known is None or known.run_id != staged_by):
        raise DataRefused(
            f"the warehouse holds load {sequence} as run {staged_by} staged it, but sequence {sequence} of "
            f"{run.lake.url('staging/')} is {'of another run' if known else 'not there'}: the two do not belong "
            "together. Nothing was loaded; load this lake into an empty warehouse"
        )
    return sequence


def _load_manifest(connection: Connection, run: _Run, manifest: StagingManifest, started_at: datetime) -> None:
    sequence = manifest.sequence
    copied = _copy(connection, run, manifest)
    _set_channels(connection, run.settings.wistia.channels if run.settings.wistia else {})
    _set_sweep(connection, manifest.sweeps.get(VISITORS))
    _set_reporting_zone(connection, (run.settings.streampulse or StreamPulse()).reporting_time_zone)
    counts = Application(connection, sequence, copied, run.progress).run()
    record(connection, LedgerEntry(sequence, run.run_id, manifest.run_id, started_at, run.clock.now()), counts)
    run.progress.event("load.commit", sequence=sequence)
    connection.commit()
    run.progress.event("load.committed", sequence=sequence, rows=sum(copied.values()), statements=connection.statements)


def _verify(lake: Lake, manifest: StagingManifest) -> None:
    unknown = set(manifest.entities) - set(load_contracts())
    if unknown:
        raise DataRefused(
            f"staging sequence {manifest.sequence} holds {', '.join(sorted(unknown))}, unknown to this release; use "
            "the release that wrote it, or a later one"
        )
    for entry in manifest.entities.values():
        verify_bytes(lake, entry)


def _copy(connection: Connection, run: _Run, manifest: StagingManifest) -> dict[str, int]:
    return {
        entity: copy_entity(connection, run.lake, contract, manifest.entities.get(entity))
        for entity, contract in load_contracts().items()
    }


def _set_channels(connection: Connection, channels: dict[str, str]) -> None:
    connection.execute("delete from staging.media_channel_setting")
    for media_id, channel_name in sorted(channels.items()):
        connection.execute(_SET_CHANNEL, {"media_id": media_id, "channel_name": channel_name})


def _set_sweep(connection: Connection, began_at: str | None) -> None:
    """Say whether a full sweep of the list of visitors ended in this load, and when it had begun (ISO 8601, UTC)."""
    connection.execute("delete from staging.visitor_sweep")
    if began_at:
        connection.execute(_SET_SWEEP, {"began_at": parse_instant(began_at).replace(tzinfo=None)})


def _set_reporting_zone(connection: Connection, time_zone: str) -> None:
    connection.execute("delete from staging.reporting_setting")
    connection.execute(_SET_ZONE, {"time_zone": time_zone})


def _report(connection: Connection, run: _Run) -> LoadReport:
    """Tell, from the ledger, which loads this run made and which it found although unconfirmed; confirm the latter."""
    found = unconfirmed_loads(connection, run.confirmed, run.run_id)
    mine = tuple(AppliedLoad(number, counts_of(connection, number)) for number, by in found.items() if by == run.run_id)
    already = tuple(number for number, by in found.items() if by != run.run_id)
    for number in already:
        write_receipt(run.lake, run.settings.warehouse, number, found[number])
    return LoadReport(mine, already)


def _lock(connection: Connection, run: _Run) -> None:
    lock(connection, run.run_id, run.settings.load.lock_wait)
