"""The limiter under a virtual clock."""

import threading
from collections import Counter, deque

import pytest
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


def granted(limiter: RateLimiter) -> float:
    """Return the instant of a grant."""
    instant = limiter.acquire()
    assert instant is not None
    return instant


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


@given(per_minute=st.integers(1, 20), pauses=st.lists(st.floats(0, 45), min_size=1, max_size=80))
@settings(deadline=None)
def test_a_limit_for_the_minutes_of_a_clock_is_kept_as_well(per_minute: int, pauses: list[float]) -> None:
    time = VirtualTime()
    limiter = RateLimiter(per_minute, now=lambda: time.now, sleep=time.sleep)
    minutes: Counter[int] = Counter()
    for pause in pauses:
        time.now += pause
        limiter.acquire()
        minutes[int(time.now // 60)] += 1
    assert max(minutes.values()) <= per_minute


def test_another_window_is_kept_as_well() -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, window=WINDOW / 10, now=lambda: time.now, sleep=time.sleep)
    for _ in range(1800):
        limiter.acquire()
    assert time.now == pytest.approx(2 * WINDOW / 10)


def test_a_hold_while_one_waits_is_waited_for() -> None:
    """Another thread is told to hold while one sleeps in the limiter."""
    time = VirtualTime()

    def sleep(seconds: float) -> None:
        if time.now == 0:
            limiter.hold(90)
        time.sleep(seconds)

    limiter = RateLimiter(1, now=lambda: time.now, sleep=sleep)
    limiter.acquire()
    assert limiter.acquire() == 90


def crowded(limiter: RateLimiter, time: VirtualTime, left: int, minutes: float) -> tuple[int, int]:
    """Ask an account of which others take all but ``left`` requests in any minute; returns good and refused answers."""
    recent: deque[float] = deque()
    good = refused = 0
    while time.now < minutes * 60:
        instant = granted(limiter)
        while recent and recent[0] <= time.now - 60:
            recent.popleft()
        if len(recent) < left:
            recent.append(time.now)
            good += 1
        else:
            refused += 1
            limiter.refused(instant, max(1.0, recent[0] + 60 - time.now))
        time.now += 0.05
    return good, refused


@pytest.mark.parametrize("left", [100, 200, 400, 550])
def test_where_others_use_the_account_it_goes_slower_and_takes_what_is_left(left: int) -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, now=lambda: time.now, sleep=time.sleep)
    good, refused = crowded(limiter, time, left=left, minutes=30)
    assert refused <= 0.01 * good
    assert good >= 0.95 * 30 * left


def test_the_rate_comes_back_when_nothing_is_refused_any_more() -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, now=lambda: time.now, sleep=time.sleep)
    limiter.refused(granted(limiter), 10)
    first, second = granted(limiter), granted(limiter)
    assert first == 10
    assert second - first == pytest.approx(WINDOW / 450, rel=0.01)
    time.now += 5 * WINDOW
    assert limiter.acquire() == limiter.acquire() == time.now


def test_requests_refused_together_make_it_slower_once() -> None:
    time = VirtualTime()
    limiter = RateLimiter(600, now=lambda: time.now, sleep=time.sleep)
    instants = [granted(limiter) for _ in range(20)]
    for instant in instants:
        limiter.refused(instant, 1)
    first, second = granted(limiter), granted(limiter)
    assert second - first == pytest.approx(WINDOW / 450, rel=0.01)


def test_those_who_wait_are_served_one_after_the_other() -> None:
    """Only one of the waiting threads sleeps for the window; the others wait for it."""
    sleeping, most, woken = 0, 0, threading.Event()

    def sleep(seconds: float) -> None:
        nonlocal sleeping, most
        sleeping += 1
        most = max(most, sleeping)
        woken.wait()
        clock[0] += seconds
        sleeping -= 1

    clock = [0.0]
    limiter = RateLimiter(1, now=lambda: clock[0], sleep=sleep)
    limiter.acquire()
    threads = [threading.Thread(target=limiter.acquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    woken.set()
    for thread in threads:
        thread.join()
    assert most == 1
    assert clock[0] == 8 * WINDOW


def test_a_limiter_that_is_closed_grants_nothing() -> None:
    class Woken(Exception):
        pass

    def sleep(_: float) -> None:
        raise Woken

    limiter = RateLimiter(600, sleep=sleep)
    limiter.acquire()
    limiter.close()
    with pytest.raises(Woken):
        limiter.acquire()


def test_a_request_that_is_not_wanted_any_more_takes_nothing_of_the_limit() -> None:
    time = VirtualTime()
    wanted = True

    def sleep(seconds: float) -> None:
        nonlocal wanted
        time.sleep(seconds)
        wanted = False

    limiter = RateLimiter(1, now=lambda: time.now, sleep=sleep)
    assert limiter.acquire(lambda: wanted) == 0
    assert limiter.acquire(lambda: wanted) is None
    assert limiter.acquire() == time.now == WINDOW
