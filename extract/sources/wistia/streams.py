"""The streams of a Wistia account, in the order in which they are read.

What the API documents: docs.wistia.com, "Making API Requests" and "Stats API". The orders and filters of the lists are
those that its answers show: visitors come by ``last_active_at``, events by ``received_at``, newest first.
"""

from datetime import timedelta

from extract.stream import DailySnapshot, FullList, NewestFirst, Stream

_MEDIA = "'Read all folder and media data'"
_STATS = "'Read all folder and media data' and 'Read detailed stats'"

MEDIAS = Stream("wistia/medias", "/medias", "hashed_id", _MEDIA, FullList())
MEDIA_STATS = Stream(
    "wistia/media_stats",
    "/stats/medias/{media_id}",
    "media_id",
    _STATS,
    DailySnapshot(of=MEDIAS.name, parameter="media_id"),
)
# The list takes no filter by time or media. Rows change for as long as a visitor's session lasts, hence the six hours.
VISITORS = Stream(
    "wistia/visitors",
    "/stats/visitors",
    "visitor_key",
    _STATS,
    NewestFirst("last_active_at", overlap=timedelta(hours=6)),
)
# Sessions arrive late and percent_viewed is revised for some days; rows are kept for two years.
EVENTS = Stream(
    "wistia/events",
    "/stats/events",
    "event_key",
    _STATS,
    NewestFirst("received_at", overlap=timedelta(days=2), horizon=timedelta(days=730)),
)

STREAMS = (MEDIAS, MEDIA_STATS, VISITORS, EVENTS)
