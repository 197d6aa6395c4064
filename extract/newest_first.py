"""Pulling a list that is sorted newest first: from the top down to the watermark, resumable by value."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from extract.cursor import Cursor, Seen, Walk, later, newest_known, plan_walk, read_cursor, write_cursor
from extract.fetch import Fetcher
from extract.page import Page
from extract.pagination import Walker
from extract.progress import Progress
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
    now: Callable[[], float] = time.monotonic
    """Seconds; decides, with the number of pages, when a long pull commits what it has."""

    def pull(self, stream: Stream, method: NewestFirst, writer: StreamWriter) -> None:
        """Finish a walk that was interrupted, if there is one, and walk from the top to the watermark.

        The second is needed after the first: what came on top since the interrupted walk began is not in it.

        Raises:
            SourceRefused: the source refused or failed; what was committed before is kept.
            HeadMoved: another run committed first.
        """
        while (cursor := read_cursor(writer.head)).walk:
            _Descent(self, stream, method, writer, cursor).run()
        _Descent(self, stream, method, writer, cursor).run()


class _Descent:
    """One walk downwards."""

    def __init__(
        self, puller: Puller, stream: Stream, method: NewestFirst, writer: StreamWriter, cursor: Cursor
    ) -> None:
        self._puller = puller
        self._stream = stream
        self._method = method
        self._writer = writer
        self._cursor = cursor
        self._walk = plan_walk(method, cursor, puller.as_of)
        self._walker = Walker(
            per_page=puller.fetcher.per_page,
            floor=self._walk.floor,
            resume=self._walk.reached,
            eager=self._walk.floor is None,
            known=cursor.watermark,
            spending=writer.spending,
        )
        self._seen = Seen(self._walk.floor)
        self._last_commit = puller.now()

    def run(self) -> None:
        """Walk, commit on the way when it takes long, and commit at the end if there is anything new."""
        resumed = self._walk.reached
        pages = resumed.position // self._puller.fetcher.per_page if resumed else 0
        for page in self._puller.fetcher.walk(self._stream, _days(self._walk), self._walker, self._writer):
            if not resumed and self._walk.watermark is None and _tells_time(page):
                self._begin(page)
            if not resumed:
                self._seen.add(page)
            pages += 1
            self._puller.progress.advance(self._stream.name, pages, "pages")
            if not self._walker.is_over and self._is_due():
                self._commit_partial()
        self._finish(resumed=resumed is not None)

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
        return cursor is None or self._walk.reached is not None or (walk is not None and walk > cursor)

    def _commit_partial(self) -> None:
        self._walk = replace(self._walk, reached=self._walker.reached)
        self._commit(replace(self._cursor, walk=self._walk), complete=False)
        self._last_commit = self._puller.now()

    def _finish(self, *, resumed: bool) -> None:
        watermark = later(self._cursor.watermark, self._walk.watermark)
        fingerprint = None if resumed else self._seen.fingerprint(self._walk.floor)
        under_way = self._writer.head is not None and not self._writer.head.complete
        if not under_way and (fingerprint == self._cursor.seen or not self._writer.has_received):
            self._writer.discard()
            return
        # What a former run saw of this walk is not known here; the walk from the top that follows will tell.
        floor = self._method.floor(watermark) if watermark else None
        seen = None if resumed else self._seen.fingerprint(floor)
        self._commit(Cursor(watermark, seen), complete=True)

    def _commit(self, cursor: Cursor, *, complete: bool) -> None:
        self._writer.commit(write_cursor(cursor), complete=complete, proof=self._walker.take_proof())


def _tells_time(page: Page) -> bool:
    return any(page.instants)


def _days(walk: Walk) -> dict[str, str]:
    return walk.window.parameters if walk.window else {}
