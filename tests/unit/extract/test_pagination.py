"""The walker against a model of a list that moves while it is read."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extract.errors import SourceRefused
from extract.pagination import MOST_RETURNS, PageView, Reached, Walker

START = datetime(2026, 1, 8, tzinfo=UTC)
PER_PAGE = 3


@dataclass(frozen=True)
class Row:
    key: int
    at: datetime


@dataclass
class MovingList:
    """A list sorted newest first. Between two answers it may change, as the given kinds of movement allow."""

    rows: list[Row]
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    movements: tuple[str, ...] = ()
    share: float = 0.3
    next_key: int = 10_000
    tick: int = 0
    requests: list[int] = field(default_factory=list)
    gaps: dict[int, int] = field(default_factory=dict)
    """Pages that answer empty so many times although they hold rows."""

    def answer(self, page: int) -> list[Row]:
        self.requests.append(page)
        if self.movements and self.chance.random() < self.share:
            self.move(self.chance.choice(self.movements))
        if self.gaps.get(page, 0) > 0:
            self.gaps[page] -= 1
            return []
        return self.rows[(page - 1) * PER_PAGE : page * PER_PAGE]

    def move(self, kind: str) -> None:
        self.tick += 1
        now = START + timedelta(seconds=self.tick)
        if kind == "arrival":
            self.next_key += 1
            self.rows.insert(0, Row(self.next_key, now))
        elif kind == "return" and self.rows:
            row = self.rows.pop(self.chance.randrange(len(self.rows)))
            self.rows.insert(0, Row(row.key, now))
        elif kind == "removal" and self.rows:
            self.rows.pop(self.chance.randrange(len(self.rows)))
        elif kind == "purge" and self.rows:
            self.rows.pop()

    def view(self, rows: list[Row]) -> PageView:
        return PageView(
            rows=len(rows),
            newest=max((row.at for row in rows), default=None),
            order=hashlib.sha256(repr([row.key for row in rows]).encode()).digest(),
            content=hashlib.sha256(repr(rows).encode()).digest(),
        )


def made_list(size: int, ties: int = 1) -> list[Row]:
    """Return rows sorted newest first, so many of which share an instant."""
    return [Row(key, START - timedelta(minutes=1 + key // ties)) for key in range(size)]


def rounds(walker: Walker, moving: MovingList) -> Iterator[set[Row]]:
    """Drive a walk, answering the pages of each round in any order; yields the rows of each round."""
    for _ in range(1000):
        if not walker.asked:
            return
        order = list(walker.asked)
        moving.chance.shuffle(order)
        answers = {page: moving.answer(page) for page in order}
        walker.tell({page: moving.view(rows) for page, rows in answers.items()})
        yield {row for rows in answers.values() for row in rows}
    pytest.fail("the walk does not end")


def walk(walker: Walker, moving: MovingList) -> set[Row]:
    """Drive a walk to its end; return the rows seen."""
    return set().union(*rounds(walker, moving))


def unchanged(before: Iterable[Row], moving: MovingList) -> set[Row]:
    return set(before) & set(moving.rows)


SIZES = st.integers(0, 60)
BATCHES = st.integers(1, 9)
SEEDS = st.integers(0, 2**32)
SHARES = st.sampled_from([0.05, 0.3, 0.9])


@given(size=SIZES, ties=st.integers(1, 7), batch=BATCHES, seed=SEEDS, share=SHARES, eager=st.booleans())
@example(size=1, ties=1, batch=1, seed=636874, share=0.05, eager=False)
@settings(max_examples=400, deadline=None)
def test_every_row_that_existed_and_did_not_change_is_seen(
    size: int, ties: int, batch: int, seed: int, share: float, eager: bool
) -> None:
    """A walk may be refused where all that existed is gone: an emptied list looks like a source in trouble."""
    before = made_list(size, ties)
    moving = MovingList(list(before), random.Random(seed), ("arrival", "return", "purge"), share)
    try:
        seen = walk(Walker(per_page=PER_PAGE, batch=batch, eager=eager), moving)
    except SourceRefused:
        seen = set()
    assert unchanged(before, moving) <= seen


@given(size=SIZES, batch=BATCHES, seed=SEEDS, share=SHARES, floor=st.integers(0, 70))
@settings(max_examples=300, deadline=None)
def test_every_row_down_to_the_floor_is_seen(size: int, batch: int, seed: int, share: float, floor: int) -> None:
    before = made_list(size)
    moving = MovingList(list(before), random.Random(seed), ("arrival", "return"), share)
    oldest = START - timedelta(minutes=floor)
    seen = walk(Walker(per_page=PER_PAGE, batch=batch, floor=oldest), moving)
    assert {row for row in unchanged(before, moving) if row.at >= oldest} <= seen


@given(size=SIZES, ties=st.integers(1, 12), batch=BATCHES, seed=SEEDS, share=SHARES, kill=st.integers(1, 12))
@settings(max_examples=400, deadline=None)
def test_a_walk_killed_anywhere_goes_on_by_value_and_loses_nothing(
    size: int, ties: int, batch: int, seed: int, share: float, kill: int
) -> None:
    before = made_list(size, ties)
    moving = MovingList(list(before), random.Random(seed), ("arrival", "return"), share)
    reached: Reached | None = None
    committed: set[Row] = set()
    for _ in range(5):
        walker = Walker(per_page=PER_PAGE, batch=batch, resume=reached, eager=True)
        landed = set(committed)
        for number, rows in enumerate(rounds(walker, moving)):
            landed |= rows
            if walker.reached != reached and walker.reached:
                reached, committed = walker.reached, set(landed)
            if number == kill:
                break
        # While nobody reads, the list moves on.
        for _ in range(moving.chance.randrange(8)):
            moving.move("arrival")
    seen = committed | walk(Walker(per_page=PER_PAGE, batch=batch, resume=reached, eager=True), moving)
    assert unchanged(before, moving) <= seen


@given(size=st.integers(7, 60), batch=BATCHES, gap=st.integers(1, 18), eager=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_page_that_once_lacks_its_rows_is_read_again(size: int, batch: int, gap: int, eager: bool) -> None:
    """One known source answers a page in the middle with nothing, once; read on, and its rows are lost for good."""
    before = made_list(size)
    is_last = gap >= (size - 1) // PER_PAGE + 1
    moving = MovingList(list(before), gaps={} if is_last else {gap: 1})
    assert walk(Walker(per_page=PER_PAGE, batch=batch, eager=eager), moving) == set(before)


def test_without_the_proof_of_stillness_a_row_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the model can lose rows, so that the properties above mean something."""
    monkeypatch.setattr(Walker, "_is_still", lambda *_: True)
    lost = 0
    for seed in range(40):
        before = made_list(60)
        moving = MovingList(list(before), random.Random(seed), ("arrival", "return"), 0.1)
        seen = walk(Walker(per_page=PER_PAGE, batch=8, eager=True), moving)
        lost += bool(unchanged(before, moving) - seen)
    assert lost


