"""Pulling a list that is sorted newest first: from the top down to the watermark, resumable by value."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime

from extract.budget import Budget, OutOfTime
from extract.cursor import Cursor, Seen, Walk, later, must_show_rows, newest_known, plan_walk, read_cursor, write_cursor
from extract.days import DaysRead
from extract.fetch import Fetcher
from extract.http import Lacking
from extract.late_news import Review
from extract.page import Page
from extract.pagination import Walker
from extract.progress import Progress
from extract.spending import Purpose
from extract.stream import NewestFirst, Stream
from extract.writer import StreamWriter

PARTIAL_PAGES = 50
PARTIAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls newest-first lists for one run."""

    fetcher: Fetcher
    progress: Progress
    as_of: datetime
    budget: Budget
    now: Callable[[], float] = time.monotonic
    """Seconds; decides, with the number of pages, when a long pull commits what it has."""

    def pull(self, stream: Stream, method: NewestFirst, writer: StreamWriter, sweep: datetime | None = None) -> Walk:
        """Finish a walk that was interrupted, if there is one, and walk from the top to the watermark.

        The second is needed after the first: what came on top since the interrupted walk began is not in it. The same
        holds for a sweep.

        Args:
            stream: what is pulled.
            method: how its list is sorted and filtered.
            writer: lands and commits.
            sweep: the present instant, where the whole list is to be read in spite of the watermark.

        Returns:
            The last walk, which began at the top.

        Raises:
            SourceRefused: the source refused or failed; what was committed before is kept.
            HeadMoved: another run committed first.
            OutOfTime: the budget ended; how far the walk came is committed.
        """
        while (cursor := read_cursor(writer.head)).walk:
            if cursor.walk.sweep:
                sweep = None
            _Descent(self, stream, method, writer, cursor).run()
        if sweep and not cursor.sweep:
            _Descent(self, stream, method, writer, cursor, sweep).run()
            return self.pull(stream, method, writer)
        return _Descent(self, stream, method, writer, cursor).run()


