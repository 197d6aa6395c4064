"""CREATE SCHEMA, TABLE and TABLE AS; views are in `views.py`."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated, syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.stored import stored_query
from sandbox.redshift.statements.table_definition import TableDefinition, read_table
from sandbox.redshift.statements.views import CreateMaterialisedView, CreateView
from sandbox.redshift.wire.decode import Value

_NOT_IMITATED = frozenset(
    {
        "DATABASE",
        "DATASHARE",
        "EXTERNAL",
        "FUNCTION",
        "GROUP",
        "LIBRARY",
        "MASKING",
        "MODEL",
        "PROCEDURE",
        "RLS",
        "ROLE",
        "USER",
    }
)


def create(sql: str) -> Statement:
    """The statement for CREATE …, by what is created."""
    words = TokenCursor(sql)
    words.expect("CREATE")
    replace = words.take("OR", "REPLACE")
    _ = words.take("LOCAL")
    temporary = words.take("TEMP") or words.take("TEMPORARY")
    if words.take("TABLE"):
        return CreateTable(read_table(words, temporary=temporary))
    if words.take("VIEW"):
        return CreateView(words, replace=replace)
    if words.take("MATERIALIZED", "VIEW"):
        return CreateMaterialisedView(words)
    if words.take("SCHEMA"):
        return CreateSchema(words)
    if words.peek() in _NOT_IMITATED:
        raise not_imitated(f"CREATE {words.peek()}")
    raise syntax_error(words.peek())


class CreateSchema(Command):
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA …]."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_not_exists = words.take("IF", "NOT", "EXISTS")
        self._name = words.name()
        if words.take("AUTHORIZATION"):
            words.name()
        if words.take("QUOTA"):
            words.rest()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it."""
        session.lock(TableName("schema", self._name), Mode.EXCLUSIVE)
        condition = "IF NOT EXISTS " if self._if_not_exists else ""
        session.run(f"CREATE SCHEMA {condition}{quote(self._name)}")
        return "CREATE SCHEMA"


class CreateTable(Command):
    """CREATE TABLE with its columns, LIKE another, or AS a query."""

    def __init__(self, table: TableDefinition) -> None:
        self._table = table

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it; the tag of CREATE TABLE AS is SELECT, as in PostgreSQL."""
        table = self._table
        if not table.temporary:
            session.lock(table.name, Mode.EXCLUSIVE)
        session.run(self._sql(session))
        if table.temporary:
            session.temporary.add(TableName(None, table.name.name))
        return "SELECT" if table.query else "CREATE TABLE"

    def _sql(self, session: Session) -> str:
        table = self._table
        temporary = "TEMPORARY " if table.temporary else ""
        condition = "IF NOT EXISTS " if table.if_not_exists else ""
        name = quote(table.name.name) if table.temporary else table.name.sql
        head = f"CREATE {temporary}TABLE {condition}{name} "
        if table.query is not None:
            return f"{head}AS {stored_query(session, table.query, table.query_names)}"
        columns = [column.sql for column in table.columns]
        if table.like is not None:
            columns += copied_columns(session, table.like)
        return f"{head}({', '.join(columns)})"


def copied_columns(session: Session, table: TableName, *, defaults: bool = False) -> list[str]:
    """Column definitions of a table that exists, with types, lengths and NOT NULL, and with defaults if asked."""
    schema = "" if table.schema is None else f" AND schema_name = {literal(table.schema)}"
    rows = session.run(
        "SELECT column_name, data_type, is_nullable, column_default, (SELECT max(constraint_text) "
        "FROM duckdb_constraints() AS k WHERE k.table_oid = c.table_oid AND k.constraint_type = 'CHECK' "
        "AND k.constraint_column_names = [c.column_name]) "
        f"FROM duckdb_columns() AS c WHERE table_name = {literal(table.name)}{schema} ORDER BY column_index"
    ).fetchall()
    if not rows:
        raise SqlError("42P01", f'relation "{table}" does not exist')
    return [
        f"{quote(name)} {kind}{'' if nullable else ' NOT NULL'}"
        f"{f' DEFAULT {default}' if defaults and default is not None else ''} {check or ''}"
        for name, kind, nullable, default, check in rows
    ]
