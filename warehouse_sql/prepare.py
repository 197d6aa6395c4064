"""Brings a warehouse to this release: migrations first, then what is made again whenever its definition changes.

Views, staging tables, the calendar and stored marts are remembered in ``audit.repeatable`` with the checksum of their
definition. A stored mart whose SELECT is new is made anew from the facts that are there, all its partitions.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from extract.progress import Progress
from spark.contracts import load_contracts
from warehouse_sql.apply import refill, touch_table
from warehouse_sql.checks import checks_of, run_checks
from warehouse_sql.connection import Connection, Parameters, Retryable, StatementRefused
from warehouse_sql.delta import delta_of
from warehouse_sql.migrate import apply_migration, load_migrations, pending_migrations
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order
from warehouse_sql.render import render
from warehouse_sql.staging import definition, extension, staging_table

_DUPLICATES = ("42P07", "42P06", "23505")
"""Codes of "already exists"."""
_KNOWN = "select name, checksum, definition from audit.repeatable"
_EVERY_ROW = {"load_sequence": 0, "within_from": -1, "within_to": 99991231}
"""Rows of every load and of every day, those of the reserved member -1 included."""
_FORGET = "delete from audit.repeatable where name = :name"
_RECORD = """
insert into audit.repeatable (name, checksum, definition, applied_at)
values (:name, :checksum, :definition, getdate())
"""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """An object of the warehouse that follows its definition.

    Attributes:
        name: its name with its schema.
        definition: what it is made from; when this changes it is made again.
        statements: how it is made, given the definition that it was made from before, if any.
        model: of what a model file defines, the model.
        parameters: what its statements and checks are told; None where they ask for nothing.
    """

    name: str
    definition: str
    statements: Callable[[str | None], Iterator[str]]
    model: Model | None = None
    parameters: Parameters | None = None

    @property
    def checksum(self) -> str:
        """The hash of the definition."""
        return hashlib.sha256(self.definition.encode()).hexdigest()


def prepare(connection: Connection, lock: Callable[[], None], progress: Progress) -> None:
    """Apply what is pending in one transaction; do nothing, and take no lock, where nothing is.

    Args:
        connection: a session without an open transaction.
        lock: takes the lock of the loads in the open transaction.
        progress: told what was applied.

    Raises:
        DataRefused: an applied migration was edited, the warehouse is ahead of this release, or the calendar offends
            against its header.
    """
    pending = pending_migrations(connection)
    is_new = len(pending) == len(load_migrations())
    if not is_new and not pending and not stale(connection):
        connection.rollback()
        return
    if not is_new:
        # A transaction keeps seeing what was there at its first statement, however long it waits for the lock.
        connection.rollback()
        lock()
    try:
        _apply(connection, progress)
    except StatementRefused as error:
        if is_new and error.code in _DUPLICATES:
            raise Retryable(
                f"this warehouse shows no audit.migration, and yet: {error.reason}. Another run made it at this "
                "moment, something else made it, or this user has no rights on schema audit"
            ) from None
        raise
    connection.commit()


def repeatables() -> tuple[Repeatable, ...]:
    """Return the objects that follow their definition, in an order in which they can be made."""
    tables = [_staging(entity) for entity in load_contracts()]
    return (*tables, *(_of_model(model) for model in build_order() if model.load in _MAKERS))


def stale(connection: Connection) -> list[tuple[Repeatable, str | None]]:
    """Return the objects that do not follow their definition, each with the one that it was made from."""
    known = {name: (checksum, text) for name, checksum, text in connection.rows(_KNOWN)}
    return [
        (item, known[item.name][1] if item.name in known else None)
        for item in repeatables()
        if known.get(item.name, ("", ""))[0] != item.checksum
    ]


def _apply(connection: Connection, progress: Progress) -> None:
    # Asked again under the lock: another run may have done the work meanwhile.
    for migration in pending_migrations(connection):
        apply_migration(connection, migration)
        progress.event("load.migrated", file=migration.file)
    for item, previous in stale(connection):
        for statement in item.statements(previous):
            connection.execute(statement, item.parameters)
        if item.model and item.parameters and checks_of(item.model):
            run_checks(connection, item.model, item.parameters, progress)
        connection.execute(_FORGET, {"name": item.name})
        connection.execute(_RECORD, {"name": item.name, "checksum": item.checksum, "definition": item.definition})
        progress.event("load.defined", table=item.name)


def _staging(entity: str) -> Repeatable:
    contract = load_contracts()[entity]

    def statements(previous: str | None) -> Iterator[str]:
        return extension(contract, None if previous is None else json.loads(previous))

    return Repeatable(staging_table(contract), json.dumps(definition(contract)), statements)


def _of_model(model: Model) -> Repeatable:
    select = render(model.text)
    return Repeatable(model.table, select, lambda _: _MAKERS[model.load](model, select), model, _EVERY_ROW)


def _view(model: Model, select: str) -> Iterator[str]:
    # Late-binding, so that tables under it can be replaced. CREATE OR REPLACE takes only the same columns of the same
    # types (Database Developer Guide, "CREATE VIEW").
    yield f"drop view if exists {model.table}"
    yield f"create view {model.table} as\n{select}\nwith no schema binding"


def _calendar(model: Model, select: str) -> Iterator[str]:
    names = ", ".join(delta_of(model).names)
    yield f"delete from {model.table} where {model.key[0]} > 0"
    yield f"insert into {model.table} ({names}, _load_sequence)\nselect {names}, 0 from (\n{select}\n) as source"


def _stored(model: Model, _: str) -> Iterator[str]:
    columns = (source.rpartition(".") for source in model.sources)
    every = "\nunion\n".join(f"select {column} from {table}" for table, _, column in columns)
    yield touch_table(model)
    yield f"insert into {model.touched} ({model.within})\n{every}"
    yield f"delete from {model.table}"
    yield refill(model)
    yield f"drop table {model.touched}"


_MAKERS = {Load.VIEW: _view, Load.CALENDAR: _calendar, Load.PARTITIONS: _stored}
