"""The clock of a run: its as-of instant plus the time since it started, strictly increasing."""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)


class RunClock:
    """Gives the instants of one run.

    A run started with ``--as-of`` lives at that instant: its clock starts there and advances with real time, so that
    the order of two instants is always the order in which they were asked for.
    """

    def __init__(self, as_of: datetime | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start the clock at ``as_of`` (aware; default: now)."""
        self.as_of = (as_of or datetime.now(UTC)).astimezone(UTC)
        self._monotonic = monotonic
        self._start = monotonic()
        self._last = self.as_of - TICK
        self._lock = threading.Lock()

    def not_before(self, instant: datetime) -> None:
        """Give instants later than ``instant`` only, so that what is read now counts as newer than what was before."""
        with self._lock:
            self._last = max(self._last, instant)

    def now(self) -> datetime:
        """Return the present instant (UTC, microseconds), later than every instant returned before."""
        with self._lock:
            elapsed = timedelta(seconds=self._monotonic() - self._start)
            self._last = max(self.as_of + elapsed, self._last + TICK)
            return self._last


def new_run_id(as_of: datetime) -> str:
    """Name a run: its as-of instant, readable and sortable, and 32 random bits against two runs at one instant."""
    return f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def format_instant(instant: datetime) -> str:
    """Write an aware instant as ISO 8601 in UTC with microseconds and ``Z``: the form used in the lake."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; one without a zone is UTC.

    Raises:
        ValueError: the text is not an ISO 8601 date or instant.
    """
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
