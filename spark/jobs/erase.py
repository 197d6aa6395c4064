"""Erasing persons from the lake: objects that hold them give way to others that do not, manifest by manifest.

Of a raw object every line stays where it is, because places in raw name records for ever: a forgotten person's line
becomes one that says that a record was there. Staging and quarantine are then freed of the rows that came from such
lines. Each manifest is superseded in one atomic act, and the old objects are deleted after it, with all versions that
the storage keeps. Whatever is killed, the same done again completes it; two at once do the same.
"""

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extract.clock import RunClock, format_instant
from extract.lake import Lake
from extract.manifest import (
    PATH_SEPARATOR,
    ManifestLog,
    ObjectEntry,
    RawManifest,
    Successor,
    Superseding,
    raw_log,
)
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.settings import Settings
from spark.contracts import Column, Contract
from spark.engine import DataFrame, Engine, open_engine, using
from spark.engine import functions as F
from spark.engine.raw_lines import read_lines
from spark.forgotten import Forgotten, is_theirs, personal_contracts
from spark.jobs.publish import Place as Folders
from spark.jobs.tombstones import raw_entry, stem, tombstone
from spark.leaves import FORGOTTEN, POSITION
from spark.manifest import (
    EntityEntry,
    QuarantineEntry,
    RebuildManifest,
    StagingManifest,
    rebuild_log,
    staging_log,
)
from spark.quarantine import COLUMNS, ORDER, open_quarantine
from spark.raw import RawObject, checked
from spark.scratch import scratch_folder

Place = tuple[int, int, int]


