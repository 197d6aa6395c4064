"""The clock of a run."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from extract.clock import RunClock, format_instant, new_run_id, parse_instant

AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)


def test_it_starts_at_its_as_of_instant_and_moves_with_real_time() -> None:
    seconds = iter([100.0, 100.0, 101.5])
    clock = RunClock(AS_OF, monotonic=lambda: next(seconds))
    assert clock.now() == AS_OF
    assert clock.now() == AS_OF + timedelta(seconds=1.5)


def test_no_two_instants_are_equal_even_if_no_time_passes() -> None:
    clock = RunClock(AS_OF, monotonic=lambda: 0.0)
    instants: list[datetime] = []
    threads = [threading.Thread(target=lambda: instants.extend(clock.now() for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(instants)) == 800


def test_instants_are_written_in_utc_with_microseconds_and_read_back() -> None:
    instant = datetime(2026, 1, 8, 3, 0, 0, 123, tzinfo=timezone(timedelta(hours=1)))
    assert format_instant(instant) == "2026-01-08T02:00:00.000123Z"
    assert parse_instant(format_instant(instant)) == instant
    assert parse_instant("2026-01-08T02:00:00") == AS_OF
    with pytest.raises(ValueError, match="isoformat"):
        parse_instant("yesterday")


def test_an_ancient_instant_is_written_so_that_it_can_be_read() -> None:
    ancient = datetime(1, 1, 1, tzinfo=UTC)
    assert parse_instant(format_instant(ancient)) == ancient


def test_it_can_be_put_behind_an_instant_and_never_back() -> None:
    clock = RunClock(AS_OF, monotonic=lambda: 0.0)
    clock.not_before(AS_OF + timedelta(days=1))
    assert clock.now() > AS_OF + timedelta(days=1)
    clock.not_before(AS_OF)
    assert clock.now() > AS_OF + timedelta(days=1)
    assert clock.as_of == AS_OF


def test_runs_at_one_instant_have_different_names() -> None:
    assert new_run_id(AS_OF) != new_run_id(AS_OF)
    assert new_run_id(AS_OF).startswith("20260108T020000Z-")
