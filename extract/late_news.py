"""News that comes too late for the overlap: which older days to read again, and when. Pure.

Two ways find it. A day of which far fewer rows were read than the source counts is read again one day later, then two,
four and so on, and left to the other way after that: sources count some things that they never list. And a patrol reads
ten older days in each day's first run, in rotation over all that the source keeps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from extract.days import Day, Window

USUAL_SHARE = 0.04
"""Of the plays that Wistia counts, one to four in a hundred are never listed as sessions (seen in three accounts)."""
USUAL_NUMBER = 1
MOST_DAYS = 5
"""So many short days are read again in a run, the newest first."""
MOST_READS = 6
"""So often a short day is read again: after 1, 2, 4, 8 and 16 days more, which is a month."""
PATROL_DAYS = 10
REMEMBERED = timedelta(days=14)
"""For so long the counts of a day are kept; days that are short keep theirs for as long as they are watched."""
_DAY = timedelta(days=1)

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Short:
    """A day of which fewer rows were read than counted."""

    counted: dict[str, int]
    """What the source counts, by member; of the members that are short."""
    reads: int
    """How often it was read again because of that."""
    read: date
    """When it was last read."""


@dataclass(frozen=True, slots=True)
class Review:
    """What is known of the days that were read, and which of them are watched."""

    days: dict[date, tuple[str, int]] = field(default_factory=dict)
    """What each day held when it was last read whole: a digest and its rows; see ``days.Day``. Days without rows are
    not there."""
    counts: dict[date, dict[str, int]] = field(default_factory=dict)
    """Rows by member, of the last days and the short ones."""
    short: dict[date, Short] = field(default_factory=dict)
    patrolled: date | None = None
    """The day on which the patrol was last out."""
    next: date | None = None
    """The newest day of its next window; None where it begins anew, below what each run reads anyway."""

    def with_days(self, read: Mapping[date, Day], window: Window | None, oldest: date) -> "Review":
        """Take note of days that were read.

        Args:
            read: the days that were read whole.
            window: the days that were asked for, where all of them were read: those without rows are forgotten.
            oldest: the oldest day that the source keeps.
        """
        newest = max([*self.days, *read], default=oldest)
        emptied = {day for day in self.days if window and window.holds(day)}
        days = {day: known for day, known in self.days.items() if day >= oldest and day not in emptied}
        days.update({day: (found.content, found.rows) for day, found in read.items()})
        counts = {day: counted for day, counted in self.counts.items() if day not in emptied}
        counts.update({day: found.counts for day, found in read.items()})
        kept = {day: counted for day, counted in counts.items() if day in self.short or day > newest - REMEMBERED}
        return replace(self, days=dict(sorted(days.items())), counts=dict(sorted(kept.items())))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read again now."""

    short: tuple[date, ...]
    """Days that are short and due."""
    patrol: Window | None
    review: Review
    """As it is before anything is read: short days found and healed."""
    notes: tuple[str, ...]

    @property
    def windows(self) -> Iterator[tuple[Window, bool]]:
        """Yield the windows to ask for, and whether each is the patrol's: adjacent days make one."""
        yield from ((window, False) for window in merged(self.short))
        if self.patrol:
            yield self.patrol, True

    def expected(self, window: Window) -> int:
        """Return how many rows a window is likely to have, as far as its days were read before."""
        return sum(rows for day, (_, rows) in self.review.days.items() if window.holds(day))

    def done(self, review: Review, today: date) -> Review:
        """Return the state after all windows were read; ``review`` has their days."""
        short = dict(review.short)
        for day, known in review.short.items():
            if day not in self.short and not (self.patrol and self.patrol.holds(day)):
                continue
            del short[day]
            if wanting(known.counted, review.counts.get(day, {})):
                short[day] = replace(known, reads=known.reads + 1, read=today)
        if self.patrol:
            below = self.patrol.start - _DAY
            return replace(review, short=short, patrolled=today, next=below)
        return replace(review, short=short)


