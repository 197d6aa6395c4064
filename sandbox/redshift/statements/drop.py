"""DROP, by what is dropped; and DROP TABLE and VIEW."""

from collections.abc import Sequence

from sandbox.redshift.catalog import Document
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.policies import DropPolicy
from sandbox.redshift.statements.principals import DropPrincipal
from sandbox.redshift.statements.row_policies import DropRowPolicy
from sandbox.redshift.statements.schemas import DropSchema
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
    if kind == "RLS":
        words.expect("POLICY")
        return DropRowPolicy(words)
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
            session.temporary_kinds.pop(name.name, None)
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
