"""The engagement curve of a media: how often each second was watched, and how often again.

Its shape follows from the shares that the sessions watched, its area from the engagement that the counters show. What
lies between is set so that a curve has the traits of two published ones: some who play miss the first second, some
jump ahead, the last bucket rises again by 2 % of the plays, one view in nine of the first second is a second one and
one in twenty-two of the others, and the area is 1 to 2 % above the engagement.
"""

import math
import threading

from sandbox.wistia.account import Document
from sandbox.wistia.catalogue import MEDIAS, Quiet
from sandbox.wistia.counters import Counters
from sandbox.wistia.history import SETTLED_AFTER, History

_MOST_BUCKETS = 1000
#: Of the area under the curve: what follows the sessions from the start on, and what is spread by those who jump.
_FROM_THE_START, _ANYWHERE = 0.9, 0.115
_LAST_BUCKET = 0.018


class Curves:
    """Draws engagement curves.

    Args:
        history: It may grow; what lies after the instant that is asked for is not counted.
        counters: The lifetime counters over the same history.
    """

    def __init__(self, history: History, counters: Counters) -> None:
        self._history = history
        self._counters = counters
        self._settled = [_Ends(history, position) for position in range(len(MEDIAS))]

    def at(self, position: int, now: int) -> Document:
        """The answer of `GET /stats/medias/{id}/engagement` for the media at a position of the catalogue.

        What has no duration has empty curves, what nobody played has zeros. Nothing in it moves but by a play, a
        revision or a restatement of this media.
        """
        media = MEDIAS[position]
        stats = self._counters.at(position, now)
        buckets = bucket_count(media.duration)
        views = self._first_views(position, buckets, stats, now)
        again = [round(count * _again(bucket, buckets, media.id)) for bucket, count in enumerate(views)]
        return {
            "engagement": stats["engagement"],
            "engagement_data": [first + more for first, more in zip(views, again, strict=True)],
            "rewatch_data": again,
        }

    def _first_views(self, position: int, buckets: int, stats: Document, now: int) -> list[int]:
        plays, watched = stats["play_count"], stats["play_count"] * stats["engagement"]
        reached = self._reached(position, buckets, now)
        area = sum(reached) / buckets if buckets else 0.0
        if not plays or not area:
            return [0] * buckets
        views = [min(plays, round(watched * (_FROM_THE_START * count / area + _ANYWHERE))) for count in reached]
        views[-1] = min(plays, views[-2:][0] + round(_LAST_BUCKET * plays))
        return views

    def _reached(self, position: int, buckets: int, now: int) -> list[float]:
        """How many plays reach the middle of each bucket, as far as their sessions are known."""
        traffic, visits, times = self._history.traffic[position], self._history.visits, self._history.times
        ends = self._settled[position].until(now - SETTLED_AFTER, buckets)
        for number in traffic.plays[sum(ends) :]:
            if times[number] > now:
                break
            visit = visits[number]
            ends[_end(visit.watched if visit.revised_at <= now else visit.watched_at_first, buckets)] += 1
        counts: list[float] = []
        left = sum(ends)
        for bucket in range(buckets):
            left -= ends[bucket]
            counts.append(left + _quiet(MEDIAS[position].quiet, (bucket + 0.5) / buckets))
        return counts


class _Ends:
    """In which bucket the settled plays of a media end. Thread-safe."""

    def __init__(self, history: History, position: int) -> None:
        self._history = history
        self._position = position
        self._lock = threading.Lock()
        self._counted = 0
        self._ends: list[int] = []

    def until(self, instant: int, buckets: int) -> list[int]:
        """Number of plays up to an instant by the bucket that they reach last; the first entry are those of none."""
        plays = self._history.traffic[self._position].plays
        times, visits = self._history.times, self._history.visits
        with self._lock:
            if not self._counted or times[plays[self._counted - 1]] > instant:
                self._counted, self._ends = 0, [0] * (buckets + 1)
            while self._counted < len(plays) and times[plays[self._counted]] <= instant:
                self._ends[_end(visits[plays[self._counted]].watched, buckets)] += 1
                self._counted += 1
            return list(self._ends)


def bucket_count(duration: float | None) -> int:
    """Length of the curves: a bucket for each second begun, never more than a thousand; 0 for what does not play."""
    return min(_MOST_BUCKETS, math.ceil(duration or 0))


def _end(watched: float, buckets: int) -> int:
    """How many buckets of a play are watched past their middle."""
    return min(buckets, int(watched * buckets + 0.5))


def _quiet(quiet: Quiet, place: float) -> float:
    """How many of the plays without sessions reach a place (0..1), if the shares they watched are powers of chance."""
    if not quiet.plays or not quiet.watched:
        return 0.0
    mean = quiet.watched / quiet.plays
    return quiet.plays * (1 - math.pow(place, mean / (1 - mean)))


def _again(bucket: int, buckets: int, media: int) -> float:
    """Views again for each first view: more at the start, and around one passage that is worth it."""
    passage = 0.25 + media % 50 / 100
    distance = ((bucket + 0.5) / buckets - passage) / 0.015
    return 0.043 + 0.072 * 0.35**bucket + 0.03 * math.exp(-distance * distance)
