"""What the Stats API answers: counters over the lifetime and by date, curves, visitors and events."""

from collections.abc import Callable

from sandbox.wistia.account import Document, EventFilter, VisitorFilter
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.instants import DAY, day_start
from sandbox.wistia.request import Request, found, said

_PER_PAGE = 10
#: The vendor began in 2006; before, no day has a row.
_FIRST_DAY = day_start("2006-01-01") // DAY


def account(request: Request) -> Answer:
    """`/stats/account`."""
    return said(request.shown.account_stats(), "Not found")


def account_by_date(request: Request) -> Answer:
    """`/stats/account/by_date`."""
    return _by_date(request, request.shown.account_days)


def project(request: Request) -> Answer:
    """`/stats/projects/{id}`."""
    return said(request.shown.project_stats(request.name), "Project not found")


def media(request: Request) -> Answer:
    """`/stats/medias/{id}`."""
    return said(request.shown.media_stats(request.name), "Media not found")


def media_by_date(request: Request) -> Answer:
    """`/stats/medias/{id}/by_date`."""
    return _by_date(request, lambda first, last: request.shown.media_days(request.name, first, last))


def media_engagement(request: Request) -> Answer:
    """`/stats/medias/{id}/engagement`."""
    return said(request.shown.media_engagement(request.name), "Media not found")


def visitors(request: Request) -> Answer:
    """`/stats/visitors`."""
    wanted = VisitorFilter(
        filter=request.parameters.get("filter") or None,
        search=request.parameters.get("search") or None,
        since=request.extras.since,
    )
    return request.page(request.shown.visitors(wanted), _PER_PAGE)


def visitor(request: Request) -> Answer:
    """`/stats/visitors/{key}`."""
    return found(request.shown.visitor(request.name), "Visitor not found")


def events(request: Request) -> Answer:
    """`/stats/events`."""
    parameters = request.parameters
    try:
        since = day_start(parameters["start_date"]) if parameters.get("start_date") else request.extras.since
        before = day_start(parameters["end_date"]) + DAY if parameters.get("end_date") else None
    except ValueError as wrong:
        return error(422, f"Invalid date: {wrong}")
    wanted = EventFilter(
        media=parameters.get("media_id") or None,
        visitor=parameters.get("visitor_key") or None,
        since=since if since is None else max(since, request.extras.since or 0),
        before=before,
    )
    return request.page(request.shown.events(wanted), _PER_PAGE)


def event(request: Request) -> Answer:
    """`/stats/events/{key}`."""
    return found(request.shown.event(request.name), "Event not found")


def _by_date(request: Request, days: Callable[[int, int], list[Document] | None]) -> Answer:
    """Rows of the days of a request, both bounds inclusive; yesterday and today where it does not say."""
    today = request.shown.now // DAY
    try:
        first, last = request.date("start_date", today - 1), request.date("end_date", today)
    except ValueError as wrong:
        return error(422, f"Invalid date: {wrong}")
    return said(days(max(first, _FIRST_DAY), last), "Media not found")
