"""How long an extraction may take."""

import time
from collections.abc import Callable


class OutOfTime(Exception):
    """The time is up; what was committed is kept, and the next run goes on from there."""

    def __init__(self, after: str = "") -> None:
        """``after`` names the member that was asked for last."""
        super().__init__(after)
        self.after = after


class Budget:
    """So many seconds from now on, of a clock that nobody sets."""

    def __init__(self, seconds: float | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """Begin now; ``seconds`` None is as long as it takes."""
        self._now = now
        self._end = None if seconds is None else now() + seconds

    @property
    def is_limited(self) -> bool:
        """Whether there is an end at all."""
        return self._end is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more should be begun."""
        return self._end is not None and self._now() >= self._end
