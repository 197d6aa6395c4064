"""Running an extraction: what is new at the source is landed and committed, stream after stream."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from pydantic import SecretStr

from extract.backfill import backfill_list, backfill_members, can_backfill
from extract.budget import Budget, OutOfTime
from extract.clock import RunClock
from extract.days import Window
from extract.errors import ConfigurationError, RefusedError
from extract.fetch import Fetcher
from extract.http import Closed, Http
from extract.in_flight import InFlight
from extract.lake import Lake
from extract.late_news import Counts
from extract.leases import Leases
from extract.manifest import raw_log
from extract.members import ACCOUNT, Member, choose
from extract.newest_first import Puller
from extract.progress import Progress
from extract.rate_limit import WINDOW, RateLimiter
from extract.review import review_days
from extract.settings import Settings, Wistia, account_of
from extract.snapshots import list_members, pull_changes, pull_list, pull_snapshot
from extract.sources.wistia.streams import shape_of
from extract.stream import DailySnapshot, DailyWindow, FullList, NewestFirst, Stream
from extract.windows import pull_windows
from extract.workers import Stop, Workers
from extract.writer import HeadMoved, StreamReport, StreamWriter

__all__ = ["ExtractionReport", "StreamReport", "run_backfill", "run_extraction"]


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """What an extraction did, stream by stream."""

    streams: tuple[StreamReport, ...]
    goes_on: bool = False
    """Whether the time budget ended before everything was read, so that another run should follow."""


def run_extraction(
    lake: Lake,
    settings: Settings,
    token: SecretStr,
    clock: RunClock,
    run_id: str,
    progress: Progress,
    budget: Budget | None = None,
    *,
    full_sweep: bool = False,
    window: float = WINDOW,
) -> ExtractionReport:
    """Land what is new in every stream.

    Args:
        lake: where to land it.
        settings: ``wistia.base_url`` is the address of an API.
        token: of the account.
        clock: of the run; its as-of instant is the "now" of windows and snapshot days.
        run_id: names the run in keys and manifests.
        progress: told what happens.
        budget: when it is over nothing more is begun; what was read by then is committed, and the next run goes on.
        full_sweep: read lists without a filter by date to their end, so that what is gone is known.
        window: seconds in which the limit counts.

    Raises:
        ConfigurationError: the token cannot be one, or the host cannot be reached; nothing was touched.
        SourceRefused: the source refused, or failed for longer than is worth waiting for; what was committed before is
            kept, and the next run goes on from there.
        DataRefused: what was landed is not what was received.
    """
    wistia = account_of(settings)
    shape = shape_of(wistia.base_url)
    with _fetcher(lake, wistia, token, clock, run_id, progress, window) as fetcher:
        run = _Run(lake, wistia, clock, run_id, progress, fetcher, budget or Budget(), full_sweep=full_sweep)
        streams = tuple(run.extract_all(shape.streams))
        return ExtractionReport(streams, goes_on=run.goes_on)


def run_backfill(
    lake: Lake,
    settings: Settings,
    token: SecretStr,
    clock: RunClock,
    run_id: str,
    progress: Progress,
    days: Window,
    only: str | None = None,
) -> ExtractionReport:
    """Land once more what the source has of some days, whatever was read of them. No cursor moves.

    Args:
        lake: where to land it.
        settings: ``wistia.base_url`` is the address of an API.
        token: of the account.
        clock: of the run.
        run_id: names the run in keys and manifests.
        progress: told what happens.
        days: the days to read.
        only: the one stream to read, with or without its source; None for all that the source filters by date.

    Raises:
        ConfigurationError: the stream has no filter by date or was never read, or a day is to come; nothing was read.
        SourceRefused: the source refused or failed; what was committed before is kept.
        DataRefused: what was landed is not what was received.
    """
    wistia = account_of(settings)
    streams = shape_of(wistia.base_url).streams
    wanted = _to_backfill(streams, only)
    _refuse_backfill(lake, wanted, days, clock)
    with _fetcher(lake, wistia, token, clock, run_id, progress, WINDOW) as fetcher:
        run = _Run(lake, wistia, clock, run_id, progress, fetcher, Budget(), full_sweep=False)
        return ExtractionReport(tuple(run.backfill_all(streams, wanted, days)))


def _to_backfill(streams: Sequence[Stream], only: str | None) -> list[Stream]:
    able = [stream for stream in streams if can_backfill(stream)]
    found = [stream for stream in able if _is_called(stream, only)]
    if not found:
        names = " or ".join(stream.name for stream in able)
        if not any(_is_called(stream, only) for stream in streams):
            raise ConfigurationError(f"{only}: there is no such stream; {names} can be read again by date")
        raise ConfigurationError(
            f"{only}: the source does not filter it by date, so that no window of it can be read; {names} can. "
            "Visitors are read whole by `reelhouse run --full-sweep`"
        )
    return found


def _is_called(stream: Stream, name: str | None) -> bool:
    return name in {None, stream.name, stream.name.partition("/")[2]}


def _refuse_backfill(lake: Lake, streams: Sequence[Stream], days: Window, clock: RunClock) -> None:
    today = clock.as_of.date()
    if days.start > days.end or days.end > today:
        raise ConfigurationError(
            f"{days.start} to {days.end} is no window of days up to today, {today}; nothing was touched"
        )
    for stream in streams:
        if raw_log(lake, stream.name).head() is None:
            raise ConfigurationError(
                f"{stream.name} has not been read yet: `reelhouse run` reads all of it; nothing was touched"
            )


@contextmanager
def _fetcher(
    lake: Lake,
    wistia: Wistia,
    token: SecretStr,
    clock: RunClock,
    run_id: str,
    progress: Progress,
    window: float,
) -> Iterator[Fetcher]:
    """Yield what sends requests, within the account's limit."""
    stop = Stop()
    limit = wistia.requests_per_minute
    holder = f"{run_id}-{secrets.token_hex(2)}"  # a run may extract twice
    leases = Leases(lake, "wistia", holder, limit, window, notify=progress.event)
    limiter = RateLimiter(limit, leases, window=window, sleep=stop.sleep)
    in_flight = InFlight(limit / window)
    http = Http(
        wistia.base_url,
        token,
        headers=shape_of(wistia.base_url).headers,
        timeout=wistia.timeout,
        limiter=limiter,
        clock=clock,
        sleep=stop.sleep,
        notify=progress.event,
        observe=in_flight.observe,
    )
    workers = Workers(in_flight.count)
    try:
        yield Fetcher(http, workers, wistia.per_page)
    finally:
        stop.set()
        limiter.close()
        workers.close()
        http.close()


