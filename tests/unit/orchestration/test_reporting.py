"""Progress: bars on a terminal, JSON lines elsewhere."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.progress import Progress

from extract.clock import RunClock
from extract.progress import JsonLinesProgress, Silent
from orchestration.reporting import TerminalProgress, shown_progress


def test_each_fact_is_one_json_line_with_the_run_and_its_clock() -> None:
    stream = io.StringIO()
    progress = JsonLinesProgress(RunClock(datetime(2026, 1, 8, tzinfo=UTC), monotonic=lambda: 0.0), "run-1", stream)
    progress.advance("wistia/visitors", 1, "pages")
    progress.event("extract.committed", stream="wistia/visitors", rows=3)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {
            "at": "2026-01-08T00:00:00.000000Z",
            "run_id": "run-1",
            "event": "extract.committed",
            "stream": "wistia/visitors",
            "rows": 3,
        }
    ]


def test_a_bar_for_each_piece_of_work() -> None:
    bars = Progress(console=Console(file=io.StringIO()))
    progress = TerminalProgress(bars)
    progress.advance("a", 1, "pages", 10)
    progress.advance("a", 7, "pages", 10)
    progress.advance("b", 1, "pages")
    assert [(task.description, task.completed, task.total) for task in bars.tasks] == [("a", 7, 10), ("b", 1, None)]


def test_a_bar_of_unknown_length_is_full_when_the_next_piece_of_work_begins() -> None:
    bars = Progress(console=Console(file=io.StringIO()))
    progress = TerminalProgress(bars)
    progress.advance("a", 3, "pages")
    progress.advance("b", 1, "pages")
    assert [(task.completed, task.total) for task in bars.tasks] == [(3, 3), (1, None)]


def test_without_a_terminal_there_are_json_lines_unless_the_output_tells_the_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = RunClock()
    with shown_progress(clock, "run-1") as progress:
        assert isinstance(progress, JsonLinesProgress)
    with shown_progress(clock, "run-1", show_only=True) as progress:
        assert isinstance(progress, Silent)


def test_a_retry_is_shown_on_a_terminal_and_a_commit_is_not() -> None:
    screen = io.StringIO()
    progress = TerminalProgress(Progress(console=Console(file=screen, width=200)))
    progress.event("extract.retry", path="/stats/events", seconds=30)
    progress.event("extract.committed", sequence=1)
    assert screen.getvalue().strip() == "extract.retry: path /stats/events, seconds 30"
