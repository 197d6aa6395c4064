"""Extraction at the limit of the API: how near to it, in how many requests, in how much memory.

The extraction runs in a process of its own, the simulator in this one. Time is scaled: pages take half of what
real ones take and the minute of the limit lasts 30 s, which leaves the ratio of the two as it is. The limiter's half
second for requests that are late on their way stays half a second, for a busy machine is late by no less: that costs
1 % of a share of the limit that real time does not. For real time:
``python -m tests.benchmarks.bench_extract 1`` (four minutes), with ``fixed`` for minutes of the clock, a number for
another limit; ``python -m tests.benchmarks.bench_extract million`` pulls 1,000,000 visitors from a server that makes
them up.
"""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from extract.clock import RunClock
from extract.fetch import Fetcher
from extract.http import Http
from extract.lake import DirectoryLake
from extract.pagination import Walker
from extract.progress import Silent
from extract.rate_limit import WINDOW, RateLimiter
from extract.sources.wistia.streams import VISITORS
from extract.workers import Workers
from extract.writer import StreamWriter
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.limits import MINUTE
from sandbox.wistia.profile import PUBLISHED
from sandbox.wistia.server import serve
from tests.integration.extract.server import Answered, Asked, served

SCALE = 2
LIMIT = 600
PAGE_SECONDS = 1.5
PAGES_ALONE = 120
ROWS = 300_000
NOW = datetime(2026, 1, 8, 2, tzinfo=UTC)
TOKEN = "sandbox-token"


@dataclass(frozen=True, slots=True)
class Pull:
    """What an extraction cost."""

    seconds: float
    requests: int
    least: int
    refused: int
    peak_megabytes: float


def run() -> list[tuple[str, str, str]]:
    """Return how near to the limit a full pull is, what it takes, and how long it would take page by page."""
    scaled = f"time scaled {SCALE} to 1: pages of {PAGE_SECONDS / SCALE} s, {LIMIT} requests in {MINUTE / SCALE:g} s"
    account = InventedAccount(PUBLISHED, 7)
    page = _seconds_alone(account, SCALE) / PAGES_ALONE
    rows = []
    for fixed in (False, True):
        name = f"{LIMIT} a minute{', minutes of the clock' if fixed else ''}"
        pull = _pull(account, LIMIT, SCALE, fixed=fixed)
        rows += _told(name, pull, LIMIT, SCALE)
        if not fixed:
            alone = page * pull.requests
            extrapolated = f"one after the other, {alone:.0f} s extrapolated from {PAGES_ALONE} pages"
            rows.append((f"{name}: {pull.seconds:.1f} s", f"{alone / pull.seconds:.1f} times as fast", extrapolated))
    pull = _pull_rows(ROWS)
    rows.append((f"{ROWS:,} visitors, no delay", f"{pull.peak_megabytes:.0f} MB at the most", "300 MB"))
    return [(f"{what} ({scaled})" if not number else what, value, to) for number, (what, value, to) in enumerate(rows)]


def _told(name: str, pull: Pull, limit: int, scale: float) -> list[tuple[str, str, str]]:
    share = pull.requests / (limit * pull.seconds * scale / MINUTE)
    least_seconds = (math.ceil(pull.requests / limit) - 1) * MINUTE / scale
    return [
        (f"{name}: share of the limit", f"{share:.1%}", f"97 %; {pull.refused} answers were 429"),
        (f"{name}: time", f"{pull.seconds:.1f} s", f"{least_seconds:.1f} s, which the limit asks for at least"),
        (f"{name}: requests", f"{pull.requests}", f"{pull.least} full pages, {pull.requests / pull.least:.2f} times"),
        (f"{name}: peak memory", f"{pull.peak_megabytes:.0f} MB", "300 MB"),
    ]


def _pull(account: InventedAccount, limit: int, scale: float, *, fixed: bool) -> Pull:
    manners = Manners(
        latency=PAGE_SECONDS / scale, requests_per_minute=limit, fixed_minutes=fixed, minute=MINUTE / scale, token=TOKEN
    )
    with serve(account, manners) as simulator:
        simulator.set_clock(NOW)
        return _extracted(simulator.base_url, limit, MINUTE / scale + (WINDOW - MINUTE))


def _pull_rows(rows: int) -> Pull:
    with _made_up(rows) as address:
        return _extracted(address, 1_000_000, WINDOW)


def _extracted(address: str, limit: int, window: float) -> Pull:
    """Extract in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.extraction", address, folder, str(limit), str(window)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    return Pull(**json.loads(done.stdout))


@contextmanager
def _made_up(rows: int) -> Iterator[str]:
    """Serve an account with so many visitors and nothing else, each row computed from its number."""

    def row(number: int) -> str:
        active = f"{NOW - timedelta(seconds=7 * number):%Y-%m-%dT%H:%M:%S.000Z}"
        name = f"visitor {number} of very many, with an identity of about the usual length"
        return (
            f'{{"visitor_key":"{number:032x}","created_at":"{active}","last_active_at":"{active}",'
            f'"last_event_key":"{number:040x}","load_count":3,"play_count":1,"identifying_event_key":null,'
            f'"visitor_identity":{{"name":"{name}","email":null,"org":{{"name":null,"title":null}}}},'
            '"user_agent_details":{"browser":"Chrome","browser_version":"120","platform":"windows","mobile":false}}'
        )

    def answer(asked: Asked) -> Answered:
        if not asked.path.endswith("/stats/visitors"):
            return Answered(b'{"load_count":3}' if asked.path.endswith("/stats/account") else b"[]")
        size = int(asked.parameters["per_page"])
        start = (int(asked.parameters["page"]) - 1) * size
        found = range(start, max(start, min(start + size, rows)))
        return Answered(f"[{','.join(map(row, found))}]".encode())

    with served(answer) as server:
        yield server.base_url


def _seconds_alone(account: InventedAccount, scale: float) -> float:
    """Time so many pages, one after the other."""
    with serve(account, Manners(latency=PAGE_SECONDS / scale, token=TOKEN)) as simulator:
        simulator.set_clock(NOW)
        clock = RunClock(NOW)
        http = Http(simulator.base_url, SecretStr(TOKEN), timeout=60, limiter=RateLimiter(1_000_000), clock=clock)
        pool = Workers(lambda: 1)
        with tempfile.TemporaryDirectory() as folder, closing(http), closing(pool):
            writer = StreamWriter(DirectoryLake(Path(folder), "lake"), VISITORS.name, "bench", clock, Silent())
            started = time.perf_counter()
            pages = Fetcher(http, pool, 100).walk(VISITORS, {}, Walker(per_page=100), writer)
            with closing(pages):
                for _ in zip(range(PAGES_ALONE), pages, strict=False):
                    pass
            return time.perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1] == "million":
        print(_pull_rows(1_000_000))
    else:
        words = sys.argv[2:]
        limit = next((int(word) for word in words if word.isdigit()), LIMIT)
        scale = float(sys.argv[1])
        measured = _pull(InventedAccount(PUBLISHED, 7), limit, scale, fixed="fixed" in words)
        for line in _told(f"{limit} a minute", measured, limit, scale):
            print(*line, sep="  |  ")
