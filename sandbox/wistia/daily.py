"""Counters of each day (UTC), as the history has them at an instant.

A day counts what the vendor knows of it by then: a play whose session arrives late is counted from its arrival on,
and its hours are what was watched as far as that was reported. So recent days are restated, and older ones stand.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sandbox.wistia.account import Document
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.counters import DELETED_HOURS, DELETED_LOADS, Counters
from sandbox.wistia.history import SETTLED_AFTER, History, Traffic, Visit
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
        return [_row(day, self.window(position, day, day + 1, now)) for day in range(first, min(last, now // DAY) + 1)]

    def account(self, positions: Iterable[int], first: int, last: int, now: int) -> list[Document]:
        """The same for the medias at these positions together, and those that were deleted since."""
        rows = []
        for day in range(first, min(last, now // DAY) + 1):
            total = self._deleted_day(day, now)
            for position in positions:
                total = total.plus(self.window(position, day, day + 1, now))
            rows.append(_row(day, total))
        return rows

    def window(self, position: int, first: int, end: int, now: int) -> Day:
        """Figures of a media from a day on and before another. Visits that have settled are counted, not looked at."""
        traffic = self._history.traffic[position]
        start, stop = first * DAY, min(end * DAY, now + 1)
        before, until = self._plays(traffic, start), self._plays(traffic, stop)
        plays = until - before
        watched = self._counters.watched_by(position, until) - self._counters.watched_by(position, before)
        for number in reversed(traffic.plays[before:until]):
            visit = self._history.visits[number]
            if visit.at + SETTLED_AFTER < now:
                break
            if not visit.has_arrived(now):
                plays -= 1
                watched -= visit.watched
            elif visit.revised_at > now:
                watched -= visit.watched - visit.watched_at_first
        others = within(traffic.new_loaders, start, stop) + within(traffic.other_loads, start, stop)
        hours = max(watched, 0.0) * (MEDIAS[position].duration or 0) / 3600 if plays else 0.0
        return Day(plays + others, plays, hours).plus(self._quiet[position].window(first, end))

    def arrived(self, position: int, first: int, end: int, now: int) -> Iterator[tuple[int, Visit]]:
        """The plays of a window that the vendor knows of, each with its number."""
        traffic = self._history.traffic[position]
        before, until = (self._plays(traffic, instant) for instant in (first * DAY, min(end * DAY, now + 1)))
        for number in traffic.plays[before:until]:
            visit = self._history.visits[number]
            if visit.has_arrived(now):
                yield number, visit

    def uniques(self, position: int, first: int, end: int, now: int) -> tuple[int, int]:
        """Visitors who played a media in a window, and who loaded it.

        Of traffic without visits, each visitor is there on one of its days only.
        """
        traffic = self._history.traffic[position]
        start, stop = first * DAY, min(end * DAY, now + 1)
        played = len({visit.visitor for _, visit in self.arrived(position, first, end, now)})
        quiet_players, quiet_visitors = self._quiet[position].uniques(first, end)
        return played + quiet_players, played + within(traffic.new_loaders, start, stop) + quiet_visitors

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
        dated = quiet.plays - plays
        loaders = quiet.visitors - quiet.unique_players
        # Each is spread by itself, so that on no day there are more visitors than loads, nor more players than plays.
        self._players, self._replays = quiet.unique_players, dated - quiet.unique_players
        self._loaders, self._reloads = loaders, quiet.loads - loads - dated - loaders
        hours = quiet.watched * (media.duration or 0) / 3600
        self._hours_per_play = hours / quiet.plays if quiet.plays else 0.0
        self._draw = f"{seed}/quiet/{media.hashed_id}"
        self._shares: list[float] = []

    def window(self, first: int, end: int) -> Day:
        """Figures from a day on and before another."""
        plays = self._part(self._players, first, end) + self._part(self._replays, first, end)
        others = self._part(self._loaders, first, end) + self._part(self._reloads, first, end)
        return Day(plays + others, plays, plays * self._hours_per_play)

    def uniques(self, first: int, end: int) -> tuple[int, int]:
        """Visitors who played, and who loaded, each on one day."""
        players = self._part(self._players, first, end)
        return players, players + self._part(self._loaders, first, end)

    def _part(self, count: int, first: int, end: int) -> int:
        """How much of a count lies on some days."""
        if not count or not self._days:
            return 0
        places = (min(max(day - self._first, 0), self._days) for day in (first, end))
        before, after = (round(count * self._cumulated[place]) for place in places)
        return after - before

    @property
    def _cumulated(self) -> list[float]:
        """Share of the traffic that lies before each day; the last is 1."""
        if not self._shares:
            rng = Random(self._draw)
            weights = [(1 - place / self._days) ** 2 * (0.3 + rng.random()) for place in range(self._days)]
            total = sum(weights)
            self._shares = [0.0, *(so_far / total for so_far in accumulate(weights[:-1])), 1.0]
        return self._shares


def within(instants: list[int], start: int, stop: int) -> int:
    """How many of some instants, in order of time, lie from one on and before another."""
    return max(bisect_left(instants, stop) - bisect_left(instants, start), 0)


def _row(day: int, figures: Day) -> Document:
    """A row of the answer; hours in thousandths, and a whole 0 where nothing was watched."""
    return {
        "date": day_text(day),
        "load_count": figures.loads,
        "play_count": figures.plays,
        "hours_watched": round(figures.hours, 3) or 0,
    }
