"""What a person or a log collector sees while a run works: bars on a terminal, JSON lines elsewhere, both on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from extract.clock import RunClock
from extract.progress import JsonLinesProgress, Silent
from extract.progress import Progress as ProgressSink


class TerminalProgress:
    """Shows a bar for each piece of work; facts do not scroll by."""

    def __init__(self, bars: Progress) -> None:
        """Draw on ``bars``."""
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def event(self, name: str, **fields: object) -> None:
        """Show what makes the work longer than expected; other facts are in the run's report."""
        if name.endswith((".retry", ".share")):
            details = ", ".join(f"{key} {value}" for key, value in fields.items())
            self._bars.console.print(f"{name}: {details}", markup=False, style="yellow")

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Move the bar of ``what``."""
        if what not in self._tasks:
            self._finish_open_ended()
            self._tasks[what] = self._bars.add_task(what, total=total, unit=unit)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def _finish_open_ended(self) -> None:
        """Fill the bars whose total nobody knew: work is done one piece after the other, so they are over."""
        for task in self._bars.tasks:
            if task.total is None:
                self._bars.update(task.id, total=task.completed)


@contextmanager
def shown_progress(clock: RunClock, run_id: str, *, show_only: bool = False) -> Iterator[ProgressSink]:
    """Yield what fits where stderr goes: bars on a terminal, JSON lines elsewhere.

    Args:
        clock: the run's clock, for the instants of the lines.
        run_id: the run that the lines belong to.
        show_only: write no JSON lines where there is no terminal; for commands whose own output tells the story.
    """
    if not sys.stderr.isatty():
        yield Silent() if show_only else JsonLinesProgress(clock, run_id, sys.stderr)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield TerminalProgress(bars)
