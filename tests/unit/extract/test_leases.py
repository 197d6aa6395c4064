"""Fault 35: processes that share a limit by leases, on a virtual clock, with a lake that takes its time."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extract.leases
from extract.leases import EXPIRY, Leases, Standing, fair_shares, need
from extract.rate_limit import WINDOW, RateLimiter
from tests.unit.extract.virtual import Killed, Objects, Process, VirtualLake, World

MINUTE = 60.0
FOREVER = float("inf")


@dataclass
class Account:
    """An account with a limit, and the processes that read it."""

    limit: int
    world: World = field(default_factory=World)
    objects: Objects = field(default_factory=Objects)
    granted: list[tuple[float, str]] = field(default_factory=list)
    lakes: dict[str, VirtualLake] = field(default_factory=dict)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def read(
        self,
        name: str,
        start: float = 0.0,
        stop: float = FOREVER,
        killed: float = FOREVER,
        seed: int = 0,
        slowness: float = 0.0,
        pause: Callable[[Random], float] = lambda chance: chance.random() / 10,
    ) -> None:
        """Have a process ask from ``start`` until it stops in good order or is killed."""

        def work(process: Process) -> None:
            chance = Random(seed)
            lake = VirtualLake(self.objects, process, chance, slowness)
            self.lakes[name] = lake
            leases = Leases(
                lake,
                "wistia",
                name,
                self.limit,
                WINDOW,
                now=lambda: self.world.now,
                chance=chance.random,
                notify=lambda _, **fields: self.told.append((name, fields)),
            )

            def sleep(seconds: float) -> None:
                if self.world.now + seconds >= stop:
                    raise Stopped
                process.sleep(seconds)

            limiter = RateLimiter(self.limit, leases, now=lambda: self.world.now, sleep=sleep)
            try:
                while self.world.now < stop:
                    limiter.acquire()
                    self.granted.append((self.world.now, name))
                    process.sleep(pause(chance))
            except Stopped:
                pass
            limiter.close()

        self.world.start(start, work, killed)

    def run(self) -> None:
        self.world.run()

    def most_in_a_minute(self) -> int:
        """Return the largest number of requests in any sixty seconds."""
        times = [at for at, _ in self.granted]
        return max((bisect_left(times, start + MINUTE) - number for number, start in enumerate(times)), default=0)

    def count(self, start: float, stop: float, name: str | None = None) -> int:
        return sum(start <= at < stop and name in {None, who} for at, who in self.granted)


class Stopped(Exception):
    """A process ends in good order."""


LIVES = st.tuples(
    st.floats(0, 200),
    st.floats(1, 250),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 4.0, 20.0]),
    st.sampled_from([0.05, 1.0, 8.0, 45.0]),
)


@given(limit=st.integers(1, 60), lives=st.lists(LIVES, min_size=2, max_size=5), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_together_they_keep_the_limit_whatever_happens(
    limit: int, lives: list[tuple[float, float, bool, float, float]], seed: int
) -> None:
    account = Account(limit)
    for number, (start, length, is_killed, slowness, pause) in enumerate(lives):
        end = {"killed" if is_killed else "stop": start + length}
        account.read(
            f"p{number}",
            start,
            **end,
            seed=seed + number,
            slowness=slowness,
            pause=lambda chance, pause=pause: chance.random() * pause,  # type: ignore[misc]
        )
    account.run()
    assert account.most_in_a_minute() <= limit


@pytest.mark.parametrize("broken", ["nobody looks again", "an end gives everything back", "too soon forgotten"])
def test_without_one_of_the_rules_the_limit_is_broken(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the model can break the limit, so that the property above means something."""
    if broken == "nobody looks again":
        monkeypatch.setattr(Standing, "proved", _believing)
    elif broken == "an end gives everything back":
        monkeypatch.setattr(Leases, "end", _gone)
    else:
        monkeypatch.setattr(extract.leases, "EXPIRY", 0.5)
    account = Account(60)
    end = "killed" if broken == "too soon forgotten" else "stop"
    account.read("a", 0, **{end: 40}, slowness=0.1, pause=lambda _: 0.6)
    account.read("b", 20 if broken == "nobody looks again" else 41, stop=200, seed=1, slowness=0.1)
    account.run()
    assert account.most_in_a_minute() > 60


def _gone(leases: Leases, _: int) -> None:
    leases._lake.delete(leases._key("a"))


def _believing(standing: Standing, *_: object) -> Standing:
    return Standing(standing.limit, standing.holder, standing.limit, standing.claim, standing.claim, standing.wants)


def test_one_alone_waits_for_nobody_and_hardly_asks_the_lake() -> None:
    account = Account(600)
    account.read("alone", stop=3 * WINDOW, pause=lambda _: 0.02)
    account.run()
    assert account.count(0, 12.5) == 600
    assert account.count(0, 3 * WINDOW) == 1800
    # A lease that doubles five times, then every ten seconds; each time a listing.
    assert account.lakes["alone"].calls.count("put") <= 5 + 3 * 6 + 3
    assert account.lakes["alone"].calls.count("get") == 0
    assert account.told == []


