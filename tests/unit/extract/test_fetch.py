"""Walking a list with answers that come in any order, by a source that a test holds in its hand."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from extract.fetch import Fetcher
from extract.http import Get, Reply, Tally, Unwanted
from extract.page import Page
from extract.pagination import Walker
from extract.records import cut_array
from extract.sources.wistia.streams import VISITORS
from extract.workers import Workers

NOW = datetime(2026, 1, 8, tzinfo=UTC)


@dataclass
class Source:
    """Answers as ``http`` does, from a list of so many visitors; some answers are held back, some are empty."""

    rows: int
    held: dict[int, threading.Event] = field(default_factory=dict)
    """By the number of the page's first row, until when its answer is held back."""
    empty_once: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    refused: int = 0

    def get(self, get: Get, tally: Tally, is_wanted: Callable[[], bool]) -> Reply:
        size = int(get.parameters["per_page"])
        start = (int(get.parameters["page"]) - 1) * size
        if not is_wanted():
            self.refused += 1
            raise Unwanted("not wanted any more")
        self.asked.append(start)
        if gate := self.held.get(start):
            gate.wait(30)
        numbers = range(start, max(start, min(start + size, self.rows)))
        if start in self.empty_once:
            self.empty_once.remove(start)
            numbers = range(0)
        rows = [
            {"visitor_key": str(number), "last_active_at": f"{NOW - timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.000Z}"}
            for number in numbers
        ]
        tally.count("200", received=len(rows))
        return Reply(cut_array(json.dumps(rows).encode()), NOW)


@dataclass
class Landed:
    """Takes what a walk lands."""

    tally: Tally = field(default_factory=Tally)
    keys: list[str | None] = field(default_factory=list)
    skipped: int = 0

    def land(self, page: Page) -> None:
        self.keys += page.keys

    def skip(self, rows: int) -> None:
        self.skipped += rows


def walk(source: Source, width: int) -> Landed:
    landed = Landed()
    workers = Workers(lambda: width)
    fetcher = Fetcher(source, workers, 100)  # type: ignore[arg-type]
    for _ in fetcher.walk(VISITORS, {}, Walker(per_page=100, eager=True), landed):
        pass
    workers.close()
    return landed


def test_every_row_lands_once_and_all_that_came_is_accounted_for() -> None:
    source = Source(10_000)
    landed = walk(source, width=16)
    assert sorted(int(key or -1) for key in landed.keys) == list(range(10_000))
    assert len(landed.keys) + landed.skipped == landed.tally.received


def test_behind_the_first_empty_page_nothing_more_is_asked_while_another_is_waited_for() -> None:
    gate = threading.Event()
    source = Source(2_000, held={97: gate})

    def open_when_quiet() -> None:
        for _ in range(1000):
            if source.refused >= 200:
                break
            gate.wait(0.01)
        gate.set()

    thread = threading.Thread(target=open_when_quiet)
    thread.start()
    landed = walk(source, width=8)
    thread.join()
    assert len(set(landed.keys)) == 2_000
    assert len([start for start in source.asked if start >= 2_000]) <= 2 * 8


def test_an_empty_page_in_the_middle_is_no_end_and_what_was_left_out_is_asked_for() -> None:
    calm = Source(5_000)
    walk(calm, width=1)
    starts = sorted(set(calm.asked))
    source = Source(5_000, empty_once={starts[5], starts[20]})
    landed = walk(source, width=16)
    assert {int(key or -1) for key in landed.keys} == set(range(5_000))
    assert len(landed.keys) + landed.skipped == landed.tally.received
