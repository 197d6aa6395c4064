"""Which objects of a landing folder are files to be taken, which must wait, and which lie where nobody takes them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from extract.lake import Lake, ObjectInfo

FORMATS: Mapping[str, Literal["csv", "json"]] = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json"}
GZIP = ".gz"
SUFFIXES = ", ".join((*FORMATS, *(f"{suffix}{GZIP}" for suffix in FORMATS)))
_UNDER_WAY = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""Ends of names that programs give to what they are still writing."""
_LAST = "\U0010ffff"
"""Sorts behind every other name, in the order of code points, which is that of UTF-8 and of S3."""
_ALL_WRITTEN, _WRITTEN = "_SUCCESS", ".done"


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    format: Literal["csv", "json"]
    is_gzip: bool


def form_of(key: str) -> Form | None:
    """Return how a file is written, as its suffix says; None where it says nothing that is known."""
    name = key.rpartition("/")[2].lower()
    plain = name.removesuffix(GZIP)
    found = FORMATS.get(f".{plain.rpartition('.')[2]}") if "." in plain else None
    return Form(found, is_gzip=plain != name) if found else None


def is_file(key: str) -> bool:
    """Whether an object is a file of the source: no marker, no folder, nothing hidden or under way."""
    name = key.rpartition("/")[2]
    return bool(name) and name[0] not in "._" and not name.lower().endswith((*_UNDER_WAY, _WRITTEN))


def astray(lake: Lake, landing: str, feeds: Collection[str]) -> Iterator[str]:
    """Yield the keys of files under the landing folder that lie in the folder of no feed, and so are never taken.

    Folders of feeds are stepped over: however much lies in them, each costs one request.
    """
    after: str | None = ""
    while after is not None:
        listed, after = lake.list_after(landing, after), None
        for info in listed:
            folder, slash, _ = info.key.removeprefix(landing).partition("/")
            if slash and folder in feeds:
                after = f"{landing}{folder}/{_LAST}"
                break
            if is_file(info.key):
                yield info.key


class Markers:
    """What says that files are written to their end: ``_SUCCESS`` for a folder, ``NAME.done`` for the file NAME."""

    def __init__(self) -> None:
        """Know of none."""
        self._at: dict[str, datetime] = {}

    def note(self, info: ObjectInfo) -> None:
        """Take a marker in; other objects are none of its business."""
        folder, _, name = info.key.rpartition("/")
        if name in {_ALL_WRITTEN, _WRITTEN}:
            self._at[f"{folder}/"] = max(info.modified_at, self._at.get(f"{folder}/", info.modified_at))
        elif name.endswith(_WRITTEN):
            self._at[info.key.removesuffix(_WRITTEN)] = info.modified_at

    def say_written(self, info: ObjectInfo) -> bool:
        """Whether a marker speaks of a file: one that is older than what it marks speaks of what was there before."""
        folder = f"{info.key.rpartition('/')[0]}/"
        times = (self._at.get(info.key), self._at.get(folder))
        return any(time is not None and time >= info.modified_at for time in times)


class Stillness:
    """Which files have been as they are for a moment, by this machine's own clock as well as by their times."""

    def __init__(self, settle: timedelta) -> None:
        """``settle`` is how long a file must not have changed."""
        self._settle = settle
        self._seen: dict[str, tuple[str, datetime]] = {}

    def is_still(self, info: ObjectInfo, now: datetime) -> bool:
        """Whether a file has been still by its own time, or has been seen unchanged for so long.

        The latter is for times that cannot be believed: a file may say that it is from the future.
        """
        age = now - info.modified_at
        if age >= self._settle:
            return True
        state, since = self._seen.setdefault(info.key, (info.state, now))
        if state != info.state:
            self._seen[info.key] = info.state, now
            return False
        return now - since >= self._settle

    def forget_others(self, growing: Iterable[ObjectInfo]) -> None:
        """Remember nothing but these: whoever watches for months sees many files grow."""
        self._seen = {info.key: self._seen[info.key] for info in growing}


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a folder that are new: those that can be taken, in the order in which they came, and the others."""

    ready: tuple[ObjectInfo, ...]
    growing: tuple[ObjectInfo, ...]


def sort_out(files: Iterable[ObjectInfo], markers: Markers, stillness: Stillness, now: datetime) -> Found:
    """Part new files into those to be taken and those that may still grow."""
    ready: list[ObjectInfo] = []
    growing: list[ObjectInfo] = []
    for info in files:
        is_ready = markers.say_written(info) or stillness.is_still(info, now)
        (ready if is_ready else growing).append(info)
    stillness.forget_others(growing)
    return Found(tuple(sorted(ready, key=lambda info: (info.modified_at, info.key))), tuple(growing))
