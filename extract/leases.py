"""Leases: how the processes that use one account share its limit, through small objects in the lake.

Each process writes one object of its own: the most requests that it can have in a window from now on (``most``), and
how many it could use (``wants``). It grants nothing that its lease does not cover:

* it lowers its share first and its lease after that, and never below what it has sent within the window;
* it raises its lease first, looks at all others *after* that, and grants more only if all leases together keep the
  limit. Of two that raise at the same time at least the second sees the other (a lake shows what was written before;
  Amazon S3 User Guide, "Amazon S3 data consistency model"): both may have to try again, both cannot succeed.

So the leases of those who grant add up to the limit at most at every instant, and what each has sent in the window that
ends then is within its lease. Nothing is waited for by the clock: a newcomer's room grows as the others' requests leave
the window and their leases shrink.

How old a lease is says the lake: its time of writing against that of one's own, written a moment before. A process that
could not renew in time stops granting long enough before the others forget it for its requests to leave the window.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake

# All in windows, which are 60.5 s.
RENEWAL = 1 / 6
"""A lease is renewed so often, when there is something to ask for."""
RETRY = 1 / 30
"""A process that has less than it could use looks again after about so long."""
FENCE = 0.4
"""So long after its last renewal a process grants nothing before the next one."""
EXPIRY = 1.5
"""So old the lease of a process that was killed counts no more: FENCE, a window, and a tenth to spare."""
FORGOTTEN = 1.4
"""So long after its last renewal a process takes its lease for expired."""
END = 1.1
"""So old the lease of a process that ended counts no more."""
LITTER = 10.0
"""So old an expired lease is removed; its process might only have been asleep, and renew it at this moment."""
FIRST_PART = 16
"""A process takes a 16th of the limit to begin with and twice as much each time, so that few requests bind little."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a process lets the others know."""

    most: int
    """Requests that it has in any window at most, from now on."""
    wants: int
    """Requests in a window that it could use."""
    ended: bool = False
    """It sends nothing any more; ``most`` is what is in the window yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The lease of another process, and how old it was, in windows, when it was looked at."""

    lease: Lease
    age: float

    @property
    def most(self) -> int:
        """The requests that its process can have in a window."""
        return 0 if self.age >= (END if self.lease.ended else EXPIRY) else self.lease.most

    @property
    def wants(self) -> int:
        """What its process could use; 0 where there is none any more."""
        return 0 if self.lease.ended or self.age >= EXPIRY else self.lease.wants

    @property
    def is_litter(self) -> bool:
        """Whether it can be removed."""
        return self.age >= (END if self.lease.ended else LITTER)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a process stands. Pure: the next standing follows from this one and from what is seen."""

    limit: int
    holder: str
    fair: int
    """What it may have at most, as the others want what they want; the limit before anybody was seen."""
    share: int = 0
    """Requests in a window that it grants."""
    claim: int = 0
    """The share that its lease covers; more than ``share`` while it is not known whether there is room."""
    wants: int = 0
    others: int = 0
    """What the others have."""

    def is_settled(self, used: int) -> bool:
        """Whether it has what it may have, and its lease is no larger than that."""
        return used <= self.claim == self.share >= min(self.wants, self.fair)

    def outgrown(self, used: int) -> bool:
        """Whether more should be asked for than was when ``used`` are in the window."""
        return need(self.limit, used) > self.wants

    def claiming(self, used: int) -> "Standing":
        """Return the standing to write down: lowered at once, or a larger claim."""
        wants = need(self.limit, used)
        may = min(wants, self.fair)
        share = min(self.share, may)
        claim = max(share, min(may, self.limit - self.others))
        return replace(self, share=share, claim=claim, wants=wants)

    def lapsed(self) -> "Standing":
        """Return the standing of one whom the others may have forgotten: its claim has to be proved anew."""
        return replace(self, share=0)

    def lease(self, used: int) -> Lease:
        """Return what to write down when ``used`` requests are in the window."""
        return Lease(max(self.claim, used), self.wants)

    def proved(self, used: int, seen: Mapping[str, Seen]) -> "Standing":
        """Return the standing after all others were seen, later than the claim was written."""
        others = sum(other.most for other in seen.values())
        wants = {self.holder: self.limit} | {holder: other.wants for holder, other in seen.items()}
        fair = fair_shares(self.limit, wants)[self.holder]
        has_room = max(self.claim, used) + others <= self.limit
        return replace(self, share=self.claim if has_room else self.share, others=others, fair=fair)


def need(limit: int, used: int) -> int:
    """Return how many requests a process could use in a window that has used so many."""
    first = wants = max(1, limit // FIRST_PART)
    while wants < max(first, 2 * used):
        wants *= 2
    return min(limit, wants)


def fair_shares(limit: int, wants: Mapping[str, int]) -> dict[str, int]:
    """Divide a limit: nobody gets more than it wants, and who gets less has as much as anybody, give or take one."""
    shares: dict[str, int] = {}
    for number, (wanted, holder) in enumerate(sorted((wanted, holder) for holder, wanted in wants.items())):
        shares[holder] = min(wanted, (limit - sum(shares.values())) // (len(wants) - number))
    return shares


class Leases:
    """One process's lease. Not safe to share between threads; the limiter asks one at a time."""

    def __init__(
        self,
        lake: Lake,
        source: str,
        holder: str,
        limit: int,
        window: float,
        *,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        notify: Callable[..., None] = lambda *_, **__: None,
    ) -> None:
        """Prepare; nothing is written before the first request.

        Args:
            lake: holds the data of one account of the source, and the leases of those who read it.
            source: whose limit is shared.
            holder: names this process among them, for instance a run id.
            limit: requests in a window for all together.
            window: seconds.
            now: monotonic seconds.
            chance: a random number in [0, 1), so that two processes do not meet for ever.
            notify: told when the share changes because of others.
        """
        self._lake = lake
        self._prefix = f"leases/{source}/"
        self._window = window
        self._now = now
        self._chance = chance
        self._notify = notify
        self._standing = Standing(limit, holder, limit)
        self._renewed = self._due = float("-inf")
        self._short: int | None = None
        """What was told last: the share, where others leave less than could be used."""

    @property
    def due(self) -> float:
        """When ``allowed`` will look at the lake again."""
        return self._due

    def allowed(self, used: int) -> int:
        """Return how many requests may be in the window, of which ``used`` are; asks the lake when it is time to.

        Raises:
            ReelhouseError: the lake is in trouble.
        """
        if self._now() >= self._due or self._standing.outgrown(used):
            self._renew(used)
        return self._standing.share if self._now() < self._renewed + FENCE * self._window else 0

    def end(self, used: int) -> None:
        """Give the share back; only what is in the window yet is counted, until it has left it."""
        if self._renewed == float("-inf"):
            return
        with suppress(ReelhouseError):  # an expired lease is as good, a little later
            if used:
                self._put(Lease(used, 0, ended=True))
            else:
                self._lake.delete(self._key(self._standing.holder))

    def _renew(self, used: int) -> None:
        # What is lowered counts before it is written, whatever comes of that; what is raised after it was proved.
        self._standing = self._standing.claiming(used)
        started = self._now()
        self._put(self._standing.lease(used))
        if self._now() - self._renewed >= FORGOTTEN * self._window:
            self._standing = self._standing.lapsed()
        seen = self._look()
        if seen is None:  # somebody has removed the lease as litter: what the others did since is not known
            self._standing, self._due = self._standing.lapsed(), self._now()
            return
        self._standing = self._standing.proved(used, seen)
        self._renewed = started
        pause = RENEWAL if self._standing.is_settled(used) else RETRY * (0.5 + self._chance())
        self._due = self._now() + pause * self._window
        self._tell()

    def _tell(self) -> None:
        """Tell when others leave less than could be used, how that changes, and when it is over."""
        standing = self._standing
        short = standing.share if standing.share < standing.wants and standing.others > 0 else None
        if short != self._short:
            self._notify("extract.share", requests_per_minute=standing.share, others=standing.others)
        self._short = short

    def _look(self) -> dict[str, Seen] | None:
        """Return the leases of the others, and remove what is litter; None where one's own is not there."""
        infos = {_holder(info.key): info for info in self._lake.list_after(self._prefix)}
        own = infos.pop(self._standing.holder, None)
        if own is None:
            return None
        seen = {
            holder: Seen(lease, _age(info.modified_at, own.modified_at) / self._window)
            for holder, info in infos.items()
            if (lease := self._read(info.key))
        }
        self._remove(holder for holder, other in seen.items() if other.is_litter)
        return seen

    def _remove(self, holders: Iterable[str]) -> None:
        for holder in holders:
            self._lake.delete(self._key(holder))

    def _read(self, key: str) -> Lease | None:
        """Return a lease; None where it was removed meanwhile."""
        with suppress(DataRefused):
            stored = json.loads(self._lake.get(key))
            return Lease(stored["most"], stored["wants"], stored["ended"])
        return None

    def _put(self, lease: Lease) -> None:
        self._lake.put(self._key(self._standing.holder), json.dumps(asdict(lease)).encode())

    def _key(self, holder: str) -> str:
        return f"{self._prefix}{holder}.json"


def _holder(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".json")


def _age(written: datetime, now: datetime) -> float:
    return max(0.0, (now - written).total_seconds())
