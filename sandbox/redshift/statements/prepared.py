"""PREPARE, EXECUTE and DEALLOCATE, as they are typed; the protocol's own prepared statements are `connection.py`'s."""

from collections.abc import Sequence

from sandbox.redshift import lexer
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.query import Translated, delete
from sandbox.redshift.types import take_type
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column, column


class Prepare(Command):
    """PREPARE name [(types)] AS a SELECT, INSERT, UPDATE or DELETE ("PREPARE"); it lasts for the session."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("PREPARE")
        self._name = words.name()
        oids = _take_types(words)
        words.expect("AS")
        if words.peek() not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            raise words.unexpected()
        of_deletion = words.peek() == "DELETE"
        self._statement = delete(words.rest(), oids) if of_deletion else Translated(words.rest(), oids)
        self._count = len(oids)
        if (used := lexer.highest_parameter(sql)) > self._count:
            raise SqlError("42P02", f"there is no parameter ${used}")

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Keeps it; the name must be free."""
        if self._name in session.prepared:
            raise SqlError("42P05", f'prepared statement "{self._name}" already exists')
        session.prepared[self._name] = self._statement, self._count
        return "PREPARE"


def _take_types(words: TokenCursor) -> list[int]:
    found: list[int] = []
    while words.take("," if found else "("):
        found.append(column("parameter", take_type(words).engine).oid)
    if found:
        words.expect(")")
    return found


class Execute:
    """EXECUTE name [(values)] of what was prepared."""

    ends_failure = False

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("EXECUTE")
        self._name = words.name()
        given = words.balanced() if words.peek() == "(" else ""
        self._given = Translated(f"SELECT {given}", ()) if given else None
        words.end()

    def columns(self, session: Session) -> Sequence[Column] | None:
        """Those of the prepared statement."""
        return self._found(session)[0].columns(session)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Runs it with these values."""
        statement, count = self._found(session)
        given = self._given.row(session) if self._given else ()
        if len(given) != count:
            text = f'wrong number of parameters for prepared statement "{self._name}"'
            raise SqlError("42601", text, f"Expected {count} parameters but got {len(given)}.")
        return statement.run(session, given, sink)

    def _found(self, session: Session) -> tuple[Statement, int]:
        if self._name not in session.prepared:
            raise SqlError("26000", f'prepared statement "{self._name}" does not exist')
        return session.prepared[self._name]


class Deallocate(Command):
    """DEALLOCATE {name | ALL}; clients send it for statements of the protocol too, whose names are unknown here."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("DEALLOCATE")
        _ = words.take("PREPARE")
        self._name = None if words.take("ALL") else words.name()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Forgets it."""
        if self._name is None:
            session.prepared.clear()
        else:
            session.prepared.pop(self._name, None)
        return "DEALLOCATE"
