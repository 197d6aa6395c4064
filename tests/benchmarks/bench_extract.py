"""Extraction: pages fetched concurrently against one after the other, from a source that takes its time."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from extract.clock import RunClock
from extract.fetch import Fetcher
from extract.http import Http
from extract.lake import DirectoryLake
from extract.newest_first import Puller
from extract.pagination import Walker
from extract.progress import Silent
from extract.rate_limit import RateLimiter
from extract.runner import WORKERS
from extract.sources.wistia.streams import VISITORS
from extract.stream import NewestFirst
from extract.workers import Workers
from extract.writer import StreamWriter
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator

PAGES = 120
PAGE_SECONDS = 0.1
NOW = datetime(2026, 1, 8, 2, tzinfo=UTC)


def run() -> list[tuple[str, str, str]]:
    """Return the ratio of the two."""
    with serve(
        InventedAccount(small(visitors=PAGES * 100, events=1500), 7), Manners(latency=PAGE_SECONDS)
    ) as simulator:
        simulator.set_clock(NOW)
        alone = _seconds_one_by_one(simulator)
        together = _seconds_concurrently(simulator)
    ratio = f"{alone / together:.1f} times as fast"
    return [(f"{PAGES} pages of {PAGE_SECONDS} s, overlaps included", ratio, "one page after the other")]


def _seconds_concurrently(simulator: Simulator) -> float:
    def pull(fetcher: Fetcher, writer: StreamWriter) -> None:
        assert isinstance(VISITORS.method, NewestFirst)
        Puller(fetcher, Silent(), NOW).pull(VISITORS, VISITORS.method, writer)

    return _seconds(simulator, WORKERS, pull)


def _seconds_one_by_one(simulator: Simulator) -> float:
    def pull(fetcher: Fetcher, writer: StreamWriter) -> None:
        for _ in fetcher.walk(VISITORS, {}, Walker(per_page=100), writer):
            pass

    return _seconds(simulator, 1, pull)


def _seconds(simulator: Simulator, workers: int, pull: Callable[[Fetcher, StreamWriter], None]) -> float:
    token, clock, limiter = SecretStr(simulator.token), RunClock(NOW), RateLimiter(1_000_000)
    http = Http(simulator.base_url, token, timeout=60, limiter=limiter, clock=clock)
    pool = Workers(workers)
    with tempfile.TemporaryDirectory() as folder:
        writer = StreamWriter(DirectoryLake(Path(folder), "lake"), VISITORS.name, "bench", clock, Silent())
        started = time.perf_counter()
        pull(Fetcher(http, pool, 100), writer)
        seconds = time.perf_counter() - started
    pool.close()
    http.close()
    return seconds
