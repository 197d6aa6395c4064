"""What follows its definition: views, staging tables, calendar and stored marts; and the rules of facts and dimensions.

What each was made from is remembered in ``audit.repeatable``, so that a change shows.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from spark.contracts import Contract, load_contracts
from warehouse_sql.apply import refill, touch_table
from warehouse_sql.comments import comment_statements
from warehouse_sql.connection import Connection, Parameters
from warehouse_sql.delta import delta_of
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order, dependents
from warehouse_sql.render import render
from warehouse_sql.staging import SCHEMA, definition, extension, staging_table

MOVED = '{"": "in restricted"}'
"""Of a staging table that an earlier release had where personal values must not stand; that release, if it comes
back, finds nothing that its table was made from, and makes it."""
NOTHING = '{"": ""}'
"""A definition that nothing was made from, so that a staging table is dropped and made."""
_KNOWN = "select * from audit.repeatable"
"""All columns, because releases before versions were remembered had fewer."""
EVERY_ROW = {"load_sequence": 0, "within_from": -1, "within_to": 99991231, "near_from": -1, "near_to": 99991231}
"""Rows of every load and of every day, those of the reserved member -1 included."""


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
    def is_made(self) -> bool:
        """Whether it is made from its definition; of facts and dimensions the definition is only the rule."""
        return self.model is None or self.model.load in _MAKERS

    @property
    def is_stored(self) -> bool:
        """Whether it is a stored mart, made from rows of facts."""
        return self.model is not None and self.model.load is Load.PARTITIONS

    @property
    def is_view(self) -> bool:
        """Whether it is a view."""
        return self.model is not None and self.model.load is Load.VIEW

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
        return self.item.is_made


def repeatables() -> tuple[Repeatable, ...]:
    """Return the objects that follow their definition, in an order in which they can be made."""
    moved = (_moved(contract) for contract in load_contracts().values() if contract.is_personal)
    return (*moved, *(_staging(entity) for entity in load_contracts()), *(_of_model(model) for model in build_order()))


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


def _moved(contract: Contract) -> Repeatable:
    table = f"{SCHEMA}.{contract.table}"
    return Repeatable(table, MOVED, lambda _: iter((f"drop table if exists {table}",)))


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
_MAKERS = {Load.VIEW: _view, Load.CALENDAR: _calendar, Load.PARTITIONS: _stored}
