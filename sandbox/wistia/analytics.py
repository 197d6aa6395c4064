"""The newer statistics of a media in a window, out of the same history: uniques, and rates that may be unknown."""

from sandbox.wistia.account import Document
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.daily import Daily
from sandbox.wistia.history import NEVER
from sandbox.wistia.personas import converted


class Analytics:
    """Counts a history by windows.

    Args:
        daily: The counters by day over it.
        seed: Of the account.
    """

    def __init__(self, daily: Daily, seed: int) -> None:
        self._daily = daily
        self._seed = seed

    def at(self, position: int, first: int, end: int, now: int) -> Document:
        """Metrics of the media at a position of the catalogue, from a day (since 1970, UTC) on and before another.

        There is nothing to click in any media, and a form now and then. A rate of nothing is null.
        """
        figures = self._daily.window(position, first, end, now)
        players, visitors = self._daily.uniques(position, first, end, now)
        seconds = figures.hours * 3600
        whole = figures.plays * (MEDIAS[position].duration or 0)
        return {
            "unique_loads": visitors,
            "unique_plays": players,
            "plays": figures.plays,
            "play_rate": players / visitors if visitors else None,
            "played_time": round(seconds, 3),
            "unique_visitors": visitors,
            "engagement_rate": round(seconds / whole, 6) if whole else None,
            "cta_impressions": 0,
            "cta_conversions": 0,
            "cta_conversion_rate": None,
            "form_conversions": sum(
                visit.shown_at != NEVER and converted(self._seed, number)
                for number, visit in self._daily.arrived(position, first, end, now)
            ),
        }
