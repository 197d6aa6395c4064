"""Running an extraction: what is new at the source is landed and committed, stream after stream."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from extract.clock import RunClock
from extract.errors import RefusedError
from extract.fetch import Fetcher
from extract.http import Closed, Http
from extract.in_flight import InFlight
from extract.lake import Lake
from extract.leases import Leases
from extract.members import ACCOUNT, Member, choose
from extract.newest_first import Puller
from extract.progress import Progress
from extract.rate_limit import WINDOW, RateLimiter
from extract.settings import Settings, Wistia
from extract.snapshots import pull_changes, pull_list, pull_snapshot
from extract.sources.wistia.streams import shape_of
from extract.stream import DailySnapshot, DailyWindow, FullList, NewestFirst, Stream
from extract.windows import pull_windows
from extract.workers import Stop, Workers
from extract.writer import HeadMoved, StreamReport, StreamWriter

__all__ = ["ExtractionReport", "StreamReport", "run_extraction"]


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """What an extraction did, stream by stream."""

    streams: tuple[StreamReport, ...]


def run_extraction(
    lake: Lake,
    settings: Settings,
    token: SecretStr,
    clock: RunClock,
    run_id: str,
    progress: Progress,
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
        window: seconds in which the limit counts.

    Raises:
        ConfigurationError: the token cannot be one, or the host cannot be reached; nothing was touched.
        SourceRefused: the source refused, or failed for longer than is worth waiting for; what was committed before is
            kept, and the next run goes on from there.
        DataRefused: what was landed is not what was received.
    """
    shape = shape_of(settings.wistia.base_url)
    stop = Stop()
    limit = settings.wistia.requests_per_minute
    holder = f"{run_id}-{secrets.token_hex(2)}"  # a run may extract twice
    leases = Leases(lake, "wistia", holder, limit, window, notify=progress.event)
    limiter = RateLimiter(limit, leases, window=window, sleep=stop.sleep)
    in_flight = InFlight(limit / window)
    http = Http(
        settings.wistia.base_url,
        token,
        headers=shape.headers,
        timeout=settings.wistia.timeout,
        limiter=limiter,
        clock=clock,
        sleep=stop.sleep,
        notify=progress.event,
        observe=in_flight.observe,
    )
    workers = Workers(in_flight.count)
    run = _Run(lake, settings.wistia, clock, run_id, progress, Fetcher(http, workers, settings.wistia.per_page))
    try:
        return ExtractionReport(tuple(run.extract_all(shape.streams)))
    finally:
        stop.set()
        limiter.close()
        workers.close()
        http.close()


class _Run:
    """One extraction."""

    def __init__(
        self, lake: Lake, wistia: Wistia, clock: RunClock, run_id: str, progress: Progress, fetcher: Fetcher
    ) -> None:
        self._lake = lake
        self._wistia = wistia
        self._clock = clock
        self._run_id = run_id
        self._progress = progress
        self._fetcher = fetcher
        self._lists: dict[str, list[Member]] = {}
        """The members of the lists that were read in this run."""

    def extract_all(self, streams: Sequence[Stream]) -> Iterator[StreamReport]:
        """Pull every stream that can be pulled, and raise what went wrong after that.

        Only a source that would refuse the others too (a token, a wait for long) ends the extraction at once.
        """
        failures: list[RefusedError] = []
        for stream in streams:
            if stream.of and stream.of.stream not in self._lists:
                continue
            try:
                yield self.extract(stream)
            except Closed:
                raise
            except RefusedError as error:
                failures.append(error)
        if failures:
            raise type(failures[0])("; ".join(dict.fromkeys(map(str, failures))))

    def extract(self, stream: Stream) -> StreamReport:
        """Pull a stream; where another run commits first, again from where that one left it."""
        writer = StreamWriter(self._lake, stream.name, self._run_id, self._clock, self._progress)
        while True:
            try:
                self._pull(stream, writer)
                return writer.report()
            except HeadMoved:
                writer.restart()

    def _pull(self, stream: Stream, writer: StreamWriter) -> None:
        today = self._clock.as_of.date()
        fetcher, progress = self._fetcher, self._progress
        match stream.method:
            case FullList():
                self._lists[stream.name] = pull_list(stream, fetcher, writer, today, progress)
            case DailySnapshot(changes_only=False):
                pull_snapshot(stream, self._members(stream, writer), fetcher, writer, today, progress)
            case DailySnapshot():
                pull_changes(stream, self._members(stream, writer), fetcher, writer, today, progress)
            case DailyWindow() as method:
                pull_windows(stream, method, self._members(stream, writer), fetcher, writer, today, progress)
            case NewestFirst() as method:
                Puller(fetcher, progress, self._clock.as_of).pull(stream, method, writer)

    def _members(self, stream: Stream, writer: StreamWriter) -> list[Member]:
        return choose(self._lists[stream.of.stream], self._wistia.medias, writer) if stream.of else [ACCOUNT]
