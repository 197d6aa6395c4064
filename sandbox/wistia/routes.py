"""The vendor's routes as data, and the pure functions that answer them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.wistia.account import Document, EventFilter, Shown, VisitorFilter
from sandbox.wistia.instants import DAY, day_start
from sandbox.wistia.personas import compact

Parameters = Mapping[str, str]

MOST_PER_PAGE = 100
_STATS_PER_PAGE = 10
_MEDIAS_PER_PAGE = 100


@dataclass(frozen=True)
class Answer:
    """A response, without the headers that every response has."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request to one of the routes.

    Attributes:
        shown: What the account shows at the instant of the request.
        name: The last part of the path, where the route has one; else empty.
        parameters: The query; of a name given twice, the last.
    """

    shown: Shown
    name: str
    parameters: Parameters


@dataclass(frozen=True)
class Route:
    """A path below the base URL, `{}` standing for an id or key, and what answers it."""

    path: str
    answer: Callable[[Request], Answer]

    def match(self, path: str) -> str | None:
        """The id in a path of this route ("" if the route has none); None if the path is of another."""
        found = re.fullmatch(re.escape(self.path).replace(r"\{\}", "([^/]+)"), path)
        return None if found is None else "".join(found.groups())


def error(status: int, message: str, code: str | None = None) -> Answer:
    """An error as the vendor words it: JSON with `error`, and `code` where it gives one."""
    return Answer(status, compact({**({"code": code} if code else {}), "error": message}).encode())


def answer(path: str, parameters: Parameters, shown: Shown) -> Answer:
    """Answer a GET of a path below the base URL; the suffix `.json` is optional."""
    bare = path.removesuffix(".json")
    for route in ROUTES:
        name = route.match(bare)
        if name is not None:
            return route.answer(Request(shown, name, parameters))
    return error(404, "Not found")


# --- medias -------------------------------------------------------------------------------------------------------


def _medias(request: Request) -> Answer:
    rows = _sorted([row for row in request.shown.medias if _selects(request, row)], request.parameters)
    page, per_page = _paging(request, _MEDIAS_PER_PAGE)
    return _json(rows[(page - 1) * per_page : page * per_page])


def _selects(request: Request, row: Document) -> bool:
    """Whether the filters of the request let a media pass; `project_id` is the hashed id of the project."""
    values = {
        "name": row["name"],
        "type": row["type"],
        "hashed_id": row["hashed_id"],
        "project_id": (row.get("project") or {}).get("hashed_id"),
        "archived": "true" if row.get("archived") else "false",
    }
    return all(request.parameters.get(name, value) == value for name, value in values.items())


def _sorted(rows: list[Document], parameters: Parameters) -> list[Document]:
    """Order of the list: by id unless `sort_by` says name, created or updated; `sort_direction` 0 descends."""
    by = parameters.get("sort_by", "id")
    by = by if by in {"name", "created", "updated"} else "id"
    ordered = sorted(rows, key=lambda row: (row[by], row["id"]))
    return ordered[::-1] if parameters.get("sort_direction") == "0" else ordered


def _media(request: Request) -> Answer:
    for row in request.shown.medias:
        if row["hashed_id"] == request.name:
            return _json(row)
    return error(404, f"Media with ID '{request.name}' not found.")


def _media_stats(request: Request) -> Answer:
    stats = request.shown.media_stats(request.name)
    return error(404, "Media not found") if stats is None else _json(stats)


# --- visitors and events ------------------------------------------------------------------------------------------


def _visitors(request: Request) -> Answer:
    wanted = VisitorFilter(
        filter=request.parameters.get("filter") or None,
        search=request.parameters.get("search") or None,
    )
    return Answer(200, request.shown.visitors(wanted).page(*_paging(request, _STATS_PER_PAGE)))


def _visitor(request: Request) -> Answer:
    return _row(request.shown.visitor(request.name), "Visitor not found")


def _events(request: Request) -> Answer:
    parameters = request.parameters
    try:
        since = day_start(parameters["start_date"]) if parameters.get("start_date") else None
        before = day_start(parameters["end_date"]) + DAY if parameters.get("end_date") else None
    except ValueError as wrong:
        return error(422, f"Invalid date: {wrong}")
    wanted = EventFilter(
        media=parameters.get("media_id") or None,
        visitor=parameters.get("visitor_key") or None,
        since=since,
        before=before,
    )
    return Answer(200, request.shown.events(wanted).page(*_paging(request, _STATS_PER_PAGE)))


def _event(request: Request) -> Answer:
    return _row(request.shown.event(request.name), "Event not found")


ROUTES = (
    Route("/medias", _medias),
    Route("/medias/{}", _media),
    Route("/stats/medias/{}", _media_stats),
    Route("/stats/visitors", _visitors),
    Route("/stats/visitors/{}", _visitor),
    Route("/stats/events", _events),
    Route("/stats/events/{}", _event),
)


# --- shared -------------------------------------------------------------------------------------------------------


def _paging(request: Request, default: int) -> tuple[int, int]:
    """Page (from 1) and rows per page, clamped without a word as the vendor does."""
    page = _whole(request.parameters.get("page"), 1)
    per_page = _whole(request.parameters.get("per_page"), default)
    return max(1, page), min(MOST_PER_PAGE, max(1, per_page))


def _whole(text: str | None, default: int) -> int:
    """A whole number; 0 for what is none, as Ruby reads it."""
    if text is None:
        return default
    found = re.match(r"\s*([+-]?[0-9]{1,9})", text)
    return int(found[1]) if found else 0


def _row(row: bytes | None, missing: str) -> Answer:
    return error(404, missing) if row is None else Answer(200, row)


def _json(document: Document | list[Document]) -> Answer:
    return Answer(200, compact(document).encode())