@dataclass
class BrownOut(MovingList):
    """Answers every page with nothing for a while: ``length`` answers from the one numbered ``moment``."""

    moment: int = 0
    length: int = 0

    def answer(self, page: int) -> list[Row]:
        rows = super().answer(page)
        return [] if self.moment < len(self.requests) <= self.moment + self.length else rows


@given(
    size=SIZES,
    batch=st.integers(1, 40),
    seed=SEEDS,
    moment=st.integers(0, 60),
    share=st.sampled_from([0, 0.05, 0.3]),
    eager=st.booleans(),
    floor=st.none() | st.integers(0, 70),
    length=st.integers(0, 80),
)
@example(size=13, batch=15, seed=0, moment=4, share=0, eager=True, floor=None, length=10)
@settings(max_examples=600, deadline=None)
def test_a_brownout_loses_nothing(
    size: int, batch: int, seed: int, moment: int, share: float, eager: bool, floor: int | None, length: int
) -> None:
    """However long: all is seen, or the walk is refused, or nothing at all was seen, which is never committed."""
    before = made_list(size)
    moving = BrownOut(list(before), random.Random(seed), ("arrival", "return"), share, moment=moment, length=length)
    oldest = START - timedelta(minutes=floor) if floor is not None else None
    try:
        seen = walk(Walker(per_page=PER_PAGE, batch=batch, eager=eager, floor=oldest), moving)
    except SourceRefused:
        assert length > MOST_RETURNS
        return
    assert not seen or {row for row in unchanged(before, moving) if oldest is None or row.at >= oldest} <= seen


def test_pages_that_are_empty_at_their_first_request_are_no_end() -> None:
    before = made_list(90 * PER_PAGE)
    moving = MovingList(list(before), gaps=dict.fromkeys(range(35, 67), 1))
    assert walk(Walker(per_page=PER_PAGE, batch=32, eager=True), moving) == set(before)


def test_a_source_that_does_not_recover_is_refused_and_not_taken_for_an_end() -> None:
    moving = BrownOut(made_list(90 * PER_PAGE), moment=50, length=10_000)
    with pytest.raises(SourceRefused, match="now with none"):
        walk(Walker(per_page=PER_PAGE, batch=32, eager=True), moving)
    assert len(moving.requests) < 150


