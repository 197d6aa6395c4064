"""Fault 35: two processes read one account at the same time, and the simulator's own limiter watches."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from extract.lake import DirectoryLake
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from tests.integration.extract.account import lines

LIMIT, MINUTE, WINDOW = 40, 2.0, 2.4
PROGRAM = f"""
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from pydantic import SecretStr
from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.runner import run_extraction
from extract.settings import Settings, Wistia

class Told:
    def event(self, name, **fields):
        print(json.dumps([name, fields]), flush=True)
    def advance(self, *_):
        pass

address, token, folder, run = sys.argv[1:]
settings = Settings(wistia=Wistia(base_url=address, requests_per_minute={LIMIT}))
clock = RunClock(datetime(2026, 1, 8, 2, tzinfo=UTC))
run_extraction(
    DirectoryLake(Path(folder), "lake"), settings, SecretStr(token), clock, run, Told(), window={WINDOW}
)
"""


def test_two_processes_keep_the_limit_together_and_none_is_refused(tmp_path: Path) -> None:
    manners = Manners(requests_per_minute=LIMIT, minute=MINUTE)
    with serve(InventedAccount(small(visitors=800, events=600), 7), manners) as simulator:
        simulator.set_clock(datetime(2026, 1, 8, 2, tzinfo=UTC))
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, simulator.base_url, simulator.token, str(tmp_path), run],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[3],
            )
            for run in ("one", "two")
        ]
        printed = [process.communicate(timeout=200)[0] for process in processes]
    told = [json.loads(line) for text in printed for line in text.splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    assert not [fields for name, fields in told if name == "extract.retry"]
    assert any(name == "extract.share" for name, _ in told), "nothing was shared"
    lake = DirectoryLake(tmp_path, "lake")
    assert len({line["record"]["visitor_key"] for line in lines(lake, "wistia/visitors")}) == 800
