"""The replay: the warehouse built anew from a rebuild of the lake, beside the one that is read, and then in its place.

Two transactions. The first builds the next generation of the tables from the rebuild; loads go on meanwhile. The
second holds the lock of the loads: it applies to the next generation what was loaded meanwhile, gives it what users
gave to the tables, and lets names change hands. Killed before the second has ended, nothing has changed for anybody;
the next replay goes on with what the first built, or builds it anew where lake, rules or structure have changed.
"""

import hashlib
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from extract.clock import RunClock
from extract.errors import ConfigurationError, DataRefused, LockHeld
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Settings
from spark.manifest import RebuildManifest, publish_rebuild, staging_log, withdraw_rebuild
from warehouse_sql.attempts import Attempt
from warehouse_sql.carry_over import carry_over, refuse_bound_views
from warehouse_sql.connection import Cancelled, Connection, Retryable, Target, connect
from warehouse_sql.generations import (
    NEXT,
    PREVIOUS,
    create_next,
    drop_generation,
    publish_next,
    replayed_tables,
    restore_previous,
    to_next,
)
from warehouse_sql.ledger import forget_receipts, loads, newest_load, tell_again, write_receipt
from warehouse_sql.load import complete_ledger, confirmed_newest, repeated
from warehouse_sql.migrate import load_migrations
from warehouse_sql.model import load_models
from warehouse_sql.one_load import apply_load, verify
from warehouse_sql.prepare import prepare, remember_rebuilt, restore_rules
from warehouse_sql.repeatable import repeatables
from warehouse_sql.replay_log import Replay, close, open_replays, remember_built, remember_published
from warehouse_sql.set_aside import marks, take_back
from warehouse_sql.staging import is_staging

_FORGET_LOADS = "delete from audit.load_history where run_id = :run_id"


T = TypeVar("T")
MOMENT = 0.5
"""Seconds for which readers may have to wait for those who want to rename what they read."""


class _Read(Exception):
    """Somebody reads what is to be renamed."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay published.

    Attributes:
        rebuild: the rebuild of the lake from which it was built.
        upto: the load up to which the rebuild stands for all.
        applied: the later loads, which were applied one by one.
        rows: table -> rows before and after; nothing where the answer to the commit was lost.
        forgotten: the object that holds the receipt of requests to forget somebody that were completed before it.
    """

    rebuild: int
    upto: int
    applied: tuple[int, ...]
    rows: dict[str, tuple[int, int]]
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo restored: the newest load that the tables have now; 0 where they have none."""

    rebuild: int
    newest_load: int


@dataclass(frozen=True, slots=True)
class _Run:
    target: Target
    lake: Lake
    settings: Settings
    clock: RunClock
    run_id: str
    progress: Progress
    attempt: Attempt

    def lock_loads(self, connection: Connection) -> None:
        self.attempt.lock(connection)

    @contextmanager
    def announced(self, connection: Connection) -> Iterator[None]:
        """Be seen at work, in the warehouse, until the block is left."""
        self.attempt.announce(connection)
        try:
            yield
        finally:
            self.attempt.finish(connection)

    def lock_replays(self, connection: Connection) -> None:
        """Take the lock of the replays in the open transaction.

        Raises:
            LockHeld: another one holds it for longer than ``load.lock_wait``.
        """
        said = "another replay is at work for more than {:g} s; nothing was changed. Run again when it has ended"
        with _patience(connection, self.settings.load.lock_wait, said):
            connection.execute("lock table audit.replay_lock")


def replay(
    target: Target,
    lake: Lake,
    settings: Settings,
    clock: RunClock,
    run_id: str,
    progress: Progress,
    rebuilt: RebuildManifest,
) -> ReplayReport:
    """Build the tables anew from a rebuild and from the loads after it, and publish them whole.

    Raises:
        ConfigurationError: the warehouse cannot be reached; or a view is bound to its tables.
        DataRefused: the warehouse is another lake's; bytes, counts or checks are not as they should be.
        LockHeld: another load or replay, or somebody who reads, held on for longer than ``load.lock_wait``.
        ReelhouseError: the warehouse failed, also when the work was repeated whole. Whatever is raised, nothing of the
            replay is seen by anybody.
    """
    attempt = Attempt(lake, settings.warehouse, run_id, settings.load, progress)
    run = _Run(target, lake, settings, clock, run_id, progress, attempt)
    with attempt.beating():
        report = repeated(lambda: _replay(run, rebuilt), progress)
    progress.event("replay.published", rebuild=report.rebuild)
    return report


def undo(
    target: Target, lake: Lake, settings: Settings, clock: RunClock, run_id: str, progress: Progress
) -> UndoReport:
    """Give their names back to the tables from before the last replay; possible until the next load.

    Raises:
        ConfigurationError: there is nothing that could be undone.
        LockHeld: as for ``replay``.
    """
    attempt = Attempt(lake, settings.warehouse, run_id, settings.load, progress)
    run = _Run(target, lake, settings, clock, run_id, progress, attempt)
    with attempt.beating():
        return repeated(lambda: _undo(run), progress)


def release() -> str:
    """Return the hash of structure and models: tables that differ in it cannot take each other's place."""
    digest = hashlib.sha256()
    for migration in load_migrations():
        digest.update(migration.checksum.encode())
    for item in repeatables():
        digest.update(item.checksum.encode())
    for model in load_models().values():
        digest.update(repr(model).encode())
    return digest.hexdigest()


