"""The feeds of StreamPulse, as data, and how the columns of a file are recognised."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_BETWEEN_WORDS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class Feed:
    """A folder of files that hold the same columns."""

    name: str
    """Of its folder, and of its stream behind ``streampulse/``."""
    columns: tuple[str, ...]
    """Under the names that they have in the lake."""
    key: str
    """The column without which a row says nothing."""

    @property
    def stream(self) -> str:
        """``source/stream``: where it lies in the lake."""
        return f"streampulse/{self.name}"

    @cached_property
    def _canonical(self) -> dict[str, str]:
        return {fold(column): column for column in self.columns}

    def canonical(self, name: str) -> str:
        """Return the name of a column as the lake has it; one that is not of the feed keeps its own."""
        return self._canonical.get(fold(name), name)

    def known_in(self, names: Sequence[str]) -> int:
        """Return how many of its columns are among these."""
        return len({self._canonical.get(fold(name)) for name in names} - {None})


PLAYBACK = Feed(
    "playback",
    ("playback_id", "user_id", "content_id", "device_type", "region", "start_time", "end_time"),
    key="playback_id",
)
CONTENT_METADATA = Feed(
    "content_metadata",
    ("content_id", "title", "genre", "content_type", "release_year", "duration_min", "language"),
    key="content_id",
)
USER_PROFILES = Feed(
    "user_profiles",
    ("user_id", "name", "email", "subscription_plan", "region", "age_group", "signup_date"),
    key="user_id",
)
FEEDS = (PLAYBACK, CONTENT_METADATA, USER_PROFILES)
STREAM_NAMES = tuple(feed.stream for feed in FEEDS)


def fold(name: str) -> str:
    """Return what two spellings of a column's name have in common."""
    return _BETWEEN_WORDS.sub("", name).lower()


def better_feed(feed: Feed, names: Sequence[str]) -> Feed | None:
    """Return the feed to which columns belong more than to ``feed``; None where there is none."""
    other = max(FEEDS, key=lambda other: other.known_in(names))
    return other if other.known_in(names) > feed.known_in(names) else None
