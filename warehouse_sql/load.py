"""The load: staging sequences reach the warehouse strictly in order, each in one transaction, each once.

The transaction holds everything: the lock, the copied staging rows, dimensions, facts, marts, checks and the row of the
ledger that says that it happened. Whether a sequence is loaded is asked of the ledger alone.
"""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from extract.clock import RunClock
from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Settings
from spark.forgotten import forgotten_log, read_freed
from spark.manifest import RebuildManifest, StagingManifest, published_rebuild, staging_log
from warehouse_sql.attempts import Attempt
from warehouse_sql.check_log import note_load
from warehouse_sql.checks import CheckFailed, Result
from warehouse_sql.connection import Connection, Retryable, Target, Unreachable, connect
from warehouse_sql.ledger import (
    Counts,
    LedgerEntry,
    counts_of,
    is_loaded,
    loads,
    newest_load,
    newest_receipt,
    record,
    unconfirmed_loads,
    write_receipt,
)
from warehouse_sql.one_load import apply_load, verify
from warehouse_sql.prepare import prepare
from warehouse_sql.replay_log import clear_replays
from warehouse_sql.set_aside import SetAside, marks, next_above, set_aside, take_back
from warehouse_sql.stage_counts import record_stage

T = TypeVar("T")
ATTEMPTS = 5
FIRST_PAUSE = 0.5
"""Seconds before the second attempt, at most; each later one may wait twice as long."""
GRACE = 60
"""Seconds beyond ``load.statement_timeout`` in which the warehouse must have said that it cancelled a statement; who
does not answer at all is given up then."""


@dataclass(frozen=True, slots=True)
class AppliedLoad:
    """A load that this run published: its staging sequence and what it did to each table."""

    sequence: int
    tables: dict[str, Counts]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a run loaded, which of the loads that it meant to make it found already made, and which are passed.

    ``forgotten``: the object that holds the receipt of requests to forget somebody that were completed before the load.
    """

    applied: tuple[AppliedLoad, ...]
    already: tuple[int, ...]
    set_aside: tuple[SetAside, ...] = ()
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person wants done with one load before the others are made.

    Attributes:
        sequence: of the load.
        reason: why it is to be set aside; None: it is to be tried again, or the ledger has lost it.
    """

    sequence: int
    reason: str | None = None


@dataclass(slots=True)
class _Run:
    target: Target
    lake: Lake
    settings: Settings
    clock: RunClock
    run_id: str
    progress: Progress
    by_hand: ByHand | None
    attempt: Attempt
    confirmed: int
    """The newest load with a receipt when the run began."""

    @property
    def warehouse(self) -> str:
        return self.settings.warehouse


def pending(lake: Lake, warehouse: str) -> bool:
    """Tell from the lake alone whether a load may be wanting: whether the newest staging sequence has no receipt.

    A load that was set aside is not wanted.

    Args:
        lake: the lake.
        warehouse: the address of the warehouse, as the settings write it.
    """
    done = next_above(newest_receipt(lake, warehouse), marks(lake, warehouse))
    return staging_log(lake).head(done) is not None


def load(
    target: Target,
    lake: Lake,
    settings: Settings,
    clock: RunClock,
    run_id: str,
    progress: Progress,
    by_hand: ByHand | None = None,
) -> LoadReport:
    """Bring the warehouse to this release, then load every staging sequence that its ledger does not have.

    Loads that were set aside are passed; ``by_hand`` sets one aside, or tries one again that was.

    Raises:
        ConfigurationError: the warehouse cannot be reached or refuses the login; or nothing can be done by hand about
            that load.
        DataRefused: bytes, counts or checks are not as they should be; the loads before are kept, this one is undone.
        LockHeld: another run holds the lock for longer than ``settings.load.lock_wait``.
        ReelhouseError: the warehouse failed, also when the load was repeated whole.
    """
    attempt = Attempt(lake, settings.warehouse, run_id, settings.load, progress)
    confirmed = newest_receipt(lake, settings.warehouse)
    run = _Run(target, lake, settings, clock, run_id, progress, by_hand, attempt, confirmed)
    with attempt.beating():
        return repeated(lambda: _load_all(run), progress)


