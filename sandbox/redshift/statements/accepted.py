"""ANALYZE and VACUUM, which have nothing to do, and COMMENT."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


class Analyze(Command):
    """ANALYZE [COMPRESSION] [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS] has nothing to do."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("ANALYZE")
        _ = words.take("COMPRESSION")
        _ = words.take("VERBOSE")
        self._table = None if words.done or words.peek() in ("PREDICATE", "ALL") else words.table()
        if words.peek() == "(":
            words.names()
        _ = words.take("PREDICATE", "COLUMNS") or words.take("ALL", "COLUMNS")
        if words.take("COMPROWS"):
            words.number()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Sees that the table is there."""
        refuse_missing(session, self._table)
        return "ANALYZE"


class Vacuum(Command):
    """VACUUM [how] [table [TO n PERCENT] [BOOST]] has nothing to do."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("VACUUM")
        for how in (("FULL",), ("SORT", "ONLY"), ("DELETE", "ONLY"), ("REINDEX",), ("RECLUSTER",)):
            if words.take(*how):
                break
        self._table = None if words.done else words.table()
        if words.take("TO"):
            words.number()
            words.expect("PERCENT")
        _ = words.take("BOOST")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Sees that the table is there, and that no transaction is open."""
        if session.in_transaction:
            raise SqlError("25001", "VACUUM cannot run inside a transaction block")
        refuse_missing(session, self._table)
        return "VACUUM"


def refuse_missing(session: Session, table: TableName | None) -> None:
    """Refuses a table that is not there.

    Raises:
        SqlError: 42P01.
    """
    if table is not None and not session.relation_exists(session.resolved(table)) and not session.is_temporary(table):
        raise SqlError("42P01", f'relation "{table}" does not exist')


class Comment(Command):
    """COMMENT ON TABLE, COLUMN or VIEW … IS '…' | NULL; on constraints and databases it is only accepted."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("COMMENT", "ON")
        self._kind = words.next().upper
        if self._kind not in ("TABLE", "COLUMN", "VIEW", "CONSTRAINT", "DATABASE"):
            raise words.unexpected()
        parts = [words.name()]
        while words.take("."):
            parts.append(words.name())
        if self._kind == "CONSTRAINT":
            words.expect("ON")
            words.table()
        self._parts = parts
        words.expect("IS")
        self._text = None if words.take("NULL") else words.string()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Writes it into the catalog."""
        if self._kind not in ("TABLE", "VIEW", "COLUMN"):
            return "COMMENT"
        of_column = self._kind == "COLUMN"
        relation = TableName.of(self._parts[:-1] if of_column else self._parts)
        session.require_owner(relation)
        if self._kind == "VIEW":
            self._of_view(session, session.resolved(relation))
            return "COMMENT"
        text = "NULL" if self._text is None else literal(self._text)
        column = f".{quote(self._parts[-1])}" if of_column else ""
        session.run(f"COMMENT ON {self._kind} {relation.sql}{column} IS {text}")
        return "COMMENT"

    def _of_view(self, session: Session, name: TableName) -> None:
        view = session.catalog.get("view", *name.parts)
        if view is None:
            raise SqlError("42P01", f'relation "{name.name}" does not exist')
        session.record(("view", *name.parts), view | {"comment": self._text})