class _Run:
    """One extraction."""

    def __init__(
        self,
        lake: Lake,
        wistia: Wistia,
        clock: RunClock,
        run_id: str,
        progress: Progress,
        fetcher: Fetcher,
        budget: Budget,
        *,
        full_sweep: bool,
    ) -> None:
        self._lake = lake
        self._wistia = wistia
        self._clock = clock
        self._run_id = run_id
        self._progress = progress
        self._fetcher = fetcher
        self._budget = budget
        self._full_sweep = full_sweep
        self._has_begun = False
        self.goes_on = False
        """Whether the budget ended before everything was read."""
        self._lists: dict[str, list[Member]] = {}
        """The members of the lists that were read in this run."""
        self._counted: dict[str, Mapping[date, Counts]] = {}
        """What streams of daily counts told of recent days in this run."""

    def extract_all(self, streams: Sequence[Stream]) -> Iterator[StreamReport]:
        """Pull every stream that can be pulled, and raise what went wrong after that.

        Only a source that would refuse the others too (a token, a wait for long) ends the extraction at once.
        """
        yield from self._each(self._in_order(streams), self.extract)

    def backfill_all(self, streams: Sequence[Stream], wanted: Sequence[Stream], days: Window) -> Iterator[StreamReport]:
        """Backfill streams, and raise what went wrong after that."""
        lists = {stream.of.stream for stream in wanted if stream.of}
        needed = [stream for stream in streams if stream.name in lists or stream in wanted]
        yield from self._each(needed, lambda stream: self._backfill(stream, days))

    def _each(self, streams: Sequence[Stream], work: Callable[[Stream], StreamReport]) -> Iterator[StreamReport]:
        failures: list[RefusedError] = []
        for stream in streams:
            if stream.of and stream.of.stream not in self._lists:
                continue
            try:
                yield work(stream)
            except Closed:
                raise
            except RefusedError as error:
                failures.append(error)
        if failures:
            raise type(failures[0])("; ".join(dict.fromkeys(map(str, failures))))

    def _in_order(self, streams: Sequence[Stream]) -> Sequence[Stream]:
        """Put first, where the time may end before all are read, the short lists, and last what was read today."""
        if not self._budget.is_limited:
            return streams
        today = self._clock.as_of.date()

        def urgency(stream: Stream) -> tuple[bool, bool, str]:
            head = raw_log(self._lake, stream.name).head()
            is_list = isinstance(stream.method, FullList)
            return not is_list, head is not None and head.is_done_on(today), head.committed_at if head else ""

        return sorted(streams, key=urgency)

    def extract(self, stream: Stream) -> StreamReport:
        """Pull a stream; where another run commits first, again from where that one left it."""
        writer = StreamWriter(self._lake, stream.name, self._run_id, self._clock, self._progress)
        # Lists are short, and the others need them; and with each run at least one of the others gets on.
        if not isinstance(stream.method, FullList):
            if self._has_begun and self._budget.is_over:
                return self._cut(writer, "not begun: the time budget ended before; the next run begins with it")
            self._has_begun = True
        while True:
            try:
                self._pull(stream, writer)
                return writer.report()
            except HeadMoved:
                writer.restart()
            except OutOfTime:
                return self._cut(writer, "the time budget ended; the next run goes on from here")

    def _cut(self, writer: StreamWriter, note: str) -> StreamReport:
        if writer.head and writer.head.is_done_on(self._clock.as_of.date()):
            writer.note("read earlier today; the time budget ended before it was read again")
            return writer.report()
        self.goes_on = True
        writer.note(note)
        return writer.report(goes_on=True)

    def _pull(self, stream: Stream, writer: StreamWriter) -> None:
        today = self._clock.as_of.date()
        fetcher, progress, budget = self._fetcher, self._progress, self._budget
        match stream.method:
            case FullList():
                self._lists[stream.name] = pull_list(stream, fetcher, writer, today, progress)
            case DailySnapshot(changes_only=False):
                pull_snapshot(stream, self._members(stream, writer), fetcher, writer, today, progress, budget)
            case DailySnapshot():
                pull_changes(stream, self._members(stream, writer), fetcher, writer, today, progress, budget)
            case DailyWindow() as method:
                members = self._members(stream, writer)
                counted = pull_windows(stream, method, members, fetcher, writer, today, progress, budget)
                self._counted[stream.name] = counted
            case NewestFirst() as method:
                self._pull_newest_first(stream, method, writer)

    def _pull_newest_first(self, stream: Stream, method: NewestFirst, writer: StreamWriter) -> None:
        puller = self._puller()
        sweep = self._clock.now() if self._full_sweep and method.horizon is None else None
        walk = puller.pull(stream, method, writer, sweep)
        if walk.window:
            counted = self._counted.get(method.counted.by, {}) if method.counted else {}
            review_days(puller, stream, method, counted, walk.window.start, writer)

    def _backfill(self, stream: Stream, days: Window) -> StreamReport:
        writer = StreamWriter(self._lake, stream.name, self._run_id, self._clock, self._progress)
        puller = self._puller()
        match stream.method:
            case FullList():
                self._lists[stream.name] = list_members(stream, self._fetcher, writer, self._progress)
            case NewestFirst() as method:
                backfill_list(puller, stream, method, days, writer)
            case DailyWindow() as method:
                backfill_members(puller, stream, method, self._members(stream, writer), days, writer)
        return writer.report()

    def _puller(self) -> Puller:
        return Puller(self._fetcher, self._progress, self._clock.as_of, self._budget)

    def _members(self, stream: Stream, writer: StreamWriter) -> list[Member]:
        return choose(self._lists[stream.of.stream], self._wistia.medias, writer) if stream.of else [ACCOUNT]
