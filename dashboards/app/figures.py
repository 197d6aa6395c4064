"""Figures for cards: totals of a period beside those of the one before, and how a person reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.app.period import Period
from dashboards.app.table import Table

Kind = Literal["count", "hours", "minutes", "share", "mean"]
MILLION = 1_000_000
"""From here on a figure is told in millions and more: a card has room for six digits."""
SCALES = ((MILLION * MILLION, "T"), (1_000 * MILLION, "B"), (MILLION, "M"))
"""The short scale: a billion is a thousand millions."""
WHOLE = 1_000
"""Hours from here on are told without decimals."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a period, the same of the period before, and what it was on each day; None is not known."""

    value: float | None
    previous: float | None
    trend: tuple[float | None, ...] = ()
    kind: Kind = "count"

    @property
    def text(self) -> str:
        """The value for people to read."""
        return worded(self.value, self.kind)

    @property
    def change(self) -> str | None:
        """The change for people to read; None where there is nothing to compare with.

        Of a share in points, because percent of percent are read wrongly.
        """
        by = self.changed_by
        return None if by is None else f"{by:+,.1f}{' pts' if self.kind == 'share' else '%'}"

    @property
    def changed_by(self) -> float | None:
        """The change in percent, of a share in points; None where there is nothing to compare with."""
        if self.value is None or self.previous is None:
            return None
        if self.kind == "share":
            return (self.value - self.previous) * 100
        return (self.value - self.previous) / self.previous * 100 if self.previous else None

    @property
    def sparkline(self) -> list[float] | None:
        """What was known of the days, if it is enough to draw a line."""
        known = [value for value in self.trend if value is not None]
        return known if len(known) > 1 else None


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def quotient(part: float | None, whole: float | None) -> float | None:
    """Return a share; None where either is not known or the whole is 0."""
    return part / whole if part is not None and whole else None


def summed(days: Table, column: str, period: Period, kind: Kind = "count") -> Figure:
    """Return the sum of what adds over days."""
    return Figure(
        total(days.within(period).column(column)),
        total(days.within(period.previous).column(column)),
        tuple(days.every_day(period).column(column)),
        kind,
    )


def shared(days: Table, part: str, whole: str, period: Period) -> Figure:
    """Return a quotient of two sums, each over the days: never the mean of the days' quotients."""

    def of(chosen: Table) -> float | None:
        return quotient(total(chosen.column(part)), total(chosen.column(whole)))

    trend = tuple(quotient(row[part], row[whole]) for row in days.every_day(period))
    return Figure(of(days.within(period)), of(days.within(period.previous)), trend, "share")


def newest(days: Table, column: str, period: Period, kind: Kind = "share") -> Figure:
    """Return the last known value of a period, for what is told as a state: it adds over nothing."""
    return Figure(
        _last(days.within(period).column(column)),
        _last(days.within(period.previous).column(column)),
        tuple(days.every_day(period).column(column)),
        kind,
    )


def counted(periods: Table, column: str, trend: Sequence[Any] = (), kind: Kind = "count") -> Figure:
    """Return what was counted once for each period, because it adds over nothing."""
    by_period = {bool(row["is_present"]): row[column] for row in periods}
    return Figure(by_period.get(True, 0), by_period.get(False), tuple(trend), kind)


def part_worded(part: float, whole: float) -> str:
    """Write a share of a whole in percent; what is not the whole is not told as 100%."""
    share = part / whole
    return "more than 99%" if part < whole and share >= _NEARLY else f"{share:.0%}"


_NEARLY = 0.995


def worded(value: float | None, kind: Kind) -> str:
    """Write a figure for people to read; what is not known as a dash."""
    if value is None:
        return "—"
    if kind == "share":
        return f"{value:.1%}"
    if kind in _PLAIN:
        return _PLAIN[kind].format(value)
    if abs(value) >= MILLION:
        return f"{_scaled(value)}{' h' if kind == 'hours' else ''}"
    if kind == "hours":
        return f"{value:,.0f} h" if abs(value) >= WHOLE else f"{value:,.1f} h"
    return f"{value:,.0f}"


_PLAIN: dict[Kind, str] = {"mean": "{:,.2f}", "minutes": "{:,.1f} min"}


def _scaled(value: float) -> str:
    """Write a figure of a million or more; what would be rounded to a thousand millions is a billion."""
    scale, letter = next(each for each in SCALES if round(abs(value) * 1_000 / each[0], 2) >= 1_000)
    return f"{value / scale:,.2f} {letter}"


def _last(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return known[-1] if known else None