class _Descent:
    """One walk downwards."""

    def __init__(
        self,
        puller: Puller,
        stream: Stream,
        method: NewestFirst,
        writer: StreamWriter,
        cursor: Cursor,
        sweep: datetime | None = None,
    ) -> None:
        self._puller = puller
        self._stream = stream
        self._method = method
        self._writer = writer
        self._cursor = cursor
        self._walk = plan_walk(method, cursor, puller.as_of, sweep)
        self._resumed = self._walk.reached is not None
        self._walker = Walker(
            per_page=puller.fetcher.per_page,
            floor=self._walk.floor,
            resume=self._walk.reached,
            eager=self._walk.floor is None,
            purpose=Purpose.SWEEP if self._walk.sweep else Purpose.NEW,
            known=None if self._walk.sweep else cursor.watermark,
            spending=writer.spending,
        )
        self._seen = Seen(self._walk.floor)
        self._days = DaysRead(from_within=self._resumed) if method.horizon else None
        self._holds_rows = self._resumed
        self._last_commit = puller.now()

    def run(self) -> Walk:
        """Walk, commit on the way when it takes long, and commit at the end if there is anything new."""
        try:
            self._read()
        except Lacking:
            if self._holds_rows or self._walk.window is None:
                raise
            # Sessions may go with their media, so this may be the truth; if it is not, the watermark is where it was.
            self._writer.note(
                f"not one row since {self._walk.window.start}, although there were some; the next run asks again"
            )
        self._finish()
        return self._walk

    def _read(self) -> None:
        fetcher = self._puller.fetcher
        pages = self._walk.reached.position // fetcher.per_page if self._walk.reached else 0
        expects_rows = must_show_rows(self._cursor, self._walk, self._puller.as_of)
        answers = fetcher.walk(self._stream, _days(self._walk), self._walker, self._writer, expects_rows=expects_rows)
        with closing(answers) as walk:
            for page in walk:
                self._take(page)
                pages += 1
                self._puller.progress.advance(self._stream.name, pages, "pages")
                if self._walker.is_over:
                    continue
                if self._has_advanced() and self._puller.budget.is_over:
                    self._stop()
                if self._is_due():
                    self._commit_partial()

    def _take(self, page: Page) -> None:
        self._holds_rows |= page.rows > 0
        if self._days:
            self._days.add(page)
        if self._resumed:
            return
        if self._walk.watermark is None and any(page.instants):
            self._begin(page)
        self._seen.add(page)

    def _begin(self, first: Page) -> None:
        """Fix the watermark by the first page that tells one: what arrives on top after that is the next walk's."""
        watermark = newest_known(first.instants, self._puller.as_of)
        self._walk = replace(self._walk, watermark=watermark)
        if self._walk.floor is None and watermark:
            self._seen = Seen(self._method.floor(watermark))

    def _is_due(self) -> bool:
        if not self._has_advanced() or not self._has_news():
            return False
        late = self._puller.now() - self._last_commit >= PARTIAL_SECONDS
        return late or self._writer.pages >= PARTIAL_PAGES

    def _has_advanced(self) -> bool:
        """Whether the walk is further down than what is committed; a resumed one begins a page above that."""
        reached, committed = self._walker.reached, self._walk.reached
        return reached is not None and (committed is None or reached.newest < committed.newest)

    def _has_news(self) -> bool:
        """Whether it is certain that the walk will be committed; rows of the overlap may all be known."""
        cursor, walk = self._cursor.watermark, self._walk.watermark
        is_begun = self._walk.reached is not None or self._walk.sweep is not None
        return is_begun or cursor is None or (walk is not None and walk > cursor)

    def _stop(self) -> None:
        """Commit how far the walk came, so that the next run goes on from there; unless there seems to be no news."""
        head = self._writer.head
        if self._has_news() or head is None or not head.is_done_on(self._puller.as_of.date()):
            self._commit_partial()
        self._writer.discard()
        raise OutOfTime

    def _commit_partial(self) -> None:
        self._walk = replace(self._walk, reached=self._walker.reached)
        self._commit(replace(self._cursor, walk=self._walk, review=self._review(is_over=False)), complete=False)
        self._last_commit = self._puller.now()

    def _finish(self) -> None:
        watermark = later(self._cursor.watermark, self._walk.watermark)
        fingerprint = None if self._resumed else self._seen.fingerprint(self._walk.floor)
        must_commit = self._walk.reached or self._walk.sweep or self._cursor.sweep
        if not must_commit and (fingerprint == self._cursor.seen or not self._writer.has_received):
            self._writer.discard()
            return
        # What a former run saw of this walk is not known here; the walk from the top that follows will tell.
        floor = self._method.floor(watermark) if watermark else None
        seen = None if self._resumed else self._seen.fingerprint(floor)
        # What came on top while a sweep was under way may have left the part that it still had to read: the sweep is
        # told by the walk from the top that follows.
        swept = self._walk.sweep or (self._cursor.sweep if self._resumed else None)
        told = None if swept else self._cursor.sweep
        if (swept or told) and not self._holds_rows:
            self._writer.note("the list was empty in a full sweep, so nothing is said to be gone")
            swept = told = None
        self._commit(Cursor(watermark, seen, review=self._review(is_over=True), sweep=swept), complete=True, sweep=told)

    def _review(self, *, is_over: bool) -> Review | None:
        """Return what is known of the days by now."""
        if not self._days or not self._method.horizon:
            return None
        before = self._cursor.review or Review(patrolled=self._puller.as_of.date())
        if is_over:
            self._days.end()
        window = self._walk.window if is_over and not self._resumed else None
        return before.with_days(self._days.closed, window, oldest_day(self._method, self._puller.as_of))

    def _commit(self, cursor: Cursor, *, complete: bool, sweep: datetime | None = None) -> None:
        proof = self._walker.take_proof()
        self._writer.commit(write_cursor(cursor), complete=complete, proof=proof, sweep=sweep)


def oldest_day(method: NewestFirst, as_of: datetime) -> date:
    """Return the oldest day that the source keeps."""
    return (as_of - method.horizon).date() if method.horizon else date.min


def _days(walk: Walk) -> dict[str, str]:
    return walk.window.parameters if walk.window else {}
