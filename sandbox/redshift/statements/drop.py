"""DROP TABLE, VIEW and SCHEMA."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.create import remove_late_view
from sandbox.redshift.translate.statement import ViewSet
from sandbox.redshift.wire.decode import Value


def drop(sql: str) -> Statement:
    """The statement for DROP …."""
    words = TokenCursor(sql)
    words.expect("DROP")
    kind = words.next().upper
    if kind in ("TABLE", "VIEW"):
        return DropRelation(kind, words)
    if kind == "SCHEMA":
        return DropSchema(words)
    raise not_imitated(f"DROP {kind}")


class DropRelation(Command):
    """DROP TABLE or VIEW [IF EXISTS] name [, …] [CASCADE | RESTRICT]."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._if_exists = words.take("IF", "EXISTS")
        self._names = [words.table()]
        while words.take(","):
            self._names.append(words.table())
        _ = words.take("CASCADE") or words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops them, after every reader has ended its transaction."""
        for name in self._names:
            session.lock(name, Mode.EXCLUSIVE)
            self._drop(session, name)
        return f"DROP {self._kind}"

    def _drop(self, session: Session, name: TableName) -> None:
        late = TableName(name.schema or session.search_path[0], name.name)
        if self._kind == "VIEW" and late in session.views.views:
            remove_late_view(session, late)
            return
        condition = "IF EXISTS " if self._if_exists else ""
        session.run(f"DROP {self._kind} {condition}{name.sql}")
        if session.is_temporary(name):
            session.temporary.discard(TableName(None, name.name))


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
            inside = [view for view in session.views.views if view.schema == name]
            if inside and not self._cascade:
                raise SqlError("2BP01", f"cannot drop schema {name} because other objects depend on it")
            for view in inside:
                session.run(
                    "DELETE FROM sandbox_internal.late_views WHERE schema_name = $schema", {"schema": view.schema}
                )
            session.set_views(ViewSet({view: text for view, text in session.views.views.items() if view not in inside}))
            condition = "IF EXISTS " if self._if_exists else ""
            session.run(f"DROP SCHEMA {condition}{quote(name)}{' CASCADE' if self._cascade else ''}")
        return "DROP SCHEMA"
