"""ALTER DATABASE, of which there is one: it is `dev`, and that is hardly altered in Redshift either."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import DATABASE
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


class AlterDatabase(Command):
    """ALTER DATABASE name {RENAME TO … | ISOLATION LEVEL … | …} ("ALTER DATABASE")."""

    def __init__(self, words: TokenCursor) -> None:
        self._name = words.name()
        if words.take("RENAME", "TO"):
            words.name()
            self._refusal = SqlError("0A000", "current database may not be renamed")
        elif words.take("ISOLATION", "LEVEL"):
            if not (words.take("SNAPSHOT") or words.take("SERIALIZABLE")):
                raise words.unexpected()
            text = f"the isolation level of the database {DATABASE} cannot be altered"
            self._refusal = SqlError("0A000", text, "start the sandbox endpoint with --serializable, or without")
        else:
            self._refusal = not_imitated(f"ALTER DATABASE {words.peek()}")
            words.rest()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Refuses it."""
        if self._name != DATABASE:
            raise SqlError("3D000", f'database "{self._name}" does not exist')
        raise self._refusal