def plan_review(review: Review, counted: Mapping[date, Counts], first: date, oldest: date, today: date) -> Plan:
    """Say which days to read again: once in a day, in its first run.

    Args:
        review: what is known.
        counted: what the source counts of recent days, by day and member, as far as it was asked in this run.
        first: the first day that this run has read anyway.
        oldest: the oldest day that the source keeps.
        today: the UTC date of the run.
    """
    if review.patrolled and review.patrolled >= today:
        return Plan((), None, review, ())
    patrol = _patrol(review, first, oldest)
    short: dict[date, Short] = {}
    notes: list[str] = []
    for day in sorted({*counted, *review.short}):
        known = review.short.get(day)
        expected = {**(known.counted if known else {}), **counted.get(day, {})}
        short_of = wanting(expected, review.counts.get(day, {}))
        if not short_of or not oldest <= day < first:
            continue
        if known and known.reads >= MOST_READS:
            notes.append(f"{day} stays {sum(short_of.values())} sessions short of the plays counted by day")
            continue
        wanted = {member: expected[member] for member in short_of}
        short[day] = replace(known, counted=wanted) if known else Short(wanted, 0, date.min)
    due = [day for day, found in short.items() if _is_due(found, today) and not (patrol and patrol.holds(day))]
    return Plan(tuple(due[-MOST_DAYS:]), patrol, replace(review, short=short), tuple(notes))


def wanting(counted: Counts, read: Counts) -> dict[str, int]:
    """Return by member how many rows are wanting, of those where it is more than usual."""
    missing = {member: number - read.get(member, 0) for member, number in counted.items()}
    return {
        member: number
        for member, number in missing.items()
        if number > USUAL_NUMBER and number > USUAL_SHARE * counted[member]
    }


def merged(days: Iterable[date]) -> Iterator[Window]:
    """Yield windows that hold these days and no others."""
    start = end = None
    for day in sorted(days):
        if start and end and day == end + _DAY:
            end = day
            continue
        if start and end:
            yield Window(start, end)
        start = end = day
    if start and end:
        yield Window(start, end)


def read_review(stored: dict[str, Any] | None) -> Review | None:
    """Read the state as a manifest has it."""
    if stored is None:
        return None
    short = {
        date.fromisoformat(day): Short(found["counted"], found["reads"], date.fromisoformat(found["read"]))
        for day, found in stored["short"].items()
    }
    return Review(
        days={date.fromisoformat(day): _known(text) for day, text in stored["days"].items()},
        counts={date.fromisoformat(day): counts for day, counts in stored["counts"].items()},
        short=short,
        patrolled=_date(stored["patrolled"]),
        next=_date(stored["next"]),
    )


def write_review(review: Review) -> dict[str, Any]:
    """Write the state as it stands in a manifest."""
    return {
        "patrolled": review.patrolled.isoformat() if review.patrolled else None,
        "next": review.next.isoformat() if review.next else None,
        "short": {
            day.isoformat(): {"counted": found.counted, "reads": found.reads, "read": found.read.isoformat()}
            for day, found in sorted(review.short.items())
        },
        "counts": {day.isoformat(): counts for day, counts in review.counts.items()},
        "days": {day.isoformat(): f"{content} {rows}" for day, (content, rows) in review.days.items()},
    }


def _patrol(review: Review, first: date, oldest: date) -> Window | None:
    newest = first - _DAY
    if newest < oldest:
        return None
    end = min(review.next or newest, newest)
    end = end if end >= oldest else newest
    return Window(max(oldest, end - (PATROL_DAYS - 1) * _DAY), end)


def _is_due(short: Short, today: date) -> bool:
    return not short.reads or today - short.read >= timedelta(days=2 ** (short.reads - 1))


def _known(text: str) -> tuple[str, int]:
    content, rows = text.split()
    return content, int(rows)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