def test_a_daily_run_costs_two_calls_and_a_third_at_its_end() -> None:
    account = Account(600)

    def ask(process: Process) -> None:
        lake = VirtualLake(account.objects, process)
        leases = Leases(lake, "wistia", "daily", 600, WINDOW, now=lambda: account.world.now)
        limiter = RateLimiter(600, leases, now=lambda: account.world.now, sleep=process.sleep)
        for _ in range(18):
            limiter.acquire()
        limiter.close()
        account.lakes["daily"] = lake

    account.world.start(0, ask)
    account.run()
    assert account.world.now == 0
    assert account.lakes["daily"].calls == ["put", "list", "put"]


def test_two_share_evenly_and_lose_nothing_of_the_limit() -> None:
    account = Account(600)
    account.read("first", stop=600)
    account.read("second", start=30, stop=600, seed=1, slowness=0.3)
    account.run()
    minutes = (300, 300 + 3 * WINDOW)
    assert account.count(*minutes) >= 0.99 * 3 * 600
    assert 0.45 <= account.count(*minutes, "second") / account.count(*minutes) <= 0.55
    assert min(at for at, name in account.granted if name == "second") <= 30 + 75
    shares = [fields["requests_per_minute"] for name, fields in account.told if name == "second"]
    assert shares[0] == 0
    assert all(one != other for one, other in pairwise(shares)), "the same is told again and again"


def test_one_that_needs_little_leaves_the_rest_to_the_other() -> None:
    account = Account(600)
    account.read("greedy", stop=500)
    account.read("modest", stop=500, seed=1, pause=lambda _: 6.0)
    account.run()
    assert account.count(300, 300 + WINDOW, "greedy") >= 600 - 2 * 37


def test_a_clean_end_gives_back_what_was_not_used_at_once() -> None:
    account = Account(600)
    account.read("brief", stop=10, pause=lambda _: 0.5)
    account.read("next", start=10.5, stop=60)
    account.run()
    assert account.count(10.5, 60, "next") == 600 - account.count(0, 10.5, "brief")


def test_what_a_dead_process_held_comes_back_when_its_lease_has_expired() -> None:
    account = Account(600)
    account.read("dead", killed=50)
    account.read("next", start=60, stop=500, seed=1)
    account.run()
    assert account.count(60, 50 + WINDOW, "next") == 0
    assert account.count(50 + (EXPIRY + 0.1) * WINDOW, 50 + (EXPIRY + 1.1) * WINDOW) >= 0.97 * 600


def test_one_that_was_asleep_for_long_proves_its_share_anew() -> None:
    account = Account(60)
    account.read("asleep", stop=900, pause=lambda _: 300.0)
    account.read("awake", start=5, stop=900, seed=1)
    account.run()
    assert account.most_in_a_minute() <= 60


def test_leases_of_the_dead_and_the_ended_are_removed_by_the_next() -> None:
    account = Account(600)
    account.read("ended", stop=10)
    account.read("dead", killed=10)
    account.read("next", start=1000, stop=1100)
    account.run()
    assert list(account.objects.data) == ["leases/wistia/next.json"]


def test_one_whose_lease_was_removed_does_not_go_on_as_if_it_were_there() -> None:
    account = Account(60)

    def remove(process: Process) -> None:
        account.objects.data.clear()

    account.read("robbed", stop=200)
    account.world.start(40, remove)
    account.read("other", start=41, stop=200, seed=1)
    account.run()
    assert "leases/wistia/robbed.json" in account.objects.data


@given(limit=st.integers(1, 1000), wants=st.dictionaries(st.text(max_size=3), st.integers(0, 1000), min_size=1))
def test_fair_shares_add_up_and_nobody_gets_more_than_it_wants(limit: int, wants: dict[str, int]) -> None:
    shares = fair_shares(limit, wants)
    assert sum(shares.values()) == min(limit, sum(wants.values()))
    assert all(shares[name] <= wants[name] for name in wants)
    short = [shares[name] for name in wants if shares[name] < wants[name]]
    assert not short or max(shares.values()) - min(short) <= 1


@pytest.mark.parametrize(
    ("limit", "used", "wanted"), [(600, 0, 37), (600, 18, 37), (600, 19, 74), (600, 599, 600), (1, 0, 1)]
)
def test_need_doubles(limit: int, used: int, wanted: int) -> None:
    assert need(limit, used) == wanted


def test_a_killed_process_of_the_model_says_nothing_more() -> None:
    world = World()
    steps: list[float] = []

    def work(process: Process) -> None:
        for _ in range(5):
            process.sleep(1)
            steps.append(world.now)

    world.start(0, work, killed=2.5)
    world.run()
    assert steps == [1, 2]
    assert issubclass(Killed, BaseException)
