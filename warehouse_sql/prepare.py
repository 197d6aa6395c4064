"""Brings a warehouse to this release: migrations first, then what follows its definition.

Views, staging tables, the calendar and stored marts are made again whenever their definition changes; a stored mart
from the facts that are there, all its partitions. Facts and dimensions are made anew when the version of their model
is raised; a SELECT that changes without that holds for what is loaded from then on. All this is remembered in
``audit.repeatable``. A load does what costs little and stops before it would make facts anew: that is for
``reelhouse warehouse apply``.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from extract.errors import DataRefused
from extract.progress import Progress
from spark.contracts import load_contracts
from warehouse_sql.apply import refill, touch_table
from warehouse_sql.checks import checks_of, run_checks
from warehouse_sql.comments import comment_statements
from warehouse_sql.connection import Connection, Parameters, Retryable, StatementRefused
from warehouse_sql.delta import delta_of
from warehouse_sql.migrate import MigrationRefused
from warehouse_sql.migration_log import apply_migration, apply_outside, has_log, pending_migrations
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order, dependents
from warehouse_sql.render import render
from warehouse_sql.staging import definition, extension, staging_table

_DUPLICATES = ("42P07", "42P06", "23505")
"""Codes of "already exists"."""
_DEPENDED_ON = "2BP01"
_KNOWN = "select * from audit.repeatable"
"""All columns, because releases before versions were remembered had fewer."""
EVERY_ROW = {"load_sequence": 0, "within_from": -1, "within_to": 99991231}
"""Rows of every load and of every day, those of the reserved member -1 included."""
_FORGET = "delete from audit.repeatable where name = :name"
_RECORD = """
insert into audit.repeatable (name, checksum, definition, applied_at, model_version)
values (:name, :checksum, :definition, getdate(), :model_version)
"""
_IS_LOADED = "select count(*) from audit.load_history"

Rebuild = Callable[[Connection, tuple[Model, ...]], None]
"""Makes facts and dimensions anew in the open transaction."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """An object of the warehouse that follows its definition.

    Attributes:
        name: its name with its schema.
        definition: what it is made from; when this changes it is made again.
        statements: how it is made, given the definition that it was made from before, if any; nothing for facts and
            dimensions, which a changed definition does not touch.
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

    @property
    def version(self) -> int | None:
        """The version of the model; None where there is no model."""
        return self.model.version if self.model else None


@dataclass(frozen=True, slots=True)
class Stale:
    """An object that does not follow its definition, as the warehouse remembers it.

    Attributes:
        item: what it should be.
        previous: the definition that it was made from; None where nothing is remembered.
        version: the version of the model that it was made by; 1 where none is remembered.
    """

    item: Repeatable
    previous: str | None
    version: int

    @property
    def is_new(self) -> bool:
        """Whether the warehouse does not remember it at all."""
        return self.previous is None

    @property
    def is_raised(self) -> bool:
        """Whether the version of its model was raised."""
        return (self.item.version or 0) > self.version

    @property
    def is_remade(self) -> bool:
        """Whether it is made again here; facts and dimensions are not, their rows are."""
        return self.item.model is None or self.item.model.load in _MAKERS


def prepare(
    connection: Connection, lock: Callable[[], None], progress: Progress, rebuild: Rebuild | None = None
) -> None:
    """Apply what is pending; do nothing, and take no lock, where nothing is.

    It is one transaction, but that migrations which cannot run in one part it: what stands before them is published.

    Args:
        connection: a session without an open transaction.
        lock: takes the lock of the loads in the open transaction.
        progress: told what was applied.
        rebuild: makes facts and dimensions anew whose model's version was raised; None: refuse to.

    Raises:
        DataRefused: the warehouse and the migrations do not go together, facts must be made anew and may not, or the
            calendar offends against its header.
    """
    is_new = not has_log(connection)
    if not is_new and not pending_migrations(connection) and not stale(connection):
        connection.rollback()
        return
    if not is_new:
        # A transaction keeps seeing what was there at its first statement, however long it waits for the lock.
        connection.rollback()
        lock()
    try:
        _migrate(connection, lock, progress)
    except (MigrationRefused, StatementRefused) as error:
        refusal = error if isinstance(error, StatementRefused) else error.__cause__
        if is_new and isinstance(refusal, StatementRefused) and refusal.code in _DUPLICATES:
            raise Retryable(
                f"this warehouse showed no audit.migration, and yet: {refusal.reason}. Another run made it meanwhile"
            ) from None
        raise
    _define(connection, progress, rebuild or _refuse_rebuild)
    connection.commit()


def repeatables() -> tuple[Repeatable, ...]:
    """Return the objects that follow their definition, in an order in which they can be made."""
    return (*(_staging(entity) for entity in load_contracts()), *(_of_model(model) for model in build_order()))