def repeated(work: Callable[[], T], progress: Progress) -> T:
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
        progress.event("load.retry", attempt=attempt, reason=str(failure))
        time.sleep(random.uniform(0.5, 1) * FIRST_PAUSE * 2 ** (attempt - 1))  # noqa: S311 - jitter, no secret


def _load_all(run: _Run) -> LoadReport:
    with _connected(run) as connection:
        prepare(connection, lambda: run.attempt.lock(connection), run.progress)
        run.attempt.announce(connection)
        try:
            _do_by_hand(connection, run)
            while _load_next(connection, run):
                pass
            report = _report(connection, run)
        except ReelhouseError:
            run.attempt.finish(connection)
            raise
        except KeyboardInterrupt:
            _finish_interrupted(connection, run)
            raise
        run.attempt.finish(connection)
        return report


def _connected(run: _Run) -> AbstractContextManager[Connection]:
    return connect(run.target, run.settings.load.statement_timeout + GRACE)


def _finish_interrupted(connection: Connection, run: _Run) -> None:
    # The answer to a statement may still be under way, so the session is of no more use.
    connection.close()
    with suppress(ReelhouseError), _connected(run) as another:
        run.attempt.finish(another)


def _do_by_hand(connection: Connection, run: _Run) -> None:
    """Set a load aside, or load one that was, or that the ledger has lost."""
    wanted = run.by_hand
    if wanted is None:
        return
    manifest = next(staging_log(run.lake).after(wanted.sequence - 1), None)
    if manifest is None:
        raise ConfigurationError(f"there is no load {wanted.sequence} in {run.lake.url('staging/')}")
    newest = confirmed_newest(connection, run.lake)
    if wanted.reason is None:
        _try_again(connection, run, manifest, newest)
    elif is_loaded(connection, wanted.sequence):
        raise ConfigurationError(f"load {wanted.sequence} is in the warehouse; there is nothing to set aside")
    else:
        set_aside(run.lake, run.warehouse, wanted.sequence, wanted.reason, run.clock, run.run_id)
        run.progress.event("load.set_aside", sequence=wanted.sequence)


def _try_again(connection: Connection, run: _Run, manifest: StagingManifest, newest: int) -> None:
    """Load what was set aside, or what the ledger has lost; what comes after the newest load has its turn."""
    sequence = manifest.sequence
    is_lost = sequence < newest and not is_loaded(connection, sequence)
    if not is_lost and sequence not in marks(run.lake, run.warehouse):
        raise ConfigurationError(
            f"load {sequence} was not set aside, and the ledger does not lack it; `reelhouse status` shows those that "
            "were set aside, `reelhouse doctor` those that are lacking"
        )
    while sequence < newest and not _load_one(connection, run, manifest):
        pass
    take_back(run.lake, run.warehouse, sequence)


def _load_next(connection: Connection, run: _Run) -> bool:
    """Load the sequence after the newest of the ledger, or find that another run did; False where there is none."""
    newest = next_above(confirmed_newest(connection, run.lake), marks(run.lake, run.warehouse))
    rebuilt = None if newest else published_rebuild(run.lake)
    manifest = rebuilt.as_load() if rebuilt else next(staging_log(run.lake).after(newest), None)
    if manifest is None:
        return False
    _load_one(connection, run, manifest)
    return True


def _load_one(connection: Connection, run: _Run, manifest: StagingManifest) -> bool:
    """Load a sequence; False where another run loaded something meanwhile, so that it may be in the ledger by now."""
    started_at = run.clock.now()
    newest = newest_load(connection)
    if is_loaded(connection, manifest.sequence):
        return True
    connection.rollback()
    try:
        # Files are read before the lock is taken, so that others wait for the warehouse's work alone.
        verify(run.lake, manifest)
        run.attempt.lock(connection)
        if newest_load(connection) != newest or is_loaded(connection, manifest.sequence):
            connection.rollback()
            return False
        if not _is_free(run.lake, manifest):
            connection.rollback()
            return False
        found = _load_manifest(connection, run, manifest, started_at)
    except DataRefused as refused:
        if isinstance(refused, CheckFailed):
            with suppress(ReelhouseError):  # what was refused is told in any case
                _note(run, refused.results, f"load {manifest.sequence}, which was refused")
        raise DataRefused(f"load {manifest.sequence}: {refused}. {_WAY_OUT.format(manifest.sequence)}") from None
    _note(run, found, f"load {manifest.sequence}")
    write_receipt(run.lake, run.warehouse, manifest.sequence, run.run_id)
    return True


