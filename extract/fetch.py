"""Asking for the pages of a stream, several at a time, and landing them."""

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain, islice
from math import inf
from urllib.parse import quote

from extract.expected import Parse, every_day, some_rows
from extract.http import Get, Http, Parameters, Tally, Unanswered, Unwanted
from extract.in_flight import Ahead
from extract.page import Page, make_page
from extract.pagination import Walker, Window
from extract.records import cut_array, cut_object
from extract.stream import DailyWindow, Stream
from extract.workers import Workers, result_of
from extract.writer import Receiver

REMEMBERED = 32
"""So many pages back a record that lands again is known for a repetition."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Sends requests through the workers."""

    http: Http
    workers: Workers
    per_page: int

    def each(
        self, stream: Stream, queries: Mapping[str, Parameters], tally: Tally
    ) -> Generator[tuple[str, Page | Unanswered]]:
        """Ask once for each member, many at a time; yields in their order, and the failure of one is its result.

        ``queries`` holds the parameters of each request by the member's key.
        """
        ahead = Ahead()
        coming: deque[tuple[str, Future[Page | Unanswered]]] = deque()
        left = iter(queries.items())
        try:
            while True:
                for key, query in islice(left, ahead.most - len(coming)):
                    coming.append((key, self.workers.submit(partial(self._answer, stream, key, query, tally))))
                if not coming:
                    return
                key, future = coming.popleft()
                answer = result_of(future)
                if isinstance(answer, Page):
                    ahead.note(answer.bytes, answer.rows)
                yield key, answer
        finally:
            for _, future in coming:
                future.cancel()

    def walk(
        self,
        stream: Stream,
        parameters: Parameters,
        walker: Walker,
        writer: Receiver,
        *,
        expects_rows: bool = False,
    ) -> Generator[Page]:
        """Walk a list and land it; yields each page without what had landed just before.

        As many pages are on their way as the memory for them allows. Where the walk goes back or ends, those further
        down are not asked for any more; what was on its way already lands when it comes. Below an empty page nothing is
        asked for unless it turns out to be no end. Where a list ``expects_rows``, an empty top is no answer.
        """
        ahead, recent, lot = Ahead(), _Recent(writer), _Lot()
        coming: deque[tuple[Window, Future[Page]]] = deque()
        passed: deque[Future[Page]] = deque()

        def submit(window: Window) -> tuple[Window, Future[Page]]:
            parse = some_rows(cut_array) if expects_rows and window.start == 0 else cut_array
            return window, self.workers.submit(
                partial(self._page, stream, parameters, window, parse, writer.tally, lot)
            )

        try:
            coming.extend(map(submit, walker.ask(ahead.most)))
            while coming:
                try:
                    page = result_of(coming[0][1])
                except Unwanted:  # what seemed to be the end was none
                    lot.end = inf
                    coming = deque(submit(asked[0]) if _is_unwanted(asked[1]) else asked for asked in coming)
                    continue
                coming.popleft()
                ahead.note(page.bytes, page.rows)
                if not walker.tell(page.view):
                    lot.end = -inf
                    lot = _Lot()
                    passed.extend(future for _, future in coming if not future.cancel())
                    coming.clear()
                coming.extend(map(submit, walker.ask(ahead.most)))
                yield recent.land(page)
                while passed and (passed[0].done() or not coming):
                    yield from _unless_failed(passed.popleft(), recent)
        finally:
            lot.end = -inf
            for future in (*(future for _, future in coming), *passed):
                future.cancel()

    def _page(
        self, stream: Stream, parameters: Parameters, window: Window, parse: Parse, tally: Tally, lot: "_Lot"
    ) -> Page:
        asked = {**parameters, "page": window.page, "per_page": window.size}
        get = Get(stream.path, asked, stream.permission, parse)
        reply = self.http.get(get, tally, lambda: window.start < lot.end)
        if not reply.elements:
            lot.end = min(lot.end, window.start)
        return make_page(stream, stream.path, asked, window.page, reply)

    def _answer(self, stream: Stream, key: str, query: Parameters, tally: Tally) -> Page | Unanswered:
        in_path = {stream.of.parameter: key} if stream.of else {}
        path = stream.path.format(**{name: quote(value, safe="") for name, value in in_path.items()})
        try:
            reply = self.http.get(Get(path, query, stream.permission, _parse(stream, query), stream.optional), tally)
        except Unanswered as error:
            return error
        return make_page(stream, path, {**in_path, **query}, None, reply)


def _parse(stream: Stream, query: Parameters) -> Parse:
    if isinstance(stream.method, DailyWindow) and not stream.method.is_gapless:
        return cut_array
    if isinstance(stream.method, DailyWindow):
        start, end = (date.fromisoformat(str(query[bound])) for bound in ("start_date", "end_date"))
        return every_day(cut_array, stream.method.day, start, end)
    return cut_object


@dataclass(slots=True)
class _Lot:
    """Pages that were asked for one below the other; tells those that wait for the limiter what is wanted yet."""

    end: float = inf
    """From this position on nothing is wanted: a page that began there was empty."""


def _is_unwanted(future: "Future[Page]") -> bool:
    return future.done() and isinstance(future.exception(), Unwanted)


class _Recent:
    """Lands pages without what the last few held word for word."""

    def __init__(self, writer: Receiver) -> None:
        self._writer = writer
        self._texts: deque[Sequence[str]] = deque(maxlen=REMEMBERED)

    def land(self, page: Page) -> Page:
        fresh = page.unlike(set(chain.from_iterable(self._texts)))
        if page.texts:
            self._texts.append(page.texts)
        self._writer.land(fresh)
        self._writer.skip(page.rows - fresh.rows)
        return fresh


def _unless_failed(future: "Future[Page]", recent: _Recent) -> Iterator[Page]:
    """Land a page that was not waited for; that there is none is nothing to stop for."""
    with suppress(Unanswered):
        yield recent.land(result_of(future))
