"""The invented account: its history, looked at from an instant."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cached_property
from operator import neg
from typing import NamedTuple

from sandbox.wistia.account import Document, EventFilter, Listing, VisitorFilter
from sandbox.wistia.analytics import Analytics
from sandbox.wistia.catalogue import ACCOUNT_URL, MEDIAS, PROJECTS, find, find_project
from sandbox.wistia.counters import Counters
from sandbox.wistia.curves import Curves
from sandbox.wistia.daily import Daily
from sandbox.wistia.history import CREATED_AFTER, SETTLED_AFTER, History
from sandbox.wistia.instants import horizon
from sandbox.wistia.profile import EPOCH, PUBLISHED, Profile
from sandbox.wistia.rows import Rows

DEFAULT_SEED = 20260107


class InventedAccount:
    """An account that never was, with the figures of a profile.

    The same profile, seed and instant give the same bytes, whatever was asked before and in whichever process.

    Args:
        profile: Size and manners.
        seed: Which of the accounts of that profile.
    """

    epoch = EPOCH

    def __init__(self, profile: Profile = PUBLISHED, seed: int = DEFAULT_SEED) -> None:
        self.profile = profile
        self.seed = seed
        self.history = History(profile, seed, self.epoch)
        self.counters = Counters(self.history, profile)
        self._daily = Daily(self.history, self.counters, seed, profile.undated)
        self._curves = Curves(self.history, self.counters)
        self._analytics = Analytics(self._daily, seed)
        self._rows = Rows(self.history, seed)
        self._lock = threading.Lock()
        self._newest: tuple[int, InventedShown] | None = None

    def at(self, now: int) -> "InventedShown":
        """What is shown at an instant (seconds since 1970, UTC)."""
        with self._lock:
            if self._newest is None or self._newest[0] != now:
                self.history.reach(now)
                self.counters.catch_up()
                self._newest = now, self._shown(now)
            return self._newest[1]

    def _shown(self, now: int) -> "InventedShown":
        parts = Parts(self.history, self.counters, self._daily, self._curves, self._analytics, self._rows)
        return InventedShown(now, self.profile, parts)


class Parts(NamedTuple):
    """A history and what counts and renders it."""

    history: History
    counters: Counters
    daily: Daily
    curves: Curves
    analytics: Analytics
    rows: Rows


class InventedShown:
    """What is shown of an invented account at an instant; the history may go on meanwhile."""

    def __init__(self, now: int, profile: Profile, parts: Parts) -> None:
        self.now = now
        self._positions = [n for n, media in enumerate(MEDIAS) if profile.medias and media.created <= now]
        self._projects = [project for project in PROJECTS if profile.medias and project.created <= now]
        self._history, self._counters, self._daily, self._curves, self._analytics, self._rows = parts

    @property
    def account(self) -> Document:
        """What the account is called and how much it holds."""
        return {
            "id": 1_048_576,
            "name": "Sandbox & Co.",
            "url": ACCOUNT_URL,
            "mediaCount": len(self.medias),
            "videoLimit": None,
            "projectCount": len(self.projects),
            "channelCount": 0,
        }

    @cached_property
    def projects(self) -> list[Document]:
        """The projects by id."""
        return [project.document(self.now) for project in self._projects]

    @cached_property
    def medias(self) -> list[Document]:
        """The medias by id."""
        return [MEDIAS[position].document(self.now) for position in self._positions]

    def account_stats(self) -> Document:
        """Lifetime counters of the account, deleted medias included: its visitors played those as well."""
        return self._counters.account(self._positions, self.now)

    def project_stats(self, project_id: str) -> Document | None:
        """Lifetime counters by hashed or numeric id; None for an unknown project."""
        project = find_project(project_id)
        if project not in self._projects:
            return None
        inside = [position for position in self._positions if MEDIAS[position].project is project]
        return {**self._counters.together(inside, self.now), "number_of_videos": len(inside)}

    def media_stats(self, media_id: str) -> Document | None:
        """Lifetime counters by hashed or numeric id; None for an unknown media."""
        position = self._find(media_id)
        return None if position is None else self._counters.at(position, self.now)

    def media_engagement(self, media_id: str) -> Document | None:
        """How often each part was watched, by hashed or numeric id; None for an unknown media."""
        position = self._find(media_id)
        return None if position is None else self._curves.at(position, self.now)

    def media_analytics(self, media_id: str, first: int, end: int) -> Document | None:
        """Metrics from a day on and before another; None for an unknown media."""
        position = self._find(media_id)
        return None if position is None else self._analytics.at(position, first, end, self.now)

    def account_days(self, first: int, last: int) -> list[Document]:
        """Counters of each day, deleted medias included."""
        return self._daily.account(self._positions, first, last, self.now)

    def media_days(self, media_id: str, first: int, last: int) -> list[Document] | None:
        """Counters of each day, by hashed or numeric id; None for an unknown media."""
        position = self._find(media_id)
        return None if position is None else self._daily.media(position, first, last, self.now)

    def visitors(self, wanted: VisitorFilter) -> Listing:
        """The visitors, latest activity first. Nobody is identified, as in the account that was measured."""
        if wanted.filter is not None or wanted.search is not None:
            return Listing([], self._rows.visitor)
        if wanted.since is None:
            return Listing(self._visits, self._rows.visitor)
        first = bisect_left(self._history.times, wanted.since)
        return Listing(self._visits[: bisect_right(self._visits, -first, key=neg)], self._rows.visitor)

    def visitor(self, key: str) -> bytes | None:
        """A visitor's JSON object; None if it is not listed."""
        number = self._rows.visitor_number(key)
        visit = None if number is None else self._latest.get(number)
        return None if visit is None else self._rows.visitor(visit)

    def events(self, wanted: EventFilter) -> Listing:
        """The viewing sessions, latest first."""
        numbers = self._events if wanted.media is None else self._events_of(wanted.media)
        at = self._history.times.__getitem__
        first = 0 if wanted.since is None else bisect_left(numbers, wanted.since, key=at)
        last = len(numbers) if wanted.before is None else bisect_left(numbers, wanted.before, key=at)
        numbers = numbers[first:last]
        if wanted.visitor is not None:
            visitor = self._rows.visitor_number(wanted.visitor)
            numbers = [number for number in numbers if self._history.visitors[number] == visitor]
        return Listing(numbers[::-1], lambda number: self._rows.event(number, self.now))

    def event(self, key: str) -> bytes | None:
        """An event's JSON object; None if it is not listed."""
        number = self._rows.event_number(key)
        if number is None:
            return None
        position = bisect_left(self._events, number)
        listed = position < len(self._events) and self._events[position] == number
        return self._rows.event(number, self.now) if listed else None

    def _find(self, media_id: str) -> int | None:
        """Position in the catalogue of a media that is there already."""
        position = find(media_id)
        return position if position in self._positions else None

    @cached_property
    def _latest(self) -> Mapping[int, int]:
        """The latest visit of each visitor who is listed."""
        history, now = self._history, self.now
        first = bisect_left(history.times, horizon(now))
        last = bisect_right(history.times, now)
        latest = dict(zip(history.visitors[first:last], range(first, last), strict=True))
        # A visitor gets its row a little after its first activity.
        for number in range(bisect_left(history.times, now - CREATED_AFTER), last):
            if history.created[history.visitors[number]] > now:
                latest.pop(history.visitors[number], None)
        return latest

    @cached_property
    def _visits(self) -> list[int]:
        return sorted(self._latest.values(), reverse=True)

    @cached_property
    def _events(self) -> list[int]:
        """Events that are listed, by received_at."""
        history, now = self._history, self.now
        first, settled, last = (
            bisect_left(history.event_times, instant) for instant in (horizon(now), now - SETTLED_AFTER, now + 1)
        )
        recent = history.events[max(first, settled) : last]
        return history.events[first:settled] + [n for n in recent if history.visits[n].shown_at <= now]

    def _events_of(self, media_id: str) -> list[int]:
        position = find(media_id)
        visits = self._history.visits
        return [number for number in self._events if visits[number].media == position]
