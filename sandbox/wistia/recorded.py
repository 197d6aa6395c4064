"""An account made of recorded answers: it shows at an instant what had been seen by then."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from sandbox.wistia.account import Document, EventFilter, Listing, VisitorFilter
from sandbox.wistia.instants import seconds
from sandbox.wistia.personas import compact


class RecordedStats(NamedTuple):
    """An answer of `GET /stats/medias/{id}`.

    Attributes:
        media_id: The id that was asked for.
        at: When (with a time zone).
        body: The answer.
    """

    media_id: str
    at: datetime
    body: Document


class RecordedAccount:
    """Shows recorded answers as they were: nothing is invented and nothing purged.

    Args:
        medias: Rows of the medias list, shown at every instant.
        visitors: Rows of the visitors list by the instant (with a time zone) at which they were pulled.
        media_stats: Answers with their instants.
        events: Rows of the events list, each shown from its `received_at` on.
    """

    def __init__(
        self,
        medias: Sequence[Document],
        visitors: Mapping[datetime, Sequence[Document]],
        media_stats: Iterable[RecordedStats] = (),
        events: Sequence[Document] = (),
    ) -> None:
        self._medias = sorted(medias, key=itemgetter("id"))
        self._pulls = sorted(((int(at.timestamp()), rows) for at, rows in visitors.items()), key=itemgetter(0))
        self._stats: dict[str, list[tuple[int, Document]]] = {}
        for stats in sorted(media_stats, key=lambda each: each.at):
            self._stats.setdefault(stats.media_id, []).append((int(stats.at.timestamp()), stats.body))
        self._events = sorted(events, key=itemgetter("received_at"), reverse=True)

        self._newest: tuple[int, RecordedShown] | None = None

    @property
    def epoch(self) -> int:
        """The instant of the last pull."""
        return self._pulls[-1][0] if self._pulls else 0

    def at(self, now: int) -> "RecordedShown":
        """What had been seen at an instant: of each visitor the state in the latest pull that showed it."""
        newest = self._newest
        if newest is None or newest[0] != now:
            newest = self._newest = now, self._shown(now)
        return newest[1]

    def _shown(self, now: int) -> "RecordedShown":
        newest = {row["visitor_key"]: row for at, rows in self._pulls if at <= now for row in reversed(rows)}
        visitors = sorted(newest.values(), key=itemgetter("last_active_at"), reverse=True)
        events = [row for row in self._events if seconds(row["received_at"]) <= now]
        return RecordedShown(self._medias, visitors, self._stats_at(now), events)

    def _stats_at(self, now: int) -> dict[str, Document]:
        """Of each media the newest answer; a media of which none was recorded yet is left out."""
        shown = {}
        for media_id, answers in self._stats.items():
            known = bisect_right(answers, now, key=itemgetter(0))
            if known:
                shown[media_id] = answers[known - 1][1]
        return shown


class RecordedShown:
    """What is shown of a recorded account at an instant."""

    def __init__(
        self,
        medias: list[Document],
        visitors: list[Document],
        stats: Mapping[str, Document],
        events: list[Document],
    ) -> None:
        self.medias = medias
        self._visitors = visitors
        self._stats = stats
        self._events = events

    def media_stats(self, media_id: str) -> Document | None:
        """The answer recorded last; None if none was, for zeros would be invented."""
        return self._stats.get(media_id)

    def visitors(self, wanted: VisitorFilter) -> Listing:
        """The visitors, latest activity first."""
        return _listing([row for row in self._visitors if _is_wanted(row, wanted)])

    def visitor(self, key: str) -> bytes | None:
        """A visitor's JSON object; None if it was not seen yet."""
        return _one(self._visitors, "visitor_key", key)

    def events(self, wanted: EventFilter) -> Listing:
        """The viewing sessions, latest first."""
        return _listing([row for row in self._events if _is_within(row, wanted)])

    def event(self, key: str) -> bytes | None:
        """An event's JSON object; None if it was not seen yet."""
        return _one(self._events, "event_key", key)


def _is_wanted(row: Document, wanted: VisitorFilter) -> bool:
    name, email = row["visitor_identity"]["name"] or "", row["visitor_identity"]["email"] or ""
    passes = {
        None: True,
        "has_name": bool(name),
        "has_email": bool(email),
        "identified_by_email_gate": row["identifying_event_key"] is not None,
    }
    searched = (wanted.search or "").casefold()
    return passes.get(wanted.filter, True) and any(searched in text.casefold() for text in (name, email))


def _is_within(row: Document, wanted: EventFilter) -> bool:
    at = seconds(row["received_at"])
    return (
        wanted.media in (None, row["media_id"])
        and wanted.visitor in (None, row["visitor_key"])
        and (wanted.since is None or wanted.since <= at)
        and (wanted.before is None or at < wanted.before)
    )


def _listing(rows: list[Document]) -> Listing:
    return Listing(range(len(rows)), lambda number: compact(rows[number]).encode())


def _one(rows: Iterable[Document], name: str, key: str) -> bytes | None:
    return next((compact(row).encode() for row in rows if row[name] == key), None)