def stale(connection: Connection) -> list[Stale]:
    """Return the objects that do not follow their definition, in an order in which they can be made.

    Releases before versions were remembered made what the first version of each model makes.
    """
    columns, rows = connection.table(_KNOWN)
    known = {row["name"]: row for row in (dict(zip(columns, values, strict=True)) for values in rows)}
    found = []
    for item in repeatables():
        row = known.get(item.name, {})
        state = Stale(item, row.get("definition"), row.get("model_version") or 1)
        if row.get("checksum") != item.checksum or (item.version or 1) != state.version:
            found.append(state)
    return found


def raised_models(states: Sequence[Stale]) -> tuple[Model, ...]:
    """Return the facts and dimensions to be made anew: those whose version was raised, and those that read them."""
    raised = [state.item.model for state in states if state.is_raised and not state.is_remade and state.item.model]
    return tuple(model for model in dependents(raised) if model.load not in _MAKERS)


def remade(states: Sequence[Stale]) -> list[Stale]:
    """Return what is to be made again, stored marts over facts that are made anew included, in order."""
    below = {model.table for model in dependents(raised_models(states)) if model.load is Load.PARTITIONS}
    by_name = {state.item.name: state for state in states if state.is_remade}
    return [
        by_name.get(item.name, Stale(item, item.definition, item.version or 1))
        for item in repeatables()
        if item.name in by_name or item.name in below
    ]


def is_loaded(connection: Connection) -> bool:
    """Tell whether anything was ever loaded."""
    return bool(connection.rows(_IS_LOADED)[0][0])


def _migrate(connection: Connection, lock: Callable[[], None], progress: Progress) -> None:
    # Asked again under the lock: another run may have done the work meanwhile.
    while pending := pending_migrations(connection):
        inside = 0
        while inside < len(pending) and not pending[inside].is_outside:
            apply_migration(connection, pending[inside])
            progress.event("load.migrated", file=pending[inside].file)
            inside += 1
        if inside == len(pending):
            return
        if inside:
            connection.commit()
            lock()
            continue
        apply_outside(connection, pending[0], progress)
        progress.event("load.migrated", file=pending[0].file)
        connection.rollback()
        lock()


def _define(connection: Connection, progress: Progress, rebuild: Rebuild) -> None:
    states = stale(connection)
    making = remade(states)
    tables, others = (
        [state for state in making if not state.item.model],
        [state for state in making if state.item.model],
    )
    for state in tables:
        _make(connection, state, progress)
    if (models := raised_models(states)) and is_loaded(connection):
        rebuild(connection, models)
    for state in others:
        _make(connection, state, progress)
    for state in states:
        _remember(connection, state)


def _make(connection: Connection, state: Stale, progress: Progress) -> None:
    item = state.item
    try:
        for statement in item.statements(state.previous):
            connection.execute(statement, item.parameters)
    except StatementRefused as error:
        if error.code != _DEPENDED_ON:
            raise
        raise DataRefused(
            f"{item.name} is to be made again, and a view that is bound to it stands in the way ({error.reason}). "
            "Nothing was changed: drop that view, or make it WITH NO SCHEMA BINDING, and run again"
        ) from None
    if item.model and item.parameters and checks_of(item.model):
        run_checks(connection, item.model, item.parameters, progress)
    progress.event("load.defined", table=item.name)


def _remember(connection: Connection, state: Stale) -> None:
    item = state.item
    if not state.is_new:
        connection.execute(_FORGET, {"name": item.name})
    values = {"name": item.name, "checksum": item.checksum, "definition": item.definition}
    connection.execute(_RECORD, values | {"model_version": item.version})


def _refuse_rebuild(connection: Connection, models: tuple[Model, ...]) -> None:
    connection.rollback()
    raise DataRefused(
        f"this release makes {', '.join(model.table for model in models)} by other rules than the warehouse was loaded "
        "with. Nothing was loaded: see what it costs with `reelhouse warehouse plan`, and let "
        "`reelhouse warehouse apply` make them anew"
    )


def _staging(entity: str) -> Repeatable:
    contract = load_contracts()[entity]

    def statements(previous: str | None) -> Iterator[str]:
        return extension(contract, None if previous is None else json.loads(previous))

    return Repeatable(staging_table(contract), json.dumps(definition(contract)), statements)


def _of_model(model: Model) -> Repeatable:
    select = render(model.text)
    make = _MAKERS.get(model.load, _nothing)
    parameters = EVERY_ROW if model.load in _MAKERS else None
    return Repeatable(model.table, select, lambda _: make(model, select), model, parameters)


def _nothing(model: Model, select: str) -> Iterator[str]:  # noqa: ARG001
    yield from ()


def _view(model: Model, select: str) -> Iterator[str]:
    # Late-binding, so that tables under it can be replaced. CREATE OR REPLACE takes only the same columns of the same
    # types (Database Developer Guide, "CREATE VIEW").
    yield f"drop view if exists {model.table}"
    yield f"create view {model.table} as\n{select}\nwith no schema binding"
    yield from comment_statements(model.table)


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
