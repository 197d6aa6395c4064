"""How many requests are on their way at the same time: as many as the limit needs at the source's own pace. Pure.

In a steady state as many are on their way as come in a second times the seconds that each takes (J. D. C. Little, "A
Proof for the Queuing Formula: L = λW", 1961). Three times as many let a run make up for where it could not ask many
things at a time, at its start and between two streams: the limiter grants what is left of a window as fast as it is
asked for.
"""

import threading
from collections import deque

LEAST, MOST = 4, 128
SPARE = 3.0
SAMPLE = 256
"""So many of the last requests count; enough to hold the few that take half a minute."""
UNKNOWN = 16
"""So many answers may wait before it is known how large they are."""
AHEAD = 384
"""Most answers that may be asked for and not landed yet: one of 30 s does not stop those behind it."""
AHEAD_BYTES = 96 * 1024 * 1024
"""What those may hold in memory, as far as that can be told from those that came."""
_PER_BYTE, _PER_ROW = 2, 400
"""What an answer takes in memory: its text and its lines, and for each record some objects of Python."""
FASTEST = 100.0
"""Requests a second beyond which one process does not get by having more of them on their way."""


class InFlight:
    """Follows how long requests take; safe to share between threads."""

    def __init__(self, per_second: float, least: int = LEAST, most: int = MOST) -> None:
        """Begin with few; ``per_second`` is the rate to keep up, ``least`` and ``most`` the bounds."""
        self._per_second = min(per_second, FASTEST)
        self._least = least
        self._most = most
        self._seconds: deque[float] = deque(maxlen=SAMPLE)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Take note of how long a request, and the pause after a failed one, kept a thread busy."""
        with self._lock:
            if len(self._seconds) == SAMPLE:
                self._sum -= self._seconds[0]
            self._seconds.append(seconds)
            self._sum += seconds

    def count(self) -> int:
        """Return how many requests should be on their way."""
        with self._lock:
            mean = self._sum / len(self._seconds) if self._seconds else 0.0
        return max(self._least, min(self._most, round(mean * self._per_second * SPARE)))


class Ahead:
    """How far to ask ahead of what is landed, so that the answers that wait keep within their memory."""

    def __init__(self) -> None:
        """Begin as if answers were large."""
        self._answers = 0
        self._bytes = 0

    def note(self, length: int, rows: int) -> None:
        """Take note of an answer of so many bytes and records."""
        self._answers += 1
        self._bytes += length * _PER_BYTE + rows * _PER_ROW

    @property
    def most(self) -> int:
        """Answers that may be asked for and not landed yet."""
        if not self._answers:
            return UNKNOWN
        return max(LEAST, min(AHEAD, AHEAD_BYTES * self._answers // max(1, self._bytes)))
