"""What a run tells while it works: bars on a terminal, JSON lines elsewhere."""

import json
from typing import Protocol, TextIO

from extract.clock import RunClock, format_instant


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


class JsonLinesProgress:
    """Writes each fact as one JSON line with the run's clock; steps within a piece of work are not facts."""

    def __init__(self, clock: RunClock, run_id: str, stream: TextIO) -> None:
        """Write to ``stream``."""
        self._clock = clock
        self._run_id = run_id
        self._stream = stream

    def event(self, name: str, **fields: object) -> None:
        """Write the fact."""
        line = {"at": format_instant(self._clock.now()), "run_id": self._run_id, "event": name, **fields}
        self._stream.write(json.dumps(line, default=str) + "\n")
        self._stream.flush()

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Write nothing."""
