"""The vendor's rate limit and its slowness, both off unless asked for."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol

MINUTE = 60.0
_SPREAD = 0.3


class RateLimit(Protocol):
    """Says who is answered."""

    def admit(self) -> int:
        """Take one request on: 0, or the whole seconds after which to try again. Refused ones do not count."""


class SlidingMinute:
    """At most so many requests in any sixty seconds.

    Args:
        requests_per_minute: The limit.
        minute: Its seconds; fewer for who cannot wait.
        clock: Monotonic seconds.
    """

    def __init__(
        self, requests_per_minute: int, minute: float = MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = requests_per_minute
        self._minute = minute
        self._clock = clock
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def admit(self) -> int:
        """Wait until the oldest of so many requests is a minute old."""
        with self._lock:
            now = self._clock()
            while self._sent and self._sent[0] <= now - self._minute:
                self._sent.popleft()
            if len(self._sent) < self._most:
                self._sent.append(now)
                return 0
            return max(1, math.ceil(self._sent[0] + self._minute - now))


class FixedMinutes:
    """At most so many requests in each minute of the clock, so that twice as many may come around its turn.

    Args:
        requests_per_minute: The limit.
        minute: Its seconds; fewer for who cannot wait.
        clock: Monotonic seconds; a minute begins at each multiple of its seconds.
    """

    def __init__(
        self, requests_per_minute: int, minute: float = MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = requests_per_minute
        self._length = minute
        self._clock = clock
        self._minute = -1.0
        self._sent = 0
        self._lock = threading.Lock()

    def admit(self) -> int:
        """Wait until the next minute begins."""
        with self._lock:
            now = self._clock()
            minute = now // self._length
            if minute != self._minute:
                self._minute, self._sent = minute, 0
            if self._sent < self._most:
                self._sent += 1
                return 0
            return max(1, math.ceil((minute + 1) * self._length - now))


class Latency:
    """The time that an answer takes: a mean, give or take 30 %, in an order that the seed fixes."""

    def __init__(self, mean: float, seed: int) -> None:
        self._mean = mean
        self._random = Random(seed)
        self._lock = threading.Lock()

    def draw(self) -> float:
        """Seconds for the next answer."""
        with self._lock:
            return self._mean * self._random.uniform(1 - _SPREAD, 1 + _SPREAD)
