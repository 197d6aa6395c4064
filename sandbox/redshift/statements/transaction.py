"""BEGIN, COMMIT, ROLLBACK, LOCK and TRUNCATE."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import syntax_error
from sandbox.redshift.locks import Mode
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


class Begin(Command):
    """Opens a block. Isolation levels and READ ONLY are accepted without effect ("BEGIN")."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.next()
        _ = words.take("TRANSACTION") or words.take("WORK")
        while not words.done:
            _take_mode(words)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Opens it; in a block already open this is only worth a warning."""
        if session.in_transaction:
            sink.notice("there is already a transaction in progress")
        session.begin()
        return "BEGIN"


def _take_mode(words: TokenCursor) -> None:
    _ = words.take(",")
    if words.take("READ"):
        if not (words.take("ONLY") or words.take("WRITE")):
            raise words.unexpected()
        return
    words.expect("ISOLATION", "LEVEL")
    levels = (("SERIALIZABLE",), ("SNAPSHOT",), ("REPEATABLE", "READ"), ("READ", "COMMITTED"), ("READ", "UNCOMMITTED"))
    if not any(words.take(*level) for level in levels):
        raise words.unexpected()


class End(Command):
    """COMMIT, END, ROLLBACK or ABORT."""

    ends_failure = True

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        self._commit = words.next().upper in ("COMMIT", "END")
        _ = words.take("TRANSACTION") or words.take("WORK")
        if words.take("TO"):
            raise syntax_error("TO")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Ends the block; committing a failed one rolls it back and says so by its tag."""
        if not session.in_transaction:
            sink.notice("there is no transaction in progress")
        return "COMMIT" if session.end(commit=self._commit) else "ROLLBACK"


class Lock(Command):
    """LOCK [TABLE] t [, …]: an exclusive lock until the end of the transaction."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("LOCK")
        _ = words.take("TABLE")
        self._tables = [words.table()]
        while words.take(","):
            self._tables.append(words.table())
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Takes the locks in the order written, then sees that the tables exist."""
        for table in self._tables:
            session.require("UPDATE", table)
            session.lock(table, Mode.EXCLUSIVE, only=True)
        for table in self._tables:
            session.run(f"SELECT 1 FROM {table.sql} LIMIT 0")
        return "LOCK TABLE"


class Truncate(Command):
    """TRUNCATE, which commits the transaction in which it stands ("TRUNCATE")."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("TRUNCATE")
        _ = words.take("TABLE")
        self._table = words.table()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Empties the table and commits everything so far."""
        session.require("TRUNCATE", self._table)
        session.lock(self._table, Mode.EXCLUSIVE)
        session.run(f"DELETE FROM {self._table.sql}")
        session.end(commit=True)
        return "TRUNCATE TABLE"
