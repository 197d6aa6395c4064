"""Schedules as AWS writes them, `cron(minutes hours day-of-month month day-of-week year)` in UTC, and when they fire.

Amazon EventBridge User Guide, "Cron expressions"; AWS Glue takes the same. One of the two days must be `?`. `L`, `W`
and `#` are refused: nothing here needs them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = {
    "minutes": (0, 59, ()),
    "hours": (0, 23, ()),
    "day-of-month": (1, 31, ()),
    "month": (1, 12, _MONTHS),
    "day-of-week": (1, 7, _DAYS),
    "year": (1970, 2199, ()),
}
_PART = re.compile(r"(?P<first>\*|\w+)(-(?P<last>\w+))?(/(?P<step>\d+))?")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instants of an expression: each field as the numbers that it allows; None for a day that is `?`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]

    def fires(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the instants later than ``after`` and not later than ``until`` (both aware), in order, in UTC."""
        day = after.astimezone(UTC).date()
        while day <= until.astimezone(UTC).date():
            if self._has(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        instant = datetime.combine(day, time(hour, minute), UTC)
                        if after < instant <= until:
                            yield instant
            day += timedelta(days=1)

    def _has(self, day: date) -> bool:
        return (
            day.year in self.years
            and day.month in self.months
            and (self.days is None or day.day in self.days)
            and (self.weekdays is None or day.isoweekday() % 7 + 1 in self.weekdays)
        )


def parse_schedule(expression: str) -> Schedule:
    """Read an expression.

    Raises:
        ValueError: it is none that AWS takes, or uses `L`, `W` or `#`.
    """
    found = re.fullmatch(r"cron\((.+)\)", expression.strip())
    fields = found[1].split() if found else []
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{expression!r} is not cron(minutes hours day-of-month month day-of-week year)")
    if [fields[2], fields[4]].count("?") != 1:
        raise ValueError(f"{expression!r}: one of day-of-month and day-of-week must be ?, the other must not")
    minutes, hours, days, months, weekdays, years = map(_values, _FIELDS, fields)
    if minutes is None or hours is None or months is None or years is None:
        raise ValueError(f"{expression!r}: only the days may be ?")
    return Schedule(minutes, hours, days, months, weekdays, years)


def _values(field: str, text: str) -> frozenset[int] | None:
    if text == "?":
        return None
    return frozenset(value for part in text.split(",") for value in _part(field, part))


def _part(field: str, text: str) -> range:
    low, high, _ = _FIELDS[field]
    found = _PART.fullmatch(text)
    if found is None:
        raise ValueError(f"{field}: {text!r} is not understood")
    first = low if found["first"] == "*" else _number(field, found["first"])
    step = int(found["step"] or 1)
    is_open = found["step"] or found["first"] == "*"
    last = _number(field, found["last"]) if found["last"] else high if is_open else first
    if not (low <= first <= last <= high and step):
        raise ValueError(f"{field}: {text!r} is not within {low} to {high}")
    return range(first, last + 1, step)


def _number(field: str, text: str) -> int:
    low, _, names = _FIELDS[field]
    if text.upper() in names:
        return names.index(text.upper()) + low
    if text.isdigit():
        return int(text)
    raise ValueError(f"{field}: {text!r} is not understood")
