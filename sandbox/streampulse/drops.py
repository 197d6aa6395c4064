"""The files that are dropped, in the order of time, with what is true in each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from random import Random
from typing import NamedTuple

from sandbox.streampulse.files import NOT_UTF_8, Line, Manner, manner, pack, whole_lines, write
from sandbox.streampulse.instants import STYLES
from sandbox.streampulse.people import Members, Profile, Telling, Title, profiles, titles
from sandbox.streampulse.playbacks import Kind, Playbacks, Row
from sandbox.streampulse.size import DAY, HOUR, Size

PLAYBACK = ("playback_id", "user_id", "content_id", "device_type", "region", "start_time", "end_time")
CONTENT_METADATA = Title._fields
USER_PROFILES = Profile._fields
#: Times of the day at which profiles are dropped: a change at noon falls into the middle of a day everywhere.
_PROFILE_FILES = (20 * 60, 7 * HOUR + 20 * 60)


class Content(NamedTuple):
    """A file's bytes, and the rows that somebody can read in it, in their order."""

    data: bytes
    rows: tuple[Row, ...] | tuple[Title, ...] | tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that is dropped.

    Attributes:
        at: Seconds since 1970; what the file says that it was written.
        feed: Name of its folder.
        name: Its name there.
        content: Makes it.
    """

    at: int
    feed: str
    name: str
    content: Callable[[], Content]


def drops(size: Size, until: int) -> Iterator[Drop]:
    """All files that are dropped up to an instant, oldest first."""
    feeds = (_playback_drops(size, until), _title_drops(size, until), _profile_drops(size, until))
    yield from merge(*map(_in_order, feeds), key=attrgetter("at"))


def _in_order(found: Iterable[tuple[int, list[Drop]]]) -> Iterator[Drop]:
    """Order drops of which some come long after their turn; each turn tells the earliest that later ones will have."""
    waiting: list[Drop] = []
    for earliest, some in found:
        waiting = sorted((*waiting, *some), key=attrgetter("at"))
        while waiting and waiting[0].at < earliest:
            yield waiting.pop(0)
    yield from waiting


# --- playbacks ---------------------------------------------------------------------------------------------------


def _playback_drops(size: Size, until: int) -> Iterator[tuple[int, list[Drop]]]:
    playbacks = Playbacks(size)
    for hour in range(max(0, (until - size.start) // HOUR)):
        rows = playbacks.next_hour()
        turn = size.start + (hour + 1) * HOUR
        made = _playback_files(size, hour, turn, rows)
        yield turn, [drop for drop in made if drop.at <= until]


def _playback_files(size: Size, hour: int, turn: int, rows: list[Row]) -> Iterator[Drop]:
    rng = Random(f"{size.seed}/playback-file/{hour}")
    how = manner(rng)
    at = turn + rng.randint(60, 900)
    day = rows_date(size.start + hour * HOUR)
    name = f"{day}/playback-{day}-{hour % 24:02}{how.suffix}"
    luck = rng.random()
    if luck < 0.03:  # the whole file comes days late
        at += rng.randint(20 * HOUR, 60 * HOUR)
    cut = rng.random() if 0.03 <= luck < 0.08 else None
    if 0.08 <= luck < 0.10:  # at first empty, and replaced under its name
        yield Drop(at, "playback", name, lambda: Content(b"", ()))
        at += rng.randint(HOUR, 3 * HOUR)
    drop = Drop(at, "playback", name, lambda: _playback_content(rows, how, cut))
    yield drop
    if 0.10 <= luck < 0.13:  # the same once more, under another name
        again = f"{day}/again-{day}-{hour % 24:02}{how.suffix}"
        yield Drop(at + rng.randint(HOUR, 30 * HOUR), "playback", again, drop.content)
    if 0.13 <= luck < 0.15:
        header = f"{day}/restart-{day}-{hour % 24:02}.csv"
        yield Drop(at, "playback", header, lambda: Content((",".join(PLAYBACK) + "\n").encode(), ()))


def rows_date(at: int) -> str:
    """The UTC date of an instant."""
    return str(STYLES[0](at))[:10]


def _playback_content(rows: list[Row], how: Manner, cut: float | None) -> Content:
    data = write(PLAYBACK, map(_playback_line, rows), how)
    readable = len(rows)
    packed = pack(data, how)
    if cut is not None and rows:
        packed = _cut(data, packed, how, cut)
        header = 1 if ".csv" in how.suffix else 0
        readable = max(0, whole_lines(packed, how) - header)
    return Content(packed, tuple(row for row in rows[:readable] if row.kind == Kind.GOOD))


def _cut(data: bytes, packed: bytes, how: Manner, cut: float) -> bytes:
    """Break a file off: gzip anywhere in its second half, a plain one within the first half of its last line."""
    if how.suffix.endswith(".gz"):
        return packed[: int(len(packed) * (0.5 + cut / 2))]
    last = data.rstrip(b"\r\n").rfind(b"\n") + 1
    return data[: last + 1 + int((len(data) - last) * cut / 3)]


def _playback_line(row: Row) -> Line:
    write_instant = STYLES[row.style]
    start = "yesterday evening" if row.kind == Kind.NO_INSTANT else write_instant(row.start)
    end = None if row.end is None else write_instant(row.end)
    extra = {Kind.EXTRA_COLUMN: 1, Kind.MISSING_COLUMN: -1}.get(row.kind, 0)
    return Line((row.playback, row.user, row.content, row.device, row.region, start, end), extra)


# --- titles and profiles -----------------------------------------------------------------------------------------


def _title_drops(size: Size, until: int) -> Iterator[tuple[int, list[Drop]]]:
    members = Members(size, "titles", size.titles)
    for number, at in enumerate(range(size.start + 600, until + 1, DAY)):
        telling = members.file(number)
        how = manner(Random(f"{size.seed}/title-file/{number}"))
        name = f"content-{rows_date(at)}{how.suffix}"
        yield at, [Drop(at, "content_metadata", name, _title_content(size, telling, how))]


def _title_content(size: Size, telling: Telling, how: Manner) -> Callable[[], Content]:
    def make() -> Content:
        told = tuple(titles(size, telling))
        return Content(pack(write(CONTENT_METADATA, map(Line, told), how), how), told)

    return make


def _profile_drops(size: Size, until: int) -> Iterator[tuple[int, list[Drop]]]:
    members = Members(size, "users", size.users)
    times = (day + at for day in range(size.start, until + 1, DAY) for at in _PROFILE_FILES if day + at <= until)
    for number, at in enumerate(times):
        telling = members.file(number)
        rng = Random(f"{size.seed}/profile-file/{number}")
        how = manner(rng)
        name = f"users-{rows_date(at)}-{number}{how.suffix}"
        yield at, [Drop(at, "user_profiles", name, _profile_content(size, telling, how, number))]


def _profile_content(size: Size, telling: Telling, how: Manner, number: int) -> Callable[[], Content]:
    def make() -> Content:
        rng = Random(f"{size.seed}/profile-dirt/{number}")
        readable: list[Profile] = []
        data = write(USER_PROFILES, _profile_lines(profiles(size, telling), rng, readable), how)
        return Content(pack(data, how), tuple(readable))

    return make


def _profile_lines(told: Iterable[Profile], rng: Random, readable: list[Profile]) -> Iterator[Line]:
    """Some have name and e-mail in each other's column, some a name in Latin-1, which makes their row no UTF-8."""
    for profile in told:
        luck = rng.random()
        if luck < 0.002:
            yield Line(profile._replace(name=f"{profile.name} Jos{NOT_UTF_8}"))
            continue
        readable.append(profile)
        yield Line(profile._replace(name=profile.email, email=profile.name) if luck < 0.006 else profile)
