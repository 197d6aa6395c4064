"""An invented account with what no invented account has: rows that name nobody, lengths that change, silence."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sandbox.wistia.account import Document, EventFilter, Listing, Shown, VisitorFilter
from sandbox.wistia.instants import seconds
from sandbox.wistia.invented import InventedAccount

#: What the list of medias says otherwise from an instant on. The curve of the second stays as it is: nobody watches it.
REPLACED_AT = seconds("2026-01-11T12:00:00Z")
CHANGES: dict[str, Document] = {
    "v08dlrgr7v": {"duration": 401.25},
    "m1x7t0bq2d": {"duration": 500.5},
    "c8w2n5rj6k": {"name": "Seen on YouTube and FACEBOOK"},
    "a5n8j2e6ox": {"name": "youtube only"},
    "r9v4b7m1qc": {"project": {"id": 8_017_828, "name": "Main Funnel - B2C", "hashed_id": "46xq1tb537"}},
    "j6d0s8f2lv": {"name": None, "type": None, "project": None},
    "gskhw4w4lm": {"name": "Now on Facebook, whatever the configuration says"},
}
REMOVED_AT = seconds("2026-01-12T12:00:00Z")
REMOVED = "u2f6c3p8ib"
EMPTIED_AT = seconds("2026-01-13T12:00:00Z")
EMPTIED = "o7y1l4d5sg"
#: Its first bucket has second views alone.
MISSED_BEGINNING = "w1p7s4a9vd"
#: A media of which the days are never answered; on one day, neither are its counters nor those of the account.
UNREAD_MEDIA, UNREAD_ON = "r9v4b7m1qc", "2026-01-12"
#: Today is told tomorrow: so a whole channel has snapshots of the last day and nothing else.
TOLD_LATE = ("gskhw4w4lm", "a5n8j2e6ox")
#: Days of one media from before it was made, with days between that nobody tells: two are outside the calendar.
EARLY_MEDIA = "e4h9z1y3ua"
EARLY = [
    {"date": day, "load_count": 3, "play_count": 2, "hours_watched": 0.125}
    for day in ("1999-12-30", "1999-12-31", "2022-09-25", "2022-10-20", "2022-10-27")
]
#: Figures at the bounds of their classes, and counters that leave the days behind by one more every day.
ON_THE_BOUNDS: dict[str, Document] = {
    "t3g5k9x0wn": {"play_rate": 0.2, "hours_watched": 500, "play_count": 10_000},
    "w1p7s4a9vd": {"play_rate": 0.1, "hours_watched": 100, "play_count": 1_000},
}
FIRST_DAY = date(2026, 1, 8)
RISING = {"a5n8j2e6ox": ("load_count", 119), "q3l9o6y1zt": ("play_count", 0)}


def _session(key: str, received_at: str, media: str = "v08dlrgr7v", **changes: Any) -> Document:
    agent = {"browser": "Firefox", "browser_version": "147.0", "platform": "Windows", "mobile": False}
    place = {"country": "AT", "region": "Wien", "city": "Teststadt", "lat": "", "lon": "", "org": None}
    return {
        "received_at": received_at,
        "event_key": key,
        "visitor_key": "only-a-session-names-me",
        "media_id": media,
        "media_name": "as it was",
        "percent_viewed": 0.25,
        **place,
        "user_agent_details": agent,
        **changes,
    }


SESSIONS = (
    _session("odd-1", "2025-12-24T18:00:00.000Z", visitor_key=None, user_agent_details=None),
    _session("odd-2", "2025-12-24T18:00:01.000Z", country="", region=" ", city=None),
    _session("odd-7", "2025-12-24T18:00:04.000Z", region=" Wien", city="Teststadt "),
    _session(
        "odd-8",
        "2025-12-24T18:00:05.000Z",
        region="Wien  ",
        user_agent_details={"browser": "Firefox ", "browser_version": "1", "platform": "  ", "mobile": False},
    ),
    _session("odd-3", "2025-12-24T18:00:02.000Z", media=REMOVED, percent_viewed=None),
    _session("odd-4", "2025-12-24T18:00:03.000Z", media=EARLY_MEDIA, percent_viewed=1),
    _session("odd-5", "2026-01-09T10:00:00.000Z", media="nobodyknow"),
    _session("odd-6", "2026-01-11T11:59:59.000Z", visitor_key="another-whom-nobody-lists", percent_viewed=0),
)


def _visitor(key: str, last_active_at: str, load_count: int, play_count: int) -> Document:
    return {
        "visitor_key": key,
        "created_at": last_active_at,
        "last_active_at": last_active_at,
        "last_event_key": None,
        "load_count": load_count,
        "play_count": play_count,
        "identifying_event_key": None,
        "visitor_identity": {"name": "", "email": None, "org": {"name": None, "title": None}},
        "user_agent_details": {"browser": "Safari", "browser_version": "18", "platform": "macOS", "mobile": False},
    }


#: The newest of all, one on each side of each bound of recency before it, and three whom nothing but the key parts.
VISITORS = (
    _visitor("newest", "2026-01-15T00:00:00.000Z", 1, 0),
    *(
        _visitor(f"{days} days", f"{date(2026, 1, 15) - timedelta(days)}T23:59:59.000Z", 4, 1)
        for days in (6, 7, 29, 30, 89, 90)
    ),
    *(_visitor(key, "2025-12-01T12:00:00.000Z", 70, 60) for key in ("alike b", "alike B", "alike a")),
)


class OddAccount:
    """An invented account, shown oddly."""

    def __init__(self, account: InventedAccount) -> None:
        self.epoch = account.epoch
        self._account = account

    def at(self, now: int) -> Shown:
        """What is shown at an instant (seconds since 1970, UTC)."""
        return cast("Shown", OddShown(self._account.at(now), self._account.history.times))


class OddShown:
    """What an account shows at an instant, with oddities; all that is not named here is shown as it is."""

    def __init__(self, shown: Shown, times: list[int]) -> None:
        self._shown = shown
        self._times = times
        self._today = datetime.fromtimestamp(shown.now, UTC).date().isoformat()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)

    @property
    def medias(self) -> list[Document]:
        """The medias; some change, one goes."""
        changes = CHANGES if self._shown.now >= REPLACED_AT else {}
        removed = {REMOVED} if self._shown.now >= REMOVED_AT else set()
        return [
            {**media, **changes.get(media["hashed_id"], {})}
            for media in self._shown.medias
            if media["hashed_id"] not in removed
        ]

    def account_stats(self) -> Document | None:
        """Counters of the account; none on one day."""
        return None if self._today == UNREAD_ON else self._shown.account_stats()

    def media_stats(self, media_id: str) -> Document | None:
        """Counters of a media; none of one on one day, and no rate of one that nobody loaded."""
        if (media_id, self._today) == (UNREAD_MEDIA, UNREAD_ON):
            return None
        stats = self._shown.media_stats(media_id)
        if stats and media_id in RISING:
            figure, first = RISING[media_id]
            stats = {**stats, figure: first + (date.fromisoformat(self._today) - FIRST_DAY).days}
        silence = {"play_rate": None, "hours_watched": None, "engagement": None}
        return stats and {**stats, **(silence if not stats["visitors"] else {}), **ON_THE_BOUNDS.get(media_id, {})}

    def media_days(self, media_id: str, first: int, last: int) -> list[Document] | None:
        """Days of a media; no hours where nobody played it, none of one media, and of another some from before it."""
        rows = self._shown.media_days(media_id, first, last)
        if rows is None or media_id == UNREAD_MEDIA:
            return None
        if media_id in TOLD_LATE:
            rows = [row for row in rows if row["date"] != self._today]
        if media_id == EARLY_MEDIA:
            rows = [*EARLY, *rows]
        return [row if row["play_count"] else {**row, "hours_watched": None} for row in rows]

    def media_engagement(self, media_id: str) -> Document | None:
        """The curve of a media; one is emptied, one follows its video's new length, one begins without first views."""
        curve = self._shown.media_engagement(media_id)
        if curve is None or (media_id == EMPTIED and self._shown.now >= EMPTIED_AT):
            return curve and {"engagement": 0, "engagement_data": [], "rewatch_data": []}
        views, again = list(curve["engagement_data"]), list(curve["rewatch_data"])
        if media_id == "v08dlrgr7v" and self._shown.now >= REPLACED_AT:
            views, again = views[:402], again[:402]
        if media_id == MISSED_BEGINNING:
            views[0] = again[0]
        return {**curve, "engagement_data": views, "rewatch_data": again}

    def visitors(self, wanted: VisitorFilter) -> Listing:
        """The visitors, odd ones among them."""
        return self._with(self._shown.visitors(wanted), VISITORS, "last_active_at", wanted.since, None)

    def events(self, wanted: EventFilter) -> Listing:
        """The sessions, odd ones among them; asked for by day alone."""
        return self._with(self._shown.events(wanted), SESSIONS, "received_at", wanted.since, wanted.before)

    def _with(
        self, listing: Listing, odd: Sequence[Document], instant: str, since: int | None, before: int | None
    ) -> Listing:
        """A list, newest first, with odd rows of which the numbers are negative."""
        numbered = {-number: (seconds(row[instant]), row) for number, row in enumerate(odd, 1)}
        latest = min(self._shown.now + 1, before or self._shown.now + 1)
        shown = {number: row for number, row in numbered.items() if (since or 0) <= row[0] < latest}
        numbers = sorted(
            [*listing.numbers, *shown],
            key=lambda number: (shown[number][0] if number < 0 else self._times[number], number),
            reverse=True,
        )
        return Listing(
            numbers,
            lambda number: json.dumps(shown[number][1]).encode() if number < 0 else _silent(listing.render(number)),
        )


def _silent(row: bytes) -> bytes:
    """A row of which the device is told as nothing, in two ways."""
    return row.replace(b'"Unknown Browser"', b'""').replace(
        b'"28.0","platform":"Android","mobile":true', b'null,"platform":null,"mobile":null'
    )
