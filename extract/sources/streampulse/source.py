"""Extracting StreamPulse: the files that were dropped since, feed after feed, in the order in which they came."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from extract.budget import Budget
from extract.clock import RunClock
from extract.errors import ReelhouseError
from extract.lake import Lake, ObjectInfo
from extract.manifest import FileEntry
from extract.progress import Progress
from extract.settings import Quarantine, StreamPulse
from extract.sources.streampulse.discover import Found, Markers, Stillness, astray, is_file, sort_out
from extract.sources.streampulse.feeds import FEEDS, Feed
from extract.sources.streampulse.take import NotNow, take
from extract.sources.streampulse.taken import Taken
from extract.words import counted
from extract.writer import HeadMoved, StreamReport, StreamWriter

COMMIT_FILES, COMMIT_BYTES, COMMIT_SECONDS = 1_000, 256 * 1024 * 1024, 60.0
"""A manifest is committed after so many files, bytes of files or seconds, so that a killed run keeps most."""
UNREADABLE_IN_A_ROW = 10
"""Files that cannot be opened, one after the other, before it is the storage that is in trouble and not a file."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FileExtraction:
    """What an extraction of files did."""

    streams: tuple[StreamReport, ...]
    goes_on: bool
    """Whether the time budget ended before all was read."""
    growing: int
    """Files that were left alone because they may still be written."""
    astray: str
    """What to do about files that lie in the folder of no feed; empty where there are none."""


@dataclass(frozen=True, slots=True)
class _Run:
    clock: RunClock
    run_id: str
    progress: Progress
    budget: Budget


@dataclass(slots=True)
class _Memory:
    """What is remembered of a feed from one extraction to the next.

    Attributes:
        stillness: files that were seen growing.
        taken: the files that were taken; None at first.
    """

    stillness: Stillness
    taken: Taken | None = None


