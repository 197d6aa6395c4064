"""What the Analytics API of the later versions answers. Its `end_date` is exclusive, unlike that of the Stats API."""

from collections.abc import Iterator
from datetime import date

from sandbox.wistia.answers import Answer, error
from sandbox.wistia.instants import DAY, day_date, day_number, iso
from sandbox.wistia.request import Request, said

_MOST_DAYS = 731
_GRANULARITIES = ("daily", "weekly", "monthly")


def media(request: Request) -> Answer:
    """`/analytics/medias/{id}`."""
    window = _window(request)
    if isinstance(window, Answer):
        return window
    return said(request.shown.media_analytics(request.name, *window), "Media not found")


def media_timeseries(request: Request) -> Answer:
    """`/analytics/medias/{id}/timeseries`."""
    window, granularity = _window(request), request.parameters.get("granularity", "daily")
    if isinstance(window, Answer):
        return window
    if granularity not in _GRANULARITIES:
        return error(400, f"granularity has to be one of {', '.join(_GRANULARITIES)}")
    first, end = window
    if request.shown.media_analytics(request.name, first, first) is None:
        return error(404, "Media not found")
    rows = []
    for bucket, start, stop in _buckets(first, min(end, request.shown.now // DAY + 1), granularity):
        metrics = request.shown.media_analytics(request.name, start, stop)
        rows.append({"timestamp": iso(bucket * DAY), **(metrics or {})})
    return said(rows, "")


def _window(request: Request) -> tuple[int, int] | Answer:
    """The first day of a request and the first after its last, or what is wrong with them."""
    if not (request.parameters.get("start_date") and request.parameters.get("end_date")):
        return error(400, "start_date and end_date are required")
    try:
        first, end = request.date("start_date", 0), request.date("end_date", 0)
    except ValueError as wrong:
        return error(400, f"Invalid date: {wrong}")
    if not 0 < end - first <= _MOST_DAYS:
        return error(400, "end_date has to be after start_date, by two years at most")
    return first, end


def _buckets(first: int, end: int, granularity: str) -> Iterator[tuple[int, int, int]]:
    """Of each bucket of a window the day on which it begins, and the days of the window in it."""
    day = first
    while day < end:
        bucket, after = _bucket(day, granularity)
        yield bucket, day, min(after, end)
        day = after


def _bucket(day: int, granularity: str) -> tuple[int, int]:
    """The bucket of a day: its first day, and the first day after it. Weeks begin on Monday."""
    if granularity == "daily":
        return day, day + 1
    when = day_date(day)
    if granularity == "weekly":
        return day - when.weekday(), day - when.weekday() + 7
    following = date(when.year + when.month // 12, when.month % 12 + 1, 1)
    return day - when.day + 1, day_number(following)
