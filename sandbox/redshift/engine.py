"""The DuckDB database under the endpoint: opened, stamped, closed off from the file system."""

import functools
import hashlib
import json
import tempfile
from importlib import resources
from pathlib import Path

import duckdb

from sandbox.redshift.names import DATABASE, DEFAULT_SCHEMA, INTERNAL_SCHEMA, literal

SETTINGS = {
    "TimeZone": "'UTC'",
    # Redshift sorts NULL as the largest value and divides integers as integers.
    "default_null_order": "'postgres'",
    "integer_division": "true",
}
DEFAULT_MEMORY = "4GB"


_SCRIPTS = (
    "system_views.sql", "provisioned_views.sql", "macros.sql", "sha2.sql", "dynamic_typing.sql", "pg_catalog.sql",
)  # fmt: skip


class DatabaseRefused(Exception):
    """The database file cannot be used; the message says why and what to do."""


def open_database(path: Path | None, lake_root: Path, memory_limit: str = DEFAULT_MEMORY) -> duckdb.DuckDBPyConnection:
    """Opens (or makes) a warehouse.

    Args:
        path: the database file, or None for one in memory.
        lake_root: the only folder from which SQL can make DuckDB read, that is, by COPY.
        memory_limit: DuckDB's limit, such as '4GB'.

    Raises:
        DatabaseRefused: written by another DuckDB, in use by another process, or not a database.
    """
    if path is not None:
        _check_stamp(path)
    # Without this, DuckDB would answer an unknown table by a variable of that name in this program.
    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "memory_limit": memory_limit,
    }
    try:
        if path is not None and path.with_name(path.name + ".wal").exists():
            _take_in_log(path, memory_limit)
        root = duckdb.connect(str(path) if path else ":memory:", config=config)
    except duckdb.Error as problem:
        raise DatabaseRefused(f"{path} cannot be opened: {str(problem).splitlines()[0]}") from None
    _set(root)
    _lay_out(root) if path else _copy_layout(root)
    root.execute(f"SET GLOBAL allowed_directories = [{literal(str(lake_root.resolve()) + '/')}]")
    root.execute("SET GLOBAL enable_external_access = false")
    return root


def session_connection(root: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of its own to the same database: own transaction, own temporary tables."""
    connection = root.cursor()
    set_search_path(connection, [DEFAULT_SCHEMA])
    return connection


def tell_isolation(root: duckdb.DuckDBPyConnection, level: str) -> None:
    """Lets STV_DB_ISOLATION_LEVEL say under which isolation level the database is served."""
    shown = f"SELECT {literal(DATABASE)} AS db_name, {literal(level)} AS isolation_level"
    root.execute(f"CREATE OR REPLACE VIEW {INTERNAL_SCHEMA}.stv_db_isolation_level AS {shown}")


def set_search_path(connection: duckdb.DuckDBPyConnection, schemas: list[str]) -> None:
    """Sets where unqualified names are looked for; `main` holds our macros and always comes last."""
    connection.execute(f"SET search_path = {literal(','.join([*schemas, 'main']))}")


def _take_in_log(path: Path, memory_limit: str) -> None:
    """Takes into the database what an endpoint that was killed left in its log.

    While DuckDB 2.0 opens a file it has no functions yet, so that it cannot repeat the ALTER TABLE of a table with a
    CHECK that calls one, as the lengths of VARCHAR do here. A file that is attached to an open database it can.
    """
    with duckdb.connect(":memory:", config={"memory_limit": memory_limit}) as opened:
        opened.execute(f"ATTACH {literal(str(path))} AS left_behind")
        opened.execute("DETACH left_behind")


def _check_stamp(path: Path) -> None:
    stamp = path.with_suffix(".version.json")
    ours = {"duckdb": ".".join(duckdb.__version__.split(".")[:2])}
    if path.exists() and stamp.exists():
        theirs = json.loads(stamp.read_text())
        if theirs != ours:
            raise DatabaseRefused(
                f"{path} was written by DuckDB {theirs.get('duckdb')}, and this is DuckDB {ours['duckdb']}. "
                "Its files cannot be exchanged: install that version, or move the folder away and load again."
            )
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps(ours) + "\n")


def _copy_layout(root: duckdb.DuckDBPyConnection) -> None:
    """Gives a database in memory what another was given once: a third of the time that the scripts take."""
    root.execute(f"ATTACH {literal(f'{_laid_out().name}/layout.duckdb')} AS layout (READ_ONLY)")
    root.execute("COPY FROM DATABASE layout TO memory")
    root.execute("DETACH layout")


@functools.cache
def _laid_out() -> tempfile.TemporaryDirectory[str]:
    """A folder with a database of nothing but the layout; it goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="redshift-layout-")
    with duckdb.connect(f"{folder.name}/layout.duckdb") as layout:
        _set(layout)  # macros are read under them: what '/' is, for one
        _lay_out(layout)
    return folder


def _set(root: duckdb.DuckDBPyConnection) -> None:
    for name, value in SETTINGS.items():
        root.execute(f"SET GLOBAL {name} = {value}")


def _lay_out(root: duckdb.DuckDBPyConnection) -> None:
    """Makes schemas, system views and macros, once per version of their text."""
    scripts = [resources.files(__package__).joinpath(name).read_text() for name in _SCRIPTS]
    version = hashlib.sha256("".join(scripts).encode()).hexdigest()
    root.execute(f"CREATE SCHEMA IF NOT EXISTS {INTERNAL_SCHEMA}")
    root.execute(f"CREATE TABLE IF NOT EXISTS {INTERNAL_SCHEMA}.layout (version VARCHAR)")
    if root.execute(f"SELECT version FROM {INTERNAL_SCHEMA}.layout").fetchone() == (version,):
        return
    root.execute("BEGIN")
    for script in scripts:
        root.execute(script)
    root.execute(f"DELETE FROM {INTERNAL_SCHEMA}.layout")
    root.execute(f"INSERT INTO {INTERNAL_SCHEMA}.layout VALUES (?)", [version])
    root.execute("COMMIT")
