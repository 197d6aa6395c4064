"""How figures are made of other figures: sums that skip what is not known, quotients, classes, statuses."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Number = TypeVar("Number", int, float)
UNKNOWN = "Unknown"


def total(values: Iterable[Number | None]) -> Number | None:
    """Return the sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return quotient(total(known), len(known))


def quotient(part: float | None, whole: float | None) -> float | None:
    """Return a share; None where either is not known or the whole is 0."""
    return part / whole if part is not None and whole else None


def difference(more: Number | None, less: Number | None) -> Number | None:
    """Return what one has more than the other; None where either is not known."""
    return None if more is None or less is None else more - less


def known(text: str | None) -> str:
    """Return a text without the blanks at its end; Unknown where nothing is left, or the source is silent."""
    return (text or "").rstrip(" ") or UNKNOWN


def classed(figure: float | None, high: float, medium: float) -> str:
    """Return High, Medium, Low or Unknown."""
    if figure is None:
        return UNKNOWN
    return "High" if figure >= high else "Medium" if figure >= medium else "Low"


def frequency(loads: int, plays: int) -> str:
    """Return how often a visitor came, by loads and plays together."""
    return "Frequent" if loads + plays >= 5 else "Occasional" if loads + plays >= 2 else "Rare"


def recency(days: int) -> str:
    """Return how long ago a visitor was there."""
    return "0-6 days" if days < 7 else "7-29 days" if days < 30 else "30-89 days" if days < 90 else "90 days and more"


def status(counted: int | None, told: int | None, late: int = 0) -> str:
    """Return how a counted figure stands against a told one, where so much may have come after the telling."""
    if counted is None or told is None:
        return "unknown"
    if counted == told:
        return "equal"
    if counted > told:
        return "over" if counted > told + late else "expected"
    missing = told - counted
    return "expected" if missing <= 1 or 25 * missing <= told else "short"


def shares_of_first(counts: Sequence[int]) -> list[float | None]:
    """Return each count divided by the first."""
    return [quotient(count, counts[0]) for count in counts]
