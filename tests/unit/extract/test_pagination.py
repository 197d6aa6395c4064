"""Fault 33: the walker against a model of a list that moves while it is read."""

import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.errors import SourceRefused
from extract.pagination import MOST_REPETITIONS, MOST_STANDSTILL, Reached, Row, View, Walker, Window, lay

START = datetime(2026, 1, 8, tzinfo=UTC)
PER_PAGE = 40


@dataclass
class MovingList:
    """A list sorted newest first. Between two answers it may change, as the given kinds of movement allow."""

    rows: list[Row]
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    movements: tuple[str, ...] = ()
    share: float = 0.3
    next_key: int = 10_000
    tick: int = 0
    requests: list[Window] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    """Answers, counted from 0, that are empty or lack rows although the list has them."""

    def answer(self, window: Window) -> list[Row]:
        fault = self.faults.get(len(self.requests))
        self.requests.append(window)
        if self.movements and self.chance.random() < self.share:
            self.move(self.chance.choice(self.movements))
        rows = self.rows[window.start : window.stop]
        if fault == "empty":
            return []
        return [row for row in rows if self.chance.random() < 0.7] if fault == "holes" else rows

    def move(self, kind: str) -> None:
        self.tick += 1
        now = START + timedelta(seconds=self.tick)
        if kind == "arrival":
            self.next_key += 1
            self.rows.insert(0, Row(str(self.next_key), now))
        elif kind == "arrivals":
            for _ in range(self.chance.randrange(3 * PER_PAGE)):
                self.move("arrival")
        elif kind == "return" and self.rows:
            row = self.rows.pop(self.chance.randrange(len(self.rows)))
            self.rows.insert(0, Row(row.key, now))
        elif kind == "removal" and self.rows:
            self.rows.pop(self.chance.randrange(len(self.rows)))
        elif kind == "removals" and self.rows:
            first = self.chance.randrange(len(self.rows))
            del self.rows[first : first + self.chance.randrange(2 * PER_PAGE)]
        elif kind == "purge" and self.rows:
            del self.rows[-self.chance.randrange(1, 4) :]
        elif kind == "shuffle of ties":
            self.chance.shuffle(self.rows)
            self.rows.sort(key=lambda row: row.instant or START, reverse=True)


EVERYTHING = ("arrival", "arrivals", "return", "removal", "removals", "purge")


