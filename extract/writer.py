"""Landing and committing one stream in one run."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from extract.clock import RunClock, format_instant, parse_instant
from extract.errors import DataRefused
from extract.http import Tally
from extract.lake import Lake
from extract.land import Landing
from extract.manifest import FileEntry, ObjectEntry, RawManifest, raw_log
from extract.page import Page
from extract.progress import Progress
from extract.spending import Spending

MUCH_EARLIER = timedelta(hours=1)
"""A run at an instant so long before that of the newest manifest is likely to be a mistake."""


class Receiver(Protocol):
    """What takes the pages of a walk."""

    @property
    def tally(self) -> Tally:
        """Where requests and records are counted as they come."""

    def land(self, page: Page) -> None:
        """Take the records of a page that are new in this walk."""

    def skip(self, rows: int) -> None:
        """Leave out so many records that repeat word for word what this walk brought."""


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
    """False where a pull is under way that the next run goes on with."""
    purposes: dict[str, int] = field(default_factory=dict)
    """The requests by what they were for; see ``spending.Purpose``."""
    least: int = 0
    """The requests that would have done; see ``spending.Spending``."""
    files: int | None = None
    """Files that were looked at; None where the source has none."""
    refused: tuple[str, ...] = ()
    """The files of which nothing was taken, each with the reason."""
    notes: tuple[str, ...] = ()


class StreamWriter:
    """Lands the pages of one stream and commits its manifests."""

    def __init__(self, lake: Lake, stream: str, run_id: str, clock: RunClock, progress: Progress) -> None:
        """Find the stream's head; nothing is written yet."""
        self.head: RawManifest | None = None
        self._notes: list[str] = []
        self.pages = 0
        """Pages with records that landed since the last commit."""
        self._stream = stream
        self._run_id = run_id
        self._clock = clock
        self._progress = progress
        self._lake = lake
        self._log = raw_log(lake, stream)
        self._landing = Landing(lake, stream, clock.as_of.date(), run_id)
        self._tallies: list[Tally] = []
        self._spendings: list[Spending] = []
        self._content = hashlib.sha256()
        self._committed: list[RawManifest] = []
        self._received = self._handed = 0
        self.restart()

    @property
    def committed(self) -> Sequence[RawManifest]:
        """The manifests of this run."""
        return self._committed

    @property
    def has_received(self) -> bool:
        """Whether something waits to be committed."""
        return self._received > 0

    @property
    def tally(self) -> Tally:
        """Where requests and records are counted as they come."""
        return self._tallies[-1]

    @property
    def spending(self) -> Spending:
        """Where is told what requests were for, once their answers are there."""
        return self._spendings[-1]

    def restart(self) -> None:
        """Discard what is not committed and begin from the newest manifest, whoever made it."""
        self.discard()
        self.head = self._log.head()
        if self.head:
            self._follow(self.head)
        self._tallies.append(Tally())
        self._spendings.append(Spending())
        self._told: Counter[str] = Counter()
        self._spent = Spending()
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
        self.land_lines(b"".join(page.lines), page.rows)
        self.pages += page.rows > 0

    def land_lines(self, lines: bytes, rows: int) -> None:
        """Land records, each of which is a line."""
        self._content.update(lines)
        self._landing.add(lines, rows)
        self._received += rows
        self._handed += rows

    def savepoint(self) -> Callable[[], None]:
        """Return what takes back all that is landed from here on, as long as nothing is committed meanwhile."""
        mark, received, handed = self._landing.mark(), self._received, self._handed
        content = self._content.copy()

        def take_back() -> None:
            self._landing.take_back(mark)
            self._received, self._handed, self._content = received, handed, content.copy()

        return take_back

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
        self._content = hashlib.sha256()
        self._received = 0
        self._unchanged = 0
        self.pages = 0

    def commit_if_moved(self, cursor: dict[str, Any]) -> None:
        """Commit a whole pull, unless it received nothing or leaves the stream's cursor where it was.

        Raises:
            DataRefused: what was landed is not what was received.
            HeadMoved: another run committed first.
        """
        is_cut = self.head is not None and not self.head.complete
        if (self.has_received or is_cut) and (self.head is None or self.head.cursor_after != cursor):
            self.commit(cursor, complete=True)
        else:
            self.discard()

    def commit(
        self,
        cursor: dict[str, Any],
        *,
        complete: bool,
        proof: Sequence[dict[str, Any]] = (),
        sweep: datetime | None = None,
        files: Sequence[FileEntry] = (),
    ) -> None:
        """Commit what was landed since the last commit.

        Args:
            cursor: of the stream from here on.
            complete: False while a long pull is under way; at its end every answer must have been handed over.
            proof: what shows that nothing is missing.
            sweep: when a walk over the whole list began that ends with this manifest.
            files: of a source of files, those that were looked at.

        Raises:
            DataRefused: what was landed is not what was received.
            HeadMoved: another run committed first, and moved the stream's cursor.
        """
        manifest = self._manifest(cursor, complete=complete, whole=complete, proof=proof)
        manifest = manifest.model_copy(
            update={"sweep": format_instant(sweep) if sweep else None, "files": tuple(files)}
        )
        self._commit(manifest)

    def commit_beside(self, *, whole: bool, proof: Sequence[dict[str, Any]] = ()) -> None:
        """Commit what was landed since the last commit, and leave the stream's cursor where it is, or is by then.

        Args:
            whole: whether every answer has been handed over, as it must be at the end.
            proof: what shows that nothing is missing.

        Raises:
            DataRefused: what was landed is not what was received, or the stream has no cursor yet.
        """
        head = self.head
        if head is None:
            raise DataRefused(f"{self._stream}: nothing has been read yet, so there is nothing to add to")
        manifest = self._manifest(head.cursor_after, complete=head.complete, whole=whole, proof=proof)
        self._commit(manifest, beside=True)

    def _manifest(
        self, cursor: dict[str, Any], *, complete: bool, whole: bool, proof: Sequence[dict[str, Any]]
    ) -> RawManifest:
        objects = self._landing.finish()
        landed = sum(entry.rows for entry in objects)
        self._reconcile(landed, whole=whole)
        self._compare_content()
        requests, spent = self._new_requests(), self._newly_spent(whole=whole)
        return RawManifest(
            sequence=self.head.sequence + 1 if self.head else 1,
            run_id=self._run_id,
            committed_at=format_instant(self._clock.now()),
            stream=self._stream,
            complete=complete,
            objects=objects,
            received=self._received,
            landed=landed,
            unchanged=self._unchanged,
            requests=requests,
            purposes=dict(sorted(spent.purposes.items())),
            least=spent.least,
            cursor_after=cursor,
            proof=tuple(proof),
            notes=(*self._notes, *self._unchanged_note()),
            total_rows=landed + (self.head.total_rows if self.head else 0),
            total_objects=len(objects) + (self.head.total_objects if self.head else 0),
        )

    def _commit(self, manifest: RawManifest, *, beside: bool = False) -> None:
        """Commit a manifest; behind one that came first, if that moved no cursor or ``beside`` this one does not."""
        cursor = self.head.cursor_after if self.head else None
        self._progress.event(
            "extract.commit", stream=self._stream, sequence=manifest.sequence, complete=manifest.complete
        )
        while not self._log.commit(manifest):
            head = self._log.head()
            if head is None or not (beside or head.cursor_after == cursor):
                self._drop(manifest.objects)
                raise HeadMoved
            manifest = _behind(head, manifest, beside=beside)
        self._progress.event(
            "extract.committed",
            stream=self._stream,
            sequence=manifest.sequence,
            rows=manifest.landed,
            unchanged=manifest.unchanged,
        )
        self.head = manifest
        self._notes = list(manifest.notes)
        self._committed.append(manifest)
        self.discard()

    def report(self, *, goes_on: bool = False) -> StreamReport:
        """Say what was done; ``goes_on`` where the pull was ended before its end."""
        newest = self._committed[-1] if self._committed else None
        requests = sum(tally.requests.total() for tally in self._tallies)
        retries = sum(tally.retries for tally in self._tallies)
        spent = sum(self._spendings, Spending()).closed(requests, retries)
        return StreamReport(
            stream=self._stream,
            requests=requests,
            retries=retries,
            received=sum(tally.received for tally in self._tallies),
            landed=sum(manifest.landed for manifest in self._committed),
            unchanged=sum(manifest.unchanged for manifest in self._committed),
            sequence=newest.sequence if newest else None,
            complete=(newest.complete if newest else True) and not goes_on,
            purposes=dict(sorted(spent.purposes.items())),
            least=spent.least,
            notes=tuple(self._notes),
        )

    def _reconcile(self, landed: int, *, whole: bool) -> None:
        # While a pull is under way, answers may have been counted and not yet handed over.
        missing = self.tally.received - self._handed if whole else 0
        if landed + self._unchanged != self._received or missing:
            raise DataRefused(
                f"{self._stream}: {self.tally.received} records were received, {self._handed} handed over, and of "
                f"{self._received} to be committed {landed} are in the lake and {self._unchanged} unchanged; nothing "
                "of them was committed. "
                "This is a fault of reelhouse or of the storage: run again, and report it if it stays"
            )

    def _compare_content(self) -> None:
        """Hold the lines that are in the lake against those that were handed over, whatever they were counted as."""
        if self._landing.content != self._content.hexdigest():
            raise DataRefused(
                f"{self._stream}: the lines that were read back from the lake are not those that were received, though "
                "as many; nothing of them was committed. This is a fault of reelhouse or of the storage: run again, "
                "and report it if it stays"
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

    def _newly_spent(self, *, whole: bool) -> Spending:
        """Return what requests were for since the last manifest."""
        requests, retries = self.tally.requests.total(), self.tally.retries
        now = self.spending.closed(requests, retries) if whole else self.spending.copy()
        new, self._spent = now.since(self._spent), now
        return new

    def _drop(self, objects: Sequence[ObjectEntry]) -> None:
        for entry in objects:
            self._lake.erase(entry.key)


def _behind(head: RawManifest, manifest: RawManifest, *, beside: bool) -> RawManifest:
    """Return a manifest as it stands behind another head; ``beside`` it repeats the cursor that it finds there."""
    moved = {"cursor_after": head.cursor_after, "complete": head.complete} if beside else {}
    return manifest.model_copy(
        update={
            "sequence": head.sequence + 1,
            "total_rows": head.total_rows + manifest.landed,
            "total_objects": head.total_objects + len(manifest.objects),
            **moved,
        }
    )
