"""The vendor's routes as data: path, what answers it, and the versions that have it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.wistia import analytics_routes as analytics
from sandbox.wistia import data_routes as data
from sandbox.wistia import stats_routes as stats
from sandbox.wistia.account import Shown
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.dialects import FIRST_VERSION, MODERN, RELEASES, V1
from sandbox.wistia.extras import NO_EXTRAS, Extras
from sandbox.wistia.request import Parameters, Request


@dataclass(frozen=True)
class Route:
    """A path below the base URL, `{}` standing for an id or key, and what answers it.

    Attributes:
        first: Whether the first version has it.
        since: The first of the later versions that has it; None if none has.
    """

    path: str
    answer: Callable[[Request], Answer]
    first: bool = True
    since: str | None = RELEASES[0]

    def match(self, path: str, version: str) -> str | None:
        """The id in a path of this route ("" if the route has none); None if path or version are not its own."""
        there = self.first if version == FIRST_VERSION else self.since is not None and self.since <= version
        found = re.fullmatch(re.escape(self.path).replace(r"\{\}", "([^/]+)"), path) if there else None
        return None if found is None else "".join(found.groups())


ROUTES = (
    Route("/account", data.account),
    Route("/projects", data.projects, since=None),
    Route("/projects/{}", data.project, since=None),
    Route("/folders", data.projects, first=False),
    Route("/folders/{}", data.project, first=False),
    Route("/medias", data.medias),
    Route("/medias/{}", data.media),
    Route("/medias/{}/stats", data.media_summary),
    Route("/stats/account", stats.account),
    Route("/stats/account/by_date", stats.account_by_date, since="2026-03"),
    Route("/stats/projects/{}", stats.project),
    Route("/stats/medias/{}", stats.media),
    Route("/stats/medias/{}/by_date", stats.media_by_date),
    Route("/stats/medias/{}/engagement", stats.media_engagement),
    Route("/stats/visitors", stats.visitors),
    Route("/stats/visitors/{}", stats.visitor),
    Route("/stats/events", stats.events),
    Route("/stats/events/{}", stats.event),
    Route("/analytics/medias/{}", analytics.media, first=False, since="2026-03"),
    Route("/analytics/medias/{}/timeseries", analytics.media_timeseries, first=False, since="2026-03"),
)


def answer(
    path: str, parameters: Parameters, shown: Shown, extras: Extras = NO_EXTRAS, version: str = FIRST_VERSION
) -> Answer:
    """Answer a GET of a path below the base URL of a version; the suffix `.json` is optional."""
    bare = path.removesuffix(".json")
    dialect = V1 if version == FIRST_VERSION else MODERN
    for route in ROUTES:
        name = route.match(bare, version)
        if name is not None:
            return extras.dress(route.answer(Request(shown, name, parameters, dialect, extras)))
    return error(404, "Not found")