@dataclass(slots=True)
class Erased:
    """What was erased from the lake.

    Attributes:
        records: stream -> records whose lines were taken out of raw.
        objects: area of the lake -> objects that gave way.
        rows: stream -> rows taken out of staging and quarantine.
        sources: landing files that held such records.
    """

    records: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Eraser:
    """One process that erases.

    Attributes:
        lake: where.
        key: of the keyed hashes.
        forgotten: who.
        clock: of the run.
        run_id: of the run; it stands in the keys of new objects.
        progress: told how far it is.
        reason: stands in superseding manifests.
    """

    lake: Lake
    key: PrivacyKey
    forgotten: Forgotten
    clock: RunClock
    run_id: str
    progress: Progress
    reason: str

    def erase(self, settings: Settings, done: Mapping[str, int]) -> Erased:
        """Erase the forgotten from raw, staging and quarantine.

        Args:
            settings: which engine rewrites Parquet.
            done: stream -> raw sequence up to which this was done for all who are forgotten.

        Raises:
            DataRefused: an object is not the one that its manifest vouches for.
            ReelhouseError: the engine or the lake failed; done again, it goes on.
        """
        erased = Erased()
        contracts = list(personal_contracts())
        for number, contract in enumerate(contracts):
            self.progress.advance("forget", number, "streams", len(contracts))
            self._free_raw(contract, done.get(contract.stream, 0), erased)
        self._free_staging(settings, {contract.stream: contract for contract in contracts}, erased)
        self.progress.advance("forget", len(contracts), "streams", len(contracts))
        return erased

    def _free_raw(self, contract: Contract, done: int, erased: Erased) -> None:
        log = raw_log(self.lake, contract.stream)
        for manifest in log.after(done):
            while True:
                scrubbed = [
                    (part, entry, found)
                    for part, entry in enumerate(manifest.objects)
                    if (found := self._scrub(contract, RawObject(manifest.sequence, part, entry)))
                ]
                if not scrubbed or self._supersede_raw(log, manifest, scrubbed):
                    break
                manifest = log.read(manifest.sequence)
            for _, _, found in scrubbed:
                erased.records[contract.stream] += len(found.lines)
                erased.objects["raw"] += 1
        for superseding in log.superseding():
            erased.sources.update(superseding.sources)
            self._delete_old(superseding)

    def _scrub(self, contract: Contract, raw: RawObject) -> "_Scrubbed | None":
        """Return an object without the forgotten; None where none of them is in it."""
        written, lines, sources = io.BytesIO(), list[int](), set[str]()
        by_text = self.forgotten.places.get(contract.stream, frozenset())
        with gzip.GzipFile(fileobj=written, mode="wb", mtime=0) as file:
            data = io.BytesIO(checked(self.lake, raw))
            for number, line in enumerate(read_lines(raw, data), start=1):
                meta = self._theirs(contract, line, (raw.sequence, raw.part, number) in by_text)
                if meta is None:
                    file.write(line + b"\n")
                    continue
                lines.append(number)
                sources.update(name for name in (meta.get("key"),) if isinstance(name, str))
                file.write(tombstone(meta))
        if not lines:
            return None
        data_of = written.getvalue()
        name = f"{stem(raw.entry.key)}.{self.run_id}.jsonl.gz"
        return _Scrubbed(raw_entry(name, data_of, raw.entry.rows), data_of, lines, sources)

    def _theirs(self, contract: Contract, line: bytes, is_named: bool) -> dict[str, Any] | None:
        """Return the envelope of a line that is a forgotten person's; None for any other line."""
        parsed = parse_line(line)
        meta = parsed.get("_meta") if parsed else None
        if is_named and not (parsed and FORGOTTEN in parsed):
            return meta if isinstance(meta, dict) else {}
        if parsed is None or not isinstance(meta, dict):
            return None
        return meta if is_theirs(contract, parsed.get("record"), self.forgotten) else None

    def _supersede_raw(
        self,
        log: ManifestLog[RawManifest],
        manifest: RawManifest,
        scrubbed: Sequence[tuple[int, ObjectEntry, "_Scrubbed"]],
    ) -> bool:
        for _, _, found in scrubbed:
            self.lake.put(found.entry.key, found.data)
        superseding = self._superseding(
            log.times_superseded(manifest.sequence),
            manifest.sequence,
            {f"objects{PATH_SEPARATOR}{part}": found.entry.model_dump() for part, _, found in scrubbed},
            [_successor(old, [found.entry]) for _, old, found in scrubbed],
            places=tuple((part, line) for part, _, found in scrubbed for line in found.lines),
            sources=tuple(sorted({source for _, _, found in scrubbed for source in found.sources})),
        )
        self.progress.event("forget.supersede", log="raw", sequence=manifest.sequence)
        if log.supersede(superseding):
            return True
        for _, _, found in scrubbed:
            self.lake.erase(found.entry.key)
        return False

    def _free_staging(self, settings: Settings, contracts: Mapping[str, Contract], erased: Erased) -> None:
        places = {stream: set(self._places(stream)) for stream in contracts}
        work: list[tuple[ManifestLog[Any], StagingManifest]] = []
        for log in (staging_log(self.lake), rebuild_log(self.lake)):
            work += [(log, manifest) for manifest in log.after(0)]
        concerned = [(log, manifest) for log, manifest in work if self._may_hold(manifest, contracts, places)]
        if concerned:
            with (
                scratch_folder() as scratch,
                open_engine(settings, self.lake, scratch, self.key) as engine,
                using(engine),
            ):
                for log, manifest in concerned:
                    _Staged(self, engine, log, manifest, contracts, places, erased).free()
        self._settle_quarantine()
        for log in (staging_log(self.lake), rebuild_log(self.lake)):
            for superseding in log.superseding():
                self._delete_old(superseding)

    def _settle_quarantine(self) -> None:
        """Let the newest manifest count what is in quarantine now: all later ones go on from there."""
        log = staging_log(self.lake)
        while head := log.head():
            totals = {
                stream: dict(sum((Counter(entry.reasons) for entry in held), Counter()))
                for stream, held in open_quarantine(self.lake).items()
            }
            if totals == head.total_quarantined:
                return
            replaced = {"total_quarantined": totals}
            log.supersede(self._superseding(log.times_superseded(head.sequence), head.sequence, replaced, ()))

    def _places(self, stream: str) -> Iterator[Place]:
        """Yield the raw places of all records that were ever taken out of a stream."""
        for superseding in raw_log(self.lake, stream).superseding():
            yield from ((superseding.manifest, part, line) for part, line in superseding.places)

    @staticmethod
    def _may_hold(
        manifest: StagingManifest, contracts: Mapping[str, Contract], places: Mapping[str, set[Place]]
    ) -> bool:
        """Whether a load consumed something of a stream at or after the first place; it was not looked into yet."""
        for stream, contract in contracts.items():
            first = min((place[0] for place in places[stream]), default=None)
            is_there = contract.entity in manifest.entities or stream in manifest.quarantine
            if is_there and first is not None and manifest.consumed.get(stream, 0) >= first:
                return True
        return False

    def _superseding(
        self,
        before: int,
        sequence: int,
        replaced: dict[str, Any],
        objects: Iterable[Successor],
        places: tuple[tuple[int, int], ...] = (),
        sources: tuple[str, ...] = (),
    ) -> Superseding:
        return Superseding(
            manifest=sequence,
            number=before + 1,
            run_id=self.run_id,
            committed_at=format_instant(self.clock.now()),
            reason=self.reason,
            objects=tuple(objects),
            replaced=replaced,
            places=places,
            sources=sources,
        )

    def _delete_old(self, superseding: Superseding) -> None:
        for gone in superseding.objects:
            self.lake.erase(gone.old_key)


