"""Asking for the pages of a stream, several at a time, and landing them."""

from collections import deque
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from extract.http import Get, Http, Parameters, Tally, Unanswered
from extract.page import Page, make_page
from extract.pagination import Walker, Window
from extract.records import cut_array, cut_object
from extract.stream import DailyWindow, Stream
from extract.workers import Workers, gather
from extract.writer import StreamWriter

BATCH = 32
"""Most pages on their way at the same time; two such batches are held in memory."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Sends requests through the workers."""

    http: Http
    workers: Workers
    per_page: int

    def pages(
        self, stream: Stream, parameters: Parameters, windows: Sequence[Window], tally: Tally
    ) -> "list[Future[Page]]":
        """Ask for windows of a list at the same time."""
        return [self.workers.submit(partial(self._page, stream, parameters, window, tally)) for window in windows]

    def each(
        self, stream: Stream, queries: Mapping[str, Parameters], tally: Tally
    ) -> Generator[tuple[str, Page | Unanswered]]:
        """Ask once for each member, so many at a time; yields in their order, and the failure of one is its result.

        ``queries`` holds the parameters of each request by the member's key.
        """
        ahead: deque[tuple[str, Future[Page | Unanswered]]] = deque()
        try:
            for key, query in queries.items():
                ahead.append((key, self.workers.submit(partial(self._answer, stream, key, query, tally))))
                if len(ahead) == BATCH:
                    yield _first(ahead)
            while ahead:
                yield _first(ahead)
        finally:
            for _, future in ahead:
                future.cancel()

    def walk(
        self, stream: Stream, parameters: Parameters, walker: Walker, writer: StreamWriter
    ) -> Iterator[list[Page]]:
        """Walk a list and land it; yields what each round brought that had not landed just before.

        The next round is on its way while the one before is landed.
        """
        windows = walker.ask(BATCH)
        futures = self.pages(stream, parameters, windows, writer.tally)
        landed: set[str] = set()
        try:
            while windows:
                pages = gather(futures)
                walker.tell([page.view for page in pages])
                windows = walker.ask(BATCH)
                futures = self.pages(stream, parameters, windows, writer.tally)
                fresh = list(_fresh(pages, landed))
                for page in fresh:
                    writer.land(page)
                writer.skip(sum(page.rows for page in pages) - sum(page.rows for page in fresh))
                landed = {text for page in pages for text in page.texts}
                yield fresh
        finally:
            for future in futures:
                future.cancel()

    def _page(self, stream: Stream, parameters: Parameters, window: Window, tally: Tally) -> Page:
        asked = {**parameters, "page": window.page, "per_page": window.size}
        reply = self.http.get(Get(stream.path, asked, stream.permission, cut_array), tally)
        return make_page(stream, stream.path, asked, window.page, reply)

    def _answer(self, stream: Stream, key: str, query: Parameters, tally: Tally) -> Page | Unanswered:
        in_path = {stream.of.parameter: key} if stream.of else {}
        path = stream.path.format(**{name: quote(value, safe="") for name, value in in_path.items()})
        parse = cut_array if isinstance(stream.method, DailyWindow) else cut_object
        try:
            reply = self.http.get(Get(path, query, stream.permission, parse), tally)
        except Unanswered as error:
            return error
        return make_page(stream, path, {**in_path, **query}, None, reply)


def _fresh(pages: Sequence[Page], landed: Collection[str]) -> Iterator[Page]:
    """Yield the pages without what the windows above them hold word for word, or the round before."""
    known = set(landed)
    for page in pages:
        yield page.unlike(known)
        known.update(page.texts)


def _first(ahead: "deque[tuple[str, Future[Page | Unanswered]]]") -> tuple[str, Page | Unanswered]:
    key, future = ahead.popleft()
    (answer,) = gather([future])
    return key, answer
