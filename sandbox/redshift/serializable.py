"""Isolation level SERIALIZABLE: which transactions have to come before which, and whether that goes in a circle.

"If no serial execution of those transactions can produce the same results, the transaction that runs a statement that
might break the ability to serialize is stopped and rolled back" (Database Developer Guide, "Isolation levels"). The
conflicts are those of whole tables, as Redshift's are: what a transaction reads it reads as of its snapshot, so that it
comes before whoever writes that table afterwards, and after whoever had committed it before.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode

_READS = frozenset({Mode.READ, Mode.WRITE, Mode.EXCLUSIVE})
_WRITES = frozenset({Mode.APPEND, Mode.WRITE, Mode.EXCLUSIVE})
"""INSERT and COPY are "pure write operations" and read nothing: their order alone makes no difference."""
_NEVER = 1 << 62


@dataclass(eq=False, slots=True)
class _Transaction:
    """What one has done. Moments are numbers in the order of snapshots and commits; an open one ends never."""

    number: int
    began: int
    ended: int = _NEVER
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)

    def precedes(self, other: "_Transaction") -> bool:
        """Whether it has to come before another in every serial order."""
        seen = self.ended < other.began and not self.writes.isdisjoint(other.reads)
        return seen or (self.began < other.ended and not self.reads.isdisjoint(other.writes))


class Precedence:
    """The transactions of one database of which the order may still matter."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._moment = 0
        self._known: dict[int, _Transaction] = {}

    def begin(self, number: int, take_snapshot: Callable[[], None]) -> None:
        """Takes a transaction's snapshot, between two commits and never beside one."""
        with self._guard:
            take_snapshot()
            self._known[number] = _Transaction(number, self._next())

    def use(self, number: int, table: str, mode: Mode) -> list[int]:
        """Takes note of how a transaction uses a table.

        Returns:
            The transactions that go in a circle because of that, beginning with this one; nothing where none do.
        """
        with self._guard:
            own = self._known[number]
            if mode in _READS:
                own.reads.add(table)
            if mode in _WRITES:
                own.writes.add(table)
            return [each.number for each in self._circle(own)]

    @contextmanager
    def ending(self, number: int, *, commit: bool) -> Iterator[None]:
        """A transaction's end; one that fails or is rolled back has never been."""
        with self._guard:
            own = self._known.pop(number)
            yield
            if commit:
                own.ended = self._next()
                self._known[number] = own
            self._forget()

    def _next(self) -> int:
        self._moment += 1
        return self._moment

    def _circle(self, own: _Transaction) -> list[_Transaction]:
        """The shortest way from a transaction back to itself."""
        ways = [[own]]
        seen: set[int] = set()
        while ways:
            longer = []
            for way in ways:
                for other in self._known.values():
                    if other.number in seen or not way[-1].precedes(other) or other is way[-1]:
                        continue
                    if other is own:
                        return way
                    seen.add(other.number)
                    longer.append([*way, other])
            ways = longer
        return []

    def _forget(self) -> None:
        """Forgets who has committed and cannot come after anybody any more."""
        while True:
            oldest = min((each.began for each in self._known.values() if each.ended == _NEVER), default=_NEVER)
            past = [each for each in self._known.values() if each.ended < oldest]
            first = [each for each in past if not any(o is not each and o.precedes(each) for o in self._known.values())]
            if not first:
                return
            for each in first:
                del self._known[each.number]


def violation(table: int, circle: list[int], pid: int) -> SqlError:
    """Error 1023, as clients of Redshift report it (snowplow/snowplow-rdb-loader, issue 557)."""
    numbers = ", ".join(map(str, circle))
    cycle = f"transactions forming the cycle are: {numbers} (pid:{pid})"
    return SqlError("XX000", "1023", f"Serializable isolation violation on table - {table}, {cycle}")
