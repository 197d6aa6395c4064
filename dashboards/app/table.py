"""What a question answered: columns and rows, as text for a download, as figures for a card."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.app.period import Period

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> "Table":
        """Return what a driver answered; decimals become the numbers that charts take."""
        return cls(tuple(columns), tuple(tuple(_plain(value) for value in row) for row in rows))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> list[Any]:
        """Return the values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def where(self, keep: Callable[[Row], bool]) -> "Table":
        """Return the rows that are to be kept."""
        return Table(self.columns, tuple(row for row, found in zip(self.rows, self, strict=True) if keep(found)))

    def within(self, period: Period) -> "Table":
        """Return the rows whose day is in a period."""
        return self.where(lambda row: row["activity_date"] in period)

    def every_day(self, period: Period) -> "Table":
        """Return a row for each day of a period; a day that has none is nothing known, so that a line breaks there."""
        known = {row[self.columns.index("activity_date")]: row for row in self.rows}
        empty = {
            day: tuple(day if name == "activity_date" else None for name in self.columns)
            for day in period.days
            if day not in known
        }
        return Table(self.columns, tuple(({**known, **empty})[day] for day in period.days))

    def beside_before(self, column: str, period: Period) -> "Table":
        """Return a row for each day of a period: the value of a column, and what it was as many days before."""
        both = zip(self.every_day(period), self.every_day(period.previous), strict=True)
        rows = ((now["activity_date"], now[column], before[column]) for now, before in both)
        return Table(("activity_date", column, f"previous_{column}"), tuple(rows))

    def csv(self) -> str:
        """Return it as CSV with a header, figures in full, nothing for what is not known (RFC 4180)."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return file.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    return value


def _cell(value: Any) -> Any:
    """Write a value so that a spreadsheet takes no title for a formula ("CSV injection", OWASP)."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
