"""Lifetime counters of a media at an instant, by the relations that hold in every real snapshot.

`play_rate = unique players / visitors` and `hours_watched = play_count * engagement * duration / 3600`, both to
the last digit; `engagement` has six decimals. The vendor restates watched time, so hours and engagement may fall;
loads, plays and visitors never do.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from sandbox.wistia.account import Document
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.history import SETTLED_AFTER, History
from sandbox.wistia.profile import Campaign, Profile

#: What the account counts for a play of a video that was deleted since: loads with it, and hours that were watched.
DELETED_LOADS = 2
DELETED_HOURS = 0.05


class Counters:
    """Counts the history of an account.

    Args:
        history: It may grow (then `catch_up`); what lies after the instant that is asked for is not counted.
        profile: Says what the engagement of a campaign has to be at the epoch.
    """

    def __init__(self, history: History, profile: Profile) -> None:
        self._history = history
        self._campaigns = {campaign.media: campaign for campaign in profile.campaigns}
        self._sums: list[list[float]] = [[0.0] for _ in MEDIAS]
        self.catch_up()
        self._corrections = [self._correction(position) for position in range(len(MEDIAS))]

    def catch_up(self) -> None:
        """Bring the running totals of percent_viewed up to the end of the history."""
        visits = self._history.visits
        for sums, traffic in zip(self._sums, self._history.traffic, strict=True):
            fresh = (visits[number].watched for number in traffic.plays[len(sums) - 1 :])
            sums[-1:] = accumulate(fresh, initial=sums[-1])

    def at(self, position: int, now: int) -> Document:
        """The answer of `GET /stats/medias/{id}` for the media at a position of the catalogue."""
        media, traffic = MEDIAS[position], self._history.traffic[position]
        recent_plays = self._plays(position, now)
        plays = media.quiet.plays + recent_plays
        players = media.quiet.unique_players + bisect_right(traffic.first_plays, now)
        loaders = bisect_right(traffic.new_loaders, now)
        visitors = media.quiet.visitors + bisect_right(traffic.first_plays, now) + loaders
        loads = media.quiet.loads + recent_plays + loaders + bisect_right(traffic.other_loads, now)
        watched = media.quiet.watched + self._watched(position, recent_plays, now)
        engagement = round(max(watched, 0.0) / plays, 6) if plays else 0
        return {
            "load_count": loads,
            "play_count": plays,
            "play_rate": players / visitors if visitors else 0,
            "hours_watched": plays * engagement * (media.duration or 0) / 3600,
            "engagement": engagement,
            "visitors": visitors,
        }

    def account(self, positions: Iterable[int], now: int) -> Document:
        """The answer of `GET /stats/account`: the medias at these positions, and those that were deleted since."""
        deleted = bisect_right(self._history.deleted.plays, now, key=self._history.times.__getitem__)
        total = self.together(positions, now)
        return {
            "load_count": total["load_count"] + deleted * DELETED_LOADS,
            "play_count": total["play_count"] + deleted,
            "hours_watched": total["hours_watched"] + deleted * DELETED_HOURS,
        }

    def together(self, positions: Iterable[int], now: int) -> Document:
        """Counters of the medias at some positions of the catalogue, added up."""
        each = [self.at(position, now) for position in positions]
        return {name: sum(stats[name] for stats in each) for name in ("load_count", "play_count", "hours_watched")}

    def watched_by(self, position: int, plays: int) -> float:
        """Sum of the shares that the first so many plays of a media watched in the end."""
        base, correction = self._corrections[position]
        return self._sums[position][plays] + correction * (min(plays, base) / base if base else 0.0)

    def _plays(self, position: int, now: int) -> int:
        times = self._history.times
        return bisect_right(self._history.traffic[position].plays, now, key=times.__getitem__)

    def _watched(self, position: int, plays: int, now: int) -> float:
        """Plays' worth of watching that is known at an instant."""
        traffic = self._history.traffic[position]
        taken_back = sum(worth for at, worth in traffic.restatements if at <= now)
        return self.watched_by(position, plays) - taken_back - self._not_yet(traffic.plays[:plays], now)

    def _not_yet(self, plays: Sequence[int], now: int) -> float:
        """What the revisions to come will add to the newest plays."""
        total = 0.0
        for number in reversed(plays):
            visit = self._history.visits[number]
            if visit.at < now - SETTLED_AFTER:
                break
            if visit.revised_at > now:
                total += visit.watched - visit.watched_at_first
        return total

    def _correction(self, position: int) -> tuple[int, float]:
        """Plays at the epoch, and what has to be added for the campaign's engagement to be exact there."""
        campaign: Campaign | None = self._campaigns.get(MEDIAS[position].hashed_id)
        if campaign is None:
            return 0, 0.0
        return campaign.plays, campaign.engagement * campaign.plays - self._sums[position][campaign.plays]