def _note(run: _Run, found: tuple[Result, ...], load: str) -> None:
    note_load(run.lake, run.warehouse, found, load, run.clock.now())


def _is_free(lake: Lake, manifest: StagingManifest) -> bool:
    """Whether a load, as it was read, holds nobody who asked to be forgotten; False where it was rewritten meanwhile.

    Raises:
        DataRefused: it was made before somebody asked, and nobody has looked into it since.
    """
    newest = forgotten_log(lake).head()
    if newest is None or manifest.forgotten_upto >= newest.sequence or isinstance(manifest, RebuildManifest):
        return True
    if not read_freed(lake).covers(manifest, newest.sequence):
        raise DataRefused(
            f"it was staged before request {newest.sequence} to forget somebody, and is not freed of them yet. "
            "Nothing was loaded: run again, which does that first"
        )
    return staging_log(lake).read(manifest.sequence) == manifest


_WAY_OUT = "A load that can never succeed is passed by `reelhouse load --set-aside {} --reason …`"


def confirmed_newest(connection: Connection, lake: Lake) -> int:
    """Return the newest load of the ledger, having made sure that it came from this lake.

    Raises:
        DataRefused: it came from another.
    """
    sequence, staged_by = newest_load(connection)
    known = next(staging_log(lake).after(sequence - 1), None) if sequence else None
    if sequence and (known is None or known.run_id != staged_by):
        raise DataRefused(
            f"the warehouse holds load {sequence} as run {staged_by} staged it, but sequence {sequence} of "
            f"{lake.url('staging/')} is {'of another run' if known else 'not there'}: the two do not belong "
            "together. Nothing was loaded; load this lake into an empty warehouse"
        )
    return sequence


def _load_manifest(
    connection: Connection, run: _Run, manifest: StagingManifest, started_at: datetime
) -> tuple[Result, ...]:
    """Load a sequence in one transaction; return what its checks found."""
    sequence = manifest.sequence
    done = apply_load(connection, run.lake, run.settings, manifest, run.progress)
    record_stage(connection, manifest)
    record(connection, LedgerEntry(sequence, run.run_id, manifest.run_id, started_at, run.clock.now()), done.tables)
    if isinstance(manifest, RebuildManifest):
        complete_ledger(connection, run.lake, sequence, run.run_id, run.clock)
    clear_replays(connection)
    run.progress.event("load.commit", sequence=sequence)
    connection.commit()
    run.progress.event(
        "load.committed", sequence=sequence, rows=sum(done.copied.values()), statements=connection.statements
    )
    return done.checks


def complete_ledger(connection: Connection, lake: Lake, upto: int, run_id: str, clock: RunClock) -> None:
    """Write into the ledger the loads up to one that came together, with a rebuild, and are not there yet."""
    known, now = set(loads(connection)), clock.now()
    for manifest in staging_log(lake).after(0):
        if manifest.sequence <= upto and manifest.sequence not in known:
            record(connection, LedgerEntry(manifest.sequence, run_id, manifest.run_id, now, now), {})


def _report(connection: Connection, run: _Run) -> LoadReport:
    """Tell, from the ledger, which loads this run made and which it found although unconfirmed; confirm the latter."""
    found = unconfirmed_loads(connection, run.confirmed, run.run_id)
    mine = tuple(AppliedLoad(number, counts_of(connection, number)) for number, by in found.items() if by == run.run_id)
    already = tuple(number for number, by in found.items() if by != run.run_id)
    for number in already:
        write_receipt(run.lake, run.warehouse, number, found[number])
    return LoadReport(mine, already, tuple(marks(run.lake, run.warehouse).values()))
