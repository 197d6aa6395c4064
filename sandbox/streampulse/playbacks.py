"""Playbacks, hour by hour, each with the rows that tell of it: some twice, some late, some wrong."""

from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from random import Random
from typing import NamedTuple

from sandbox.streampulse.instants import STYLES, WHOLE_MINUTES
from sandbox.streampulse.size import DAY, HOUR, Size
from sandbox.streampulse.words import DEVICES, REGIONS

_SPELLINGS = tuple(DEVICES)
_COMMON_DEVICES = len(_SPELLINGS) - 2
#: Playbacks of each hour of the day (UTC), in the mean 1: evenings in India are busy.
_BUSY = (
    0.6,
    0.4,
    0.3,
    0.3,
    0.4,
    0.6,
    0.8,
    0.9,
    1.0,
    1.0,
    1.1,
    1.3,
    1.7,
    2.1,
    2.5,
    2.4,
    1.9,
    1.3,
    0.9,
    0.7,
    0.5,
    0.4,
    0.4,
    0.5,
)


class Kind(IntEnum):
    """What is wrong with a row, if anything."""

    GOOD = 0
    ENDS_BEFORE_START = 1
    TOO_LONG = 2
    EMAIL = 3
    NO_INSTANT = 4
    EXTRA_COLUMN = 5
    MISSING_COLUMN = 6


class Row(NamedTuple):
    """A row of a playback file. Instants are seconds since 1970; no end: still being watched."""

    playback: str
    user: str
    content: str
    device: str
    region: str
    start: int
    end: int | None
    style: int
    kind: Kind = Kind.GOOD


def user_id(number: int) -> str:
    """Name a user."""
    return f"u{number:06d}"


def content_id(number: int) -> str:
    """Name a title."""
    return f"c{number:05d}"


class Playbacks:
    """The rows of the playback files, hour after hour from the platform's first on."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._hour = 0
        self._later: defaultdict[int, list[Row]] = defaultdict(list)

    def next_hour(self) -> list[Row]:
        """The rows of the file of the next hour, in their order."""
        hour, self._hour = self._hour, self._hour + 1
        rng = Random(f"{self._size.seed}/playbacks/{hour}")
        rows = list(self._drawn(rng, hour))
        rows += self._later.pop(hour, [])
        return rows

    def _drawn(self, rng: Random, hour: int) -> Iterator[Row]:
        size, random = self._size, rng.random
        begin = size.start + hour * HOUR
        common = int(random() * len(STYLES))
        mean = size.playbacks / 24 * _BUSY[hour % 24] / (sum(_BUSY) / 24)
        for number in range(int(mean * (0.8 + 0.4 * random()) + random())):
            style = common if random() < 0.9 else int(random() * len(STYLES))
            start = begin + int(random() * HOUR)
            length = 60 + int(random() ** 2 * 9_000)
            if style == WHOLE_MINUTES:
                start, length = start // 60 * 60, length // 60 * 60
            watcher = int(size.users * random() ** 1.5)
            row = Row(
                f"p{hour:05d}-{number:06d}",
                user_id(watcher),
                content_id(int(size.titles * random() ** 2)),
                _SPELLINGS[int(random() * (_COMMON_DEVICES if random() < 0.98 else len(_SPELLINGS)))],
                REGIONS[watcher % len(REGIONS)] if random() < 0.97 else "",
                start,
                start + length,
                style,
            )
            luck = random()
            if luck >= 0.06:
                yield row
            else:
                yield from self._unlucky(rng, luck, hour, row)

    def _unlucky(self, rng: Random, luck: float, hour: int, row: Row) -> Iterator[Row]:
        """A playback of which not all is well at once."""
        if luck < 0.015:
            yield row
            self._later[hour + rng.choice((0, 1, 2, 5, 24, 47))].append(_repeated(rng, row))
        elif luck < 0.03:
            self._later[hour + rng.randint(12, 72)].append(row)
        elif luck < 0.045:
            yield row._replace(end=None)
            if rng.random() < 0.9:
                self._later[hour + rng.randint(1, 30)].append(row)
        else:
            yield _spoilt(rng, row)
            if rng.random() < 0.5:
                self._later[hour + rng.randint(1, 30)].append(row)


def _repeated(rng: Random, row: Row) -> Row:
    """The same playback once more: as it was, with another end, or with another start and maybe another day."""
    luck, end = rng.random(), row.end or row.start
    if luck < 0.4:
        return row
    if luck < 0.7:
        return row._replace(end=end + 60 * rng.randint(1, 30))
    moved = 60 * rng.randint(-20 * 60, -1)
    return row._replace(start=row.start + moved, end=end + moved)


def _spoilt(rng: Random, row: Row) -> Row:
    kind = Kind(rng.randint(1, len(Kind) - 1))
    match kind:
        case Kind.ENDS_BEFORE_START:
            return row._replace(end=row.start - 60 * rng.randint(1, 600), kind=kind)
        case Kind.TOO_LONG:
            return row._replace(end=row.start + DAY + 60 * rng.randint(1, 6_000), kind=kind)
        case Kind.EMAIL:
            email = f"{row.user}@example.com"
            return rng.choice(
                (
                    row._replace(kind=kind, user=email),
                    row._replace(kind=kind, content=email),
                    row._replace(kind=kind, device=email),
                    row._replace(kind=kind, region=email),
                )
            )
        case _:
            return row._replace(kind=kind)
