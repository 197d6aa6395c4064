"""Freeing staging and quarantine of persons: rows go that came from raw places whose records are gone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extract.manifest import PATH_SEPARATOR, ManifestLog, ObjectEntry, Successor
from extract.progress import Progress
from spark.contracts import Column, Contract
from spark.engine import DataFrame, Engine
from spark.engine import functions as F
from spark.jobs.publish import Place as Folders
from spark.jobs.succession import Change, Succession, successor
from spark.leaves import POSITION
from spark.manifest import EntityEntry, QuarantineEntry, RebuildManifest, StagingManifest, with_sums
from spark.proof import SPAN
from spark.quarantine import COLUMNS, ORDER

Place = tuple[int, int, int]
"""Where a record stands in raw: manifest, object, line."""


@dataclass(slots=True)
class StagedEraser:
    """One process that frees what a staging manifest, or one of a rebuild, names.

    Attributes:
        succession: of the process.
        engine: rewrites Parquet.
        log: of the manifest.
        manifest: as it was read.
        contracts: by stream, of those of whose records persons are the subject.
        places: by stream, raw places of all records that are gone.
        progress: told of what is superseded.
    """

    succession: Succession
    engine: Engine
    log: ManifestLog[Any]
    manifest: StagingManifest
    contracts: Mapping[str, Contract]
    places: Mapping[str, set[Place]]
    progress: Progress
    _rows: Counter[str] = field(default_factory=Counter)
    _objects: list[Successor] = field(default_factory=list)
    _replaced: dict[str, Any] = field(default_factory=dict)

    def free(self) -> None:
        """Free it; where another process was first, what that one left."""
        while True:
            self._replaced, self._objects, self._rows = {}, [], Counter()
            for stream, contract in self.contracts.items():
                if self.places[stream]:
                    self._rows[stream] += self._free_stream(stream, contract)
            if not self._replaced:
                return
            self.progress.event("forget.supersede", log="staging", sequence=self.manifest.sequence)
            change = Change(self._replaced, self._objects, rows=dict(+self._rows))
            if self.succession.commit(self.log, self.manifest, change):
                return
            self.manifest = self.log.read(self.manifest.sequence)

    def _free_stream(self, stream: str, contract: Contract) -> int:
        entry, held = self.manifest.entities.get(contract.entity), self.manifest.quarantine.get(stream)
        quarantined = self._free_quarantine(stream, held) if held else 0
        return quarantined + (self._free_rows(stream, contract, entry, quarantined) if entry else 0)

    def _free_rows(self, stream: str, contract: Contract, entry: EntityEntry, quarantined: int) -> int:
        left, sums, gone = list[ObjectEntry](), with_sums(self.succession.lake, entry).sums, 0
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
                    sums = {name: (total + sign * found[name]) % SPAN for name, total in sums.items()}
            left += written
            self._objects.append(successor(file, written))
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
        made = entry.model_copy(update={"files": tuple(files), "counts": counts})
        if gone:
            self._objects += [Successor(old_key=key, old_sha256="") for key in entry.beside]
        if gone and files:
            place, folder = self._place(), self._folder("staging", contract.entity, 0)
            beside = {"copy_manifest": place.put_copy_manifest(folder, files), "sums_at": place.put_sums(folder, sums)}
            made = made.model_copy(update={**beside, "sums": {}})
        self._replaced[path] = made.model_dump() if files else None
        if gone:
            erased = {**self.manifest.erased_rows, **self._replaced.get("erased_rows", {})}
            self._replaced["erased_rows"] = erased | {contract.entity: erased.get(contract.entity, 0) + gone}

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
            self._objects.append(successor(file, written))
        gone = held.rows - sum(reasons.values())
        if gone:
            made = QuarantineEntry(files=tuple(left), rows=held.rows - gone, reasons=dict(+reasons))
            self._replaced[PATH_SEPARATOR.join(("quarantine", stream))] = made.model_dump() if left else None
        return gone

    def _written(
        self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> list[ObjectEntry]:
        written = self.engine.write(frame, columns, order, folder)
        for entry in written:
            if not entry.rows:
                self.succession.lake.erase(entry.key)
        return [entry for entry in written if entry.rows]

    def _count(self, frame: DataFrame, stream: str, position: Sequence[str]) -> int:
        ((count,),) = self.engine.rows(frame.where(_in(self.places[stream], position)).agg(F.count("*").alias("rows")))
        return int(count)

    def _place(self) -> Folders:
        is_rebuild = isinstance(self.manifest, RebuildManifest)
        lake, run_id = self.succession.lake, self.succession.run_id
        return Folders(lake, self.manifest.sequence, run_id, "rebuild" if is_rebuild else "load")

    def _folder(self, area: str, name: str, index: int) -> str:
        place = self._place()
        folder = place.rows(name) if area == "staging" else place.quarantine(name)
        return f"{folder}{self.manifest.times_superseded + 1:04d}-{index:05d}/"


def _in(places: Iterable[Place], position: Sequence[str]) -> Any:
    return F.concat_ws("/", *position).isin([f"{sequence}/{part}/{line}" for sequence, part, line in sorted(places)])
