"""Queries whose rows are stored: CREATE TABLE AS and materialised views."""

from collections.abc import Sequence

from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session
from sandbox.redshift.statements.query import prepare, refuse_rows
from sandbox.redshift.translate import rewrites
from sandbox.redshift.translate.statement import translate

_STORED = {
    "HUGEINT": "BIGINT",
    '"NULL"': "VARCHAR",
    "UBIGINT": "BIGINT",
    "UINTEGER": "BIGINT",
    "TINYINT": "SMALLINT",
}


def stored_query(session: Session, query: str, names: Sequence[str], into: TableName | None) -> str:
    """The query for DuckDB, with columns in types that a Redshift table can have; its tables are locked for reading.

    Args:
        session: whose it is.
        query: its text.
        names: of its columns, or none for its own.
        into: the table of its rows, if they are stored in one; else columns of one name are told apart by a number.

    Raises:
        SqlError: another number of names than columns, or columns without distinct names.
    """
    found = translate(query, (), session.shown())
    if found.kind != "select":
        raise syntax_error(query.split(None, 1)[0])
    prepare(session, found)
    for name in sorted(found.reads, key=str):
        session.lock(name, Mode.READ)
    text = rewrites.with_session_literals(found, session.session_values())
    rows = session.run(f"DESCRIBE {text}").fetchall()
    refuse_rows((str(row[0]), str(row[1])) for row in rows)
    names = names or tuple(str(row[0]).lower() for row in rows)
    if len(names) != len(rows):
        raise SqlError("42601", "CREATE TABLE AS specifies another number of column names than its query has")
    if into is None:
        names = [name if name not in names[:at] else f"{name}_{at}" for at, name in enumerate(names)]
    elif "?column?" in names or len(set(names)) != len(names):
        raise SqlError("42701", "CREATE TABLE AS needs one distinct name for each column")
    if into is not None:
        supers = (name for name, row in zip(names, rows, strict=True) if row[1] == "JSON")
        session.warehouse.remember_supers(into, supers)
    inner = ", ".join(quote(f"c{i}") for i in range(len(names)))
    columns = ", ".join(
        f"{_stored(quote(f'c{i}'), str(row[1]))} AS {quote(name)}"
        for i, (name, row) in enumerate(zip(names, rows, strict=True))
    )
    return f"SELECT {columns} FROM ({text}) AS q ({inner})"


def _stored(column: str, engine_type: str) -> str:
    return f"CAST({column} AS {_STORED[engine_type]})" if engine_type in _STORED else column
