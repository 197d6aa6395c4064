"""The vendor's routes as data, and the pure functions that answer them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.wistia.account import Document, EventFilter, Listing, Shown, VisitorFilter
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.extras import NO_EXTRAS, Extras
from sandbox.wistia.instants import DAY, day_start
from sandbox.wistia.personas import compact

Parameters = Mapping[str, str]

MOST_PER_PAGE = 100
_STATS_PER_PAGE = 10
_MEDIAS_PER_PAGE = 100
_MOST_OF_A_PROJECT = 500
#: The vendor began in 2006; before, no day has a row.
_FIRST_DAY = day_start("2006-01-01") // DAY


@dataclass(frozen=True)
class Request:
    """A request to one of the routes.

    Attributes:
        shown: What the account shows at the instant of the request.
        name: The last part of the path, where the route has one; else empty.
        parameters: The query; of a name given twice, the last.
        extras: What is done to rows besides.
    """

    shown: Shown
    name: str
    parameters: Parameters
    extras: Extras


@dataclass(frozen=True)
class Route:
    """A path below the base URL, `{}` standing for an id or key, and what answers it."""

    path: str
    answer: Callable[[Request], Answer]

    def match(self, path: str) -> str | None:
        """The id in a path of this route ("" if the route has none); None if the path is of another."""
        found = re.fullmatch(re.escape(self.path).replace(r"\{\}", "([^/]+)"), path)
        return None if found is None else "".join(found.groups())


def answer(path: str, parameters: Parameters, shown: Shown, extras: Extras = NO_EXTRAS) -> Answer:
    """Answer a GET of a path below the base URL; the suffix `.json` is optional."""
    bare = path.removesuffix(".json")
    for route in ROUTES:
        name = route.match(bare)
        if name is not None:
            return extras.dress(route.answer(Request(shown, name, parameters, extras)))
    return error(404, "Not found")


# --- medias -------------------------------------------------------------------------------------------------------


def _medias(request: Request) -> Answer:
    wanted = [row for row in request.shown.medias if _selects(request, row)]
    rows = _sorted(wanted, request.parameters, {"name", "created", "updated"})
    page, per_page = _paging(request, _MEDIAS_PER_PAGE)
    return _json(rows[(page - 1) * per_page : page * per_page])


def _selects(request: Request, row: Document) -> bool:
    """Whether the filters of the request let a media pass; `project_id` is the hashed id of the project."""
    values = {
        "name": row["name"],
        "type": row["type"],
        "hashed_id": row["hashed_id"],
        "project_id": _hashed_id(row.get("project") or {}),
        "archived": "true" if row.get("archived") else "false",
    }
    return all(request.parameters.get(name, value) == value for name, value in values.items())


def _sorted(rows: list[Document], parameters: Parameters, names: set[str]) -> list[Document]:
    """Order of the list: by id unless `sort_by` says one of the names; `sort_direction` 0 descends."""
    by = parameters.get("sort_by", "id")
    by = by if by in names else "id"
    ordered = sorted(rows, key=lambda row: (row[by], row["id"]))
    return ordered[::-1] if parameters.get("sort_direction") == "0" else ordered


def _media(request: Request) -> Answer:
    media = _find(request.shown.medias, request.name)
    return error(404, f"Media with ID '{request.name}' not found.") if media is None else _json(media)


def _media_stats(request: Request) -> Answer:
    stats = request.shown.media_stats(request.name)
    return error(404, "Media not found") if stats is None else _json(stats)


def _media_day_stats(request: Request) -> Answer:
    days = request.shown.media_days
    return _by_date(request, lambda first, last: days(request.name, first, last))


def _media_engagement(request: Request) -> Answer:
    curve = request.shown.media_engagement(request.name)
    return error(404, "Media not found") if curve is None else _json(curve)


def _media_summary(request: Request) -> Answer:
    """The older statistics: percentages are whole numbers, and only videos have any."""
    media = _find(request.shown.medias, request.name)
    stats = None if media is None else request.shown.media_stats(request.name)
    if media is None or stats is None:
        return error(404, f"Media with ID '{request.name}' not found.")
    if media["type"] != "Video":
        return error(400, "Stats are only available for videos.")
    summary = {
        "pageLoads": stats["load_count"],
        "visitors": stats["visitors"],
        "percentOfVisitorsClickingPlay": round(100 * stats["play_rate"]),
        "plays": stats["play_count"],
        "averagePercentWatched": round(100 * stats["engagement"]),
    }
    return _json({"id": media["id"], "hashed_id": media["hashed_id"], "name": media["name"], "stats": summary})


# --- projects and the account -------------------------------------------------------------------------------------


def _projects(request: Request) -> Answer:
    rows = _sorted(request.shown.projects, request.parameters, {"name", "created", "updated", "mediaCount"})
    page, per_page = _paging(request, _MEDIAS_PER_PAGE)
    return _json(rows[(page - 1) * per_page : page * per_page])


def _project(request: Request) -> Answer:
    """A project with a page of its medias, which do not repeat it."""
    project = _find(request.shown.projects, request.name, "hashedId")
    if project is None:
        return error(404, f"Project with ID '{request.name}' not found.")
    inside = [media for media in request.shown.medias if (media.get("project") or {}).get("id") == project["id"]]
    page, per_page = _paging(request, _MOST_OF_A_PROJECT, _MOST_OF_A_PROJECT)
    medias = [{name: value for name, value in media.items() if name != "project"} for media in inside]
    return _json({**project, "medias": medias[(page - 1) * per_page : page * per_page]})


def _project_stats(request: Request) -> Answer:
    stats = request.shown.project_stats(request.name)
    return error(404, "Project not found") if stats is None else _json(stats)


def _account(request: Request) -> Answer:
    account = request.shown.account
    return error(404, "Not found") if account is None else _json(account)


def _account_stats(request: Request) -> Answer:
    stats = request.shown.account_stats()
    return error(404, "Not found") if stats is None else _json(stats)


def _account_day_stats(request: Request) -> Answer:
    return _by_date(request, request.shown.account_days)


# --- visitors and events ------------------------------------------------------------------------------------------


def _visitors(request: Request) -> Answer:
    wanted = VisitorFilter(
        filter=request.parameters.get("filter") or None,
        search=request.parameters.get("search") or None,
        since=request.extras.since,
    )
    return _page(request, request.shown.visitors(wanted))


def _visitor(request: Request) -> Answer:
    return _row(request.shown.visitor(request.name), "Visitor not found")


def _events(request: Request) -> Answer:
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
    return _page(request, request.shown.events(wanted))


def _event(request: Request) -> Answer:
    return _row(request.shown.event(request.name), "Event not found")


ROUTES = (
    Route("/account", _account),
    Route("/projects", _projects),
    Route("/projects/{}", _project),
    Route("/medias", _medias),
    Route("/medias/{}", _media),
    Route("/medias/{}/stats", _media_summary),
    Route("/stats/account", _account_stats),
    Route("/stats/account/by_date", _account_day_stats),
    Route("/stats/projects/{}", _project_stats),
    Route("/stats/medias/{}", _media_stats),
    Route("/stats/medias/{}/by_date", _media_day_stats),
    Route("/stats/medias/{}/engagement", _media_engagement),
    Route("/stats/visitors", _visitors),
    Route("/stats/visitors/{}", _visitor),
    Route("/stats/events", _events),
    Route("/stats/events/{}", _event),
)


# --- shared -------------------------------------------------------------------------------------------------------


def _by_date(request: Request, days: Callable[[int, int], list[Document] | None]) -> Answer:
    """Rows of the days of a request, both bounds inclusive; yesterday and today where it does not say."""
    today = request.shown.now // DAY
    try:
        first = _date(request.parameters, "start_date", today - 1)
        last = _date(request.parameters, "end_date", today)
    except ValueError as wrong:
        return error(422, f"Invalid date: {wrong}")
    rows = days(max(first, _FIRST_DAY), last)
    return error(404, "Media not found") if rows is None else _json(rows)


def _date(parameters: Parameters, name: str, default: int) -> int:
    """Day since 1970 of a date parameter.

    Raises:
        ValueError: It does not begin with a date.
    """
    text = parameters.get(name)
    return day_start(text) // DAY if text else default


def _find(rows: list[Document], hashed_id: str, name: str = "hashed_id") -> Document | None:
    """The row with a hashed id; the Data API takes no numeric ones."""
    return next((row for row in rows if row[name] == hashed_id), None)


def _hashed_id(project: Document) -> str | None:
    return project.get("hashed_id") or project.get("hashedId")


def _paging(request: Request, default: int, most: int = MOST_PER_PAGE) -> tuple[int, int]:
    """Page (from 1) and rows per page, clamped without a word as the vendor does."""
    page = _whole(request.parameters.get("page"), 1)
    per_page = _whole(request.parameters.get("per_page"), default)
    return max(1, page), min(most, max(1, per_page))


def _whole(text: str | None, default: int) -> int:
    """A whole number; 0 for what is none, as Ruby reads it."""
    if text is None:
        return default
    found = re.match(r"\s*([+-]?[0-9]{1,9})", text)
    return int(found[1]) if found else 0


def _page(request: Request, listing: Listing) -> Answer:
    return Answer(200, request.extras.repeat(listing).page(*_paging(request, _STATS_PER_PAGE)))


def _row(row: bytes | None, missing: str) -> Answer:
    return error(404, missing) if row is None else Answer(200, row)


def _json(document: Document | list[Document]) -> Answer:
    return Answer(200, compact(document).encode())
