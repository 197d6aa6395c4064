"""CREATE TABLE with its columns, LIKE another, or AS a query."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.redshift import rights
from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.grants import grant_defaults
from sandbox.redshift.statements.stored import stored_query
from sandbox.redshift.statements.table_definition import ColumnDefinition, TableDefinition
from sandbox.redshift.translate.stored_values import Kinds
from sandbox.redshift.types import length_of_char
from sandbox.redshift.wire.decode import Value


class CreateTable(Command):
    """CREATE TABLE; the tag of CREATE TABLE AS is SELECT, as in PostgreSQL."""

    def __init__(self, table: TableDefinition) -> None:
        self._table = table

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it."""
        table = self._table
        name = TableName(None, table.name.name) if table.temporary else session.first_place(table.name)
        if not table.temporary:
            rights.refuse_schema(session.catalog, session.user, "CREATE", name.parts[0])
            session.lock(name, Mode.EXCLUSIVE)
        if self._exists(session, name):
            return "CREATE TABLE"
        sequences = {column.name: _identity(session, column, table.temporary) for column in table.columns}
        stored = stored_query(session, table.query, table.query_names, name) if table.query is not None else None
        if stored is not None:
            stored.store(session, name, temporary=table.temporary)
        else:
            session.run(self._sql(session, name, sequences))
        session.warehouse.note_types(name, {made.name: made.type.engine for made in table.columns})
        if table.like is not None:
            session.warehouse.note_like(name, table.like)
        identities = {column.name: column.identity.always for column in table.columns if column.identity}
        kinds = self._kinds(session) if stored is None else stored.kinds
        if table.temporary:
            session.temporary[name.name] = identities
            session.temporary_kinds[name.name] = kinds
        else:
            self._record(session, name, {"identities": identities, "kinds": kinds}, sequences.values())
            grant_defaults(session, name)
        return "SELECT" if table.query else "CREATE TABLE"

    def _exists(self, session: Session, name: TableName) -> bool:
        found = name.name in session.temporary if self._table.temporary else session.relation_exists(name)
        if found and not self._table.if_not_exists:
            raise SqlError("42P07", f'Relation "{name.name}" already exists')
        return found

    def _kinds(self, session: Session) -> Kinds:
        own = tuple((column.name, column.type.kind) for column in self._table.columns)
        kinds = own + (session.shown().kinds(self._table.like) if self._table.like else ())
        return kinds if any(kind for _, kind in kinds) else ()

    def _record(
        self, session: Session, name: TableName, known: dict[str, Any], sequences: Iterable[str | None]
    ) -> None:
        document = self._table.document(session.user)
        if self._table.like is not None:
            like = session.catalog.get("table", *session.resolved(self._table.like).parts) or {}
            document |= {key: like[key] for key in ("diststyle", "distkey", "sortkey", "encodings") if key in like}
        session.record(("table", *name.parts), document | known | {"sequences": [made for made in sequences if made]})

    def _sql(self, session: Session, name: TableName, sequences: dict[str, str | None]) -> str:
        table = self._table
        head = f"CREATE {'TEMPORARY ' if table.temporary else ''}TABLE {name.sql} "
        columns = [column.sql_with(sequences[column.name]) for column in table.columns]
        if table.like is not None:
            columns += copied_columns(session, table.like, defaults=table.like_defaults).values()
        return f"{head}({', '.join(columns)})"


def _identity(session: Session, column: ColumnDefinition, temporary: bool) -> str | None:
    """Makes the sequence of an identity column and returns its name for SQL."""
    if column.identity is None:
        return None
    name = quote(f"identity_{secrets.token_hex(8)}")
    place = name if temporary else f"sandbox_internal.{name}"
    kind = "TEMPORARY SEQUENCE" if temporary else "SEQUENCE"
    limits = "MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807"
    seed, step = column.identity.seed, column.identity.step
    session.run(f"CREATE {kind} {place} START WITH {seed} INCREMENT BY {step} {limits}")
    return place


def copied_columns(
    session: Session, table: TableName, *, defaults: bool = False, identities: bool = False
) -> dict[str, str]:
    """Column definitions of a table by name: types, lengths and NOT NULL, with defaults and identities if asked."""

    def kept(default: str | None) -> str:
        asked = identities if default is not None and "nextval(" in default else defaults
        return f" DEFAULT {default}" if asked and default is not None else ""

    found = table if session.is_temporary(table) else session.resolved(table)
    schema = "" if found.schema is None else f" AND schema_name = {literal(found.schema)}"
    rows = session.run(
        "SELECT column_name, data_type, is_nullable, column_default, (SELECT string_agg(constraint_text, ' ') "
        "FROM duckdb_constraints() AS k WHERE k.table_oid = c.table_oid AND k.constraint_type = 'CHECK' "
        "AND k.constraint_column_names[1] = c.column_name) "
        f"FROM duckdb_columns() AS c WHERE table_name = {literal(found.name)}{schema} ORDER BY column_index"
    ).fetchall()
    if not rows:
        raise SqlError("42P01", f'relation "{table}" does not exist')
    return {
        str(name): f"{quote(name)} {kind}{'' if nullable else ' NOT NULL'}{kept(default)} {check or ''}"
        for name, kind, nullable, default, check in rows
    }


def remember_kinds(session: Session, table: TableName) -> None:
    """Takes note of the columns of a table that has changed, if a CHAR or SUPER is among them."""
    columns = copied_columns(session, table)
    kinds = tuple((name, _kind_of(definition)) for name, definition in columns.items())
    kinds = kinds if any(kind for _, kind in kinds) else ()
    if session.is_temporary(table):
        session.temporary_kinds[table.name] = kinds
        return
    document = session.catalog.get("table", *table.parts)
    if document is not None and document.get("kinds", ()) != [list(pair) for pair in kinds]:
        session.record(("table", *table.parts), document | {"kinds": kinds})


def _kind_of(definition: str) -> str:
    """Of a column as `copied_columns` gives it."""
    length = length_of_char(definition)
    return f"char({length})" if length else "super" if " JSON" in definition else ""


def make_again(
    session: Session, table: TableName, new: TableName, columns: Sequence[str] | None = None, items: str = "*"
) -> None:
    """Makes a table under another name, with its rows, comments and defaults or with other columns; drops the old."""
    if columns is None:
        columns = [*copied_columns(session, table, defaults=True, identities=True).values()]
    temporary = "TEMPORARY " if session.is_temporary(table) else ""
    comments = _comments(session, table)
    session.run(f"CREATE {temporary}TABLE {new.sql} ({', '.join(columns)})")
    session.run(f"INSERT INTO {new.sql} SELECT {items} FROM {table.sql}")
    session.run(f"DROP TABLE {table.sql}")
    for column, comment in comments:
        what = f"TABLE {new.sql}" if column is None else f"COLUMN {new.sql}.{quote(column)}"
        session.run(f"COMMENT ON {what} IS {literal(comment)}")


def _comments(session: Session, table: TableName) -> list[tuple[str | None, str]]:
    schema = f" AND schema_name = {literal(table.schema)}" if table.schema else ""
    where = f"table_name = {literal(table.name)}{schema} AND comment IS NOT NULL"
    of_columns = f"SELECT column_name, comment FROM duckdb_columns() WHERE {where}"
    return session.run(f"SELECT NULL, comment FROM duckdb_tables() WHERE {where} UNION ALL {of_columns}").fetchall()
