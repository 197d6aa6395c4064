"""DROP TABLE, VIEW and SCHEMA."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.catalog import Document
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.grants import DropPrincipal
from sandbox.redshift.statements.policies import DropPolicy
from sandbox.redshift.statements.views import remove_relation
from sandbox.redshift.wire.decode import Value


def drop(sql: str) -> Statement:
    """The statement for DROP …."""
    words = TokenCursor(sql)
    words.expect("DROP")
    kind = words.next().upper
    if kind == "MATERIALIZED":
        words.expect("VIEW")
        return DropRelation("MATERIALIZED VIEW", words)
    if kind in ("TABLE", "VIEW"):
        return DropRelation(kind, words)
    if kind == "SCHEMA":
        return DropSchema(words)
    if kind in ("USER", "GROUP", "ROLE"):
        return DropPrincipal(kind.lower(), words)
    if kind == "MASKING":
        words.expect("POLICY")
        return DropPolicy(words)
    raise not_imitated(f"DROP {kind}")


class DropRelation(Command):
    """DROP TABLE or VIEW [IF EXISTS] name [, …] [CASCADE | RESTRICT]."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._if_exists = words.take("IF", "EXISTS")
        self._names = [words.table()]
        while words.take(","):
            self._names.append(words.table())
        self._cascade = words.take("CASCADE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops them, after every reader has ended its transaction."""
        for name in self._names:
            session.lock(name, Mode.EXCLUSIVE)
            self._drop(session, name)
        return f"DROP {self._kind}"

    def _drop(self, session: Session, name: TableName) -> None:
        if session.is_temporary(name):
            session.run(f"DROP TABLE {name.sql}")
            session.temporary.pop(name.name)
            return
        found = session.resolved(name)
        view = session.catalog.get("view", *found.parts)
        kind = self._kind_of(view) if view else "TABLE" if session.table_exists(found) else None
        if kind == self._kind:
            session.require_owner(found)
            remove_relation(session, found, cascade=self._cascade)
        elif kind is not None:
            raise SqlError("42809", f'"{name.name}" is not a {self._kind.lower()}')
        elif not self._if_exists:
            raise SqlError("42P01", f'{self._kind.capitalize()} "{name}" does not exist')

    @staticmethod
    def _kind_of(view: Document) -> str:
        return "MATERIALIZED VIEW" if view["materialised"] else "VIEW"


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
        tables = session.run("SELECT table_name FROM duckdb_tables() WHERE schema_name = $name", {"name": name})
        inside = {TableName(name, str(row[0])) for row in tables.fetchall()}
        inside |= {TableName(name, key[0]) for key, _ in session.catalog.under("view", name)}
        if inside and not self._cascade:
            raise SqlError("2BP01", f"cannot drop schema {name} because other objects depend on it")
        for relation in sorted(inside, key=str):
            if session.catalog.get("view", *relation.parts) or session.table_exists(relation):
                session.lock(relation, Mode.EXCLUSIVE)
                remove_relation(session, relation, cascade=True)
        session.run(f"DROP SCHEMA {quote(name)}")
        for key in [key for key in session.catalog.documents if key[:2] in (("schema", name), ("schema_grant", name))]:
            session.record(key, None)
