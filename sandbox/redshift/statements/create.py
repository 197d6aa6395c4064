"""CREATE, by what is created; and CREATE SCHEMA."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated, syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.grants import CreatePrincipal, principal
from sandbox.redshift.statements.policies import CreatePolicy
from sandbox.redshift.statements.table_definition import read_table
from sandbox.redshift.statements.tables import CreateTable
from sandbox.redshift.statements.views import CreateMaterialisedView, CreateView
from sandbox.redshift.wire.decode import Value

_NOT_IMITATED = frozenset(
    {
        "DATABASE",
        "DATASHARE",
        "EXTERNAL",
        "FUNCTION",
        "LIBRARY",
        "MODEL",
        "PROCEDURE",
        "RLS",
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
    if words.take("MASKING", "POLICY"):
        return CreatePolicy(words)
    kind = principal(words)
    if kind is not None:
        return CreatePrincipal(kind, words)
    if words.peek() in _NOT_IMITATED:
        raise not_imitated(f"CREATE {words.peek()}")
    raise syntax_error(words.peek())


class CreateSchema(Command):
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA …]."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_not_exists = words.take("IF", "NOT", "EXISTS")
        self._name = words.name()
        self._owner = words.name() if words.take("AUTHORIZATION") else None
        if words.take("QUOTA"):
            words.rest()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it."""
        session.lock(TableName("schema", self._name), Mode.EXCLUSIVE)
        rights.refuse_superuser(session.catalog, session.user)
        if session.schema_exists(self._name):
            if not self._if_not_exists:
                raise SqlError("42P06", f'Schema "{self._name}" already exists')
            return "CREATE SCHEMA"
        session.run(f"CREATE SCHEMA {quote(self._name)}")
        session.record(("schema", self._name), {"owner": self._owner or session.user})
        return "CREATE SCHEMA"