def made_list(size: int, ties: int = 1) -> list[Row]:
    """Return rows sorted newest first, so many of which share an instant."""
    return [Row(str(key), START - timedelta(minutes=1 + key // ties)) for key in range(size)]


def steps(walker: Walker, moving: MovingList, most: int) -> Iterator[set[Row]]:
    """Drive a walk, answering the windows on their way in any order; yields the rows of each that is told."""
    coming: list[Window] = []
    answers: dict[int, list[Row]] = {}
    for _ in range(10_000):
        coming += walker.ask(most)
        if not coming:
            assert walker.is_over
            return
        number = moving.chance.choice([number for number in range(len(coming)) if number not in answers])
        answers[number] = moving.answer(coming[number])
        while 0 in answers:
            rows = answers.pop(0)
            coming, answers = coming[1:], {number - 1: answer for number, answer in answers.items()}
            if not walker.tell(View(tuple(rows))):
                coming, answers = [], {}
            yield set(rows)
    pytest.fail("the walk does not end")


def walk(walker: Walker, moving: MovingList, batch: int = 1) -> set[Row]:
    """Drive a walk to its end; return the rows seen."""
    return set[Row]().union(*steps(walker, moving, batch))


def unchanged(before: Iterable[Row], moving: MovingList) -> set[Row]:
    return set(before) & set(moving.rows)


SIZES = st.integers(0, 600)
BATCHES = st.integers(1, 9)
SEEDS = st.integers(0, 2**32)
SHARES = st.sampled_from([0.05, 0.3, 0.9])
MOVEMENTS = st.sets(st.sampled_from(EVERYTHING), min_size=1).map(lambda kinds: tuple(sorted(kinds)))


@given(
    size=SIZES,
    ties=st.integers(1, 14),
    batch=BATCHES,
    seed=SEEDS,
    share=SHARES,
    eager=st.booleans(),
    movements=MOVEMENTS,
)
@settings(max_examples=1000, deadline=None)
def test_every_row_that_existed_and_did_not_change_is_seen(
    size: int, ties: int, batch: int, seed: int, share: float, eager: bool, movements: tuple[str, ...]
) -> None:
    """A walk may be refused where a list is emptied, or where pages of rows come and go between two answers."""
    before = made_list(size, ties)
    moving = MovingList(list(before), random.Random(seed), movements, share)
    try:
        seen = walk(Walker(per_page=PER_PAGE, eager=eager), moving, batch)
    except SourceRefused:
        seen = set()
        assert share == 0.9 or not moving.rows or (share > 0.05 and {"arrivals", "removals"} & set(movements))
    else:
        assert unchanged(before, moving) <= seen


@given(size=SIZES, ties=st.integers(1, 3), batch=BATCHES, seed=SEEDS, share=SHARES)
@settings(max_examples=200, deadline=None)
def test_rows_of_one_instant_may_change_places(size: int, ties: int, batch: int, seed: int, share: float) -> None:
    before = made_list(size, ties)
    moving = MovingList(list(before), random.Random(seed), ("shuffle of ties", "removal", "arrival", "arrival"), share)
    try:
        seen = walk(Walker(per_page=PER_PAGE, eager=True), moving, batch)
    except SourceRefused:
        assert size < MOST_STANDSTILL
        return
    assert unchanged(before, moving) <= seen


@given(
    size=SIZES,
    batch=BATCHES,
    seed=SEEDS,
    share=SHARES,
    floor=st.integers(0, 700),
    movements=st.sets(st.sampled_from(["arrival", "return", "removal", "purge"]), min_size=1).map(tuple),
)
@settings(max_examples=400, deadline=None)
def test_every_row_down_to_the_floor_is_seen(
    size: int, batch: int, seed: int, share: float, floor: int, movements: tuple[str, ...]
) -> None:
    before = made_list(size)
    moving = MovingList(list(before), random.Random(seed), movements, share)
    oldest = START - timedelta(minutes=floor)
    try:
        seen = walk(Walker(per_page=PER_PAGE, floor=oldest), moving, batch)
    except SourceRefused:
        assert share == 0.9 or len(moving.rows) < 10
        return
    assert {row for row in unchanged(before, moving) if row.instant and row.instant >= oldest} <= seen


@given(size=SIZES, ties=st.integers(1, 60), batch=BATCHES, seed=SEEDS, share=SHARES, kill=st.integers(1, 12))
@settings(max_examples=400, deadline=None)
def test_a_walk_killed_anywhere_goes_on_by_value_and_loses_nothing(
    size: int, ties: int, batch: int, seed: int, share: float, kill: int
) -> None:
    before = made_list(size, ties)
    moving = MovingList(list(before), random.Random(seed), ("arrival", "return", "removal"), share)
    reached: Reached | None = None
    committed: set[Row] = set()
    for _ in range(5):
        walker = Walker(per_page=PER_PAGE, resume=reached, eager=True)
        landed = set(committed)
        with suppress(SourceRefused):
            for number, rows in enumerate(steps(walker, moving, batch)):
                landed |= rows
                if walker.reached != reached and walker.reached:
                    reached, committed = walker.reached, set(landed)
                if number == kill:
                    break
        # While nobody reads, the list moves on.
        for _ in range(moving.chance.randrange(150)):
            moving.move(moving.chance.choice(("arrival", "removal")))
    try:
        seen = committed | walk(Walker(per_page=PER_PAGE, resume=reached, eager=True), moving, batch)
    except SourceRefused:
        assert len(moving.rows) < 5
        return
    assert unchanged(before, moving) <= seen


@given(
    size=st.integers(1, 600),
    batch=BATCHES,
    seed=SEEDS,
    empty=st.sets(st.integers(1, 30), max_size=4),
    holes=st.none() | st.integers(0, 30),
    share=st.sampled_from([0, 0.05, 0.3]),
    eager=st.booleans(),
)
@settings(max_examples=600, deadline=None)
def test_answers_that_lack_rows_are_asked_for_again(
    size: int, batch: int, seed: int, empty: set[int], holes: int | None, share: float, eager: bool
) -> None:
    """A window that is not full is an end only where another one shows the same end."""
    before = made_list(size)
    faults = dict.fromkeys(empty, "empty") | ({} if holes is None else {holes: "holes"})
    moving = MovingList(list(before), random.Random(seed), ("arrival", "return"), share, faults=faults)
    seen = walk(Walker(per_page=PER_PAGE, eager=eager), moving, batch)
    # Of a page with holes that is the last one, nothing tells that it has holes.
    last_page = set(before[-2 * PER_PAGE :])
    assert unchanged(before, moving) - seen <= (last_page if holes is not None else set())


def test_without_a_shared_row_a_row_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the model can lose rows, so that the properties above mean something."""
    monkeypatch.setattr(Walker, "_is_attached", lambda *_: True)
    lost = 0
    for seed in range(40):
        before = made_list(600)
        moving = MovingList(list(before), random.Random(seed), ("arrival", "return", "removals"), 0.5)
        lost += bool(unchanged(before, moving) - walk(Walker(per_page=PER_PAGE, eager=True), moving, 8))
    assert lost


@dataclass
class BrownOut(MovingList):
    """Answers every request with nothing for a while: ``length`` answers from the one numbered ``moment``."""

    moment: int = 0
    length: int = 0

    def answer(self, window: Window) -> list[Row]:
        rows = super().answer(window)
        return [] if self.moment < len(self.requests) <= self.moment + self.length else rows


@given(
    size=SIZES,
    batch=st.integers(1, 20),
    seed=SEEDS,
    moment=st.integers(0, 30),
    share=st.sampled_from([0, 0.05, 0.3]),
    eager=st.booleans(),
    floor=st.none() | st.integers(0, 700),
    length=st.integers(0, 80),
)
@settings(max_examples=600, deadline=None)
def test_a_brownout_loses_nothing(
    size: int, batch: int, seed: int, moment: int, share: float, eager: bool, floor: int | None, length: int
) -> None:
    """However long: all is seen, or the walk is refused, or nothing at all was seen, which is never committed."""
    before = made_list(size)
    moving = BrownOut(list(before), random.Random(seed), ("arrival", "return"), share, moment=moment, length=length)
    oldest = START - timedelta(minutes=floor) if floor is not None else None
    try:
        seen = walk(Walker(per_page=PER_PAGE, eager=eager, floor=oldest), moving, batch)
    except SourceRefused:
        assert length >= MOST_STANDSTILL // 2
        return
    wanted = {row for row in unchanged(before, moving) if row.instant and (oldest is None or row.instant >= oldest)}
    assert not seen or wanted <= seen


def test_a_source_that_does_not_recover_is_refused_and_not_taken_for_an_end() -> None:
    moving = BrownOut(made_list(90 * PER_PAGE), moment=50, length=10_000)
    with pytest.raises(SourceRefused, match="could not be read below row"):
        walk(Walker(per_page=PER_PAGE, eager=True), moving, 32)
    assert len(moving.requests) < 150


class Stubborn(MovingList):
    """Answers with the same rows whatever is asked for, or pays no heed to page sizes."""

    page_size: int = 0

    def answer(self, window: Window) -> list[Row]:
        self.requests.append(window)
        first = (window.page - 1) * self.page_size
        return self.rows[first : first + (self.page_size or window.size)]


def test_a_source_that_knows_no_pages_is_refused() -> None:
    moving = Stubborn(made_list(600))
    with pytest.raises(SourceRefused, match="page numbers"):
        walk(Walker(per_page=PER_PAGE), moving)
    assert len(moving.requests) <= MOST_REPETITIONS + 2


def test_a_source_that_pays_no_heed_to_page_sizes_is_refused_rather_than_cut_short() -> None:
    moving = Stubborn(made_list(600))
    moving.page_size = 10
    with pytest.raises(SourceRefused):
        walk(Walker(per_page=PER_PAGE), moving)


def test_an_end_costs_one_request() -> None:
    for size in (0, 1, 3, 12, PER_PAGE - 1):
        moving = MovingList(made_list(size))
        assert len(walk(Walker(per_page=PER_PAGE), moving)) == size
        assert len(moving.requests) == 2


def test_a_still_list_is_read_once_but_for_what_overlaps() -> None:
    moving = MovingList(made_list(100 * 100))
    walker = Walker(per_page=100, eager=True)
    assert len(walk(walker, moving, 32)) == 100 * 100
    # A fifth more than pages that fit edge to edge, and at most a batch beyond the end.
    assert len([window for window in moving.requests if window.start < 10_000]) <= 120
    (proof,) = walker.take_proof()
    assert (proof["rows"][0], proof["shared"]) == (0, 2)  # of three rows the oldest may have ties that are not seen


def test_a_list_that_never_stands_still_is_read_with_little_more() -> None:
    """Every third answer finds a row more on top, and rows that returned there."""
    before = made_list(100 * 100)
    moving = MovingList(list(before), random.Random(1), ("arrival", "return"), 0.3)
    walker = Walker(per_page=100, eager=True)
    seen = walk(walker, moving, 32)
    assert unchanged(before, moving) <= seen
    assert len(moving.requests) < 300
    assert any("gap" in proof for proof in walker.take_proof())


def test_a_daily_walk_takes_two_windows() -> None:
    rows = made_list(300)
    moving = MovingList(rows)
    walk(Walker(per_page=PER_PAGE, floor=rows[PER_PAGE // 2].instant), moving, 32)
    assert len(moving.requests) == 2


def test_a_resumed_walk_starts_above_the_place_that_it_had_reached() -> None:
    moving = MovingList(made_list(3000))
    walker = Walker(per_page=PER_PAGE, eager=True)
    for _ in steps(walker, moving, 4):
        if walker.reached and walker.reached.position > 2000:
            break
    assert walker.reached
    for _ in range(7):
        moving.move("arrival")
    moving.requests.clear()
    walk(Walker(per_page=PER_PAGE, resume=walker.reached, eager=True), moving, 4)
    assert min(window.start for window in moving.requests) >= walker.reached.position - 2 * PER_PAGE


@given(position=st.integers(0, 10**7), most=st.integers(20, 100))
@settings(deadline=None)
def test_a_window_begins_where_it_must_and_gets_on(position: int, most: int) -> None:
    window = lay(position, most)
    assert window.start <= position
    assert window.stop >= position + 2 * (most // 8)
