"""One limiter for the account: never more than n requests in any sliding minute.

A limit for any sixty seconds keeps one for the minutes of a clock as well. A run may send its first n requests as fast
as they are answered; after that each waits until the one n before it has left the window. Time is monotonic: a clock
that is set, or a machine that sleeps, makes nothing come too early.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

# A request that is slow on its way and a later one that is fast come closer together at the server than they were sent.
WINDOW = 60.5
SLOWER = 0.75
"""A refused request makes the others come at so much of the rate, evenly; again where that is refused too."""
SLOWEST = 1 / 8
RECOVERY = 1 / 4
"""So much of the rate comes back in each window in which nothing is refused."""


class Allowance(Protocol):
    """Says how much of the limit is this process's; the rest is others'."""

    @property
    def due(self) -> float:
        """When to ask again, by the limiter's clock."""

    def allowed(self, used: int) -> int:
        """Return how many requests may be in the window, of which ``used`` are."""

    def end(self, used: int) -> None:
        """Give the rest back."""


class RateLimiter:
    """Grants requests; shared by all threads of a process."""

    def __init__(
        self,
        limit: int,
        allowance: Allowance | None = None,
        *,
        window: float = WINDOW,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow so many requests in any window.

        Args:
            limit: requests in a window.
            allowance: what of it is this process's; None for all of it.
            window: seconds.
            now: monotonic seconds.
            sleep: waits so many seconds.
        """
        self._limit = limit
        self._allowance = allowance
        self._window = window
        self._now = now
        self._sleep = sleep
        self._granted: deque[float] = deque()
        self._held_until = float("-inf")
        self._rate = 1.0
        """The share of the limit at which requests come after one was refused; 1 is as fast as the limit allows."""
        self._slowed_at = float("-inf")
        self._last = float("-inf")
        self._is_closed = False
        self._turn = threading.Lock()
        self._lock = threading.Lock()

    def acquire(self, is_wanted: Callable[[], bool] = lambda: True) -> float | None:
        """Return when a request may be sent: the instant of the grant, by the limiter's clock.

        Args:
            is_wanted: whether the request is of interest yet; asked while it waits. None is returned when it is not.

        Raises:
            ReelhouseError: the lake, which knows the shares, is in trouble.
        """
        # One waits for the window, the others for their turn: they come in order, and a hundred do not wake for one.
        with self._turn:
            while is_wanted():
                wait = self._try()
                if wait <= 0:
                    return self._last
                self._sleep(wait)
        return None

    def hold(self, seconds: float) -> None:
        """Grant nothing for so long, because the source asks for it; a longer hold stays."""
        with self._lock:
            self._held_until = max(self._held_until, self._now() + seconds)

    def refused(self, granted: float, seconds: float) -> None:
        """Grant nothing for so long, and less after that: the account is used by others too.

        Requests come evenly then, at three quarters of the rate at most, and at three quarters of that if it is refused
        too; the rate comes back with time. A request that was ``granted`` before the last change changes no more.
        """
        self.hold(seconds)
        with self._lock:
            if granted >= self._slowed_at:
                self._rate = max(SLOWEST, self._present_rate() * SLOWER)
                self._slowed_at = self._held_until

    def close(self) -> None:
        """Grant nothing any more, and give the share back."""
        with self._lock:
            self._is_closed = True
        with self._turn:
            if self._allowance:
                self._allowance.end(self._used())

    def _try(self) -> float:
        """Grant a request and return 0, or return the seconds after which to ask again."""
        used = self._used()
        allowed = self._allowance.allowed(used) if self._allowance else self._limit
        with self._lock:
            now = self._now()
            if self._is_closed:
                return self._window
            begin = max(self._held_until, self._last + self._spacing())
            if now < begin:
                return begin - now
            if used < allowed:
                self._granted.append(now)
                self._last = now
                return 0.0
            end = self._granted[used - allowed] + self._window if allowed > 0 else float("inf")
            again = min(end, self._allowance.due) if self._allowance else end
            # At least a millisecond: a remainder below the clock's resolution would be asked for without end.
            return max(again - now, 0.001)

    def _used(self) -> int:
        """Return how many requests are in the window; only the thread whose turn it is may change that."""
        now = self._now()
        while self._granted and self._granted[0] <= now - self._window:
            self._granted.popleft()
        return len(self._granted)

    def _present_rate(self) -> float:
        return min(1.0, self._rate + max(0.0, self._now() - self._slowed_at) / self._window * RECOVERY)

    def _spacing(self) -> float:
        """Return the least seconds between two requests; none where nothing was refused lately."""
        rate = self._present_rate() if self._rate < 1 else 1.0
        return self._window / (self._limit * rate) if rate < 1 else 0.0
