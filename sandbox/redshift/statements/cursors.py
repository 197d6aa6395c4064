"""DECLARE, FETCH and CLOSE: a result that is taken piece by piece, within its transaction ("DECLARE")."""

from collections.abc import Sequence
from typing import Any

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.query import Translated
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column


class Kept:
    """The whole result of a cursor, as Redshift keeps it on its leader node; what was fetched is gone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.columns: Sequence[Column] = ()
        self._rows: list[tuple[Any, ...]] = []

    def begin(self, columns: Sequence[Column]) -> None:
        """Takes the columns."""
        self.columns = columns

    def rows(self, batch: Sequence[tuple[Any, ...]]) -> None:
        """Takes some rows."""
        self._rows += batch

    def notice(self, text: str) -> None:
        """Queries send none."""

    @property
    def count(self) -> int:
        """How many rows are left."""
        return len(self._rows)

    def take(self, count: int | None) -> list[tuple[Any, ...]]:
        """The next rows, all of them for None."""
        taken = self._rows[:count]
        del self._rows[:count]
        return taken


class Declare(Command):
    """DECLARE name CURSOR FOR query."""

    def __init__(self, sql: str, oids: Sequence[int]) -> None:
        words = TokenCursor(sql)
        words.expect("DECLARE")
        self._name = words.name()
        words.expect("CURSOR", "FOR")
        if words.peek() not in ("SELECT", "WITH", "("):
            raise words.unexpected()
        self._query = Translated(words.rest(), oids)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Runs the query; one cursor may be open, in a transaction block alone."""
        if not session.in_transaction:
            raise SqlError("25P01", "DECLARE CURSOR may only be used in transaction blocks")
        if session.kept is not None:
            raise SqlError("42P03", f'cursor "{session.kept.name}" is open: only one can be at a time')
        kept = Kept(self._name)
        self._query.run(session, values, kept)
        session.kept = kept
        return "DECLARE CURSOR"


class Fetch:
    """FETCH [NEXT | ALL | FORWARD [count | ALL]] FROM name."""

    ends_failure = False

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("FETCH")
        self._count: int | None = 1
        if words.take("ALL") or words.take("FORWARD", "ALL"):
            self._count = None
        elif words.take("FORWARD") and words.peek() != "FROM":
            self._count = words.number()
        else:
            _ = words.take("NEXT")
        words.expect("FROM")
        self._name = words.name()
        words.end()

    def columns(self, session: Session) -> Sequence[Column]:
        """Those of the cursor."""
        return _open(session, self._name).columns

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Sends the next rows; none after the last."""
        kept = _open(session, self._name)
        sink.begin(kept.columns)
        rows = kept.take(self._count)
        sink.rows(rows)
        return "FETCH"


class Close(Command):
    """CLOSE name."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("CLOSE")
        self._name = words.name()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Gives it up."""
        _open(session, self._name)
        session.kept = None
        return "CLOSE CURSOR"


def _open(session: Session, name: str) -> Kept:
    if not isinstance(session.kept, Kept) or session.kept.name != name:
        raise SqlError("34000", f'cursor "{name}" does not exist')
    return session.kept