def test_an_end_costs_no_more_than_two_requests() -> None:
    for size in (0, 1, PER_PAGE, PER_PAGE + 1, 2 * PER_PAGE):
        moving = MovingList(made_list(size))
        walk(Walker(per_page=PER_PAGE, batch=1), moving)
        pages = -(-size // PER_PAGE)
        assert len(moving.requests) <= pages + (1 if size % PER_PAGE else 2) + 2


@dataclass
class MovingOnce(MovingList):
    """Moves a single time: before its answer number ``moment``."""

    kind: str = "arrival"
    moment: int = 0

    def answer(self, page: int) -> list[Row]:
        if len(self.requests) == self.moment:
            self.move(self.kind)
        return super().answer(page)


@given(batch=st.integers(2, 9), seed=SEEDS, moment=st.integers(0, 40), kind=st.sampled_from(["arrival", "return"]))
@settings(max_examples=400, deadline=None)
def test_a_single_movement_is_found_out(batch: int, seed: int, moment: int, kind: str) -> None:
    """One arrival shifts every page, one return only those above the place that the row has left: page 1 tells both."""
    before = made_list(60)
    moving = MovingOnce(list(before), random.Random(seed), kind=kind, moment=moment)
    seen = walk(Walker(per_page=PER_PAGE, batch=batch, eager=True), moving)
    assert unchanged(before, moving) <= seen


@given(batch=st.integers(2, 9), seed=SEEDS, moment=st.integers(4, 40))
@settings(max_examples=400, deadline=None)
def test_a_single_removal_is_found_out_by_the_far_edge(batch: int, seed: int, moment: int) -> None:
    """A removed row leaves page 1 as it is, if it lay below; what lies below it shifts, the far edge of a batch too."""
    before = made_list(90)
    moving = MovingOnce(list(before), random.Random(seed), kind="removal", moment=moment)
    seen = walk(Walker(per_page=PER_PAGE, batch=batch, eager=True), moving)
    # Behind the far edge of the last batch nothing can witness; a list of this length ends in it.
    tail = set(before[-PER_PAGE * (batch + 1) :])
    assert unchanged(before, moving) - tail <= seen


def test_a_still_list_is_read_once_but_for_its_witnesses() -> None:
    moving = MovingList(made_list(3 * 100))
    walker = Walker(per_page=PER_PAGE, batch=10, eager=True)
    walk(walker, moving)
    assert all(proof["still"] for proof in walker.proof)
    asked = len(moving.requests)
    assert asked <= 100 + 2 * len(walker.proof) + 13
    assert set(range(1, 101)) <= set(moving.requests)


def test_a_daily_walk_takes_two_pages() -> None:
    rows = made_list(300)
    moving = MovingList(rows)
    walk(Walker(per_page=PER_PAGE, batch=32, floor=rows[2].at), moving)
    assert moving.requests == [1, 2]


def test_a_short_page_makes_the_walker_ask_for_no_more_than_the_next() -> None:
    moving = MovingList(made_list(4))
    walk(Walker(per_page=PER_PAGE, batch=32, eager=True), moving)
    # The second page 1 and page 34 were to be the witnesses of a batch, had page 2 been full.
    assert sorted(moving.requests) == [1, 1, 2, 2, 3, 34]


def test_answers_that_repeat_word_for_word_are_named() -> None:
    moving = MovingList(made_list(90))
    walker = Walker(per_page=PER_PAGE, batch=5, eager=True)
    seen: list[Row] = []
    while walker.asked:
        answers = {page: moving.answer(page) for page in walker.asked}
        repeated = walker.tell({page: moving.view(rows) for page, rows in answers.items()})
        seen += [row for page, rows in answers.items() if page not in repeated for row in rows]
    assert sorted(row.key for row in seen) == list(range(90))


def test_a_resumed_walk_starts_above_the_place_that_it_had_reached() -> None:
    rows = made_list(300)
    moving = MovingList(rows)
    walker = Walker(per_page=PER_PAGE, batch=4, eager=True)
    for _ in rounds(walker, moving):
        if walker.reached and walker.reached.page > 50:
            break
    assert walker.reached
    for _ in range(7):
        moving.move("arrival")
    moving.requests.clear()
    walk(Walker(per_page=PER_PAGE, batch=4, resume=walker.reached, eager=True), moving)
    assert min(set(moving.requests) - {1}) >= walker.reached.page - 1


def test_memory_does_not_grow_with_the_list() -> None:
    moving = MovingList(made_list(3000))
    walker = Walker(per_page=PER_PAGE, batch=8, eager=True)
    most = 0
    for _ in rounds(walker, moving):
        most = max(most, len(walker._views))
    assert most <= 30
