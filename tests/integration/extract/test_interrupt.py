"""Ctrl-C in the middle of a pull."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.integration.extract.account import AS_OF, TOKEN, Account, bench, visitor
from tests.integration.extract.server import Answered, Asked, served

PROGRAM = f"""
import sys
from datetime import datetime
from pathlib import Path
from pydantic import SecretStr
from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.runner import run_extraction
from extract.settings import Settings, Wistia

as_of = datetime.fromisoformat("{AS_OF.isoformat()}")
settings = Settings(wistia=Wistia(base_url=sys.argv[1]))
lake = DirectoryLake(Path(sys.argv[2]), "lake")
try:
    run_extraction(lake, settings, SecretStr("{TOKEN}"), RunClock(as_of), "r", Silent())
except KeyboardInterrupt:
    print("stopped", file=sys.stderr)
    sys.exit(130)
"""


@pytest.mark.parametrize("moment", ["while requests hang", "while a retry waits"])
def test_it_stops_at_once_keeps_what_was_committed_and_shows_no_traceback(tmp_path: Path, moment: str) -> None:
    account = Account(visitors=[visitor(number, AS_OF) for number in range(300)])
    ended, reached = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Answered:
        if not asked.path.endswith("events"):
            return account.answer(asked)
        reached.set()
        if moment == "while requests hang":
            ended.wait(60)
        return Answered(b"", 429, headers={"Retry-After": "120"})

    with served(answer) as server:
        command = [sys.executable, "-c", PROGRAM, server.base_url, str(tmp_path)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        ended.set()
        here = bench(tmp_path, server)
        assert (process.returncode, told) == (130, "stopped\n")
        assert len(here.records("wistia/visitors")) == 300
        assert here.manifests("wistia/events") == []
