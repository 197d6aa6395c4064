"""A period of whole days, and the one before it to compare with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

PRESETS = {"7 days": 7, "30 days": 30, "90 days": 90, "12 months": 365}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, length: int) -> Self:
        """Return the period of so many days that ends with a day."""
        return cls(last - timedelta(days=length - 1), last)

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> "Period":
        """The period of the same length right before it."""
        return Period.ending(self.first - timedelta(days=1), self.length)

    @property
    def days(self) -> Iterator[date]:
        """Yield its days."""
        return (self.first + timedelta(days=number) for number in range(self.length))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def words(self) -> str:
        """The period for people to read."""
        if self.length == 1:
            return day_words(self.last)
        return f"{day_words(self.first)} to {day_words(self.last)}"


def day_words(day: date) -> str:
    """Write a day for people to read, the same in every country."""
    return f"{day.day} {day:%b %Y}"
