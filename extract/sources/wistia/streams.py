"""The streams of a Wistia account, in the order in which they are read.

What the API documents: docs.wistia.com, "Making API Requests" and "Stats API". The orders and filters of the lists are
those that its answers show: visitors come by ``last_active_at``, events by ``received_at``, newest first; days come one
row each, quiet ones too, in an order that nobody promises.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from extract.stream import Counted, DailySnapshot, DailyWindow, EachOf, FullList, NewestFirst, Stream

_MEDIA = "'Read all folder and media data'"
_STATS = "'Read all folder and media data' and 'Read detailed stats'"

MEDIAS = Stream("wistia/medias", "/medias", ("hashed_id",), _MEDIA, FullList(created="created"))
_EACH_MEDIA = EachOf(MEDIAS.name, parameter="media_id")
# The v1 list writes hashedId where everything else of the API writes hashed_id.
PROJECTS = Stream("wistia/projects", "/projects", ("hashedId", "hashed_id"), _MEDIA, FullList())
ACCOUNT_STATS = Stream("wistia/account_stats", "/stats/account", (), _STATS, DailySnapshot())
# Lifetime counters; hours_watched, engagement and play_rate fall as well as rise, so each day's answer is kept.
MEDIA_STATS = Stream(
    "wistia/media_stats",
    "/stats/medias/{media_id}",
    (),
    _STATS,
    DailySnapshot(),
    of=_EACH_MEDIA,
)
# Two lists of up to 1,000 numbers, which stay as they are for as long as nobody watches.
MEDIA_ENGAGEMENT = Stream(
    "wistia/media_engagement",
    "/stats/medias/{media_id}/engagement",
    (),
    _STATS,
    DailySnapshot(changes_only=True),
    of=_EACH_MEDIA,
)
# Without dates the answer is yesterday and today alone. Recent days are restated; they are kept for longer than events.
MEDIA_BY_DATE = Stream(
    "wistia/media_by_date",
    "/stats/medias/{media_id}/by_date",
    ("date",),
    _STATS,
    DailyWindow("date", overlap=timedelta(days=7), horizon=timedelta(days=730), count="play_count"),
    of=_EACH_MEDIA,
)
# The list takes no filter by time or media. Rows change for as long as a visitor's session lasts, hence the six hours.
VISITORS = Stream(
    "wistia/visitors",
    "/stats/visitors",
    ("visitor_key",),
    _STATS,
    NewestFirst("last_active_at", overlap=timedelta(hours=6)),
)
# Sessions arrive late and percent_viewed is revised for some days; rows are kept for two years.
EVENTS = Stream(
    "wistia/events",
    "/stats/events",
    ("event_key",),
    _STATS,
    NewestFirst(
        "received_at",
        overlap=timedelta(days=2),
        horizon=timedelta(days=730),
        counted=Counted(MEDIA_BY_DATE.name, member="media_id"),
    ),
)

# The one source of a day's distinct visitors and of how much of a media they watched. Only the later versions have it,
# and only some plans.
MEDIA_ANALYTICS = Stream(
    "wistia/media_analytics",
    "/analytics/medias/{media_id}/timeseries",
    ("timestamp",),
    "'Read detailed stats'",
    DailyWindow(
        "timestamp",
        overlap=timedelta(days=7),
        horizon=timedelta(days=730),
        end_is_exclusive=True,
        is_gapless=False,  # nobody says what a day without a visitor looks like
        longest=timedelta(days=730),
        parameters={"granularity": "daily"},
    ),
    of=_EACH_MEDIA,
    optional=True,
)

_COMMON = (ACCOUNT_STATS, MEDIA_STATS, MEDIA_ENGAGEMENT, MEDIA_BY_DATE, VISITORS, EVENTS)
# What v1 calls a project, the later versions call a folder; its rows and the field of a media that names it differ in
# spelling alone, which the contracts of the normaliser know.
FOLDERS = replace(PROJECTS, path="/folders")


@dataclass(frozen=True, slots=True)
class ApiShape:
    """What one generation of the API is asked for, and how."""

    headers: Mapping[str, str]
    """Sent with every request."""
    streams: tuple[Stream, ...]
    """In the order in which they are read."""


MODERN_VERSION = "2026-03"
"""The dated version that is asked for: the first with the Analytics API, and the newest whose published specification
(OpenAPI 2026.03.0) was read line by line. Without a version the vendor answers with its newest, which may have moved
fields since; one that is no longer supported is answered with the oldest that is."""

SHAPES = {
    "v1": ApiShape({}, (MEDIAS, PROJECTS, *_COMMON)),
    "modern": ApiShape({"X-Wistia-Api-Version": MODERN_VERSION}, (MEDIAS, FOLDERS, *_COMMON, MEDIA_ANALYTICS)),
}
"""By the last part of the base URL. An account may move from one to the other: the streams of both are the same."""

STREAM_NAMES = tuple(dict.fromkeys(stream.name for shape in SHAPES.values() for stream in shape.streams))
"""Every stream that a lake of Wistia may hold."""


def shape_of(base_url: str) -> ApiShape:
    """Return the shape of the API behind an address that the settings took."""
    return SHAPES[base_url.rpartition("/")[2]]
