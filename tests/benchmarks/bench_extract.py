"""Extraction: pages fetched concurrently against one after the other, at a page time like that of the vendor, scaled."""

import tempfile
import time
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
    return [(f"{PAGES} pages of {PAGE_SECONDS} s, proofs of stillness included", ratio, "one page after the other")]


def _seconds_concurrently(simulator: Simulator) -> float:
    with tempfile.TemporaryDirectory() as folder:
        writer = _writer(folder)
        started = time.perf_counter()
        with_workers = _fetcher(simulator, WORKERS)
        assert isinstance(VISITORS.method, NewestFirst)
        Puller(with_workers, Silent(), NOW).pull(VISITORS, VISITORS.method, writer)
        return time.perf_counter() - started


def _seconds_one_by_one(simulator: Simulator) -> float:
    with tempfile.TemporaryDirectory() as folder:
        writer = _writer(folder)
        started = time.perf_counter()
        for _ in _fetcher(simulator, 1).walk(VISITORS, {}, Walker(per_page=100, batch=1), writer):
            pass
        return time.perf_counter() - started


def _fetcher(simulator: Simulator, workers: int) -> Fetcher:
    http = Http(
        simulator.base_url,
        SecretStr(simulator.token),
        timeout=60,
        limiter=RateLimiter(1_000_000),
        clock=RunClock(NOW),
    )
    return Fetcher(http, Workers(workers), 100)


def _writer(folder: str) -> StreamWriter:
    return StreamWriter(DirectoryLake(Path(folder), "lake"), VISITORS.name, "bench", RunClock(NOW), Silent())
