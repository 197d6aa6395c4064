"""Watching the landing folders: what is dropped is loaded within seconds, or gathered for as long as is wanted."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from extract.errors import ConfigurationError, ReelhouseError
from extract.progress import Silent
from extract.runner import ExtractionReport, StreamReport
from extract.settings import StreamPulse
from extract.sources.streampulse.source import FileSource
from orchestration.context import Context
from orchestration.pipeline import Extract, RunReport
from orchestration.sandboxes import check_warehouse, landing_of

_DOUBLED = 30
"""Times after which a pause is above the longest, whatever it began with: of a thousand 2.0 ** n overflows."""
LONGEST_PAUSE = 900.0
"""Seconds between two attempts at what keeps failing: each may wake a warehouse, which costs a minute."""


@dataclass
class Watcher:
    """Looks at the landing folders again and again.

    Attributes:
        context: of the command; each look and each load has a clock and a name of its own.
        settings: of the files.
        source: the landing folders.
        load: loads what landed, given a context and what reports the extraction.
        loaded: told of each load.
        say: tells a person what went wrong, or what is of no use as it lies; watching goes on.
        monotonic: a clock that nobody sets, in seconds.
    """

    context: Context
    settings: StreamPulse
    source: FileSource
    load: Callable[[Context, Extract], RunReport]
    loaded: Callable[[RunReport], None]
    say: Callable[[str], object]
    monotonic: Callable[[], float] = time.monotonic
    _landed: list[StreamReport] = field(default_factory=list)
    _waits: bool = True
    """Whether something may wait to be loaded; at first nobody knows."""
    _next_load: float = 0.0
    _failed_looks: int = 0
    _failed_loads: int = 0
    _has_loaded: bool = False
    _astray: str = ""
    """What was said last of files in a wrong folder."""

    def step(self) -> float:
        """Take what is new and load it if that is due; return the seconds until the next look.

        Raises:
            ConfigurationError: something is wrong with the settings; nothing was loaded yet.
        """
        try:
            growing = self._take()
        except ReelhouseError as error:
            self._failed_looks += 1
            self._waits = True  # of one feed something may have landed before
            self._tell(error)
            return self._pause(self._failed_looks)
        self._failed_looks = 0
        if self._waits and self.monotonic() >= self._next_load:
            try:
                self._load()
            except ReelhouseError as error:
                self._failed_loads += 1
                self._tell(error)
                self._next_load = self.monotonic() + self._pause(self._failed_loads)
        return min(self.settings.poll_seconds, self.settings.settle_seconds) if growing else self.settings.poll_seconds

    def _tell(self, error: ReelhouseError) -> None:
        if isinstance(error, ConfigurationError) and not self._has_loaded:
            raise error
        self.say(str(error))

    def _take(self) -> int:
        """Land the files that are ready; return how many may still be growing."""
        now = self.context.again()
        found = self.source.extract(now.clock, now.run_id, Silent(), patient=False)
        news = [stream for stream in found.streams if stream.sequence]
        self._landed += news
        self._waits = self._waits or bool(news)
        if found.astray != self._astray:
            self._astray = found.astray
            if found.astray:
                self.say(found.astray)
        return found.growing

    def _load(self) -> None:
        began = self.monotonic()
        landed = ExtractionReport(tuple(self._landed))
        report = self.load(self.context.again(), lambda *_: landed)
        self._landed, self._waits, self._has_loaded, self._failed_loads = [], False, True, 0
        self._next_load = began + self.context.settings.load.min_interval
        if landed.streams or report.outcome == "published":
            self.loaded(report)

    def _pause(self, failures: int) -> float:
        """Return the seconds after which it is tried again: twice as many after each failure, LONGEST_PAUSE at most."""
        return min(LONGEST_PAUSE, self.settings.poll_seconds * 2.0 ** min(failures, _DOUBLED))


def watch_for_good(watcher: Watcher, sleep: Callable[[float], None] = time.sleep) -> None:
    """Watch until SIGINT or SIGTERM."""
    with suppress(KeyboardInterrupt):
        while True:
            sleep(watcher.step())


def make_watcher(
    context: Context,
    load: Callable[[Context, Extract], RunReport],
    loaded: Callable[[RunReport], None],
    say: Callable[[str], object],
) -> Watcher:
    """Return a watcher of the configured folders; see there for what it is given.

    Raises:
        ConfigurationError: no files are configured, or the warehouse has no good address.
    """
    if context.settings.streampulse is None:
        raise ConfigurationError("nothing to watch: the configuration has no section streampulse:")
    check_warehouse(context.settings, context.secrets)
    settings = landing_of(context.settings.streampulse)
    source = FileSource(context.lake, settings, context.settings.quarantine)
    return Watcher(context, settings, source, load, loaded, say)
