"""What a run tells while it works: bars on a terminal, JSON lines elsewhere."""

from typing import Protocol


class Progress(Protocol):
    """Receives what happens in a run; never raises, never holds personal data or secrets."""

    def event(self, name: str, **fields: object) -> None:
        """Tell a fact once, for instance ``event("committed", stream="wistia/visitors", sequence=4, rows=110361)``."""

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Tell how far a piece of work is: ``done`` of ``total`` units (None: not known)."""


class Silent:
    """Tells nothing."""

    def event(self, name: str, **fields: object) -> None:
        """Ignore the fact."""

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Ignore the news."""
