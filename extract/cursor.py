"""Where a stream stands, as its newest manifest tells it, and what follows from that for the next walk. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from extract.clock import format_instant, parse_instant
from extract.days import Window
from extract.late_news import Review, read_review, write_review
from extract.manifest import RawManifest
from extract.page import Page
from extract.pagination import Reached
from extract.stream import NewestFirst

SURELY_KEPT = timedelta(days=365)
"""So long no source that is read by a watermark lets go of a row; Wistia keeps them for two years."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over a list, newest first."""

    floor: datetime | None
    """Where it may stop; None for a first pull of a list that is read to its end."""
    window: Window | None
    """The days to ask for, where the source filters by date."""
    watermark: datetime | None
    """The newest instant at the walk's first start; None until its first page is read."""
    reached: Reached | None
    """How far a walk came that was interrupted."""
    sweep: datetime | None = None
    """When it began, if it is one over the whole list in spite of the watermark."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a stream's newest manifest says."""

    watermark: datetime | None = None
    """Everything up to here is landed: an instant of the data, never of a clock."""
    seen: str | None = None
    """Fingerprint of the rows that the next walk will see again if nothing is new."""
    walk: Walk | None = None
    """The walk under way; only a partial manifest has one."""
    review: Review | None = None
    """What is known of the days of a list that the source filters by date."""
    sweep: datetime | None = None
    """When a sweep began that is over but for what came on top of the list meanwhile."""


def read_cursor(head: RawManifest | None) -> Cursor:
    """Read the cursor of a stream that is walked newest first."""
    if head is None:
        return Cursor()
    stored = head.cursor_after
    return Cursor(
        watermark=_instant(stored.get("watermark")),
        seen=stored.get("seen"),
        walk=_read_walk(stored.get("walk")),
        review=read_review(stored.get("review")),
        sweep=_instant(stored.get("sweep")),
    )


def write_cursor(cursor: Cursor) -> dict[str, Any]:
    """Write a cursor as it stands in a manifest."""
    written: dict[str, Any] = {"watermark": _text(cursor.watermark), "seen": cursor.seen}
    if cursor.walk:
        written["walk"] = _write_walk(cursor.walk)
    if cursor.sweep:
        written["sweep"] = _text(cursor.sweep)
    if cursor.review:
        written["review"] = write_review(cursor.review)
    return written


def plan_walk(method: NewestFirst, cursor: Cursor, as_of: datetime, sweep: datetime | None = None) -> Walk:
    """Say what to walk: the walk that was interrupted, or from the top down to the watermark's floor.

    ``sweep`` is the instant at which a walk over the whole list begins, whatever the watermark.
    """
    if cursor.walk:
        return cursor.walk
    if sweep:
        return Walk(None, None, None, None, sweep)
    floor = method.floor(cursor.watermark) if cursor.watermark else None
    if method.horizon is None:
        return Walk(floor, None, None, None)
    oldest = (as_of - method.horizon).date()
    start = max(oldest, floor.date()) if floor else oldest
    return Walk(floor, Window(start, max(start, as_of.date())), None, None)


def must_show_rows(cursor: Cursor, walk: Walk, as_of: datetime) -> bool:
    """Whether a list that shows no row at all is in trouble: it had one that is far too young to be let go."""
    newest = later(cursor.watermark, walk.watermark)
    if newest is None or newest < as_of - SURELY_KEPT:
        return False
    return walk.window is None or walk.window.holds(newest.date())


def newest_known(instants: Iterable[datetime | None], as_of: datetime) -> datetime | None:
    """Return the newest instant that is not in the future; where all are, the run's own.

    A row that claims to be from the future must not hide the rows that come after it.
    """
    known = [instant for instant in instants if instant is not None]
    return max((instant for instant in known if instant <= as_of), default=as_of if known else None)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two instants, either of which may not be known."""
    return max((instant for instant in (one, other) if instant), default=None)


class Seen:
    """The rows of a walk that are not older than a floor."""

    def __init__(self, floor: datetime | None) -> None:
        """Begin with none; ``floor`` None takes every row."""
        self._floor = floor
        self._rows: dict[bytes, datetime | None] = {}

    def add(self, page: Page, owner: str = "") -> None:
        """Take the rows of a page. One that tells no instant has the place that the list gave it.

        ``owner`` is the key by which a row was asked for that does not name it itself: two may say the same.
        """
        place = next((instant for instant in page.instants if instant), None)
        for text, instant in zip(page.texts, page.instants, strict=True):
            place = instant or place
            if self._floor is None or place is None or place >= self._floor:
                self._rows[hashlib.sha256(f"{owner}\n{text}".encode()).digest()] = place

    def fingerprint(self, floor: datetime | None = None) -> str:
        """Digest the rows not older than ``floor``, whatever their order and however often each was seen."""
        rows = (row for row, place in self._rows.items() if floor is None or place is None or place >= floor)
        return hashlib.sha256(b"".join(sorted(rows))).hexdigest()


def _read_walk(stored: dict[str, Any] | None) -> Walk | None:
    if stored is None:
        return None
    days = stored.get("window")
    window = Window(date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None
    reached = Reached(stored["position"], parse_instant(stored["reached"]))
    watermark, sweep = _instant(stored["watermark"]), _instant(stored.get("sweep"))
    return Walk(_instant(stored["floor"]), window, watermark, reached, sweep)


def _write_walk(walk: Walk) -> dict[str, Any]:
    return {
        "floor": _text(walk.floor),
        "watermark": _text(walk.watermark),
        "window": [walk.window.start.isoformat(), walk.window.end.isoformat()] if walk.window else None,
        "reached": _text(walk.reached.newest) if walk.reached else None,
        "position": walk.reached.position if walk.reached else None,
        **({"sweep": _text(walk.sweep)} if walk.sweep else {}),
    }


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


def _text(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
