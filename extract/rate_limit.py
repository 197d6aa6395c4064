"""One limiter for the account: never more than n requests in any sliding minute."""

import threading
import time
from collections import deque
from collections.abc import Callable

# A request that is slow on its way and a later one that is fast come closer together at the server than they were sent.
WINDOW = 60.5


class RateLimiter:
    """Grants requests; shared by all threads of a process."""

    def __init__(
        self,
        per_minute: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow ``per_minute`` requests; ``now`` and ``sleep`` are in seconds."""
        self._per_minute = per_minute
        self._now = now
        self._sleep = sleep
        self._granted: deque[float] = deque()
        self._held_until = float("-inf")
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Return when a request may be sent."""
        while (wait := self._try()) > 0:
            self._sleep(wait)

    def hold(self, seconds: float) -> None:
        """Grant nothing for so long, because the source asks for it; a longer hold stays."""
        with self._lock:
            self._held_until = max(self._held_until, self._now() + seconds)

    def _try(self) -> float:
        """Grant a request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._now()
            while self._granted and self._granted[0] <= now - WINDOW:
                self._granted.popleft()
            if now < self._held_until:
                return self._held_until - now
            if len(self._granted) >= self._per_minute:
                # At least a millisecond: a remainder below the clock's resolution would be asked for without end.
                return max(self._granted[0] + WINDOW - now, 0.001)
            self._granted.append(now)
            return 0.0