class FileSource:
    """The landing folders.

    What was taken and what was seen growing is remembered from one extraction to the next; manifests of others count.
    """

    def __init__(
        self,
        lake: Lake,
        settings: StreamPulse,
        quarantine: Quarantine,
        *,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare.

        Args:
            lake: where files are dropped and where they land.
            settings: how.
            quarantine: how many bad rows are of no account.
            now: the time of this machine, with which the times of files are compared.
            sleep: waits so many seconds.
        """
        self._lake = lake
        self._landing = settings.landing
        self._settle = settings.settle_seconds
        self._tolerated = quarantine.max_records
        self._now = now
        self._sleep = sleep
        self._memories = {feed: _Memory(Stillness(timedelta(seconds=self._settle))) for feed in FEEDS}

    def extract(
        self, clock: RunClock, run_id: str, progress: Progress, budget: Budget | None = None, *, patient: bool = True
    ) -> FileExtraction:
        """Land the files that are new.

        Args:
            clock: of the run.
            run_id: names the run in keys and manifests.
            progress: told what happens.
            budget: when it is over no other file is begun.
            patient: wait once, for as long as a file must have been still, for files that were just written.

        Raises:
            DataRefused: a manifest is missing or damaged, or what landed is not what was read.
            ReelhouseError: the lake is in trouble; what was committed is kept.
        """
        run = _Run(clock, run_id, progress, budget or Budget())
        feeds = [_FeedRun(self._lake, feed, self._landing, self._memories[feed], self._now, run) for feed in FEEDS]
        growing = [feed for feed in feeds if feed.look().growing]
        if growing and patient:
            self._sleep(self._settle)
            for feed in growing:
                feed.look()
        reports = tuple(feed.pull(self._tolerated) for feed in feeds)
        goes_on = not all(feed.is_done for feed in feeds)
        return FileExtraction(reports, goes_on, sum(feed.growing for feed in feeds), self._astray())

    def _astray(self) -> str:
        names = [feed.name for feed in FEEDS]
        found = list(astray(self._lake, self._landing, names))
        folders = ", ".join(f"{self._landing}{name}/" for name in names)
        return (
            f"{found[0]!a}{_and_others(found)}: in the folder of no feed; move it to one of {folders}" if found else ""
        )


class _FeedRun:
    """One extraction of one feed."""

    def __init__(
        self, lake: Lake, feed: Feed, landing: str, memory: _Memory, now: Callable[[], datetime], run: _Run
    ) -> None:
        self._lake = lake
        self._feed = feed
        self._prefix = f"{landing}{feed.name}/"
        self._memory = memory
        self._now = now
        self._run = run
        self._writer = StreamWriter(lake, feed.stream, run.run_id, run.clock, run.progress)
        self._taken = self._known()
        self._found = Found((), ())
        self._failures = 0
        self.is_done = True

    @property
    def growing(self) -> int:
        """Files that were left alone."""
        return len(self._found.growing)

    def look(self) -> Found:
        """List the folder."""
        markers, new = Markers(), []
        for info in self._present():
            markers.note(info)
            if is_file(info.key) and not self._taken.knows(info):
                new.append(info)
        self._found = sort_out(new, markers, self._memory.stillness, self._now())
        return self._found

    def pull(self, tolerated: int) -> StreamReport:
        """Land what is new; where another run commits first, what that one left."""
        while True:
            try:
                self._take_all(self._found.ready, tolerated)
                break
            except HeadMoved:
                self._writer.restart()
                self._memory.taken = None
                self._taken = self._known()
                self.look()
        if self.growing:
            self._writer.note(f"{counted(self.growing, 'file')} may still be growing: left for a later look")
        return self._report()

    def _known(self) -> Taken:
        taken = self._memory.taken
        if taken is None or not taken.keeps_up_with(self._writer.head):
            taken = self._memory.taken = Taken(self._lake, self._feed.stream, self._writer.head)
        return taken

    def _report(self) -> StreamReport:
        files = [entry for manifest in self._writer.committed for entry in manifest.files]
        report = self._writer.report(goes_on=not self.is_done)
        return replace(
            report,
            files=len(files),
            refused=tuple(f"{entry.key}: {entry.refused}" for entry in files if entry.refused),
            notes=(*report.notes, *_notes(files)),
        )

    def _present(self) -> Iterator[ObjectInfo]:
        """Yield what lies in the folder; a name that is not UTF-8 could stand in no manifest."""
        for info in self._lake.list_after(self._prefix):
            if info.key.isascii() or _is_utf_8(info.key):
                yield info
            else:
                self._writer.note(f"{info.key!a}: its name is not UTF-8; rename it, and it is taken")

    def _take_all(self, ready: Sequence[ObjectInfo], tolerated: int) -> None:
        files: list[FileEntry] = []
        size, begun = 0, time.monotonic()
        for number, info in enumerate(ready, start=1):
            if self._run.budget.is_over and number > 1:
                self.is_done = False
                break
            entry = self._take(info, tolerated)
            if entry:
                files.append(entry)
                size += entry.bytes
            self._run.progress.advance(self._feed.stream, number, "files", len(ready))
            if len(files) >= COMMIT_FILES or size >= COMMIT_BYTES or time.monotonic() - begun >= COMMIT_SECONDS:
                self._commit(files)
                files, size, begun = [], 0, time.monotonic()
        self._commit(files)

    def _take(self, info: ObjectInfo, tolerated: int) -> FileEntry | None:
        try:
            entry = take(self._lake, self._feed, info, self._taken, self._writer, self._run.clock, tolerated)
        except NotNow as reason:
            self._failures += 1
            if self._failures >= UNREADABLE_IN_A_ROW:
                raise ReelhouseError(
                    f"{self._failures} files of {self._prefix} one after the other could not be taken; the last: "
                    f"{reason}. What was committed before is kept; run again when the storage is well"
                ) from None
            self._writer.note(f"{info.key} is not taken in this run: {reason}")
            return None
        self._failures = 0
        return entry

    def _commit(self, files: Sequence[FileEntry]) -> None:
        if files:
            cursor = self._taken.cursor(len(files), self._present(), self._run.run_id)
            self._writer.commit(cursor, complete=True, files=files)
            self._taken.follow(self._writer.committed[-1])


def _notes(files: Sequence[FileEntry]) -> Iterator[str]:
    """Say what is odd about files that were taken; of many with the same trouble one is named."""
    for note in sorted({entry.note for entry in files if entry.note}):
        odd = [entry.key for entry in files if entry.note == note]
        yield f"{odd[0]}{_and_others(odd)}: {note}"
    bad = [entry for entry in files if entry.unreadable]
    if bad:
        rows = sum(entry.unreadable for entry in bad)
        named = f"{bad[0].key}{_and_others(bad)}"
        yield f"{named}: {counted(rows, 'row')} cannot be read: to the quarantine; the others are taken"


def _and_others(found: Sequence[object]) -> str:
    return f" and {len(found) - 1:,} more" if len(found) > 1 else ""


def _is_utf_8(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
