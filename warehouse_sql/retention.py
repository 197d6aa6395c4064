"""Letting go in the warehouse of who somebody is, where that is kept for so long and no longer.

Rows of ``restricted`` go, by the date that their model's header names, and with them those of the last load and of
what a replay has built or keeps to be undone. No fact, dimension or mart reads them, so that nothing has to be made
anew and every count stays what it was: what is left of a person are keys and keyed hashes. What a source tells again,
and what a replay makes of raw, comes back and goes with the next sweep.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from extract.lake import Lake
from extract.progress import Progress
from extract.settings import KeptDays, Settings
from spark.contracts import load_contracts
from spark.jobs.retention import kept
from warehouse_sql.attempts import Attempt
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.generations import NEXT, PREVIOUS
from warehouse_sql.load import repeated
from warehouse_sql.migration_log import pending_migrations
from warehouse_sql.model import load_models
from warehouse_sql.staging import RESTRICTED, staging_table

_TABLES = "select table_name from svv_tables where table_schema = 'restricted' and table_type = 'BASE TABLE'"
_COUNT = "select count(*), min({dated}) from {table} where {dated} < :kept_from"
_DELETE = "delete from {table} where {dated} < :kept_from"
_REMEMBER = """
insert into audit.retention (run_id, table_name, kept_from, deleted_count, let_go_at)
values (:run_id, :table_name, :kept_from, :deleted_count, getdate())
"""


@dataclass(frozen=True, slots=True)
class Dated:
    """A table that tells who somebody is.

    Attributes:
        table: its name.
        stream: of which it is.
        column: that says how old a row is (UTC).
    """

    table: str
    stream: str
    column: str


@dataclass(frozen=True, slots=True)
class OldRows:
    """Rows that are older than they are kept.

    Attributes:
        of: where.
        kept_from: what is older goes (UTC).
        rows: how many.
        oldest: how old the oldest is (UTC).
    """

    of: Dated
    kept_from: datetime
    rows: int
    oldest: datetime


def dated_tables() -> Iterator[Dated]:
    """Yield the tables, each before what the last load has of it."""
    contracts = load_contracts()
    for model in load_models().values():
        if model.dated and model.entity:
            contract = contracts[model.entity]
            yield Dated(model.table, contract.stream, model.dated)
            yield Dated(staging_table(contract), contract.stream, model.dated)


def old_rows(target: Target, keep: KeptDays, now: datetime) -> list[OldRows]:
    """Return what is older than it is kept; nothing is changed.

    Args:
        target: the warehouse. One of an earlier release has nothing that may go: a load brings it to this one first.
        keep: stream -> days.
        now: the instant from which days are counted.
    """
    if not keep:
        return []
    with connect(target) as connection:
        if pending_migrations(connection):
            return []
        limits = list(_limits(connection, keep, now))
        return [found for dated, kept_from in limits if (found := _counted(connection, dated, kept_from))]


def let_rows_go(
    target: Target,
    lake: Lake,
    settings: Settings,
    found: Sequence[OldRows],
    run_id: str,
    progress: Progress,
) -> Mapping[str, int]:
    """Delete what was found, in one transaction, under the lock of the loads; return the rows that went by table.

    Raises:
        LockHeld: a load holds the lock for longer than ``load.lock_wait``.
        ReelhouseError: the warehouse failed, also when the work was repeated whole; nothing was changed.
    """

    def work() -> Mapping[str, int]:
        attempt = Attempt(lake, settings.warehouse, run_id, settings.load, progress)
        with attempt.beating(), connect(target) as connection:
            attempt.announce(connection)
            attempt.lock(connection)
            there = _there(connection)  # a replay may have been published since it was looked
            deleted = {old.of.table: _delete(connection, old, run_id) for old in found if old.of.table in there}
            connection.commit()
            attempt.finish(connection)
        return deleted

    return repeated(work, progress) if found else {}


def _limits(connection: Connection, keep: KeptDays, now: datetime) -> Iterator[tuple[Dated, datetime]]:
    """Yield what is kept for so long and no longer, in every generation of the tables, and since when it is kept."""
    there = _there(connection)
    for dated in dated_tables():
        days = kept(keep, dated.stream)
        for table in (f"{dated.table}{suffix}" for suffix in ("", NEXT, PREVIOUS)):
            if days is not None and table in there:
                yield replace(dated, table=table), now - timedelta(days=days)


def _there(connection: Connection) -> set[str]:
    return {f"{RESTRICTED}.{name}" for (name,) in connection.rows(_TABLES)}


def _counted(connection: Connection, dated: Dated, kept_from: datetime) -> OldRows | None:
    select = _COUNT.format(table=dated.table, dated=dated.column)
    ((rows, oldest),) = connection.rows(select, {"kept_from": _plain(kept_from)})
    return OldRows(dated, kept_from, int(rows), oldest) if rows else None


def _delete(connection: Connection, old: OldRows, run_id: str) -> int:
    kept_from = _plain(old.kept_from)
    deleted = connection.execute(_DELETE.format(table=old.of.table, dated=old.of.column), {"kept_from": kept_from})
    remembered = {"run_id": run_id, "table_name": old.of.table, "kept_from": kept_from, "deleted_count": deleted}
    connection.execute(_REMEMBER, remembered)
    return deleted


def _plain(instant: datetime) -> datetime:
    """Return an instant as columns of the warehouse hold it: UTC, without a zone."""
    return instant.replace(tzinfo=None)
