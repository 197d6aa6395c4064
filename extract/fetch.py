"""Asking for the pages of a stream, several at a time, and landing them."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from extract.http import Get, Http, Parameters, Tally, Unanswered
from extract.page import Page, make_page
from extract.pagination import Walker, Window
from extract.records import cut_array, cut_object
from extract.stream import Stream
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

    def objects(
        self, stream: Stream, parameter: str, keys: Sequence[str], tally: Tally
    ) -> "list[Future[Page | Unanswered]]":
        """Ask for single objects at the same time, each by the key in its path; the failure of one is its result."""
        return [self.workers.submit(partial(self._object, stream, parameter, key, tally)) for key in keys]

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
                landed = {element.text for page in pages for element in page.elements}
                yield fresh
        finally:
            for future in futures:
                future.cancel()

    def _page(self, stream: Stream, parameters: Parameters, window: Window, tally: Tally) -> Page:
        asked = {**parameters, "page": window.page, "per_page": window.size}
        reply = self.http.get(Get(stream.path, asked, stream.permission, cut_array), tally)
        return make_page(stream, stream.path, asked, window.page, reply)

    def _object(self, stream: Stream, parameter: str, key: str, tally: Tally) -> Page | Unanswered:
        path = stream.path.format(**{parameter: quote(key, safe="")})
        try:
            reply = self.http.get(Get(path, {}, stream.permission, cut_object), tally)
        except Unanswered as error:
            return error
        return make_page(stream, path, {parameter: key}, None, reply)


def _fresh(pages: Sequence[Page], landed: Collection[str]) -> Iterator[Page]:
    """Yield the pages without what the windows above them hold word for word, or the round before."""
    known = set(landed)
    for page in pages:
        yield page.unlike(known)
        known.update(element.text for element in page.elements)
