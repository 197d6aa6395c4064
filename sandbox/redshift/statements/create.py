"""CREATE SCHEMA, TABLE, TABLE AS and VIEW."""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated, syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.table_definition import TableDefinition, read_table
from sandbox.redshift.translate import rewrites
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.translate.statement import ViewSet, translate
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
        "MATERIALIZED",
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
            return head + self._as_query(session, table.query)
        columns = [column.sql for column in table.columns]
        if table.like is not None:
            columns += copied_columns(session, table.like)
        return f"{head}({', '.join(columns)})"

    def _as_query(self, session: Session, query: str) -> str:
        """The query with Redshift's types: DuckDB's 128-bit sums become BIGINT."""
        found = translate(query, (), session.views)
        if found.kind != "select":
            raise syntax_error(query.split(None, 1)[0])
        for name in sorted(found.reads, key=str):
            session.lock(name, Mode.READ)
        text = rewrites.with_session_literals(found.sql, found.parameters, session.session_values())
        described = session.run(f"DESCRIBE {text}").fetchall()
        names = self._table.query_names or tuple(str(row[0]).lower() for row in described)
        if len(names) != len(described):
            raise SqlError("42601", "CREATE TABLE AS specifies another number of column names than its query has")
        if "?column?" in names or len(set(names)) != len(names):
            raise SqlError("42701", "CREATE TABLE AS needs one distinct name for each column")
        inner = ", ".join(quote(f"c{i}") for i in range(len(names)))
        columns = ", ".join(
            f"{_stored(quote(f'c{i}'), str(row[1]))} AS {quote(name)}"
            for i, (name, row) in enumerate(zip(names, described, strict=True))
        )
        return f"AS SELECT {columns} FROM ({text}) AS q ({inner})"


def _stored(column: str, engine_type: str) -> str:
    """A result column in a type that a Redshift table can have."""
    stored = {
        "HUGEINT": "BIGINT",
        '"NULL"': "VARCHAR",
        "UBIGINT": "BIGINT",
        "UINTEGER": "BIGINT",
        "TINYINT": "SMALLINT",
    }
    return f"CAST({column} AS {stored[engine_type]})" if engine_type in stored else column


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


class CreateView(Command):
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]."""

    def __init__(self, words: TokenCursor, *, replace: bool) -> None:
        self._replace = replace
        self._name = words.table()
        self._columns = words.names() if words.peek() == "(" else ()
        words.expect("AS")
        text = words.rest()
        ending = [token.upper for token in TokenCursor(text).remaining()[-4:]]
        self._late = ending == ["WITH", "NO", "SCHEMA", "BINDING"]
        self._query = text[: TokenCursor(text).remaining()[-4].start] if self._late else text

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it. A late-binding view is only read, not bound: its tables may be missing."""
        session.lock(self._name, Mode.EXCLUSIVE)
        tree = parse(self._query)
        if not isinstance(tree, exp.Query):
            raise syntax_error(self._query.split(None, 1)[0])
        key = TableName(self._name.schema or session.search_path[0], self._name.name)
        if self._late:
            self._create_late(session, key, tree)
        else:
            self._create_bound(session, key)
        return "CREATE VIEW"

    def _create_late(self, session: Session, key: TableName, tree: exp.Expr) -> None:
        for table in rewrites.tables_read(tree):
            if table.schema is None:
                text = "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING."
                raise SqlError("42601", text)
        if self._columns:
            raise not_imitated("a column list of a late-binding view")
        if key in session.views.views and not self._replace:
            raise SqlError("42P07", f'Relation "{key.name}" already exists')
        translate(self._query, (), session.views)
        remove_late_view(session, key)
        session.run(
            "INSERT INTO sandbox_internal.late_views VALUES ($schema, $name, $text)",
            {"schema": key.schema, "name": key.name, "text": self._query},
        )
        session.set_views(ViewSet(session.views.views | {key: self._query}))

    def _create_bound(self, session: Session, key: TableName) -> None:
        if key in session.views.views:
            if not self._replace:
                raise SqlError("42P07", f'Relation "{key.name}" already exists')
            remove_late_view(session, key)
        found = translate(self._query, (), session.views)
        if found.parameters - {"s_now"}:
            raise SqlError("0A000", "a view cannot use a function of the session")
        text = found.sql.replace("$s_now", "rs_getdate_in_view()")
        columns = f" ({', '.join(map(quote, self._columns))})" if self._columns else ""
        replace = "OR REPLACE " if self._replace else ""
        session.run(f"CREATE {replace}VIEW {self._name.sql}{columns} AS {text}")


def remove_late_view(session: Session, key: TableName) -> None:
    """Forgets a late-binding view in this transaction."""
    if key in session.views.views:
        session.run(
            "DELETE FROM sandbox_internal.late_views WHERE schema_name = $schema AND view_name = $name",
            {"schema": key.schema, "name": key.name},
        )
        session.set_views(ViewSet({name: text for name, text in session.views.views.items() if name != key}))
