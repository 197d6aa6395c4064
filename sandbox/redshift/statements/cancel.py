"""CANCEL: another session's statement stops, and that session goes on."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


class Cancel(Command):
    """CANCEL session ['message']."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("CANCEL")
        self._pid = words.number()
        self._message = None if words.done else words.string()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Stops what the other is doing; a superuser may stop anybody, others themselves ("CANCEL")."""
        other = session.warehouse.session(self._pid)
        if other is None:
            raise SqlError("42704", f"Session {self._pid} does not exist. The session PID might have changed.")
        if other.user != session.user and not rights.is_superuser(session.catalog, session.user):
            raise SqlError("42501", "must be superuser to cancel the query of another user")
        other.cancel(self._message)
        return "CANCEL"
