"""A run that kills its own process with SIGKILL when it has told an event for the n-th time.

``python -m tests.faults.killed HOME AS_OF EVENT N``; a run that never gets there ends with code 9.
"""

import os
import signal
import sys
from pathlib import Path

from extract.clock import parse_instant
from extract.progress import Silent
from orchestration.context import Context, Options
from orchestration.pipeline import run


class Killer(Silent):
    """Counts down to the event."""

    def __init__(self, event: str, countdown: int) -> None:
        self._event = event
        self._countdown = countdown

    def event(self, name: str, **fields: object) -> None:
        """Kill the process at the n-th event of the name."""
        self._countdown -= name == self._event
        if self._countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    home, as_of, event, countdown = sys.argv[1:]
    run(Context(Options(home=Path(home), as_of=parse_instant(as_of))), Killer(event, int(countdown)))
    sys.exit(9)
