"""An account made of recorded answers: it shows at an instant what had been seen by then."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sandbox.wistia.account import Document, EventFilter, Listing, VisitorFilter
from sandbox.wistia.instants import day_text, seconds
from sandbox.wistia.personas import compact

#: Per media, instants and bodies in order of time.
Answers = dict[str, list[tuple[int, Any]]]


class RecordedStats(NamedTuple):
    """An answer of `GET /stats/medias/{id}`, or of a route below it.

    Attributes:
        media_id: The id that was asked for.
        at: When (with a time zone).
        body: The answer; of `by_date` the rows.
    """

    media_id: str
    at: datetime
    body: Any


class RecordedAccount:
    """Shows recorded answers as they were: nothing is invented and nothing purged.

    Args:
        medias: Rows of the medias list, shown at every instant.
        visitors: Rows of the visitors list by the instant (with a time zone) at which they were pulled.
        media_stats: Answers with their instants.
        events: Rows of the events list, each shown from its `received_at` on.
        media_engagement: Answers with their instants.
        media_days: Answers of `by_date` with their instants; of each date the row in the newest one counts.
        projects: Rows of the projects list, shown at every instant.
    """

    def __init__(
        self,
        medias: Sequence[Document],
        visitors: Mapping[datetime, Sequence[Document]],
        media_stats: Iterable[RecordedStats] = (),
        events: Sequence[Document] = (),
        media_engagement: Iterable[RecordedStats] = (),
        media_days: Iterable[RecordedStats] = (),
        projects: Sequence[Document] = (),
    ) -> None:
        self._medias = sorted(medias, key=itemgetter("id"))
        self._projects = sorted(projects, key=itemgetter("id"))
        self._pulls = sorted(((int(at.timestamp()), rows) for at, rows in visitors.items()), key=itemgetter(0))
        self._stats = _by_media(media_stats)
        self._engagement = _by_media(media_engagement)
        self._days = _by_media(media_days)
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
        return RecordedShown(
            now=now,
            projects=self._projects,
            medias=self._medias,
            visitor_rows=visitors,
            event_rows=events,
            stats={media: answers[-1] for media, answers in _until(now, self._stats)},
            engagement={media: answers[-1] for media, answers in _until(now, self._engagement)},
            days={
                media: {row["date"]: row for rows in answers for row in rows}
                for media, answers in _until(now, self._days)
            },
        )


@dataclass(frozen=True)
class RecordedShown:
    """What is shown of a recorded account at an instant; what was never recorded is not there."""

    now: int
    projects: list[Document]
    medias: list[Document]
    visitor_rows: list[Document]
    event_rows: list[Document]
    stats: Mapping[str, Document]
    engagement: Mapping[str, Document]
    days: Mapping[str, Mapping[str, Document]]
    account: None = None

    def account_stats(self) -> None:
        """Not recorded: sums over the medias would be invented."""

    def project_stats(self, project_id: str) -> None:
        """Not recorded."""

    def media_stats(self, media_id: str) -> Document | None:
        """The answer recorded last; None if none was, for zeros would be invented."""
        return self.stats.get(media_id)

    def media_engagement(self, media_id: str) -> Document | None:
        """The answer recorded last; None if none was."""
        return self.engagement.get(media_id)

    def account_days(self, first: int, last: int) -> None:
        """Not recorded."""

    def media_days(self, media_id: str, first: int, last: int) -> list[Document] | None:
        """The recorded rows of these days; None for a media of which none was recorded."""
        days = self.days.get(media_id)
        if days is None:
            return None
        return [days[date] for date in sorted(days) if day_text(first) <= date <= day_text(last)]

    def media_analytics(self, media_id: str, first: int, end: int) -> None:
        """Not recorded."""

    def visitors(self, wanted: VisitorFilter) -> Listing:
        """The visitors, latest activity first."""
        return _listing([row for row in self.visitor_rows if _is_wanted(row, wanted)])

    def visitor(self, key: str) -> bytes | None:
        """A visitor's JSON object; None if it was not seen yet."""
        return _one(self.visitor_rows, "visitor_key", key)

    def events(self, wanted: EventFilter) -> Listing:
        """The viewing sessions, latest first."""
        return _listing([row for row in self.event_rows if _is_within(row, wanted)])

    def event(self, key: str) -> bytes | None:
        """An event's JSON object; None if it was not seen yet."""
        return _one(self.event_rows, "event_key", key)


def _by_media(answers: Iterable[RecordedStats]) -> Answers:
    by_media: Answers = {}
    for answer in sorted(answers, key=attrgetter("at")):
        by_media.setdefault(answer.media_id, []).append((int(answer.at.timestamp()), answer.body))
    return by_media


def _until(now: int, by_media: Answers) -> Iterator[tuple[str, list[Any]]]:
    """Of each media the answers that there were by an instant, the newest last; a media without is left out."""
    for media_id, answers in by_media.items():
        known = bisect_right(answers, now, key=itemgetter(0))
        if known:
            yield media_id, [body for _, body in answers[:known]]


def _is_wanted(row: Document, wanted: VisitorFilter) -> bool:
    name, email = row["visitor_identity"]["name"] or "", row["visitor_identity"]["email"] or ""
    passes = {
        None: True,
        "has_name": bool(name),
        "has_email": bool(email),
        "identified_by_email_gate": row["identifying_event_key"] is not None,
    }
    searched = (wanted.search or "").casefold()
    return (
        passes.get(wanted.filter, True)
        and any(searched in text.casefold() for text in (name, email))
        and (wanted.since is None or wanted.since <= seconds(row["last_active_at"]))
    )


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
