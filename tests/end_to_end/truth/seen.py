"""What runs at given instants were shown of an account, as it counts afterwards: the newest state of each thing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sandbox.wistia.account import Account, Document, EventFilter, Listing, Shown, VisitorFilter
from sandbox.wistia.instants import DAY, seconds

_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_EVERYTHING = 1_000_000


@dataclass
class Seen:
    """What was shown.

    Attributes:
        medias: By hashed id, each state of the list of medias with the instant (seconds since 1970), oldest first.
        account: Counters of the account by day of snapshot.
        snapshots: Counters of a media by media and day of snapshot.
        days: Counters of a day by media and day.
        curves: By media, the newest curve that has buckets, with the instant at which it began to be as it is.
        answers: By media, the newest curve, with buckets or without.
        sessions: By event key; sessions that the source lists no more included.
        visitors: By visitor key; the same.
    """

    medias: dict[str, list[tuple[int, Document]]] = field(default_factory=dict)
    account: dict[date, Document] = field(default_factory=dict)
    snapshots: dict[tuple[str, date], Document] = field(default_factory=dict)
    days: dict[tuple[str, date], Document] = field(default_factory=dict)
    curves: dict[str, tuple[int, Document]] = field(default_factory=dict)
    answers: dict[str, Document] = field(default_factory=dict)
    sessions: dict[str, Document] = field(default_factory=dict)
    visitors: dict[str, Document] = field(default_factory=dict)

    @property
    def unlisted_visitors(self) -> set[str]:
        """Visitors whom only a session names."""
        return {row["visitor_key"] for row in self.sessions.values() if row["visitor_key"]} - self.visitors.keys()

    def duration(self, media: str, instant: int) -> float | None:
        """Length in seconds of the version that was valid at an instant; the first is valid from the beginning."""
        states = self.medias.get(media, [])
        valid = [state for at, state in states if at <= instant] or [state for _, state in states[:1]]
        return valid[-1].get("duration") if valid else None


def watch(account: Account, instants: Sequence[datetime]) -> Seen:
    """Return what runs at these instants, in order, were shown.

    A run re-reads of visitors, sessions and days only those that can have changed. That it loses nothing by it is the
    pipeline's promise, so here each state that was shown counts.
    """
    seen = Seen()
    for instant in instants:
        _look(seen, account.at(int(instant.timestamp())))
    return seen


def rows_of(listing: Listing) -> list[Document]:
    """Return all rows of a list as they stand in it."""
    rows: list[Document] = json.loads(listing.page(1, _EVERYTHING))
    return rows


def day_of(instant: int) -> date | None:
    """Return the UTC day of an instant; None outside the calendar."""
    return in_calendar(datetime.fromtimestamp(instant, UTC).date())


def in_calendar(day: date) -> date | None:
    """Return a day, or None outside the calendar."""
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def received(session: Document) -> int:
    """Return when a session was received, in seconds since 1970."""
    return seconds(session["received_at"])


def _look(seen: Seen, shown: Shown) -> None:
    today = datetime.fromtimestamp(shown.now, UTC).date()
    for media in shown.medias:
        _look_at_media(seen, shown, media, today)
    stats = shown.account_stats()
    if stats:
        seen.account[today] = stats
    seen.sessions.update({row["event_key"]: row for row in rows_of(shown.events(EventFilter()))})
    seen.visitors.update({row["visitor_key"]: row for row in rows_of(shown.visitors(VisitorFilter()))})


def _look_at_media(seen: Seen, shown: Shown, media: dict[str, Any], today: date) -> None:
    name = media["hashed_id"]
    seen.medias.setdefault(name, []).append((shown.now, media))
    stats = shown.media_stats(name)
    if stats:
        seen.snapshots[name, today] = stats
    for row in shown.media_days(name, seconds(media["created"]) // DAY, shown.now // DAY) or []:
        seen.days[name, date.fromisoformat(row["date"])] = row
    curve = shown.media_engagement(name)
    if curve and curve["engagement_data"] and seen.answers.get(name) != curve:
        seen.curves[name] = shown.now, curve
    if curve:
        seen.answers[name] = curve
