"""What was read of each day of a list: enough to tell whether the day is the same when it is read again. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from extract.page import Page

FINGERPRINT = 12
"""Hexadecimal digits that stand for a day. They are compared with those of the same day only, and the two years that a
source keeps make a cursor of some 25 KB."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are asked for, both inclusive."""

    start: date
    end: date

    @property
    def parameters(self) -> dict[str, str]:
        """The window as a request asks for it."""
        return {"start_date": self.start.isoformat(), "end_date": self.end.isoformat()}

    def holds(self, day: date) -> bool:
        """Whether a day is among them."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was read."""

    content: str
    """Digest of its distinct rows, whatever their order."""
    rows: int
    """Distinct rows."""
    counts: dict[str, int]
    """Distinct rows by the member that counts them."""


@dataclass(slots=True)
class _Open:
    rows: set[bytes] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)

    def add(self, page: Page, number: int) -> None:
        text, mark = page.texts[number], page.marks[number]
        self.rows.add(hashlib.sha256(text.encode()).digest()[:16])
        if isinstance(mark, str):
            self.members[page.keys[number] or text] = mark

    def close(self) -> Day:
        content = hashlib.sha256(b"".join(sorted(self.rows))).hexdigest()[:FINGERPRINT]
        return Day(content, len(self.rows), dict(sorted(Counter(self.members.values()).items())))


class DaysRead:
    """The days of a walk that goes from new to old.

    A day is kept open, in memory, until a page is wholly older. One that turns up again after that has been read in two
    pieces, and nothing is said of it.
    """

    def __init__(self, *, from_within: bool) -> None:
        """Begin; ``from_within`` where the walk goes on from a place within a day, of which nothing is said then."""
        self._from_within = from_within
        self._below = date.max
        self._open: dict[date, _Open] = {}
        self._unsure: set[date] = set()
        self.closed: dict[date, Day] = {}
        """The days that were read whole so far."""

    def add(self, page: Page) -> None:
        """Take the rows of a page; one that tells no instant is of the day of the row above it."""
        for day, number in by_day(page):
            if self._from_within:
                self._from_within, self._below = False, day
            if day >= self._below:
                continue
            if day in self.closed:
                del self.closed[day]
                self._unsure.add(day)
            if day not in self._unsure:
                self._open.setdefault(day, _Open()).add(page, number)
        newest = page.view.newest
        if newest:
            self._close([day for day in self._open if day > newest.date()])

    def end(self) -> None:
        """Close the days that are left: the walk is over."""
        self._close(list(self._open))

    def _close(self, days: list[date]) -> None:
        for day in days:
            self.closed[day] = self._open.pop(day).close()


def by_day(page: Page) -> Iterator[tuple[date, int]]:
    """Yield the records of a page that have a place in time, each as its day and its number."""
    place = next((instant for instant in page.instants if instant), None)
    for number, instant in enumerate(page.instants):
        place = instant or place
        if place:
            yield place.date(), number
