"""Where a column comes from: the way back through the models to the field of the source, read from the SQL itself."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from extract.errors import ConfigurationError
from spark.contracts import META, Column, Contract, load_contracts
from warehouse_sql.catalog import DIALECT
from warehouse_sql.comments import descriptions
from warehouse_sql.model import Load, Model, load_models
from warehouse_sql.render import render
from warehouse_sql.staging import staging_table

LOAD_COLUMN = "_load_sequence"
TEMPORARY = "temporary"
"""The schema that temporary tables of a load are given here, because lineage wants one for each."""


CALENDAR = "core.dim_date."
"""What is computed from days alone is computed from the rows that have them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A column, or where it ends outside of the warehouse.

    Attributes:
        name: ``schema.table.column``, or the field of the source in words.
        about: what happens there: the rule by which the table is kept, or the stream and path of the field.
        origins: what it is computed from.
    """

    name: str
    about: str
    origins: tuple["Origin", ...] = ()

    def ends(self) -> Iterator["Origin"]:
        """Yield where the ways back end."""
        if not self.origins:
            yield self
        for origin in self.origins:
            yield from origin.ends()


def trace(name: str) -> tuple[Origin, ...]:
    """Return the way back of a column, or of each column of a table or view.

    Args:
        name: ``schema.table.column`` or ``schema.table``.

    Raises:
        ConfigurationError: there is no such table or column; the message says what is meant, maybe.
    """
    schema, _, rest = name.lower().partition(".")
    table, _, column = rest.partition(".")
    known = descriptions().get(f"{schema}.{table}")
    if known is None:
        raise ConfigurationError(
            f"there is no table {schema}.{table}{_suggestion(f'{schema}.{table}', descriptions())}"
        )
    if column and column not in known.columns:
        raise ConfigurationError(f"{schema}.{table} has no column {column}{_suggestion(column, known.columns)}")
    return tuple(_origin(f"{schema}.{table}", each, ()) for each in ([column] if column else known.columns))


def _origin(table: str, column: str, seen: tuple[str, ...]) -> Origin:
    name = f"{table}.{column}"
    if name in seen:
        return Origin(name, "as it is already")
    if model := load_models().get(table):
        return Origin(name, _rule(model, column), _origins_in(model, column, (*seen, name)))
    if contract := _contracts().get(table):
        return Origin(name, f"column of {contract.entity}", tuple(_fields(contract, contract.column(column))))
    return Origin(name, descriptions()[table].columns[column], (_given(table),))


def _origins_in(model: Model, column: str, seen: tuple[str, ...]) -> tuple[Origin, ...]:
    if column == LOAD_COLUMN:
        return (Origin("the load that brought the row", "its staging sequence"),)
    columns, counted = _direct(model, column)
    found = [_origin(*_split(name), seen) for name in columns]
    found += [_rows(table) for table in counted]
    return tuple(found) or (Origin("the SQL: generated there", ""),)


@cache
def _direct(model: Model, column: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that a column of a model is computed from, and the tables whose rows it counts.

    What is computed from no column follows from which rows there are: ones that are added up, a mark of where they come
    from.
    """
    scope = _scope(model)
    # Untrimmed, because each SELECT on the way would be copied for each column: 20 times as long for all of them.
    tree = scope.expression
    node = lineage(column, tree, _schema(), scope=scope, dialect=DIALECT, trim_selects=False, copy=False)
    columns, counted, constant = set[str](), set[str](), set[str]()
    for leaf in node.walk():
        if leaf.downstream:
            continue
        if isinstance(leaf.source, exp.Table):
            columns |= set(_column_of(leaf.source, leaf.name.rpartition(".")[2]))
        elif leaf.expression.find(exp.Star):
            counted |= set(_tables_under(model, leaf))
        else:
            constant |= set(_tables_under(model, leaf))
    is_told = counted or any(not name.startswith(CALENDAR) for name in columns)
    return tuple(sorted(columns)), tuple(sorted(counted if is_told else constant))


def _column_of(source: exp.Table, column: str) -> Iterator[str]:
    """Yield the column that is read; of the delta of a load that of the table to which it is brought."""
    if source.db != TEMPORARY:
        yield f"{source.db}.{source.name}.{column}"
        return
    for model in load_models().values():
        if source.name == model.delta and column in dict(model.columns):
            yield f"{model.table}.{column}"


def _rows(table: str) -> Origin:
    model, contract = load_models().get(table), _contracts().get(table)
    entity = load_contracts()[model.entity] if model and model.entity else contract
    records = (Origin(f"{entity.stream}: each record", ""),) if entity else (_given(table),) if model is None else ()
    return Origin(f"rows of {table}", f"which there are; {descriptions()[table].about.partition('.')[0]}", records)


def _given(table: str) -> Origin:
    return Origin(f"reelhouse: {descriptions()[table].about}", "")


def _tables_under(model: Model, leaf: Node) -> Iterator[str]:
    """Yield the tables whose rows a count counts: those that its SELECT reads, through others."""
    expressions = {cte.alias: cte.this for cte in _scope(model).expression.find_all(exp.CTE)}
    waiting, seen = [leaf.source], set[str]()
    while waiting:
        for table in waiting.pop().find_all(exp.Table):
            if table.db and table.db != TEMPORARY:
                yield f"{table.db}.{table.name}"
            elif table.name in expressions and table.name not in seen:
                seen.add(table.name)
                waiting.append(expressions[table.name])


@cache
def _scope(model: Model) -> Scope:
    tree = sqlglot.parse_one(render(model.text), dialect=DIALECT)
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not table.db and table.name not in named:
            table.set("db", exp.to_identifier(TEMPORARY))
    scope = build_scope(
        qualify(tree, schema=_schema(), dialect=DIALECT, validate_qualify_columns=False, identify=False)
    )
    if scope is None:
        raise ValueError(f"{model.table}: no SELECT")
    return scope


@cache
def _schema() -> MappingSchema:
    schema = MappingSchema(dialect=DIALECT)
    for name, described in descriptions().items():
        schema.add_table(name, dict.fromkeys(described.columns, "varchar"))
    return schema


@cache
def _contracts() -> dict[str, Contract]:
    return {staging_table(contract): contract for contract in load_contracts().values()}


def _fields(contract: Contract, column: Column) -> Iterator[Origin]:
    """Yield the fields of a raw record that a column is read from; of several the first that is not null counts."""
    for path in column.path:
        if path.startswith(META):
            yield Origin(f"{contract.stream}: {path.removeprefix(META)} of the request", column.about)
        else:
            yield Origin(f"{contract.stream}: {path}", column.about)
    if not column.path:
        yield Origin(f"{contract.stream}: {_made(contract, column)}", column.about)


def _made(contract: Contract, column: Column) -> str:
    fan_out = contract.fan_out
    if fan_out and column.name in (fan_out.position, fan_out.length):
        what = "place in" if column.name == fan_out.position else "length of"
        arrays = (path for name in fan_out.arrays for path in contract.column(name).path)
        return f"{what} {', '.join(arrays)}"
    if column.name == "_extra":
        return "every field that no column takes"
    return "sent_at of the request" if column.name == "_extracted_at" else "its place among what landed"


def _rule(model: Model, column: str) -> str:
    kind = {Load.VIEW: "view", Load.PARTITIONS: "stored", Load.CALENDAR: "generated"}.get(model.load, model.load.value)
    return f"{kind}; {dict(model.columns).get(column, 'of the load')}"


def _split(name: str) -> tuple[str, str]:
    table, _, column = name.rpartition(".")
    return table, column


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
