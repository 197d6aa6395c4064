"""The columns of the marts with the types that QuickSight gives them."""

from collections.abc import Mapping
from functools import cache

from sqlglot import exp

from dashboards.column_types import types_of_tables
from dashboards.quicksight.declaration import Dataset
from warehouse_sql.catalog import DIALECT
from warehouse_sql.model import load_models

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
    found = types_of_tables()[f"mart.{mart}"]
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
        name: types_of_tables()[f"mart.{mart}"][name].sql(dialect=DIALECT)
        for mart, names in parts.items()
        for name in names
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
