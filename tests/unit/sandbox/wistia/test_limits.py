"""The sliding minute and the latencies, on clocks of their own."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.wistia.limits import FixedMinutes, Latency, SlidingMinute


def test_after_the_limit_a_request_has_to_wait_until_the_oldest_is_a_minute_old() -> None:
    now = 100.0
    limit = SlidingMinute(2, clock=lambda: now)
    assert limit.admit() == 0
    now = 110.5
    assert limit.admit() == 0
    assert limit.admit() == 50
    now = 159.99
    assert limit.admit() == 1
    now = 160.0
    assert limit.admit() == 0
    assert limit.admit() == 11


@given(st.integers(1, 5), st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_holds_more_than_the_limit(most: int, pauses: list[float]) -> None:
    now = 0.0
    limit = SlidingMinute(most, clock=lambda: now)
    admitted: list[float] = []
    for pause in pauses:
        now += pause
        if limit.admit() == 0:
            admitted.append(now)
    assert all(sum(at - 60 < other <= at for other in admitted) <= most for at in admitted)


def test_minutes_of_the_clock_begin_anew_together() -> None:
    now = 100.0
    limit = FixedMinutes(2, clock=lambda: now)
    assert limit.admit() == 0
    now = 119.5
    assert limit.admit() == 0
    assert limit.admit() == 1
    now = 120.0
    assert [limit.admit() for _ in range(3)] == [0, 0, 60]


@given(st.integers(1, 5), st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_of_the_clock_holds_more_than_the_limit(most: int, pauses: list[float]) -> None:
    now = 0.0
    limit = FixedMinutes(most, clock=lambda: now)
    admitted: list[float] = []
    for pause in pauses:
        now += pause
        wait = limit.admit()
        if wait == 0:
            admitted.append(now // 60)
        else:
            assert (now + wait) // 60 > now // 60
    assert all(admitted.count(minute) <= most for minute in admitted)


@given(st.floats(0.001, 10), st.integers())
def test_latencies_are_thirty_per_cent_around_the_mean_and_repeat_with_the_seed(mean: float, seed: int) -> None:
    first, second = Latency(mean, seed), Latency(mean, seed)
    drawn = [first.draw() for _ in range(20)]
    assert drawn == [second.draw() for _ in range(20)]
    assert all(0.7 * mean <= seconds <= 1.3 * mean for seconds in drawn)
