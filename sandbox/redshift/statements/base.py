"""What most statements without rows have in common."""

from collections.abc import Sequence

from sandbox.redshift.session import Session
from sandbox.redshift.wire.types import Column


class Command:
    """A statement that returns no rows and needs a sound transaction."""

    ends_failure = False

    def columns(self, session: Session) -> Sequence[Column] | None:  # noqa: ARG002
        """No rows."""
        return None
