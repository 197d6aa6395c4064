"""The engagement curve of a video: where viewers leave, and where only a half and a quarter of them are left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboards.app.table import Row

LEFT = (0.5, 0.25)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the curve to look at: where it lies (seconds), and what is said there."""

    at: float
    label: str


def marks(rows: Sequence[Row]) -> list[Mark]:
    """Return the points to look at, in order of the video."""
    return sorted([*drop_offs(rows), *left(rows)], key=lambda mark: mark.at)


def drop_offs(rows: Sequence[Row]) -> list[Mark]:
    """Return the points at which most leave, as the mart tells them."""
    return [
        Mark(position(row), f"{clock(position(row))}: {row['drop_off_point_share']:.0%} left here")
        for row in rows
        if row["drop_off_point_share"] is not None
    ]


def left(rows: Sequence[Row]) -> Iterator[Mark]:
    """Yield where the share of viewers who are still there first falls to a half and to a quarter."""
    for share in LEFT:
        for before, row in pairwise(rows):
            if (
                None not in (before["retention_share"], row["retention_share"])
                and row["retention_share"] <= share < (before["retention_share"])
            ):
                yield Mark(position(row), f"{clock(position(row))}: {share:.0%} still there")
                break


def position(row: Row) -> float:
    """Return where a bucket starts, in seconds; its number where no length is known."""
    start = row["starts_at_second"]
    return float(row["bucket"] if start is None else start)


def clock(seconds: float) -> str:
    """Write a place in a video as players do."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tick_step(end: float) -> int:
    """Return how many seconds lie between two marks of the axis: a step that clocks know, for at most nine marks."""
    return next((step for step in _STEPS if end / step <= _MOST_TICKS), round(end / _MOST_TICKS))
