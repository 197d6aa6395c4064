"""What requests are spent on, and how few would have done. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """What a request is for. Each request has one purpose, so that the sum over all is the number of requests."""

    LIST = "list"
    """A page of a list that is read whole in each run."""
    MEMBER = "members"
    """The one request for a media, or for the account."""
    NEW = "new"
    """A page with rows newer than the watermark."""
    OVERLAP = "overlap"
    """A page of rows that were read before and may have changed, or the one behind them that shows their end."""
    END = "end"
    """A look past the end of a list: an answer that is not full may lack rows."""
    GAP = "gap"
    """A page that shares no row with the one above, because the list moved; what is in between is read again."""
    AHEAD = "ahead"
    """Sent at the same time as others whose answers made it needless."""
    RESUME = "resume"
    """The search for the place where an interrupted pull had come to."""
    RETRY = "retry"
    """Sent again after a failure."""
    SHORT = "short days"
    """A page of days of which fewer sessions had landed than the source counts plays."""
    PATROL = "patrol"
    """A page of older days that are read again in rotation."""
    BACKFILL = "backfill"
    """A page, or a member's days, of a window that somebody asked for."""
    SWEEP = "sweep"
    """A page of a list that is read whole, beyond its watermark, because somebody asked for it."""


@dataclass(slots=True)
class Spending:
    """What the requests for one stream were for.

    ``least`` is the number that would have done for somebody who knew beforehand what is there, asked a source that
    stands still and never fails: one for each member asked, and for each walk over a list as many full pages as hold
    the rows that had to be read (those not older than its floor), but one at least. Proofs, overlapping windows,
    retries and pages asked ahead are above it.
    """

    purposes: Counter[str] = field(default_factory=Counter)
    least: int = 0

    def spend(self, purposes: Mapping[Purpose, int], least: int = 0) -> None:
        """Add requests by purpose, and how many were inevitable."""
        self.purposes.update({str(purpose): count for purpose, count in purposes.items()})
        self.least += least

    def __add__(self, other: "Spending") -> "Spending":
        """Return both together."""
        return Spending(self.purposes + other.purposes, self.least + other.least)

    def since(self, earlier: "Spending") -> "Spending":
        """Return what was added since an earlier state."""
        return Spending(self.purposes - earlier.purposes, self.least - earlier.least)

    def copy(self) -> "Spending":
        """Return the present state, to be compared with a later one."""
        return Spending(Counter(self.purposes), self.least)

    def closed(self, requests: int, retries: int) -> "Spending":
        """Return the state when all requests are done: with retries, and those of which nobody saw the answer.

        Args:
            requests: all that were sent.
            retries: those of them that were sent again after a failure.
        """
        full = self.copy()
        full.purposes[Purpose.RETRY] += retries
        full.purposes[Purpose.AHEAD] += max(0, requests - full.purposes.total())
        return Spending(+full.purposes, full.least)


def pages_for(rows: int, per_page: int) -> int:
    """Return how many full pages hold so many rows; one at least, for somebody has to look."""
    return max(1, -(-rows // per_page))
