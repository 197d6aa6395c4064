"""Instants as whole seconds since 1970 (UTC), and how the API writes them."""

import re
import time
from datetime import UTC, date, datetime, timedelta

DAY = 86_400

#: Instants for which an account can be asked: it is generated day by day from its epoch on.
EARLIEST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2036, 1, 1, tzinfo=UTC).timestamp())

_FIRST_DAY = date(1970, 1, 1)
_RETENTION_DAYS = 730
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def seconds(text: str) -> int:
    """Seconds of an ISO 8601 instant that names its offset.

    Raises:
        ValueError: The text is no instant, or has no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no offset from UTC")
    return int(instant.timestamp())


def iso(instant: int) -> str:
    """`2026-01-07T23:59:59Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def stats_time(instant: int) -> str:
    """As the Stats API writes it: always whole seconds, always `.000Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(instant))


def data_time(instant: int) -> str:
    """As the Data API writes it: with an offset, always `+00:00`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(instant))


def day_date(day: int) -> date:
    """The date of a day since 1970."""
    return _FIRST_DAY + timedelta(day)


def day_number(day: date) -> int:
    """The day since 1970 of a date."""
    return (day - _FIRST_DAY).days


def day_text(day: int) -> str:
    """`2026-01-07` of a day since 1970."""
    return day_date(day).isoformat()


def horizon(now: int) -> int:
    """The oldest instant of which visitors and events are kept: midnight UTC, 730 days before today."""
    return (now // DAY - _RETENTION_DAYS) * DAY


def day_start(text: str) -> int:
    """Midnight UTC of a date parameter; of a full timestamp only the date counts.

    Raises:
        ValueError: The text does not begin with a date `YYYY-MM-DD`.
    """
    found = _DATE.match(text)
    if not found:
        raise ValueError(f"{text!r} is no date")
    return day_number(date.fromisoformat(found[0])) * DAY
