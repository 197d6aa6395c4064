"""What the Data API answers: the account, its medias, and the projects or folders in which they lie."""

from collections.abc import Mapping

from sandbox.wistia.account import Document
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.dialects import hashed_id
from sandbox.wistia.request import Request, said

_PER_PAGE = 100
_MOST_OF_A_PROJECT = 500


def account(request: Request) -> Answer:
    """`/account`."""
    shown = request.shown.account
    return said(shown and request.dialect.account(shown), "Not found")


def medias(request: Request) -> Answer:
    """`/medias`."""
    wanted = [row for row in request.shown.medias if _selects(request, row)]
    rows = _sorted(request, wanted, {"name": "name", "created": "created", "updated": "updated"})
    return said([request.dialect.media(row) for row in request.page_of(rows, _PER_PAGE)], "")


def media(request: Request) -> Answer:
    """`/medias/{id}`."""
    row = _find(request.shown.medias, request.name)
    return said(row and request.dialect.media(row), f"Media with ID '{request.name}' not found.")


def media_summary(request: Request) -> Answer:
    """`/medias/{id}/stats`: percentages are whole numbers, and only videos have any."""
    row = _find(request.shown.medias, request.name)
    stats = None if row is None else request.shown.media_stats(request.name)
    if row is None or stats is None:
        return error(404, f"Media with ID '{request.name}' not found.")
    if row["type"] != "Video":
        return error(400, "Stats are only available for videos.")
    summary = {
        "pageLoads": stats["load_count"],
        "visitors": stats["visitors"],
        "percentOfVisitorsClickingPlay": round(100 * stats["play_rate"]),
        "plays": stats["play_count"],
        "averagePercentWatched": round(100 * stats["engagement"]),
    }
    return said({"id": row["id"], "hashed_id": row["hashed_id"], "name": row["name"], "stats": summary}, "")


def projects(request: Request) -> Answer:
    """`/projects` or `/folders`."""
    names = {"name": "name", "created": "created", "updated": "updated", request.dialect.media_count: "mediaCount"}
    rows = _sorted(request, request.shown.projects, names)
    return said([request.dialect.held(row) for row in request.page_of(rows, _PER_PAGE)], "")


def project(request: Request) -> Answer:
    """`/projects/{id}` or `/folders/{id}`."""
    row = _find(request.shown.projects, request.name, "hashedId")
    if row is None:
        return error(404, f"{request.dialect.holder.capitalize()} with ID '{request.name}' not found.")
    inside = [each for each in request.shown.medias if (each.get("project") or {}).get("id") == row["id"]]
    contents = request.page_of(inside, _MOST_OF_A_PROJECT, _MOST_OF_A_PROJECT)
    return said(request.dialect.contents(request.dialect.held(row), contents), "")


def _selects(request: Request, row: Document) -> bool:
    """Whether the filters of the request let a media pass; that by project takes the hashed id of one."""
    values = {
        "name": row["name"],
        "type": row["type"],
        f"{request.dialect.holder}_id": hashed_id(row.get("project") or {}),
        "archived": "true" if row.get("archived") else "false",
        **({"hashed_id": row["hashed_id"]} if request.dialect.filters_by_id else {}),
    }
    return all(request.parameters.get(name, value) == value for name, value in values.items())


def _sorted(request: Request, rows: list[Document], names: Mapping[str, str]) -> list[Document]:
    """Order of the list: by id unless `sort_by` says one of the names; `sort_direction` 0 descends."""
    by = names.get(request.parameters.get("sort_by", ""), "id")
    ordered = sorted(rows, key=lambda row: (row[by], row["id"]))
    return ordered[::-1] if request.parameters.get("sort_direction") == "0" else ordered


def _find(rows: list[Document], name: str, key: str = "hashed_id") -> Document | None:
    """The row with a hashed id; the Data API takes no numeric ones."""
    return next((row for row in rows if row[key] == name), None)