def _replay(run: _Run, rebuilt: RebuildManifest) -> ReplayReport:
    with connect(run.target) as connection:
        prepare(connection, lambda: run.lock_loads(connection), run.progress, rebuilds_follow=True)
        with run.announced(connection):
            return _made(connection, run, rebuilt)


def _made(connection: Connection, run: _Run, rebuilt: RebuildManifest) -> ReplayReport:
    confirmed_newest(connection, run.lake)
    refuse_bound_views(connection)
    if any(found.is_published and found.run_id == run.run_id for found in open_replays(connection)):
        _confirm(run, rebuilt)
        return ReplayReport(rebuilt.sequence, rebuilt.upto, (), {})  # the answer to its commit was lost
    connection.rollback()
    verify(run.lake, rebuilt)
    _build(connection, run, rebuilt)
    return _between_readers(connection, run, lambda: _publish(connection, run, rebuilt))


def _confirm(run: _Run, rebuilt: RebuildManifest) -> None:
    """Tell the lake what was published; loads that were set aside are in it like all others."""
    publish_rebuild(run.lake, rebuilt.sequence)
    for sequence in marks(run.lake, run.settings.warehouse):
        if sequence <= rebuilt.upto:
            take_back(run.lake, run.settings.warehouse, sequence)


def _build(connection: Connection, run: _Run, rebuilt: RebuildManifest) -> None:
    """Build the next generation from the rebuild; what a killed replay built from the same is kept."""
    run.lock_replays(connection)
    unpublished = [found for found in open_replays(connection) if not found.is_published]
    if any((found.rebuild, found.release) == (rebuilt.sequence, release()) for found in unpublished):
        connection.rollback()
        run.progress.event("replay.resumed", rebuild=rebuilt.sequence)
        return
    for found in unpublished:
        close(connection, found.rebuild)
    drop_generation(connection, NEXT)
    for statement in create_next():
        connection.execute(statement)
    apply_load(connection.rewording(to_next), run.lake, run.settings, rebuilt.as_load(), run.progress)
    remember_built(connection, rebuilt.sequence, run.run_id, release(), rebuilt.upto)
    run.progress.event("replay.build", rebuild=rebuilt.sequence)
    connection.commit()
    run.progress.event("replay.built", rebuild=rebuilt.sequence)


def _publish(connection: Connection, run: _Run, rebuilt: RebuildManifest) -> ReplayReport:
    run.lock_replays(connection)
    run.lock_loads(connection)
    if not any(found.rebuild == rebuilt.sequence and not found.is_published for found in open_replays(connection)):
        raise Retryable(
            f"what was built from rebuild {rebuilt.sequence} was published or removed meanwhile by another run; "
            "nothing was changed: run again"
        )
    before, _ = newest_load(connection)
    applied = tuple(_catch_up(connection, run, rebuilt))
    complete_ledger(connection, run.lake, rebuilt.upto, run.run_id, run.clock)
    rows = dict(_rows(connection))
    for statement in list(carry_over(connection)):
        connection.execute(statement)
    _retire_previous(connection)
    _rename(connection, publish_next())
    remember_published(connection, rebuilt.sequence, run.run_id, before)
    remember_rebuilt(connection)
    newest, _ = newest_load(connection)
    run.progress.event("replay.publish", rebuild=rebuilt.sequence)
    connection.commit()
    _confirm(run, rebuilt)
    write_receipt(run.lake, run.settings.warehouse, newest, run.run_id)
    tell_again(run.lake, run.settings.warehouse)
    return ReplayReport(rebuilt.sequence, rebuilt.upto, applied, rows)


