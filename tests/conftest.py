"""What tests of several stages share: a whole pipeline in a folder, and the recorded answers where there are some."""

import atexit
import os
import signal
import sys
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from extract.progress import Progress, Silent
from orchestration.context import Context, Options
from orchestration.pipeline import RunReport, run
from orchestration.sandboxes import open_warehouse
from sandbox.wistia.account import Account
from sandbox.wistia.api import Manners
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from tests.leaks import Scan, is_looked_at
from warehouse_sql.query import query

# What a shell starts in the background inherits that SIGINT is ignored, and so would every program of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
# At its end Python has DuckDB's binding (nanobind) list what was not given back: pages, behind the last line of pytest.
atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno()))

ROOT = Path(__file__).parents[1]
CONFIGURATION = """\
wistia:
  base_url: "{base_url}"
  requests_per_minute: 1000000
  channels: {{v08dlrgr7v: Facebook, gskhw4w4lm: YouTube}}
lake: "file:lake"
warehouse: "sandbox:."
"""


SCAN = pytest.StashKey[Scan]()


@pytest.fixture(scope="session", autouse=True)
def _listening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hear what tests of faults say; see ``tests.leaks``."""
    with pytest.MonkeyPatch.context() as patch:
        scan = request.config.stash[SCAN] = Scan(tmp_path_factory.getbasetemp())
        scan.listen(patch)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test of faults that showed or left a secret or a person."""
    report = yield
    scan = item.config.stash.get(SCAN, None)
    if scan is None:
        return report
    if not is_looked_at(item.path):
        scan.skip()
    elif (found := list(scan.look(report, report.when == "teardown"))) and not report.failed:
        report.outcome, report.longrepr = "failed", "leaked:\n" + "\n".join(found)
    return report


class House:
    """A pipeline in a folder: a simulator in this process, a lake, and an endpoint as a process of its own."""

    def __init__(self, home: Path, simulator: Simulator, shape: str = "v1") -> None:
        self.home = home
        self.simulator = simulator
        self.speak(shape)

    def speak(self, shape: str) -> None:
        """Write the configuration for the first version of the API (``v1``) or the later ones (``modern``)."""
        base_url = f"{self.simulator.base_url.removesuffix('/v1')}/{shape}"
        (self.home / "reelhouse.yaml").write_text(CONFIGURATION.format(base_url=base_url))

    def context(self, as_of: datetime) -> Context:
        """Return what a command at an instant works with; the simulator's clock is moved there."""
        self.simulator.set_clock(as_of)
        return Context(Options(home=self.home, as_of=as_of))

    def run(self, as_of: datetime, progress: Progress | None = None) -> RunReport:
        """Run the pipeline as at an instant."""
        return run(self.context(as_of), progress or Silent())

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query in the warehouse."""
        context = Context(Options(home=self.home))
        return [tuple(row) for row in query(open_warehouse(context.settings, context.secrets), statement).rows]

    def one(self, statement: str) -> Any:
        """Return the one value of a query."""
        ((value,),) = self.query(statement)
        return value


@pytest.fixture(scope="module")
def recorded() -> Path:
    """The folder of recorded answers, beside the checkout; tests that need it skip where there is none."""
    folder = ROOT.parent / "shared" / "recorded" / "wistia"
    if not folder.is_dir():
        pytest.skip("no recorded answers beside this checkout")
    return folder


def house(home: Path, account: Account, manners: Manners | None = None, shape: str = "v1") -> Iterator[House]:
    """Yield a pipeline over an account; for fixtures."""
    with serve(account, manners) as simulator, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WISTIA_API_TOKEN", simulator.token)
        yield House(home, simulator, shape)
