"""Pages of the dashboard over the demonstration's first load: how long each takes, and its questions, asked and kept.

A page is run as Streamlit runs it, without a browser. Cold is a page of which nothing is kept, over a session that is
open; kept is the same page again, as after a choice that was made before. Of another sandbox, such as that of
`make demo`: ``python -m tests.benchmarks.bench_dashboard .reelhouse``.
"""

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from dashboards.app import reader
from dashboards.app.table import Table
from extract.progress import Silent
from orchestration.context import CONFIGURATION_NAME, Context, Options
from orchestration.dashboard import admit_reader, reader_of
from orchestration.demo import CONFIGURATION, FIRST_DAY, SOURCES
from orchestration.pipeline import run as run_pipeline
from orchestration.sandboxes import open_warehouse

# Streamlit warns of pages that are run without its server, and sets its levels anew with each page.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
VIEWS = ("overview", "media", "audience", "channels", "streampulse", "health")
REACH = "1.5 s a page"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page took: seconds in all, of the processor here, of its questions, and how many of these were asked."""

    seconds: float
    processor: float
    asking: float
    questions: int


def run() -> list[tuple[str, str, str]]:
    """Return the median and the worst page, cold and kept, with what of it is the warehouse's."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / CONFIGURATION_NAME).write_text(CONFIGURATION.format(sources="".join(SOURCES.values())))
        run_pipeline(Context(Options(home=home, as_of=FIRST_DAY)), Silent())
        return measured(home)


def measured(home: Path) -> list[tuple[str, str, str]]:
    """Measure the pages of a sandbox that is loaded."""
    context = Context(Options(home=home, as_of=FIRST_DAY))
    admit_reader(open_warehouse(context.settings, context.secrets))
    reader.use(reader.Source(lambda: reader_of(context), context.clock.now))
    _page(VIEWS[-1])  # modules are imported, and the session is open
    cold, kept = ({view: _best(view, is_kept=is_kept) for view in VIEWS} for is_kept in (False, True))
    return [*_told("cold", cold), *_told("kept", kept)]


def _best(view: str, *, is_kept: bool) -> Shown:
    if is_kept:
        _page(view)
    found = []
    for _ in range(ROUNDS):
        if not is_kept:
            reader.forget()
        found.append(_page(view))
    return min(found, key=lambda shown: shown.seconds)


def _page(view: str) -> Shown:
    def script(view: str) -> None:  # Streamlit runs its text alone
        import importlib

        importlib.import_module(f"dashboards.app.views.{view}").page()

    app = AppTest.from_function(script, default_timeout=600, kwargs={"view": view})
    with _asked() as times:
        started, worked = time.perf_counter(), time.process_time()
        app.run()
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
    assert not app.exception, app.exception
    return Shown(seconds, processor, sum(times), len(times))


@contextmanager
def _asked() -> Iterator[list[float]]:
    """Yield how long each question takes that reaches the warehouse."""
    times: list[float] = []
    ask = reader._Session.ask

    def timed(session: Any, statement: str, parameters: dict[str, Any]) -> Table:
        started = time.perf_counter()
        try:
            return ask(session, statement, parameters)
        finally:
            times.append(time.perf_counter() - started)

    with patch.object(reader._Session, "ask", timed):
        yield times


def _told(name: str, pages: dict[str, Shown]) -> Iterator[tuple[str, str, str]]:
    median = statistics.median(shown.seconds for shown in pages.values())
    worst = max(pages, key=lambda view: pages[view].seconds)
    shown = pages[worst]
    yield f"{name}: the median of {len(pages)} pages", f"{median:.2f} s", REACH
    asked = f"{shown.questions} questions" if shown.questions != 1 else "1 question"
    of_it = f"{shown.processor:.2f} s of the processor, {shown.asking:.2f} s for {asked}"
    yield f"{name}: the worst page, {worst}", f"{shown.seconds:.2f} s", f"{REACH}; {of_it}"


if __name__ == "__main__":
    for line in measured(Path(sys.argv[1])):
        print(*line, sep="  |  ")