def _catch_up(connection: Connection, run: _Run, rebuilt: RebuildManifest) -> Iterator[int]:
    """Apply to the next generation the loads that the ledger has and the rebuild has not."""
    beside = connection.rewording(to_next)
    for sequence in loads(connection):
        if sequence > rebuilt.upto:
            manifest = staging_log(run.lake).read(sequence)
            if manifest.privacy_key not in (None, rebuilt.privacy_key):
                raise DataRefused(
                    f"load {sequence} was made meanwhile under another privacy key than this replay, and their hashes "
                    "would never meet. Nothing was changed; run again with one key"
                )
            verify(run.lake, manifest)
            apply_load(beside, run.lake, run.settings, manifest, run.progress)
            run.progress.event("replay.applied", sequence=sequence)
            yield sequence


def _rows(connection: Connection) -> Iterator[tuple[str, tuple[int, int]]]:
    for table in replayed_tables():
        if not is_staging(table):
            ((before,),) = connection.rows(f"select count(*) from {table}")
            ((after,),) = connection.rows(f"select count(*) from {table}{NEXT}")
            yield table, (int(before), int(after))


def _retire_previous(connection: Connection) -> None:
    """Drop what an earlier replay left to be undone."""
    drop_generation(connection, PREVIOUS)
    for found in open_replays(connection):
        if found.is_published:
            close(connection, found.rebuild)


def _undo(run: _Run) -> UndoReport:
    with connect(run.target) as connection:
        return _between_readers(connection, run, lambda: _restore(connection, run))


def _restore(connection: Connection, run: _Run) -> UndoReport:
    run.lock_replays(connection)
    run.lock_loads(connection)
    found = _last_published(connection)
    newest = found.newest_before or 0
    _rename(connection, restore_previous())
    connection.execute(_FORGET_LOADS, {"run_id": found.run_id})
    restore_rules(connection)
    close(connection, found.rebuild, was_undone=True)
    # Before the commit: a receipt too few costs a question to the ledger, one too many would hide a load.
    forget_receipts(run.lake, run.settings.warehouse, newest)
    withdraw_rebuild(run.lake, found.rebuild)
    run.progress.event("replay.undo", rebuild=found.rebuild)
    connection.commit()
    tell_again(run.lake, run.settings.warehouse)
    run.progress.event("replay.undone", rebuild=found.rebuild)
    return UndoReport(found.rebuild, newest)


def _last_published(connection: Connection) -> Replay:
    published = [found for found in open_replays(connection) if found.is_published]
    if not published:
        raise ConfigurationError("there is no replay to be undone: none was made since the last load, or it was undone")
    (found,) = published
    if found.release != release():
        raise ConfigurationError(
            f"the replay of rebuild {found.rebuild} was made by another release, whose tables this one cannot take; "
            "use that release, or replay again"
        )
    return found


def _between_readers(connection: Connection, run: _Run, work: Callable[[], T]) -> T:
    """Do some work again, whole, until names could change hands in it.

    Raises:
        LockHeld: at no moment of ``load.lock_wait`` was nobody reading.
    """
    deadline = time.monotonic() + run.settings.load.lock_wait
    while True:
        try:
            return work()
        except _Read:
            connection.rollback()
        if time.monotonic() >= deadline:
            raise LockHeld(
                f"for {run.settings.load.lock_wait:g} s there was no moment at which nobody read these tables, in a "
                "long query or in a transaction that stays open, and names cannot change hands while somebody does. "
                "Nothing was changed, and what was built is kept: run again at a quieter time"
            )
        time.sleep(random.uniform(0.5, 1) * MOMENT)  # noqa: S311 - jitter, no secret


def _rename(connection: Connection, statements: Iterable[str]) -> None:
    """Let names change hands, all locks first and only for a moment.

    Renaming needs each table for itself ("LOCK": ACCESS EXCLUSIVE). Whoever waits for one of them and holds another
    could be in a circle with readers, who would lose a query; but circles are looked for after a second (PostgreSQL,
    "deadlock_timeout"), and this gives up before.

    Raises:
        _Read: somebody reads one of them.
    """
    connection.execute(f"set statement_timeout to {math.ceil(MOMENT * 1000)}")
    try:
        connection.execute(f"lock table {', '.join(replayed_tables())}")
    except (Cancelled, Retryable):
        raise _Read from None
    connection.execute("reset statement_timeout")
    for statement in statements:
        connection.execute(statement)


@contextmanager
def _patience(connection: Connection, seconds: float, said: str) -> Iterator[None]:
    """Wait for locks no longer than so many seconds a statement.

    Raises:
        LockHeld: it took longer; ``said`` is the message, with a place for the seconds.
    """
    connection.execute(f"set statement_timeout to {math.ceil(seconds * 1000)}")
    try:
        yield
    except Cancelled:
        connection.rollback()
        raise LockHeld(said.format(seconds)) from None
    connection.execute("reset statement_timeout")
