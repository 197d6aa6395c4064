"""What the dictionary tells of each table: read from models, contracts and migrations, and nowhere written again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from dashboards.column_types import types_of_tables
from spark.contracts import load_contracts
from warehouse_sql.catalog import DIALECT, load_catalog
from warehouse_sql.check_log import LastResult
from warehouse_sql.comments import descriptions
from warehouse_sql.examine import whole_checks
from warehouse_sql.model import Load, load_models
from warehouse_sql.staging import staging_table

SCHEMAS = ("mart", "core", "restricted", "staging", "audit")
"""The layers in the order in which people look for something."""
LOADS = {
    Load.DELTA: "The newest state of each key replaces the loaded one.",
    Load.MEMBERS: "Members not seen before are added.",
    Load.CHAIN: "The versions of the natural keys that changed are made anew.",
    Load.PARTITIONS: "The days that a load touched are made anew.",
    Load.VIEW: "A view: computed when it is asked.",
    Load.CALENDAR: "Generated with the warehouse.",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type (empty where none follows), whether it is of the key, where it points to, what it means."""

    name: str
    type: str
    is_key: bool
    points_to: str
    about: str


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """What should be so; ``last``: what was found when it was last looked at, None where nobody looked.

    ``is_of_loads``: whether loads ask it of what they touched; of a view only `reelhouse warehouse check` asks.
    """

    about: str
    is_fatal: bool
    is_of_loads: bool
    last: LastResult | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A table or view.

    Attributes:
        name: with its schema.
        grain: what a row is; empty where only the description tells.
        about: what there is to know.
        load: how its rows come about.
        columns: in order.
        reads: what it is made of.
        feeds: what is made of it, directly.
        checks: what is checked of it.
        sql: the SELECT as it stands in the model; empty where there is none.
    """

    name: str
    grain: str
    about: str
    load: str
    columns: tuple[Column, ...]
    reads: tuple[str, ...]
    feeds: tuple[str, ...]
    checks: tuple[CheckEntry, ...]
    sql: str

    @property
    def schema(self) -> str:
        """The layer."""
        return self.name.partition(".")[0]

    @property
    def first_sentence(self) -> str:
        """What the list of tables says."""
        return self.grain or f"{self.about.partition('. ')[0].rstrip('.')}."


def entries(results: Iterable[LastResult] = ()) -> tuple[Entry, ...]:
    """Return all tables and views, layer by layer.

    Args:
        results: what checks found when they were last run.
    """
    found = {(result.table, result.about): result for result in results}
    names = sorted(descriptions(), key=lambda name: (SCHEMAS.index(name.partition(".")[0]), name))
    return tuple(_entry(name, found) for name in names)


def bus_matrix() -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return the dimensions, and for each fact and mart what it has to do with each: ``key``, ``read`` or nothing."""
    models = load_models()
    dimensions = tuple(sorted(name for name in models if name.startswith("core.dim_") and "observation" not in name))
    rows = tuple(
        (name, tuple(_relation(name, dimension) for dimension in dimensions))
        for name in sorted(models, key=lambda name: (not name.startswith("core."), name))
        if not name.startswith("core.dim_")
    )
    return dimensions, tuple(row for row in rows if any(row[1]))


def _relation(table: str, dimension: str) -> str:
    model = load_models()[table]
    if dimension in {target for _, target in model.refs}:
        return "key"
    return "read" if dimension in _reads_of(table) else ""


@cache
def _reads_of(table: str) -> frozenset[str]:
    """Return all that a model reads, through others too."""
    model = load_models().get(table)
    direct = frozenset(model.reads) if model else frozenset[str]()
    return direct.union(*(_reads_of(name) for name in direct if name.startswith("mart."))) if direct else direct


def _entry(name: str, found: Mapping[tuple[str, str], LastResult]) -> Entry:
    model, described = load_models().get(name), descriptions()[name]
    about = model.notes if model else described.about
    return Entry(
        name=name,
        grain=f"{model.grain[0].upper()}{model.grain[1:]}." if model else "",
        about=about,
        load=LOADS[model.load] if model else "",
        columns=tuple(_columns(name)),
        reads=model.reads if model else (),
        feeds=tuple(each.table for each in load_models().values() if name in each.reads and each.table != name),
        checks=tuple(_checks(name, found)),
        sql=model.text if model else "",
    )


def _columns(name: str) -> Iterator[Column]:
    model = load_models().get(name)
    types = {column.name: column.type for column in load_catalog().get(name, ())}
    types |= _types_of_staging().get(name, {}) | _types_of_views().get(name, {})
    points = dict(model.refs) if model else {}
    for column, about in descriptions()[name].columns.items():
        is_key = model is not None and column in model.key
        yield Column(column, types.get(column, "").lower(), is_key, points.get(column, ""), about)


@cache
def _types_of_staging() -> dict[str, dict[str, str]]:
    return {
        staging_table(contract): {column.name: str(column.type) for column in contract.columns}
        for contract in load_contracts().values()
    }


@cache
def _types_of_views() -> dict[str, dict[str, str]]:
    views = [model.table for model in load_models().values() if model.load is Load.VIEW]
    return {
        view: {
            column: "" if found.is_type("unknown") else found.sql(dialect=DIALECT)
            for column, found in types_of_tables()[view].items()
        }
        for view in views
    }


def _checks(name: str, found: Mapping[tuple[str, str], LastResult]) -> Iterator[CheckEntry]:
    model = load_models().get(name)
    for check in whole_checks(model) if model else ():
        is_of_loads = model is not None and model.load is not Load.VIEW
        yield CheckEntry(check.about, check.is_fatal, is_of_loads, found.get((check.table, check.about)))
