"""How long to wait before a request is sent again. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0


def backoff(attempt: int, share: float) -> float:
    """Return the seconds to wait after failure number ``attempt`` (from 1): doubling, with half of it left to chance.

    Args:
        attempt: how often the request has failed.
        share: a random number in [0, 1), so that requests that failed together do not come back together.
    """
    full = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
    return full * (0.5 + share / 2)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3: seconds, or an HTTP date).

    None where there is no header or it cannot be read; a date that has passed is 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