@dataclass(frozen=True, slots=True)
class _Scrubbed:
    entry: ObjectEntry
    data: bytes
    lines: list[int]
    sources: set[str]


@dataclass(slots=True)
class _Staged:
    """A staging manifest, or one of a rebuild, whose files are freed of rows."""

    eraser: Eraser
    engine: Engine
    log: ManifestLog[Any]
    manifest: StagingManifest
    contracts: Mapping[str, Contract]
    places: Mapping[str, set[Place]]
    erased: Erased
    replaced: dict[str, Any] = field(default_factory=dict)
    objects: list[Successor] = field(default_factory=list)
    number: int = 0

    def free(self) -> None:
        """Free it; where another process was first, what that one left."""
        while True:
            self.number = self.log.times_superseded(self.manifest.sequence)
            self.replaced, self.objects, rows = {}, [], Counter[str]()
            for stream, contract in self.contracts.items():
                if self.places[stream]:
                    rows[stream] += self._free_stream(stream, contract)
            if not self.replaced:
                return
            superseding = self.eraser._superseding(self.number, self.manifest.sequence, self.replaced, self.objects)  # noqa: SLF001
            self.eraser.progress.event("forget.supersede", log="staging", sequence=self.manifest.sequence)
            if self.log.supersede(superseding):
                self.erased.rows.update(+rows)
                self.erased.objects["staging and quarantine"] += len(self.objects)
                return
            self.manifest = self.log.read(self.manifest.sequence)

    def _free_stream(self, stream: str, contract: Contract) -> int:
        entry, held = self.manifest.entities.get(contract.entity), self.manifest.quarantine.get(stream)
        quarantined = self._free_quarantine(stream, held) if held else 0
        return quarantined + (self._free_rows(stream, contract, entry, quarantined) if entry else 0)

    def _free_rows(self, stream: str, contract: Contract, entry: EntityEntry, quarantined: int) -> int:
        left, sums, gone = list[ObjectEntry](), dict(entry.sums), 0
        for index, file in enumerate(entry.files):
            frame, _ = self.engine.read_parquet(file.key)
            theirs = self._count(frame, stream, POSITION)
            if not theirs:
                left.append(file)
                continue
            gone += theirs
            kept = frame.where(~_in(self.places[stream], POSITION))
            folder = self._folder("staging", contract.entity, index)
            written = self._written(kept, contract.columns, contract.key, folder)
            for sign, objects in ((-1, [file]), (1, written)) if sums else ():
                for found in (self.engine.sums(contract, each.key) for each in objects):
                    sums = {name: total + sign * found[name] for name, total in sums.items()}
            left += written
            self.objects.append(_successor(file, written))
        if gone or quarantined:
            self._replace_entity(contract, entry, left, sums, gone, quarantined)
        return gone

    def _replace_entity(
        self,
        contract: Contract,
        entry: EntityEntry,
        files: Sequence[ObjectEntry],
        sums: dict[str, int],
        gone: int,
        quarantined: int,
    ) -> None:
        path = PATH_SEPARATOR.join(("entities", contract.entity))
        counts = entry.counts.model_copy(
            update={
                "normalised": entry.counts.normalised - gone,
                "quarantined": entry.counts.quarantined - quarantined,
                "forgotten": entry.counts.forgotten + gone + quarantined,
                "rows": entry.counts.rows - gone,
            }
        )
        if gone:
            self.objects.append(Successor(old_key=entry.copy_manifest, old_sha256=""))
        key = entry.copy_manifest
        if gone and files:
            key = self._place().put_copy_manifest(self._folder("staging", contract.entity, 0), files)
        made = EntityEntry(copy_manifest=key, files=tuple(files), counts=counts, sums=sums)
        self.replaced[path] = made.model_dump() if files else None
        if gone:
            erased = {**self.manifest.erased_rows, **self.replaced.get("erased_rows", {})}
            self.replaced["erased_rows"] = erased | {contract.entity: erased.get(contract.entity, 0) + gone}

    def _free_quarantine(self, stream: str, held: QuarantineEntry) -> int:
        left, reasons, position = list[ObjectEntry](), Counter(held.reasons), ORDER
        for index, file in enumerate(held.files):
            frame, _ = self.engine.read_parquet(file.key)
            theirs = frame.where(_in(self.places[stream], position))
            found = dict(self.engine.rows(theirs.groupBy("reason").agg(F.count("*").alias("records"))))
            if not found:
                left.append(file)
                continue
            reasons.subtract(found)
            kept = frame.where(~_in(self.places[stream], position))
            written = self._written(kept, COLUMNS, ORDER, self._folder("quarantine", stream, index))
            left += written
            self.objects.append(_successor(file, written))
        gone = held.rows - sum(reasons.values())
        if gone:
            made = QuarantineEntry(files=tuple(left), rows=held.rows - gone, reasons=dict(+reasons))
            self.replaced[PATH_SEPARATOR.join(("quarantine", stream))] = made.model_dump() if left else None
        return gone

    def _written(
        self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> list[ObjectEntry]:
        written = self.engine.write(frame, columns, order, folder)
        for entry in written:
            if not entry.rows:
                self.eraser.lake.delete(entry.key)
        return [entry for entry in written if entry.rows]

    def _count(self, frame: DataFrame, stream: str, position: Sequence[str]) -> int:
        ((count,),) = self.engine.rows(frame.where(_in(self.places[stream], position)).agg(F.count("*").alias("rows")))
        return int(count)

    def _place(self) -> Folders:
        is_rebuild = isinstance(self.manifest, RebuildManifest)
        lake, run_id = self.eraser.lake, self.eraser.run_id
        return Folders(lake, self.manifest.sequence, run_id, "rebuild" if is_rebuild else "load")

    def _folder(self, area: str, name: str, index: int) -> str:
        place = self._place()
        folder = place.rows(name) if area == "staging" else place.quarantine(name)
        return f"{folder}{self.number + 1:04d}-{index:05d}/"


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Return a raw line as JSON has it, numbers as their own text; None where it is none, or no object."""
    try:
        parsed = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _in(places: Iterable[Place], position: Sequence[str]) -> Any:
    return F.concat_ws("/", *position).isin([f"{sequence}/{part}/{line}" for sequence, part, line in sorted(places)])


def _successor(old: ObjectEntry, new: Sequence[ObjectEntry]) -> Successor:
    key, digest = (new[0].key, new[0].sha256) if new else (None, None)
    return Successor(old_key=old.key, old_sha256=old.sha256, key=key, sha256=digest)
