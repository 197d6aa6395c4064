"""How many requests are on their way, and how many answers wait."""

import pytest

from extract.in_flight import AHEAD, AHEAD_BYTES, LEAST, MOST, SAMPLE, UNKNOWN, Ahead, InFlight


@pytest.mark.parametrize(
    ("per_minute", "seconds", "count"),
    [
        (600, 1.5, 45),  # 15 are on their way at 600 a minute
        (100, 1.5, 8),
        (600, 0.01, LEAST),
        (600, 30.0, MOST),
        (6000, 0.15, 45),
        (1_000_000, 0.02, 6),  # no process reads as much as that
    ],
)
def test_it_follows_from_the_rate_and_how_long_requests_take(per_minute: int, seconds: float, count: int) -> None:
    in_flight = InFlight(per_minute / 60)
    assert in_flight.count() == LEAST
    for _ in range(SAMPLE):
        in_flight.observe(seconds)
    assert in_flight.count() == count


def test_some_that_take_half_a_minute_get_places_of_their_own() -> None:
    in_flight = InFlight(10)
    for number in range(SAMPLE):
        in_flight.observe(30.0 if number % 20 == 0 else 1.5)
    slow = 10 * 30 / 20
    assert in_flight.count() >= slow + 10 * 1.5


def test_what_is_long_past_counts_no_more() -> None:
    in_flight = InFlight(10)
    for seconds in [30.0] * SAMPLE + [1.5] * SAMPLE:
        in_flight.observe(seconds)
    assert in_flight.count() == 45


@pytest.mark.parametrize(("length", "rows"), [(60_000, 100), (400_000, 3650), (50_000_000, 100_000), (0, 0)])
def test_answers_that_wait_keep_within_their_memory(length: int, rows: int) -> None:
    ahead = Ahead()
    assert ahead.most == UNKNOWN
    for _ in range(10):
        ahead.note(length, rows)
    assert LEAST <= ahead.most <= AHEAD
    assert ahead.most == LEAST or ahead.most * 2 * length <= AHEAD_BYTES


def test_pages_of_visitors_may_wait_for_one_of_half_a_minute() -> None:
    ahead = Ahead()
    ahead.note(80_000, 100)
    assert ahead.most >= 10 * 30
