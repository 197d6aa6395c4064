"""Drift: the tables of a warehouse held against what migrations and contracts make of them.

Somebody who changes a table by hand is found here, before a load fails on it or, worse, does not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spark.contracts import load_contracts
from warehouse_sql.catalog import Column
from warehouse_sql.comments import Comment, comments_of, descriptions
from warehouse_sql.connection import Connection
from warehouse_sql.model import Load, load_models
from warehouse_sql.staging import definition, staging_table

_TABLES = """
select table_schema, table_name, remarks
from svv_tables
where table_schema in ('staging', 'restricted', 'core', 'mart', 'audit') and table_type in ('BASE TABLE', 'VIEW')
"""
_COLUMNS = """
select
    table_schema, table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
    is_nullable, remarks
from svv_columns
where table_schema in ('staging', 'restricted', 'core', 'mart', 'audit')
"""
_TYPES = {
    "timestamp without time zone": "timestamp",
    "character varying": "varchar",
    "character": "char",
    "numeric": "decimal",
}
OTHER_GENERATIONS = ("__next", "__previous")
"""What a replay builds, and what it keeps to be undone, has the tables' names with these endings."""


@dataclass(frozen=True, slots=True)
class Found:
    """A table or view as the warehouse shows it: column -> type and whether it may be null, and what is written there.

    ``comments``: what the table (None) and its columns are said to mean.
    """

    columns: dict[str, tuple[str, bool]]
    comments: dict[str | None, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it should be, of which table."""

    table: str
    words: str


def read_tables_of(connection: Connection) -> dict[str, Found]:
    """Read the tables and views of our schemas; late-binding views show no columns."""
    found = {
        f"{schema}.{name}": Found({}, {None: str(about or "")}) for schema, name, about in connection.rows(_TABLES)
    }
    for schema, name, column, kind, length, precision, scale, nullable, about in connection.rows(_COLUMNS):
        if table := found.get(f"{schema}.{name}"):
            table.columns[str(column)] = (
                _shown_type(str(kind), length, precision, scale),
                str(nullable).upper() == "YES",
            )
            table.comments[str(column)] = str(about or "")
    return found


def differences(found: Mapping[str, Found], declared: Mapping[str, tuple[Column, ...]]) -> Iterator[Difference]:
    """Yield what is missing of the tables that should be there, or is of another kind."""
    for table, columns in declared.items():
        if table not in found:
            yield Difference(table, f"{table} is missing")
        else:
            yield from (Difference(table, problem) for problem in _problems(table, columns, found[table]))


def following() -> dict[str, tuple[Column, ...]]:
    """Return the tables and views that are made again from their definition whenever they are not as it says.

    Of late-binding views the columns show nowhere, so they have none here.
    """
    views = {model.table: () for model in load_models().values() if model.load is Load.VIEW}
    return {**_staging(), **views}


def strangers(found: Mapping[str, Found]) -> list[str]:
    """Return what stands in our schemas and is not ours: tables, views, and columns of our tables."""
    tables = [table for table in found if table not in descriptions() and not table.endswith(OTHER_GENERATIONS)]
    columns = [
        f"{table}.{name}"
        for table, described in descriptions().items()
        for name in (found[table].columns if table in found and not described.is_view else ())
        if name not in described.columns
    ]
    return sorted(tables + columns)


def stale_comments(found: Mapping[str, Found]) -> Iterator[Comment]:
    """Yield the descriptions that the warehouse does not show as the files have them, of tables to be made too."""
    for table in descriptions():
        held = found[table].comments if table in found else {}
        yield from (comment for comment in comments_of(table) if held.get(comment.column, "") != comment.text)


def _problems(table: str, columns: tuple[Column, ...], found: Found) -> Iterator[str]:
    for column in columns:
        kind, is_nullable = found.columns.get(column.name, ("", True))
        wanted = _canonical(column.type)
        if not kind:
            yield f"{table}.{column.name} is missing"
        elif kind != wanted:
            yield f"{table}.{column.name} is {kind} and should be {wanted}"
        elif is_nullable != column.is_nullable:
            yield f"{table}.{column.name} {'may' if is_nullable else 'may not'} be null and {_should(column)}"


def _should(column: Column) -> str:
    return "should" if column.is_nullable else "should not"


def _staging() -> dict[str, tuple[Column, ...]]:
    return {
        staging_table(contract): tuple(Column(name, kind, True) for name, kind in definition(contract).items())
        for contract in load_contracts().values()
    }


def _canonical(kind: str) -> str:
    return re.sub(r"\s*([(,])\s*", r"\1", kind.lower())


def _shown_type(kind: str, length: int | None, precision: int | None, scale: int | None) -> str:
    name = _TYPES.get(kind, kind)
    if name == "decimal":
        return f"decimal({precision},{scale})"
    return f"{name}({length})" if name in ("varchar", "char") and length else name
