"""The columns of the marts with their types, as sqlglot reads them from the SQL and the migrations."""

from collections.abc import Mapping
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from dashboards.quicksight.declaration import Dataset
from warehouse_sql.catalog import DIALECT, load_catalog
from warehouse_sql.model import Load, load_models
from warehouse_sql.plan import build_order
from warehouse_sql.render import render

DATETIME, INTEGER, DECIMAL, STRING, BOOLEAN = "DATETIME", "INTEGER", "DECIMAL", "STRING", "BOOLEAN"
_KINDS = {
    DATETIME: exp.DataType.TEMPORAL_TYPES,
    INTEGER: exp.DataType.INTEGER_TYPES,
    DECIMAL: exp.DataType.NUMERIC_TYPES,
    STRING: exp.DataType.TEXT_TYPES,
    BOOLEAN: {exp.DataType.Type.BOOLEAN},
}


@cache
def columns_of(mart: str) -> dict[str, str]:
    """Return the columns of a mart in order, with the types that QuickSight gives them.

    Args:
        mart: the name without its schema.

    Raises:
        KeyError: there is no such mart.
        ValueError: the type of a column does not follow from the SQL.
    """
    found = _typed()[f"mart.{mart}"]
    columns = [name for name, _ in load_models()[f"mart.{mart}"].columns]
    return {name: _kind(mart, name, found[name]) for name in columns}


def columns_in(dataset: Dataset) -> dict[str, str]:
    """Return the columns of a dataset in order, with the types that QuickSight gives them."""
    if dataset.mart:
        return columns_of(dataset.mart)
    return {name: columns_of(mart)[name] for mart, names in dataset.parts.items() for name in names}


def words_of(dataset: Dataset) -> dict[str, str]:
    """Return what each column of a dataset means, in the words of the models."""
    marts = dataset.parts or {dataset.mart: tuple(columns_of(dataset.mart))}
    return {
        name: words
        for mart, names in marts.items()
        for name, words in load_models()[f"mart.{mart}"].columns
        if name in names
    }


def stacked(parts: Mapping[str, tuple[str, ...]]) -> str:
    """Return the SELECT of the columns of several marts, the rows of one below those of the other.

    What a mart does not have is null in its rows, of the type that it has elsewhere.
    """
    kinds = {
        name: _typed()[f"mart.{mart}"][name].sql(dialect=DIALECT) for mart, names in parts.items() for name in names
    }
    selects = []
    for mart, names in parts.items():
        columns = (name if name in names else f"cast(null as {kind}) as {name}" for name, kind in kinds.items())
        selects.append(f"select {', '.join(columns)}\nfrom mart.{mart}")
    return "\nunion all\n".join(selects)


def _kind(mart: str, column: str, found: exp.DataType) -> str:
    for kind, types in _KINDS.items():
        if found.this in types:
            return kind
    raise ValueError(f"mart.{mart}.{column}: of type {found.sql()}, which QuickSight is not told how to read")


@cache
def _typed() -> dict[str, dict[str, exp.DataType]]:
    schema = MappingSchema(dialect=DIALECT)
    known: dict[str, dict[str, exp.DataType]] = {}
    for table, columns in load_catalog().items():
        known[table] = {column.name: exp.DataType.build(column.type, dialect=DIALECT) for column in columns}
        schema.add_table(table, {name: kind.sql(dialect=DIALECT) for name, kind in known[table].items()})
    for model in build_order():
        if model.load is Load.VIEW:
            tree = sqlglot.parse_one(render(model.text), dialect=DIALECT)
            typed = annotate_types(qualify(tree, schema=schema, dialect=DIALECT), schema=schema, dialect=DIALECT)
            known[model.table] = _selected(typed)
            schema.add_table(
                model.table, {name: kind.sql(dialect=DIALECT) for name, kind in known[model.table].items()}
            )
    return known


def _selected(tree: exp.Expr) -> dict[str, exp.DataType]:
    """Return the columns that a SELECT gives; of unknown type where it does not follow."""
    selects = tree.selects if isinstance(tree, exp.Query) else []
    unknown = exp.DataType.build("unknown")
    return {
        select.alias_or_name: select.type if isinstance(select.type, exp.DataType) else unknown for select in selects
    }
