"""Faults 32 to 34 and 26 in the warehouse: each mood of the API, and random mixtures, end in the tables of calm runs.

A first load and two daily runs of the whole pipeline. What is drawn follows from a seed, which is the test's name. A
run that the source refuses is run again, as a scheduler would; the last of a day has to come through. Every distinct
record in the lake and every row of core and mart is compared with those of calm runs, but for the columns that name a
run and the fields that nobody documented.
"""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

import extract.retry
from extract.errors import SourceRefused
from extract.lake import DirectoryLake
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import Profile, restless, small
from sandbox.wistia.weather import PASSING
from tests.conftest import House
from tests.faults.moods import TIMEOUT, UNDOCUMENTED, Contents, contents, moody, weather
from tests.faults.test_killed_at_commit import content

FIRST = datetime(2026, 1, 8, 2, tzinfo=UTC)
DAYS = [FIRST + number * timedelta(days=1) for number in range(3)]
PROFILES = {"small": small(visitors=100, events=80), "restless": restless(small(visitors=100, events=80))}
SEEDS = range(1, 21)
SWITCHES = {
    **{fault: Manners(weather=weather({fault: 0.2}, seed=number)) for number, fault in enumerate(PASSING)},
    "rows listed twice": Manners(repeated=0.2),
    "fields that nobody documented": Manners(unknown_fields=True),
    "first pages that take long": Manners(latency=0.003, slow_first_page=0.2),
    "a token revoked for a while": Manners(revoked=(20, 22)),
}
"""Each switch of the simulator alone, but for those that make the source show other data."""
MOST_RUNS = 5
"""So often a day's run may be refused: as often as its token is revoked, and once more."""


class Ended(NamedTuple):
    """What the runs of all days left behind."""

    records: Contents
    tables: dict[str, list[tuple[Any, ...]]]


class Mixture(NamedTuple):
    """What the runs of one test meet."""

    profile: str
    days: tuple[Manners, ...]


def drawn(seed: int) -> Mixture:
    """Draw a mixture. Its first day has no empty answers: nobody could know better then."""
    random = Random(seed)
    faults = random.sample(PASSING, random.randint(3, 7))
    share = random.uniform(0.1, 0.4) / len(faults)
    base = Manners(
        latency=random.choice([0.0, 0.003]),
        slow_first_page=random.choice([0.0, 0.1]),
        repeated=random.choice([0.0, 0.05, 0.2]),
        unknown_fields=random.random() < 0.3,
        seed=seed,
    )
    in_a_row, emptiness = random.randint(1, 3), random.choice([0.0, 0.1])
    days = []
    for number in range(len(DAYS)):
        shares = dict.fromkeys(faults, share) | ({"empty": emptiness} if number else {})
        sky = weather(shares, most_in_a_row=in_a_row, seed=seed * 100 + number)
        first = random.randint(1, 60)
        revoked = (first, first + random.randint(1, 3)) if random.random() < 0.3 else None
        days.append(replace(base, weather=sky, revoked=revoked))
    return Mixture(random.choice(sorted(PROFILES)), tuple(days))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once: what waits is tested where waiting is."""
    monkeypatch.setattr(extract.retry, "FIRST_WAIT", 0.002)


def run_through(home: Path, profile: Profile, days: tuple[Manners, ...], timeout: float) -> Ended:
    """Run the pipeline on each day, again where it is refused, and return what is left behind."""
    with moody(InventedAccount(profile, 7)) as api, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WISTIA_API_TOKEN", api.simulator.token)
        patch.setenv("REELHOUSE_WISTIA__TIMEOUT", str(timeout))
        built = House(home, api.simulator)
        for day, manners in zip(DAYS, days, strict=True):
            api.behave(manners)
            run_to_the_end(built, day)
        lake = DirectoryLake(home, "lake")
        assert not [key for key, data in plain(lake) if api.simulator.token.encode() in data]
        return Ended(contents(lake, leave_out=UNDOCUMENTED), content(built))


def plain(lake: DirectoryLake) -> Iterator[tuple[str, bytes]]:
    """Yield everything that is in a lake, for a search (fault 39)."""
    for info in lake.list_after(""):
        data = lake.get(info.key)
        yield info.key, gzip.decompress(data) if info.key.endswith(".gz") else data


def run_to_the_end(built: House, day: datetime) -> None:
    for number in range(1, MOST_RUNS + 1):
        try:
            assert built.run(day).outcome in {"published", "nothing new"}
        except SourceRefused as stop:
            assert number < MOST_RUNS, stop
            assert "401" in str(stop)
            assert stop.exit_code == 3
        else:
            return


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ended]:
    """Say what calm runs of an account leave behind."""

    @cache
    def run(profile: str) -> Ended:
        calm = tuple(Manners() for _ in DAYS)
        return run_through(tmp_path_factory.mktemp(profile), PROFILES[profile], calm, 60)

    return run


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mixture_ends_in_the_tables_of_calm_runs(seed: int, unharmed: Callable[[str], Ended], tmp_path: Path) -> None:
    mixture = drawn(seed)
    ended = run_through(tmp_path, PROFILES[mixture.profile], mixture.days, TIMEOUT)
    same(ended, unharmed(mixture.profile))


@pytest.mark.long
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_ends_in_the_tables_of_calm_runs(
    switch: str, unharmed: Callable[[str], Ended], tmp_path: Path
) -> None:
    ended = run_through(tmp_path, PROFILES["small"], (SWITCHES[switch],) * len(DAYS), TIMEOUT)
    same(ended, unharmed("small"))


def same(ended: Ended, expected: Ended) -> None:
    assert expected.tables["core.fct_viewing_session"]
    for stream, records in expected.records.items():
        assert ended.records[stream] == records, f"{stream} in the lake"
    for table, rows in expected.tables.items():
        assert ended.tables[table] == rows, table
    assert ended.tables.keys() == expected.tables.keys()
