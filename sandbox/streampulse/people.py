"""Titles and users, and what the daily files tell of them: all at first, then what is new, changed or told again."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from sandbox.streampulse.playbacks import content_id, user_id
from sandbox.streampulse.size import Size
from sandbox.streampulse.words import (
    ADJECTIVES,
    AGE_GROUPS,
    CONTENT_TYPES,
    ENDINGS,
    FIRST_NAMES,
    GENRES,
    LANGUAGES,
    LAST_NAMES,
    NOUNS,
    PLANS,
    REGIONS,
)

#: Share of titles and users that are told of in the first file; the others come in the days after it.
_KNOWN_AT_FIRST = 0.97
_DAYS_LATE = 12
#: Titles and users that no file ever tells of.
_NEVER_TOLD = 0.003
_CHANGED, _TOLD_AGAIN = 0.003, 0.002


class Title(NamedTuple):
    """A title as a file tells it; what is not known is None."""

    content_id: str
    title: str
    genre: str
    content_type: str
    release_year: int | None
    duration_min: int | None
    language: str


class Profile(NamedTuple):
    """A profile as a file tells it."""

    user_id: str
    name: str
    email: str
    subscription_plan: str
    region: str
    age_group: str
    signup_date: str


@dataclass(frozen=True, slots=True)
class Telling:
    """What a file tells: members by number, with how often each had changed by then."""

    numbers: tuple[int, ...]
    changes: tuple[int, ...]


class Members:
    """So many titles or users: which of them each file tells of."""

    def __init__(self, size: Size, what: str, count: int) -> None:
        self._seed = f"{size.seed}/{what}"
        self._count = count
        self._changes: dict[int, int] = {}
        rng = Random(f"{self._seed}/arrival")
        self._late: dict[int, list[int]] = {}
        self._first: list[int] = []
        for number in range(count):
            luck = rng.random()
            if luck < _KNOWN_AT_FIRST:
                self._first.append(number)
            elif luck < 1 - _NEVER_TOLD:
                self._late.setdefault(rng.randint(1, _DAYS_LATE), []).append(number)

    def file(self, number: int) -> Telling:
        """What the file of a number tells, of which 0 is the first; to be asked for in order."""
        if number == 0:
            return Telling(tuple(self._first), (0,) * len(self._first))
        rng = Random(f"{self._seed}/{number}")
        changed = sorted(rng.sample(self._first, round(len(self._first) * _CHANGED)))
        again = sorted(rng.sample(self._first, round(len(self._first) * _TOLD_AGAIN)))
        for member in changed:
            self._changes[member] = self._changes.get(member, 0) + 1
        told = (*self._late.get(number, ()), *changed, *(member for member in again if member not in set(changed)))
        return Telling(told, tuple(self._changes.get(member, 0) for member in told))


def title(size: Size, number: int, changes: int) -> Title:
    """A title after so many changes: its name first, then its genre, and so on."""
    rng = Random(f"{size.seed}/title/{number}")
    name = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}{rng.choice(ENDINGS)} {number}"
    genre, year = rng.randrange(len(GENRES)), rng.randint(1960, 2026)
    return Title(
        content_id(number),
        f"{name} (restored)" if changes % 2 else name,
        GENRES[(genre + changes // 2) % len(GENRES)],
        rng.choice(CONTENT_TYPES),
        year if rng.random() < 0.95 else None,
        rng.randint(20, 180) if rng.random() < 0.95 else None,
        rng.choice(LANGUAGES),
    )


def profile(size: Size, number: int, changes: int) -> Profile:
    """A profile after so many changes: another plan each time, and another region every third."""
    rng = Random(f"{size.seed}/user/{number}")
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    plan = rng.randrange(len(PLANS))
    return Profile(
        user_id(number),
        f"{first} {last}",
        f"user{number}@example.com",
        PLANS[(plan + changes) % len(PLANS)],
        REGIONS[(number + changes // 3) % len(REGIONS)],
        rng.choice(AGE_GROUPS),
        f"20{rng.randint(18, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    )


def titles(size: Size, telling: Telling) -> Iterator[Title]:
    """The titles that a file tells of."""
    for number, changes in zip(telling.numbers, telling.changes, strict=True):
        yield title(size, number, changes)


def profiles(size: Size, telling: Telling) -> Iterator[Profile]:
    """The profiles that a file tells of."""
    for number, changes in zip(telling.numbers, telling.changes, strict=True):
        yield profile(size, number, changes)
