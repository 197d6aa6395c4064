"""Reading older days again: those that are short, and those of the patrol. Only days that changed land."""

from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date

from extract.budget import OutOfTime
from extract.cursor import read_cursor, write_cursor
from extract.days import Day, DaysRead, Window, by_day
from extract.http import Lacking, Tally
from extract.late_news import Counts, plan_review
from extract.newest_first import Puller, oldest_day
from extract.page import Page
from extract.pagination import Walker
from extract.spending import Purpose
from extract.stream import NewestFirst, Stream
from extract.writer import StreamWriter

MOST_HELD = 10_000
"""So many records wait in memory for the end of their window; where there are more they land, changed or not."""


def review_days(
    puller: Puller,
    stream: Stream,
    method: NewestFirst,
    counted: Mapping[date, Counts],
    first: date,
    writer: StreamWriter,
) -> None:
    """Read the days again that are due, and commit what changed, and that they were read.

    Args:
        puller: of the run.
        stream: a list that the source filters by date, just pulled.
        method: how it is sorted and filtered.
        counted: what the source counts of recent days, by day and member, as far as it was asked in this run.
        first: the first day that the pull has read.
        writer: lands and commits.

    Raises:
        SourceRefused: the source refused or failed; nothing of the review was committed.
        HeadMoved: another run committed first.
        OutOfTime: the budget ended; nothing of the review was committed.
    """
    cursor = read_cursor(writer.head)
    if cursor.review is None or cursor.watermark is None:
        return
    today, oldest = puller.as_of.date(), oldest_day(method, puller.as_of)
    plan = plan_review(cursor.review, counted, first, oldest, today)
    if not plan.short and not plan.patrol:
        return
    review, proof = plan.review, []
    for window, is_patrol in plan.windows:
        if puller.budget.is_over:
            writer.discard()
            raise OutOfTime
        purpose = Purpose.PATROL if is_patrol else Purpose.SHORT
        walker = Walker(
            per_page=puller.fetcher.per_page,
            eager=True,
            expected=plan.expected(window),
            purpose=purpose,
            spending=writer.spending,
        )
        read = _read(puller, stream, window, walker, writer, review.days)
        review = review.with_days(read, window, oldest)
        proof += walker.take_proof()
    for note in plan.notes:
        writer.note(note)
    changed = write_cursor(replace(cursor, review=plan.done(review, today)))
    writer.commit(changed, complete=True, proof=proof)


def _read(
    puller: Puller,
    stream: Stream,
    window: Window,
    walker: Walker,
    writer: StreamWriter,
    known: Mapping[date, tuple[str, int]],
) -> dict[date, Day]:
    """Read a window and land the days of it that are not as they are known."""
    held, days = _Held(writer), DaysRead(from_within=False)
    expects_rows = any(window.holds(day) for day in known)
    # Sessions may go with their media: a window that stays empty, however often it is asked for, is empty.
    with (
        suppress(Lacking),
        closing(puller.fetcher.walk(stream, window.parameters, walker, held, expects_rows=expects_rows)) as walk,
    ):
        for page in walk:
            days.add(page)
    days.end()
    held.settle({day for day, found in days.closed.items() if known.get(day) == (found.content, found.rows)})
    return days.closed


class _Held:
    """Takes the pages of a walk, and hands them over at its end."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._pages: list[Page] = []
        self._rows = 0

    @property
    def tally(self) -> Tally:
        return self._writer.tally

    def land(self, page: Page) -> None:
        self._pages.append(page)
        self._rows += page.rows
        if self._rows > MOST_HELD:
            self.settle(set())

    def skip(self, rows: int) -> None:
        self._writer.skip(rows)

    def settle(self, unchanged: set[date]) -> None:
        """Keep the records of the days that are unchanged and land the others."""
        for page in self._pages:
            same = [number for day, number in by_day(page) if day in unchanged]
            others = sorted(set(range(page.rows)).difference(same))
            self._writer.keep(page.at(same))
            self._writer.land(page.at(others))
        self._pages.clear()
