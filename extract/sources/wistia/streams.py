"""The streams of a Wistia account, in the order in which they are read.

What the API documents: docs.wistia.com, "Making API Requests" and "Stats API". The orders and filters of the lists are
those that its answers show: visitors come by ``last_active_at``, events by ``received_at``, newest first; days come one
row each, quiet ones too, in an order that nobody promises.
"""

from datetime import timedelta

from extract.stream import DailySnapshot, DailyWindow, EachOf, FullList, NewestFirst, Stream

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
    DailyWindow("date", overlap=timedelta(days=7), horizon=timedelta(days=730)),
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
    NewestFirst("received_at", overlap=timedelta(days=2), horizon=timedelta(days=730)),
)

STREAMS = (
    MEDIAS,
    PROJECTS,
    ACCOUNT_STATS,
    MEDIA_STATS,
    MEDIA_ENGAGEMENT,
    MEDIA_BY_DATE,
    VISITORS,
    EVENTS,
)
