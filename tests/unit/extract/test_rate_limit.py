"""The limiter under a virtual clock."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from extract.rate_limit import WINDOW, RateLimiter


class VirtualTime:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        with self.lock:
            self.now += seconds


def most_in_a_window(instants: list[float]) -> int:
    """Return the largest number of instants in any sliding minute."""
    return max(sum(start <= other < start + 60 for other in instants) for start in instants)


@given(per_minute=st.integers(1, 20), pauses=st.lists(st.floats(0, 45), min_size=1, max_size=80))
@settings(deadline=None)
def test_never_more_than_the_limit_in_any_sliding_minute(per_minute: int, pauses: list[float]) -> None:
    time = VirtualTime()
    limiter = RateLimiter(per_minute, now=lambda: time.now, sleep=time.sleep)
    granted = []
    for pause in pauses:
        time.now += pause
        limiter.acquire()
        granted.append(time.now)
    assert most_in_a_window(granted) <= per_minute


def test_nothing_is_held_back_without_need() -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, now=lambda: time.now, sleep=time.sleep)
    for _ in range(1800):
        limiter.acquire()
    assert time.now == 2 * WINDOW


def test_threads_share_the_limit() -> None:
    time = VirtualTime()
    limiter = RateLimiter(10, now=lambda: time.now, sleep=time.sleep)
    granted: list[float] = []

    def work() -> None:
        for _ in range(25):
            limiter.acquire()
            granted.append(time.now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 100
    assert time.now >= 9 * WINDOW


def test_a_hold_stops_everybody_for_as_long_as_the_source_asks() -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, now=lambda: time.now, sleep=time.sleep)
    limiter.hold(30)
    limiter.hold(5)
    limiter.acquire()
    assert time.now == 30
