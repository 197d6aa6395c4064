"""CREATE, ALTER and DROP SCHEMA."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.catalog import Key
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.tables import make_again
from sandbox.redshift.statements.views import relation_renamed, remove_relation
from sandbox.redshift.wire.decode import Value


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


class AlterSchema(Command):
    """ALTER SCHEMA s {RENAME TO n | OWNER TO u | QUOTA …}."""

    def __init__(self, words: TokenCursor) -> None:
        self._name = words.name()
        self._new = words.name() if words.take("RENAME", "TO") else None
        self._owner = words.name() if words.take("OWNER", "TO") else None
        if self._new is None and self._owner is None:
            words.expect("QUOTA")
            words.rest()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes it."""
        session.lock(TableName("schema", self._name), Mode.EXCLUSIVE)
        if not session.schema_exists(self._name):
            raise SqlError("3F000", f'schema "{self._name}" does not exist')
        rights.refuse_schema_owner(session.catalog, session.user, self._name)
        if self._owner is not None:
            document = session.catalog.get("schema", self._name) or {}
            session.record(("schema", self._name), document | {"owner": self._owner})
        if self._new is not None:
            self._rename(session, self._new)
        return "ALTER SCHEMA"

    def _rename(self, session: Session, new: str) -> None:
        """DuckDB cannot rename a schema: its tables are made again in another, and their rows copied."""
        session.lock(TableName("schema", new), Mode.EXCLUSIVE)
        if session.schema_exists(new):
            raise SqlError("42P06", f'schema "{new}" already exists')
        inside = _relations(session, self._name)
        for relation in inside:
            session.lock(relation, Mode.EXCLUSIVE)
        session.run(f"CREATE SCHEMA {quote(new)}")
        for relation in inside:
            place = TableName(new, relation.name)
            if session.table_exists(relation):
                make_again(session, relation, place)
            relation_renamed(session, relation, place)
        session.run(f"DROP SCHEMA {quote(self._name)}")
        for key in _belonging(session, self._name):
            document = session.catalog.documents[key]
            session.record(key, None)
            session.record(_moved(key, self._name, new), document)


def _relations(session: Session, schema: str) -> list[TableName]:
    tables = session.run("SELECT table_name FROM duckdb_tables() WHERE schema_name = $name", {"name": schema})
    inside = {TableName(schema, str(row[0])) for row in tables.fetchall()}
    inside |= {TableName(schema, key[0]) for key, _ in session.catalog.under("view", schema)}
    return sorted(inside, key=str)


def _belonging(session: Session, schema: str) -> list[Key]:
    """What is kept of a schema itself: its owner, and what is granted on it or on whatever will be made in it."""
    beginnings = (("schema", schema), ("schema_grant", schema), ("scoped", f"schema {schema}"))
    return [
        key for key in session.catalog.documents if key[:2] in beginnings or (key[0] == "default" and key[2] == schema)
    ]


def _moved(key: Key, old: str, new: str) -> Key:
    named = {old: new, f"schema {old}": f"schema {new}"}
    at = 2 if key[0] == "default" else 1
    return (*key[:at], named[key[at]], *key[at + 1 :])


class DropSchema(Command):
    """DROP SCHEMA [IF EXISTS] name [, …] [CASCADE | RESTRICT]."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_exists = words.take("IF", "EXISTS")
        self._names = [words.name()]
        while words.take(","):
            self._names.append(words.name())
        self._cascade = words.take("CASCADE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops them; without CASCADE only empty ones."""
        for name in self._names:
            session.lock(TableName("schema", name), Mode.EXCLUSIVE)
            self._drop(session, name)
        return "DROP SCHEMA"

    def _drop(self, session: Session, name: str) -> None:
        if not session.schema_exists(name):
            if self._if_exists:
                return
            raise SqlError("3F000", f'Schema "{name}" does not exist')
        rights.refuse_schema_owner(session.catalog, session.user, name)
        inside = _relations(session, name)
        if inside and not self._cascade:
            raise SqlError("2BP01", f"cannot drop schema {name} because other objects depend on it")
        for relation in inside:
            if session.catalog.get("view", *relation.parts) or session.table_exists(relation):
                session.lock(relation, Mode.EXCLUSIVE)
                remove_relation(session, relation, cascade=True)
        session.run(f"DROP SCHEMA {quote(name)}")
        for key in _belonging(session, name):
            session.record(key, None)
