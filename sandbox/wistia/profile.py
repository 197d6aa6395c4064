"""The figures that an invented account has at its epoch, and how it behaves afterwards."""

from dataclasses import dataclass, replace

from sandbox.wistia.instants import DAY, seconds

#: The last second of the day of which the published figures speak.
EPOCH = seconds("2026-01-07T23:59:59Z")


@dataclass(frozen=True)
class Campaign:
    """Lifetime figures of a video at the epoch; all its traffic lies between two instants.

    Attributes:
        media: Hashed id.
        start: Instant of the first traffic.
        end: Instant of the last, except for `straggler`.
        loads: Loads up to `end`; each play is one load.
        plays: Plays.
        unique_players: Visitors who played.
        visitors: Visitors who loaded, up to `end`.
        engagement: Mean share that was viewed per play, 6 decimals.
        events: Plays that have a row in the events list.
        straggler: Instant of one more load by one more visitor who did not play.
    """

    media: str
    start: int
    end: int
    loads: int
    plays: int
    unique_players: int
    visitors: int
    engagement: float
    events: int
    straggler: int | None = None

    def scaled(self, factor: float) -> "Campaign":
        """The same campaign with counts multiplied by a factor."""
        events = max(2, round(self.events * factor))
        plays = max(events, round(events * self.plays / self.events))
        players = max(1, min(plays, round(plays * self.unique_players / self.plays)))
        visitors = max(players, round(self.visitors * factor))
        loads = max(plays + visitors - players, round(self.loads * factor))
        return replace(self, events=events, plays=plays, unique_players=players, visitors=visitors, loads=loads)


@dataclass(frozen=True)
class Profile:
    """Size and manners of an account.

    Attributes:
        name: As the command line calls it.
        visitors: Rows of the visitors list at the epoch.
        campaigns: Where the events of the account come from.
        daily_visitors: Least and most visitors who are new or return on a day after the epoch.
        returning: Share of them who return.
        unseen: Share of plays after the epoch that never get a row in the events list.
        repeated: Share of events after the epoch that stand in the list twice.
        late: Share of events after the epoch that appear an hour to two days after they were received.
        revised: Share of events after the epoch whose percent_viewed grows within two days.
        undated: How much of the old traffic that the catalogue calls undated is missing from the counters by date;
            0 makes them add up to the lifetime counters, but for plays whose session has not arrived yet.
        medias: Whether the account has the medias and projects of the catalogue, or none.
    """

    name: str
    visitors: int
    campaigns: tuple[Campaign, ...]
    daily_visitors: tuple[int, int] = (18, 84)
    returning: float = 0.08
    unseen: float = 0.025
    repeated: float = 0.0015
    late: float = 0.02
    revised: float = 0.1
    undated: float = 1.0
    medias: bool = True

    @property
    def events(self) -> int:
        """Rows of the events list at the epoch."""
        return sum(campaign.events for campaign in self.campaigns)


PUBLISHED = Profile(
    name="published",
    visitors=110_361,
    campaigns=(
        Campaign(
            media="v08dlrgr7v",
            start=seconds("2024-03-21T02:35:31Z"),
            end=EPOCH,
            loads=110_734,
            plays=43_810,
            unique_players=41_173,
            visitors=94_642,
            engagement=0.500445,
            events=43_399,
        ),
        Campaign(
            media="gskhw4w4lm",
            start=seconds("2025-01-13T00:31:55Z"),
            end=seconds("2026-01-06T21:03:24Z"),
            loads=111_165,
            plays=16_681,
            unique_players=16_201,
            visitors=104_555,
            engagement=0.167007,
            events=16_462,
            straggler=seconds("2026-01-07T14:26:11Z"),
        ),
    ),
)


def small(visitors: int = 2_000, events: int = 1_500) -> Profile:
    """A scaled copy of the published account, with more of the rare cases, for tests.

    Args:
        visitors: Rows of the visitors list at the epoch; has to hold those who played, about 0.96 per event.
        events: Rows of the events list at the epoch, within one.
    """
    factor = events / PUBLISHED.events
    return replace(
        PUBLISHED,
        name="small",
        visitors=visitors,
        campaigns=tuple(campaign.scaled(factor) for campaign in PUBLISHED.campaigns),
        daily_visitors=(4, 16),
        repeated=0.02,
        late=0.05,
        revised=0.2,
    )


def restless(profile: Profile | None = None) -> Profile:
    """The same account, small unless told, in which hardly anything is settled: much is late, revised, repeated."""
    return replace(
        profile or small(),
        name="restless",
        daily_visitors=(40, 120),
        returning=0.4,
        repeated=0.1,
        late=0.3,
        revised=0.6,
    )


def busy(events: int = 50_000) -> Profile:
    """A small account with a video that went through the roof: so many events on 5 January 2026."""
    start = seconds("2026-01-05T00:00:00Z")
    quiet = small()
    players = events * 24 // 25
    day = Campaign(
        media="o7y1l4d5sg",
        start=start,
        end=start + DAY - 1,
        loads=events * 2,
        plays=events * 51 // 50,
        unique_players=players,
        visitors=events * 3 // 2,
        engagement=0.3125,
        events=events,
    )
    return replace(quiet, name="busy", visitors=quiet.visitors + players, campaigns=(*quiet.campaigns, day))


#: An account that was opened and never used.
EMPTY = Profile(name="empty", visitors=0, campaigns=(), daily_visitors=(0, 0), medias=False)

#: What the command line of the simulator knows by name.
PROFILES = {profile.name: profile for profile in (PUBLISHED, small(), restless(), busy(), EMPTY)}
