"""Table locks as Redshift takes them: readers pass, a second writer waits, LOCK stops everyone.

Modes (Database Developer Guide, "Managing concurrent write operations"): READ by queries, APPEND by INSERT and
COPY (which share the table under snapshot isolation, the default of serverless), WRITE by UPDATE, DELETE and
MERGE, EXCLUSIVE by LOCK and DDL. All are held to the end of the transaction.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sandbox.redshift.errors import QUERY_CANCELLED, SqlError

DEADLOCK_TIMEOUT = 1.0
"""Seconds of waiting before PostgreSQL looks for a circle ("deadlock_timeout"). It is found at once here, but a wait
that would have ended by itself in that time, at its statement's timeout, closes none."""


class Mode(Enum):
    """How a statement uses a table."""

    READ = "AccessShareLock"
    APPEND = "ShareRowExclusiveLock for append"
    WRITE = "ShareRowExclusiveLock"
    EXCLUSIVE = "AccessExclusiveLock"


_CONFLICTS = {
    Mode.READ: {Mode.EXCLUSIVE},
    Mode.APPEND: {Mode.WRITE, Mode.EXCLUSIVE},
    Mode.WRITE: {Mode.APPEND, Mode.WRITE, Mode.EXCLUSIVE},
    Mode.EXCLUSIVE: set(Mode),
}


@dataclass(eq=False, slots=True)
class _Request:
    owner: int
    table: str
    mode: Mode
    deadline: float | None

    @property
    def ends_soon(self) -> bool:
        """Whether it gives up before anybody would look for circles."""
        return self.deadline is not None and self.deadline - time.monotonic() < DEADLOCK_TIMEOUT


class LockTable:
    """The locks of one database. Owners are session numbers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: defaultdict[str, defaultdict[int, set[Mode]]] = defaultdict(lambda: defaultdict(set))
        self._waiting: list[_Request] = []
        self._cancelled: set[int] = set()

    def acquire(self, owner: int, table: str, mode: Mode, deadline: float | None = None) -> None:
        """Takes a lock, waiting for those who hold a conflicting one or asked for one before.

        Args:
            owner: number of the session.
            table: name of the table, with its schema.
            mode: how it will be used.
            deadline: instant of `time.monotonic` after which to give up, or None.

        Raises:
            SqlError: 40P01 when waiting would close a circle, 57014 at the deadline or on `cancel`.
        """
        request = _Request(owner, table, mode, deadline)
        with self._changed:
            if mode in self._held[table][owner]:
                return
            self._waiting.append(request)
            try:
                while self._blockers(request):
                    self._refuse_circle(request)
                    self._wait(owner, deadline)
                self._held[table][owner].add(mode)
            finally:
                self._waiting.remove(request)
                self._changed.notify_all()

    def release(self, owner: int) -> None:
        """Gives back all locks of a session."""
        with self._changed:
            for table in [table for table, owners in self._held.items() if owner in owners]:
                del self._held[table][owner]
                if not self._held[table]:
                    del self._held[table]
            self._cancelled.discard(owner)
            self._changed.notify_all()

    def requests(self) -> list[tuple[int, str, str, bool]]:
        """All locks: owner, table, mode as PostgreSQL names it, and whether it is held rather than waited for."""
        with self._changed:
            held = [
                (owner, table, mode, True)
                for table, owners in self._held.items()
                for owner, modes in owners.items()
                for mode in modes
            ]
            waiting = [(request.owner, request.table, request.mode, False) for request in self._waiting]
        return [(owner, table, mode.value.split()[0], granted) for owner, table, mode, granted in held + waiting]

    def cancel(self, owner: int) -> None:
        """Makes a session stop waiting, now or at its next wait."""
        with self._changed:
            self._cancelled.add(owner)
            self._changed.notify_all()

    def _wait(self, owner: int, deadline: float | None) -> None:
        self._changed.notify_all()
        remaining = None if deadline is None else deadline - time.monotonic()
        timed_out = remaining is not None and not (remaining > 0 and self._changed.wait(remaining))
        if remaining is None:
            self._changed.wait()
        if owner in self._cancelled:
            raise SqlError(QUERY_CANCELLED, "Query cancelled on user's request")
        if timed_out and deadline is not None and time.monotonic() >= deadline:
            raise SqlError(
                QUERY_CANCELLED, "Query cancelled on user's request", "statement timeout while waiting for a lock"
            )

    def _blockers(self, request: _Request) -> set[int]:
        """Owners that stand in the way: holders, and earlier requests unless one already holds the table."""
        bad = _CONFLICTS[request.mode]
        holders: Mapping[int, set[Mode]] = self._held.get(request.table, {})
        blocking = {owner for owner, modes in holders.items() if owner != request.owner and modes & bad}
        if not holders.get(request.owner):
            for earlier in self._waiting:
                if earlier is request:
                    break
                if earlier.table == request.table and earlier.owner != request.owner and earlier.mode in bad:
                    blocking.add(earlier.owner)
        return blocking

    def _refuse_circle(self, request: _Request) -> None:
        if request.ends_soon:
            return
        seen: set[int] = set()
        frontier = self._blockers(request)
        while frontier:
            if request.owner in frontier:
                detail = f"Process {request.owner} waits for {request.mode.value} on relation {request.table}."
                raise SqlError("40P01", "deadlock detected", detail)
            seen |= frontier
            blocked = [other for other in self._waiting if other.owner in frontier and not other.ends_soon]
            frontier = {owner for other in blocked for owner in self._blockers(other)} - seen
