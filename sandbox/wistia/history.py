"""Everything that ever happened in the invented account: visits, loads and restatements, in order of time.

Up to the epoch the history is drawn at once, so that its totals are the profile's to the last unit. From the epoch on
each day is drawn by itself, in order, with a generator seeded by the day: the history up to any day is the same
whatever was asked before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from sandbox.wistia.catalogue import MEDIAS, POSITION
from sandbox.wistia.instants import DAY, horizon
from sandbox.wistia.profile import Campaign, Profile

#: `Visit.media` of plays of videos that were deleted since: their visitors are still listed, their events are not.
DELETED = -1
#: `Visit.shown_at` of plays that never get a row in the events list.
NEVER = 1 << 62

#: Longest time between a visitor's first activity and its row (real rows: 139 s at most).
CREATED_AFTER = 139
#: Longest time until an event appears or its percent_viewed stands.
SETTLED_AFTER = 3 * DAY

_SECOND_MEDIA_SHARE = 0.025
_RESTATED_SHARE = 0.0008


class Visit(NamedTuple):
    """One viewing of a video by a visitor.

    Attributes:
        at: `received_at` of the event, `last_active_at` of the visitor.
        visitor: Number of the visitor.
        media: Position in the catalogue, or DELETED.
        watched: Final percent_viewed.
        watched_at_first: percent_viewed before `revised_at`.
        revised_at: Instant from which `watched` is shown.
        shown_at: Instant from which the event is listed, or NEVER.
        load_count: Of the visitor, this visit included.
        play_count: Of the visitor, this visit included.
    """

    at: int
    visitor: int
    media: int
    watched: float
    watched_at_first: float
    revised_at: int
    shown_at: int
    load_count: int
    play_count: int

    def has_arrived(self, now: int) -> bool:
        """Whether the vendor knows of it at an instant; that it gets no row says nothing about its being counted."""
        return self.at <= now and (self.shown_at <= now or self.shown_at == NEVER)


class Play(NamedTuple):
    """A visit before the counters of its visitor are known."""

    at: int
    visitor: int
    media: int
    watched: float
    watched_at_first: float
    revised_at: int
    shown_at: int


@dataclass
class Traffic:
    """What happened to one media, each list in order of time.

    Attributes:
        plays: Numbers of visits.
        first_plays: Instants at which somebody played it for the first time.
        new_loaders: Instants at which a visitor loaded it for the first time and did not play.
        other_loads: Instants of further loads without a play.
        restatements: Instants, and the plays' worth of watching that the vendor took back.
    """

    plays: list[int] = field(default_factory=list)
    first_plays: list[int] = field(default_factory=list)
    new_loaders: list[int] = field(default_factory=list)
    other_loads: list[int] = field(default_factory=list)
    restatements: list[tuple[int, float]] = field(default_factory=list)


class History:
    """The visits of an account up to the last day that was asked for.

    Attributes:
        visits: All visits by `at`; the number of a visit is its position.
        times: `at` of each visit.
        visitors: Visitor of each visit.
        created: Instant at which each visitor got its row.
        events: Numbers of the visits that have a row in the events list, by `at`; some stand in it twice.
        event_times: `at` of each of these.
        traffic: Per media, in the order of the catalogue.
        deleted: Of the medias that were deleted since, only the plays.
    """

    def __init__(self, profile: Profile, seed: int, epoch: int) -> None:
        self._profile = profile
        self._seed = seed
        self.epoch = epoch
        self._next_day = epoch // DAY + 1
        self._totals: list[tuple[int, int]] = []
        self._players: set[tuple[int, int]] = set()
        self.visits: list[Visit] = []
        self.times: list[int] = []
        self.visitors: list[int] = []
        self.created: list[int] = []
        self.events: list[int] = []
        self.event_times: list[int] = []
        self.traffic = [Traffic() for _ in MEDIAS]
        self.deleted = Traffic()
        self._draw_past(Random(f"{seed}/past"))

    def reach(self, now: int) -> None:
        """Draw the days up to that of `now`."""
        while self._next_day <= now // DAY:
            self._draw_day(self._next_day)
            self._next_day += 1

    # --- before the epoch -----------------------------------------------------------------------------------------

    def _draw_past(self, rng: Random) -> None:
        plays: list[Play] = []
        players: list[int] = []
        for campaign in self._profile.campaigns:
            known = rng.sample(players, min(len(players), int(campaign.unique_players * _SECOND_MEDIA_SHARE)))
            fresh = range(len(players), len(players) + campaign.unique_players - len(known))
            players.extend(fresh)
            plays += _campaign_plays(rng, campaign, [*known, *fresh])
            self._add_loads(campaign, rng)
        if len(players) > self._profile.visitors:
            raise ValueError(f"{self._profile.visitors} visitors cannot hold {len(players)} players")
        start = horizon(self.epoch)
        for visitor in range(len(players), self._profile.visitors):
            plays.append(_past_play(visitor, DELETED, rng.randint(start, self.epoch), 0.0))
        plays.sort()
        self._append(rng, plays, len(plays))

    def _add_loads(self, campaign: Campaign, rng: Random) -> None:
        traffic = self.traffic[POSITION[campaign.media]]
        loaders = campaign.visitors - campaign.unique_players
        others = campaign.loads - campaign.plays - loaders
        span = campaign.start, campaign.end
        traffic.new_loaders = sorted(_traffic_instant(rng, *span) for _ in range(loaders))
        traffic.other_loads = sorted(_traffic_instant(rng, *span) for _ in range(others))
        if campaign.straggler is not None:
            traffic.new_loaders.append(campaign.straggler)

    # --- from the epoch on ----------------------------------------------------------------------------------------

    def _draw_day(self, day: int) -> None:
        rng = Random(f"{self._seed}/{day}")
        start = day * DAY
        plays: list[Play] = []
        fresh = len(self.created)
        for _ in range(rng.randint(*self._profile.daily_visitors)):
            at = start + rng.randrange(DAY)
            if rng.random() < self._profile.returning:
                visitor = self._somebody(rng, start)
            else:
                visitor, fresh = fresh, fresh + 1
            plays.append(self._play(rng, at, visitor))
            if rng.random() < 0.06:
                plays.append(self._play(rng, min(at + rng.randint(60, 2400), start + DAY - 1), visitor))
        plays.sort()
        self._append(rng, plays, fresh)
        self._draw_loads(rng, start)

    def _somebody(self, rng: Random, today: int) -> int:
        """A visitor who is listed today: half of the time one of the last thousand visits."""
        newest = len(self.visits)
        recent = max(0, newest - 1000) if rng.random() < 0.5 else 0
        while True:
            number = rng.randrange(recent, newest)
            if self.times[number] >= horizon(today):
                return self.visitors[number]

    def _play(self, rng: Random, at: int, visitor: int) -> Play:
        profile = self._profile
        live = [media if media.created <= at else MEDIAS[POSITION["v08dlrgr7v"]] for media in MEDIAS]
        media = rng.choices(live, [each.weight for each in MEDIAS])[0]
        watched = rng.random() ** 1.8
        revised = rng.random() < profile.revised
        shown_at = at + (rng.randint(3600, 2 * DAY) if rng.random() < profile.late else rng.randint(20, 140))
        if rng.random() < profile.unseen:
            shown_at = NEVER
        return Play(
            at=at,
            visitor=visitor,
            media=POSITION[media.hashed_id],
            watched=watched,
            watched_at_first=watched * rng.random() if revised else watched,
            revised_at=at + rng.randint(300, 2 * DAY) if revised else at,
            shown_at=shown_at,
        )

    def _draw_loads(self, rng: Random, start: int) -> None:
        for media, traffic in zip(MEDIAS, self.traffic, strict=True):
            if not media.weight or media.created > start:
                continue
            loads = rng.randint(0, media.weight // 2)
            loaders = rng.randint(0, loads)
            traffic.new_loaders += sorted(start + rng.randrange(DAY) for _ in range(loaders))
            traffic.other_loads += sorted(start + rng.randrange(DAY) for _ in range(loads - loaders))
            most = _RESTATED_SHARE if rng.random() < 0.2 else _RESTATED_SHARE / 20
            traffic.restatements.append((start + rng.randrange(DAY), most * rng.random() * len(traffic.plays)))

    # --- both -----------------------------------------------------------------------------------------------------

    def _append(self, rng: Random, plays: Iterable[Play], visitors: int) -> None:
        """Number plays that lie after all others, and count them for their visitors and medias."""
        self.created += [0] * (visitors - len(self.created))
        self._totals += [(0, 0)] * (visitors - len(self._totals))
        for play in plays:
            loads, played = self._totals[play.visitor]
            first = played == 0
            loads += _loads(rng, first)
            played += 1
            self._totals[play.visitor] = loads, played
            if first:
                self.created[play.visitor] = self._created(play.at, rng)
            number = len(self.visits)
            self.visits.append(Visit(*play, loads, played))
            self.times.append(play.at)
            self.visitors.append(play.visitor)
            if play.media == DELETED:
                self.deleted.plays.append(number)
            else:
                self._count(rng, number, play)

    def _created(self, at: int, rng: Random) -> int:
        created = at + _created_after(rng)
        return min(created, self.epoch) if at <= self.epoch else created

    def _count(self, rng: Random, number: int, play: Play) -> None:
        traffic = self.traffic[play.media]
        traffic.plays.append(number)
        if (play.media, play.visitor) not in self._players:
            self._players.add((play.media, play.visitor))
            traffic.first_plays.append(play.at)
        if play.shown_at == NEVER:
            return
        twice = play.at > self.epoch and rng.random() < self._profile.repeated
        self.events += [number] * (2 if twice else 1)
        self.event_times += [play.at] * (2 if twice else 1)


def _campaign_plays(rng: Random, campaign: Campaign, players: list[int]) -> list[Play]:
    """Every player once, then repeated plays by some of them; exactly `campaign.events` have an event."""
    media = POSITION[campaign.media]
    firsts = [_traffic_instant(rng, campaign.start, campaign.end) for _ in players]
    moments = list(zip(firsts, players, strict=True))
    for _ in range(campaign.plays - len(players)):
        again = rng.randrange(len(players))
        moments.append((_later(rng, firsts[again], campaign.end), players[again]))
    exponent = 1 / campaign.engagement - 1
    plays = [_past_play(visitor, media, at, rng.random() ** exponent) for at, visitor in moments]
    for number in rng.sample(range(len(plays)), campaign.plays - campaign.events):
        plays[number] = plays[number]._replace(shown_at=NEVER)
    return plays


def _past_play(visitor: int, media: int, at: int, watched: float) -> Play:
    return Play(at, visitor, media, watched, watched, at, at)


def _traffic_instant(rng: Random, start: int, end: int) -> int:
    """An instant in the life of a campaign, which swells and ebbs; one in five is anywhere."""
    place = rng.random()
    if rng.random() < 0.8:
        place = (place + rng.random()) / 2
    return start + int((end - start) * place)


def _later(rng: Random, first: int, end: int) -> int:
    """An instant after the first, mostly within the hour, at times weeks later."""
    reach = 3600 if rng.random() < 0.5 else 60 * DAY
    return first + int(min(reach, end - first) * rng.random() ** 2)


def _loads(rng: Random, first: bool) -> int:
    """Loads of a visit: mostly one, at times more (12 % of real rows), or none (a replay on the same page)."""
    chance = rng.random()
    if chance < 0.88:
        return 1
    return rng.randint(2, 4) if first or chance < 0.97 else 0


def _created_after(rng: Random) -> int:
    """Seconds from first activity to the row: none for one in nine, else a median of 21 (real: 79 %, 21 s)."""
    if rng.random() < 0.12:
        return 0
    return min(CREATED_AFTER, int(rng.expovariate(1 / 25)) + 3)
