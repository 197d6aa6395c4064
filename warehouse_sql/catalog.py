"""The tables as the migrations leave them: names, columns and types, read from the files by sqlglot."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import sqlglot
from sqlglot import exp

from warehouse_sql.migrate import load_migrations, runs_outside, widening

DIALECT = "redshift"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, its type as written, and whether it may be null."""

    name: str
    type: str
    is_nullable: bool

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.type.upper().startswith(("VARCHAR", "CHAR"))


@cache
def load_catalog() -> dict[str, tuple[Column, ...]]:
    """Return the columns of each table by ``schema.table``, as all migrations together make them."""
    return read_tables(statement for migration in load_migrations() for statement in migration.statements)


def read_tables(statements: Iterable[str]) -> dict[str, tuple[Column, ...]]:
    """Return the columns of each table by ``schema.table``, as the statements one after the other make them.

    Raises:
        ValueError: a statement changes a table otherwise than by a column that is added, dropped or made longer.
    """
    tables: dict[str, tuple[Column, ...]] = {}
    for statement in statements:
        if runs_outside(statement):
            _widen(statement, tables)
        else:
            _apply(sqlglot.parse_one(statement, dialect=DIALECT), tables)
    return tables


def _widen(statement: str, tables: dict[str, tuple[Column, ...]]) -> None:
    if change := widening(statement):
        tables[change.table] = tuple(
            replace(column, type=change.type.upper()) if column.name == change.column else column
            for column in tables[change.table]
        )


def _apply(statement: exp.Expr, tables: dict[str, tuple[Column, ...]]) -> None:
    if isinstance(statement, exp.Create) and statement.kind == "TABLE":
        tables[_name(statement)] = tuple(_column(definition) for definition in statement.find_all(exp.ColumnDef))
    elif isinstance(statement, exp.Alter):
        (action,) = statement.args["actions"]  # Redshift takes one change a statement ("ALTER TABLE")
        tables[_name(statement)] = _altered(tables[_name(statement)], action)
    elif isinstance(statement, exp.Drop) and statement.kind == "TABLE":
        del tables[_name(statement)]


def _altered(columns: tuple[Column, ...], action: exp.Expr) -> tuple[Column, ...]:
    if isinstance(action, exp.ColumnDef):
        return (*columns, _column(action))
    if isinstance(action, exp.Drop) and action.kind == "COLUMN":
        dropped = {identifier.name for identifier in action.find_all(exp.Identifier)}
        return tuple(column for column in columns if column.name not in dropped)
    raise ValueError(f"{action}: the catalog knows only ADD COLUMN, DROP COLUMN and longer VARCHARs")


def _name(statement: exp.Expr) -> str:
    table = statement.find(exp.Table)
    if table is None:
        raise ValueError("a statement without a table")
    return f"{table.db}.{table.name}"


def _column(definition: exp.ColumnDef) -> Column:
    kinds = [constraint.kind for constraint in definition.constraints]
    kind = definition.kind
    if kind is None:
        raise ValueError(f"{definition.name}: no type")
    return Column(
        name=definition.name,
        type=kind.sql(dialect=DIALECT),
        is_nullable=not any(isinstance(found, exp.NotNullColumnConstraint) for found in kinds),
    )
