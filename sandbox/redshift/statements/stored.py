"""Queries whose rows are stored: CREATE TABLE AS, materialised views and UNLOAD."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session
from sandbox.redshift.statements.query import prepare, refuse_rows
from sandbox.redshift.statements.widths import lengths
from sandbox.redshift.translate import rewrites
from sandbox.redshift.translate.statement import translate
from sandbox.redshift.translate.stored_values import Kinds
from sandbox.redshift.types import DeclaredType

_STORED = {
    "HUGEINT": "BIGINT",
    '"NULL"': "VARCHAR",
    "UBIGINT": "BIGINT",
    "UINTEGER": "BIGINT",
    "TINYINT": "SMALLINT",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A query for DuckDB, and the columns that its rows are kept in, by name."""

    sql: str
    columns: dict[str, DeclaredType]

    @property
    def kinds(self) -> Kinds:
        """What is remembered of the columns beyond DuckDB's types; nothing where there is none such."""
        found = tuple((name, kind.kind) for name, kind in self.columns.items())
        return found if any(kind for _, kind in found) else ()

    def store(self, session: Session, table: TableName, *, temporary: bool = False) -> None:
        """Makes the table and fills it; DuckDB's own CREATE TABLE AS takes no lengths."""
        head = f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {table.sql}"
        checked = any(kind.max_bytes for kind in self.columns.values())
        if not checked:
            session.run(f"{head} AS {self.sql}")
            return
        columns = (f"{quote(name)} {kind.engine}{kind.check(name)}" for name, kind in self.columns.items())
        session.run(f"{head} ({', '.join(columns)})")
        session.run(f"INSERT INTO {table.sql} {self.sql}")


def stored_query(session: Session, query: str, names: Sequence[str], into: TableName | None) -> Stored:
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
        session.warehouse.note_types(into, {name: str(row[1]) for name, row in zip(names, rows, strict=True)})
    inner = ", ".join(quote(f"c{i}") for i in range(len(names)))
    columns = ", ".join(
        f"{_stored(quote(f'c{i}'), str(row[1]))} AS {quote(name)}"
        for i, (name, row) in enumerate(zip(names, rows, strict=True))
    )
    texts = lengths(session, query, names)
    chars = (found.padded.get(at, found.padded.get(str(row[0]))) for at, row in enumerate(rows))
    kinds = {
        name: _declared(_STORED.get(str(row[1]), str(row[1])), char, texts.get(name))
        for name, row, char in zip(names, rows, chars, strict=True)
    }
    return Stored(f"SELECT {columns} FROM ({text}) AS q ({inner})", kinds)


def _declared(engine: str, char: int | None, text: int | None) -> DeclaredType:
    return DeclaredType(engine, char or text, bool(char)) if engine == "VARCHAR" else DeclaredType(engine)


def _stored(column: str, engine_type: str) -> str:
    return f"CAST({column} AS {_STORED[engine_type]})" if engine_type in _STORED else column
