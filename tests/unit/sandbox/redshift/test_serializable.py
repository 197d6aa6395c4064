"""Histories of transactions on tables, held against every order in which they could have run one by one."""

import itertools
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.redshift.locks import Mode
from sandbox.redshift.serializable import Precedence

_TABLES = "abc"
_STEP = st.tuples(
    st.integers(0, 3), st.sampled_from(["read", "add", "update", "commit", "abort"]), st.sampled_from(_TABLES)
)
_MODES = {"read": Mode.READ, "add": Mode.APPEND, "update": Mode.WRITE}
Use = tuple[str, str, frozenset[int]]
"""What was done with which table, and whose rows were seen in doing it."""


class History:
    """Transactions with snapshots and locks for writing, as the endpoint has them; a row is who wrote it."""

    def __init__(self) -> None:
        self.precedence = Precedence()
        self.committed: dict[str, set[int]] = defaultdict(set)
        self.seen: dict[int, dict[str, set[int]]] = {}
        self.uses: dict[int, list[Use]] = {}
        self.open: set[int] = set()

    def begin(self, number: int) -> None:
        def take_snapshot() -> None:
            self.seen[number] = {table: set(self.committed[table]) for table in _TABLES}

        self.precedence.begin(number, take_snapshot)
        self.uses[number] = []
        self.open.add(number)

    def use(self, number: int, what: str, table: str) -> bool:
        """Whether it was done, and not refused."""
        if what != "read" and any(self._wrote(other, table) for other in self.open - {number}):
            return True  # it would wait
        circle = self.precedence.use(number, table, _MODES[what])
        self.uses[number].append((what, table, frozenset(self.seen[number][table])))
        if what != "read":
            self.seen[number][table].add(number)
        return not circle

    def end(self, number: int, *, commit: bool) -> None:
        with self.precedence.ending(number, commit=commit):
            pass
        self.open.discard(number)
        if not commit:
            del self.uses[number]
            return
        for table in {table for what, table, _ in self.uses[number] if what != "read"}:
            self.committed[table].add(number)

    def _wrote(self, number: int, table: str) -> bool:
        return any(what != "read" and table == name for what, name, _ in self.uses[number])

    def orders(self) -> list[tuple[int, ...]]:
        """The orders in which the transactions, one after the other, see what they have seen."""
        return [order for order in itertools.permutations(self.uses) if self._explains(order)]

    def _explains(self, order: tuple[int, ...]) -> bool:
        rows: dict[str, set[int]] = defaultdict(set)
        for number in order:
            for what, table, seen in self.uses[number]:
                if what != "add" and rows[table] != seen:
                    return False
                if what != "read":
                    rows[table].add(number)
        return True


@settings(max_examples=300)
@given(st.lists(_STEP, min_size=4, max_size=24))
def test_what_is_let_through_has_a_serial_order_and_what_is_refused_has_none(steps: list[tuple[int, str, str]]) -> None:
    history, number_of = History(), dict[int, int]()
    numbers = itertools.count(1)
    for who, what, table in steps:
        if what in ("commit", "abort"):
            if who in number_of:
                history.end(number_of.pop(who), commit=what == "commit")
        elif who in number_of or len(history.uses) < 5:
            if who not in number_of:
                number_of[who] = next(numbers)
                history.begin(number_of[who])
            if not history.use(number_of[who], what, table):
                assert not history.orders()
                history.end(number_of.pop(who), commit=False)
        assert history.orders()


def test_a_circle_is_told_from_the_one_that_closes_it() -> None:
    precedence = Precedence()
    for number in (1, 2):
        precedence.begin(number, lambda: None)
    assert precedence.use(1, "a", Mode.READ) == []
    assert precedence.use(2, "a", Mode.APPEND) == []
    assert precedence.use(1, "b", Mode.APPEND) == []
    assert precedence.use(2, "b", Mode.READ) == [2, 1]


def test_what_is_over_is_forgotten() -> None:
    precedence = Precedence()
    precedence.begin(1, lambda: None)
    for number in range(2, 50):
        precedence.begin(number, lambda: None)
        precedence.use(number, "a", Mode.WRITE)
        with precedence.ending(number, commit=True):
            pass
    assert len(precedence._known) == 49
    with precedence.ending(1, commit=True):
        pass
    assert not precedence._known
