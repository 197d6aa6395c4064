"""Instants as the files write them: seven ways, all of one second or, where there are none, one minute."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from sandbox.streampulse.size import DAY

INDIA = 5 * 3600 + 1800
_CLOCK = tuple(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(DAY))


@cache
def _date(day: int, pattern: str) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime(pattern)


def _iso(at: int) -> str:
    return f"{_date(at // DAY, '%Y-%m-%d')}T{_CLOCK[at % DAY]}"


#: Ways to write an instant; numbers stand without quotes in JSON.
STYLES: tuple[Callable[[int], str | int], ...] = (
    lambda at: f"{_iso(at)}Z",
    _iso,
    lambda at: f"{_date(at // DAY, '%Y-%m-%d')} {_CLOCK[at % DAY]}",
    lambda at: f"{_date(at // DAY, '%d/%m/%Y')} {_CLOCK[at % DAY][:5]}",
    lambda at: at,
    lambda at: at * 1000,
    lambda at: f"{_iso(at + INDIA)}+05:30",
)
#: The style that leaves out the seconds.
WHOLE_MINUTES = 3
