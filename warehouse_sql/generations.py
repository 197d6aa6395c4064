"""Three generations of the tables: those that are read, those of a replay before they are read, and those of before.

They stand in the same schemas, as ``core.dim_media``, ``core.dim_media__next`` and ``core.dim_media__previous``: so
what a user has in these schemas, rights on schemas and default privileges are not touched when names change hands,
which a renaming of schemas would. The SQL is the same for all: a connection that writes to the next generation puts
their names into every statement.
"""

import re
from collections.abc import Iterator
from functools import cache

from spark.contracts import load_contracts
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import Connection
from warehouse_sql.model import Load, load_models
from warehouse_sql.staging import is_staging, staging_table

NEXT, PREVIOUS = "__next", "__previous"
_SCHEMAS = ("staging", "restricted", "core", "mart")
_TABLES = """
select table_schema, table_name
from pg_catalog.svv_tables
where table_schema in ('staging', 'restricted', 'core', 'mart')
"""


@cache
def replayed_tables() -> tuple[str, ...]:
    """Return the tables that a replay builds anew: all that loads fill, staging included."""
    made = load_catalog()
    calendars = {table for table, model in load_models().items() if model.load is Load.CALENDAR}
    ours = [table for table in made if table.startswith(tuple(f"{schema}." for schema in _SCHEMAS))]
    return (*(table for table in ours if table not in calendars), *map(staging_table, load_contracts().values()))


def to_next(statement: str) -> str:
    """Put the names of the next generation into a statement.

    Every mention of a table changes its name alike, that of its columns' owner too, so the meaning stays; literals are
    left alone.
    """
    return _mentions().sub(lambda found: f"{found[0]}{NEXT}" if found["name"] else found[0], statement)


@cache
def _mentions() -> re.Pattern[str]:
    names = "|".join(sorted({table.partition(".")[2] for table in replayed_tables()}))
    return re.compile(rf"'[^']*'|(?P<name>\b(?:{names})\b)")


def create_next() -> Iterator[str]:
    """Yield the statements that make the next generation: empty but for reserved members."""
    for table in replayed_tables():
        # LIKE takes over keys, types and NOT NULL, and defaults when told (Database Developer Guide, "CREATE TABLE").
        yield f"create table {table}{NEXT} (like {table} including defaults)"
    for model in load_models().values():
        if model.natural and model.table in replayed_tables():
            columns = ", ".join(column.name for column in load_catalog()[model.table])
            yield (
                f"insert into {model.table}{NEXT} ({columns})\n"
                f"select {columns} from {model.table} where {model.key[0]} < 0"
            )


def publish_next() -> Iterator[str]:
    """Yield the statements by which the next generation takes the names, and those of before step aside.

    Of staging nothing is kept: it shows the last load, and nothing else.
    """
    for table in replayed_tables():
        _, _, name = table.partition(".")
        if is_staging(table):
            yield f"drop table {table}"
        else:
            yield f"alter table {table} rename to {name}{PREVIOUS}"
        yield f"alter table {table}{NEXT} rename to {name}"


def restore_previous() -> Iterator[str]:
    """Yield the statements by which the tables of before take their names back."""
    for table in replayed_tables():
        _, _, name = table.partition(".")
        if not is_staging(table):
            yield f"drop table {table}"
            yield f"alter table {table}{PREVIOUS} rename to {name}"


def drop_generation(connection: Connection, suffix: str) -> int:
    """Drop what is there of a generation, in the open transaction; return how many tables that were."""
    left = sorted(f"{schema}.{name}" for schema, name in connection.rows(_TABLES) if name.endswith(suffix))
    for table in left:
        connection.execute(f"drop table {table}")
    return len(left)
