"""Counters of each day (UTC), as the history has them at an instant.

A day counts what the vendor knows of it by then: a play whose session arrives late is counted from its arrival on,
and its hours are what was watched as far as that was reported. So recent days are restated, and older ones stand.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sandbox.wistia.account import Document
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.counters import DELETED_HOURS, DELETED_LOADS, Counters
from sandbox.wistia.history import NEVER, SETTLED_AFTER, History, Traffic
from sandbox.wistia.instants import DAY, day_text, horizon


class Day(NamedTuple):
    """What happened on a day."""

    loads: int = 0
    plays: int = 0
    hours: float = 0.0

    def plus(self, other: "Day") -> "Day":
        """Both together."""
        return Day(self.loads + other.loads, self.plays + other.plays, self.hours + other.hours)


class Daily:
    """Counts the history of an account by days.

    Args:
        history: It may grow; what lies after the instant that is asked for is not counted.
        counters: The lifetime counters over the same history.
        seed: Fixes how traffic that has no visits any more is spread over its days.
        undated: How much of the traffic that the catalogue says is on no day is on none; 0 puts all of it on days.
    """

    def __init__(self, history: History, counters: Counters, seed: int, undated: float) -> None:
        self._history = history
        self._counters = counters
        self._quiet = [_QuietDays(position, seed, history.epoch, undated) for position in range(len(MEDIAS))]

    def media(self, position: int, first: int, last: int, now: int) -> list[Document]:
        """A row for each day from the first to the last; days that are still to come have none."""
        return [_row(day, self._media_day(position, day, now)) for day in range(first, min(last, now // DAY) + 1)]

    def account(self, positions: Iterable[int], first: int, last: int, now: int) -> list[Document]:
        """The same for the medias at these positions together, and those that were deleted since."""
        rows = []
        for day in range(first, min(last, now // DAY) + 1):
            total = self._deleted_day(day, now)
            for position in positions:
                total = total.plus(self._media_day(position, day, now))
            rows.append(_row(day, total))
        return rows

    def _media_day(self, position: int, day: int, now: int) -> Day:
        """Figures of one media. Only of days that may not have settled the visits are looked at one by one."""
        traffic = self._history.traffic[position]
        start, end = day * DAY, min((day + 1) * DAY, now + 1)
        first, last = self._plays(traffic, start), self._plays(traffic, end)
        plays = last - first
        watched = self._counters.watched_by(position, last) - self._counters.watched_by(position, first)
        if end + SETTLED_AFTER > now:
            for number in traffic.plays[first:last]:
                visit = self._history.visits[number]
                if now < visit.shown_at != NEVER:
                    plays -= 1
                    watched -= visit.watched
                elif visit.revised_at > now:
                    watched -= visit.watched - visit.watched_at_first
        others = sum(
            bisect_left(instants, end) - bisect_left(instants, start)
            for instants in (traffic.new_loaders, traffic.other_loads)
        )
        hours = max(watched, 0.0) * (MEDIAS[position].duration or 0) / 3600
        return Day(plays + others, plays, hours if plays else 0.0).plus(self._quiet[position].day(day))

    def _deleted_day(self, day: int, now: int) -> Day:
        deleted = self._history.deleted
        plays = self._plays(deleted, min((day + 1) * DAY, now + 1)) - self._plays(deleted, day * DAY)
        return Day(plays * DELETED_LOADS, plays, plays * DELETED_HOURS)

    def _plays(self, traffic: Traffic, before: int) -> int:
        return bisect_left(traffic.plays, before, key=self._history.times.__getitem__)


class _QuietDays:
    """The traffic of a media from before the kept two years, spread over the days from its upload to their start.

    Interest fades from the upload on, by chance more or less from day to day. The days add up to the lifetime
    counters but for what is undated.
    """

    def __init__(self, position: int, seed: int, epoch: int, undated: float) -> None:
        media = MEDIAS[position]
        quiet = media.quiet
        self._first = media.created // DAY
        self._days = max(horizon(epoch) // DAY - self._first, 0) if quiet.loads else 0
        loads, plays = (round(undated * missing) for missing in quiet.undated)
        self._plays = quiet.plays - plays
        self._others = quiet.loads - loads - self._plays
        hours = quiet.watched * (media.duration or 0) / 3600
        self._hours_per_play = hours / quiet.plays if quiet.plays else 0.0
        self._draw = f"{seed}/quiet/{media.hashed_id}"
        self._shares: list[float] = []

    def day(self, day: int) -> Day:
        """Figures of a day."""
        place = day - self._first
        if not 0 <= place < self._days:
            return Day()
        before, after = self._cumulated[place : place + 2]
        plays = round(self._plays * after) - round(self._plays * before)
        others = round(self._others * after) - round(self._others * before)
        return Day(plays + others, plays, plays * self._hours_per_play)

    @property
    def _cumulated(self) -> list[float]:
        """Share of the traffic that lies before each day; the last is 1."""
        if not self._shares:
            rng = Random(self._draw)
            weights = [(1 - place / self._days) ** 2 * (0.3 + rng.random()) for place in range(self._days)]
            total = sum(weights)
            self._shares = [0.0, *(so_far / total for so_far in accumulate(weights[:-1])), 1.0]
        return self._shares


def _row(day: int, figures: Day) -> Document:
    """A row of the answer; hours in thousandths, and a whole 0 where nothing was watched."""
    return {
        "date": day_text(day),
        "load_count": figures.loads,
        "play_count": figures.plays,
        "hours_watched": round(figures.hours, 3) or 0,
    }
