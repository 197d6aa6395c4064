"""How a stream is declared: data, from which the runner knows what to ask for and when there is nothing new."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""No row is older; what claims to be is a default value (year 1), from which nothing can be subtracted."""


@dataclass(frozen=True, slots=True)
class FullList:
    """A list without a filter by time: read whole each run."""

    created: str | None = None
    """The field that says since when a row exists; streams of its members begin there."""


@dataclass(frozen=True, slots=True)
class DailySnapshot:
    """One object without a date in it: the latest answer of a UTC day counts."""

    changes_only: bool = False
    """An answer equal to the one stored last for the same member is counted, and not stored again."""


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A row a day between two dates, the first included, in one answer of any length and in any order."""

    day: str
    """The field that holds the date."""
    overlap: timedelta
    """How far below the newest date that was read days may still be restated; today is always read again."""
    horizon: timedelta
    """How far back to begin where nobody knows since when the member exists."""
    count: str | None = None
    """The field with the number of things of that day, for a list that is compared with it."""
    end_is_exclusive: bool = False
    """Whether the last day is the one before ``end_date``, and not that date itself."""
    is_gapless: bool = True
    """Whether a quiet day is a row too, so that an answer without a row of some day is not whole."""
    longest: timedelta | None = None
    """Most days that one request may ask for; None where there is no bound."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What every request says besides."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Daily counts of what a list holds: days of which fewer rows were read are read again."""

    by: str
    """The stream of the counts."""
    member: str
    """The field of a row with the key of the member that counts it."""


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """A list sorted newest first, read down to the watermark and a bit further."""

    instant: str
    """The field by which the source sorts."""
    overlap: timedelta
    """How far below the watermark rows may still appear or change."""
    horizon: timedelta | None = None
    """How long the source keeps rows; set where it filters by ``start_date`` and ``end_date``, both inclusive."""
    counted: Counted | None = None
    """What its days are compared with; for lists with a filter by date."""

    def floor(self, watermark: datetime) -> datetime:
        """Return the oldest instant that is read again: whole UTC days where the source filters by date."""
        floor = watermark - self.overlap
        return datetime.combine(floor.date(), time(), UTC) if self.horizon else floor


Method = FullList | DailySnapshot | DailyWindow | NewestFirst


@dataclass(frozen=True, slots=True)
class EachOf:
    """A stream that is asked for once for each member of a list."""

    stream: str
    """The list's stream; its keys are the members."""
    parameter: str
    """The path parameter that takes the key."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An endpoint and how it is read incrementally."""

    name: str
    """``source/stream``: where it lies in the lake."""
    path: str
    """Path below the base URL; ``{parameter}`` where a key goes."""
    key: tuple[str, ...]
    """The fields that may identify a row, the first that is there; none where an answer is one object."""
    permission: str
    """What the token must be allowed to do, in the vendor's words."""
    method: Method
    of: EachOf | None = None
    """Whose members are asked for; None where the account itself is."""
    optional: bool = False
    """Whether the plan of an account may lack it, which is then no failure: the source says so by a 403."""


def instant_of(record: Any, field: str) -> datetime | None:
    """Read the instant in a field of a parsed record; one without a zone is UTC; None for none, or one before 1970."""
    text = record.get(field) if isinstance(record, dict) else None
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if instant >= EPOCH else None
