"""Landing and committing one stream in one run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from extract.clock import RunClock, format_instant, parse_instant
from extract.errors import DataRefused
from extract.http import Tally
from extract.lake import Lake
from extract.land import Landing
from extract.manifest import ObjectEntry, RawManifest, raw_log
from extract.page import Page
from extract.progress import Progress

MUCH_EARLIER = timedelta(hours=1)
"""A run at an instant so long before that of the newest manifest is likely to be a mistake."""


class HeadMoved(Exception):
    """Another run committed first; what was landed here is discarded and the stream starts again from the new head."""


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What a run did for one stream."""

    stream: str
    requests: int
    retries: int
    received: int
    """Records in the answers, those included that repeat what had landed and were not landed again."""
    landed: int
    """Records committed."""
    unchanged: int
    """Records that manifests of this run note as equal to what was stored before."""
    sequence: int | None
    """The newest manifest of this run; None where there was nothing new."""
    complete: bool
    notes: tuple[str, ...] = ()


class StreamWriter:
    """Lands the pages of one stream and commits its manifests."""

    def __init__(self, lake: Lake, stream: str, run_id: str, clock: RunClock, progress: Progress) -> None:
        """Find the stream's head; nothing is written yet."""
        self.head: RawManifest | None = None
        self._notes: list[str] = []
        self.pages = 0
        """Pages landed since the last commit."""
        self._stream = stream
        self._run_id = run_id
        self._clock = clock
        self._progress = progress
        self._lake = lake
        self._log = raw_log(lake, stream)
        self._landing = Landing(lake, stream, clock.as_of.date(), run_id)
        self._tallies: list[Tally] = []
        self._committed: list[RawManifest] = []
        self.restart()

    @property
    def has_received(self) -> bool:
        """Whether something waits to be committed."""
        return self._received > 0

    @property
    def tally(self) -> Tally:
        """Where requests and records are counted as they come."""
        return self._tallies[-1]

    def restart(self) -> None:
        """Discard what is not committed and begin from the newest manifest, whoever made it."""
        self.discard()
        self.head = self._log.head()
        if self.head:
            self._follow(self.head)
        self._tallies.append(Tally())
        self._told: Counter[str] = Counter()
        self._handed = 0

    def _follow(self, head: RawManifest) -> None:
        """Put the clock behind what was committed: of two states of a row the one that is read later counts."""
        committed = parse_instant(head.committed_at)
        self._clock.not_before(committed)
        if committed - self._clock.as_of > MUCH_EARLIER:
            self.note(
                f"this run is at {format_instant(self._clock.as_of)}, before the newest manifest "
                f"({head.committed_at}); what it read counts as read after that"
            )

    def land(self, page: Page) -> None:
        """Land the records of a page."""
        self._landing.add(b"".join(page.lines), page.rows)
        self._received += page.rows
        self._handed += page.rows
        self.pages += 1

    def keep(self, page: Page) -> None:
        """Count the records of a page as equal to what an earlier manifest vouches for; they do not land again."""
        self._received += page.rows
        self._unchanged += page.rows
        self._handed += page.rows

    def note(self, text: str) -> None:
        """Note something that the reader of the manifest and of the report should know; once."""
        if text not in self._notes:
            self._notes.append(text)

    def skip(self, rows: int) -> None:
        """Leave out so many records that repeat word for word what has landed."""
        self._handed += rows

    def discard(self) -> None:
        """Forget what was landed since the last commit."""
        self._landing.discard()
        self._received = 0
        self._unchanged = 0
        self.pages = 0

    def commit_if_moved(self, cursor: dict[str, Any]) -> None:
        """Commit a whole pull, unless it received nothing or leaves the stream's cursor where it was.

        Raises:
            DataRefused: what was landed is not what was received.
            HeadMoved: another run committed first.
        """
        if self.has_received and (self.head is None or self.head.cursor_after != cursor):
            self.commit(cursor, complete=True)
        else:
            self.discard()

    def commit(self, cursor: dict[str, Any], *, complete: bool, proof: Sequence[dict[str, Any]] = ()) -> None:
        """Commit what was landed since the last commit; every answer must have been handed over before a complete one.

        Raises:
            DataRefused: what was landed is not what was received.
            HeadMoved: another run committed first.
        """
        objects = self._landing.finish()
        landed = sum(entry.rows for entry in objects)
        self._reconcile(landed, complete=complete)
        manifest = RawManifest(
            sequence=self.head.sequence + 1 if self.head else 1,
            run_id=self._run_id,
            committed_at=format_instant(self._clock.now()),
            stream=self._stream,
            complete=complete,
            objects=objects,
            received=self._received,
            landed=landed,
            unchanged=self._unchanged,
            requests=self._new_requests(),
            cursor_after=cursor,
            proof=tuple(proof),
            notes=(*self._notes, *self._unchanged_note()),
            total_rows=landed + (self.head.total_rows if self.head else 0),
            total_objects=len(objects) + (self.head.total_objects if self.head else 0),
        )
        self._progress.event("extract.commit", stream=self._stream, sequence=manifest.sequence, complete=complete)
        if not self._log.commit(manifest):
            self._drop(objects)
            raise HeadMoved
        self._progress.event(
            "extract.committed",
            stream=self._stream,
            sequence=manifest.sequence,
            rows=landed,
            unchanged=manifest.unchanged,
        )
        self.head = manifest
        self._notes = list(manifest.notes)
        self._committed.append(manifest)
        self.discard()

    def report(self) -> StreamReport:
        """Say what was done."""
        newest = self._committed[-1] if self._committed else None
        return StreamReport(
            stream=self._stream,
            requests=sum(tally.requests.total() for tally in self._tallies),
            retries=sum(tally.retries for tally in self._tallies),
            received=sum(tally.received for tally in self._tallies),
            landed=sum(manifest.landed for manifest in self._committed),
            unchanged=sum(manifest.unchanged for manifest in self._committed),
            sequence=newest.sequence if newest else None,
            complete=newest.complete if newest else True,
            notes=tuple(self._notes),
        )

    def _reconcile(self, landed: int, *, complete: bool) -> None:
        # While a walk is under way, answers of the next round may have been counted and not yet handed over.
        missing = self.tally.received - self._handed if complete else 0
        if landed + self._unchanged != self._received or missing:
            raise DataRefused(
                f"{self._stream}: {self.tally.received} records were received, {self._handed} handed over, and of "
                f"{self._received} to be committed {landed} are in the lake and {self._unchanged} unchanged; nothing "
                "of them was committed. "
                "This is a fault of reelhouse or of the storage: run again, and report it if it stays"
            )

    def _unchanged_note(self) -> list[str]:
        if not self._unchanged:
            return []
        return [f"{self._unchanged} of {self._received} answers equal those stored before; not stored again"]

    def _new_requests(self) -> dict[str, int]:
        """Return the requests by outcome since the last manifest."""
        now = Counter(self.tally.requests)
        new, self._told = now - self._told, now
        return dict(sorted(new.items()))

    def _drop(self, objects: Sequence[ObjectEntry]) -> None:
        for entry in objects:
            self._lake.delete(entry.key)
