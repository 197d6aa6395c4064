"""One extraction in a process of its own, which tells what it cost: ADDRESS FOLDER LIMIT WINDOW."""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.manifest import raw_log
from extract.progress import Silent
from extract.runner import run_extraction
from extract.settings import Settings, Wistia

NOW = datetime(2026, 1, 8, 2, tzinfo=UTC)


def main(address: str, folder: str, limit: str, window: str) -> None:
    """Extract and print seconds, requests and memory as JSON."""
    lake = DirectoryLake(Path(folder), "lake")
    wistia = Wistia(base_url=address, requests_per_minute=int(limit))
    token = SecretStr("sandbox-token")
    started = time.perf_counter()
    report = run_extraction(
        lake, Settings(wistia=wistia), token, RunClock(NOW), "bench", Silent(), window=float(window)
    )
    seconds = time.perf_counter() - started
    outcomes: Counter[str] = Counter()
    for stream in report.streams:
        for manifest in raw_log(lake, stream.stream).after(0):
            outcomes.update(manifest.requests)
    cost = {
        "seconds": seconds,
        "requests": sum(stream.requests for stream in report.streams),
        "least": sum(stream.least for stream in report.streams),
        "refused": outcomes["429"],
        "peak_megabytes": _peak_kibibytes() / 1024,
    }
    print(json.dumps(cost))


def _peak_kibibytes() -> int:
    """Return the largest resident size of this program; getrusage(2) would tell that of the one it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
