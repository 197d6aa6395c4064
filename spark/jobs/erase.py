"""Erasing persons from the lake: objects that hold them give way to others that do not, manifest by manifest.

Raw is freed first; staging and quarantine are then freed of the rows that came from such lines. Whatever is killed, the
same done again completes it; two at once do the same.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from extract.lake import Lake
from extract.manifest import ManifestLog, Superseding, raw_log
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.settings import Settings
from spark.contracts import Contract
from spark.engine import open_engine, using
from spark.forgotten import Forgotten, personal_contracts
from spark.jobs.erase_raw import RawEraser
from spark.jobs.erase_staged import Place, StagedEraser
from spark.jobs.succession import Change, Succession
from spark.manifest import StagingManifest, rebuild_log, staging_log
from spark.quarantine import open_quarantine
from spark.scratch import scratch_folder

_REASON = "requests up to {} to forget somebody"
_ANY_REASON = re.compile(_REASON.format(r"\d+"))


@dataclass(slots=True)
class Erased:
    """What was erased from the lake.

    Attributes:
        runs: that did it.
        records: stream -> records whose lines were taken out of raw.
        objects: area of the lake -> objects that gave way.
        rows: stream -> rows taken out of staging and quarantine.
        sources: landing files that held such records.
    """

    runs: set[str] = field(default_factory=set)
    records: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Eraser:
    """One process that erases.

    Attributes:
        succession: of the process.
        key: of the keyed hashes.
        forgotten: who.
        progress: told how far it is.
    """

    succession: Succession
    key: PrivacyKey
    forgotten: Forgotten
    progress: Progress

    def erase(self, settings: Settings, done: Mapping[str, int]) -> None:
        """Erase the forgotten from raw, staging and quarantine; ``erased`` tells what that came to.

        Args:
            settings: which engine rewrites Parquet.
            done: stream -> raw sequence up to which this was done for all who are forgotten.

        Raises:
            DataRefused: an object is not the one that its manifest vouches for.
            ReelhouseError: the engine or the lake failed; done again, it goes on.
        """
        contracts = {contract.stream: contract for contract in personal_contracts()}
        for number, contract in enumerate(contracts.values()):
            self.progress.advance("forget", number, "streams", len(contracts))
            self._free_raw(contract, done.get(contract.stream, 0))
        self._free_staging(settings, contracts)
        self.progress.advance("forget", len(contracts), "streams", len(contracts))

    def _free_raw(self, contract: Contract, done: int) -> None:
        log = raw_log(self._lake, contract.stream)
        eraser = RawEraser(self.succession, log, contract, self.forgotten, self.progress)
        for manifest in log.after(done):
            eraser.free(manifest)
        for superseding in log.superseding():
            self.succession.delete_old(superseding.objects)

    def _free_staging(self, settings: Settings, contracts: Mapping[str, Contract]) -> None:
        places = {stream: set(self._places(stream)) for stream in contracts}
        logs = _staged_logs(self._lake)
        work = [(log, manifest) for log in logs for manifest in log.after(0) if _may_hold(manifest, contracts, places)]
        if work:
            with (
                scratch_folder() as scratch,
                open_engine(settings, self._lake, scratch, self.key) as engine,
                using(engine),
            ):
                for log, manifest in work:
                    StagedEraser(self.succession, engine, log, manifest, contracts, places, self.progress).free()
        self._settle_quarantine()
        for log in logs:
            for superseding in log.superseding():
                self.succession.delete_old(superseding.objects)

    def _settle_quarantine(self) -> None:
        """Let the newest manifest count what is in quarantine now: all later ones go on from there."""
        log = staging_log(self._lake)
        while head := log.head():
            totals = {
                stream: dict(sum((Counter(entry.reasons) for entry in held), Counter()))
                for stream, held in open_quarantine(self._lake).items()
            }
            if totals == head.total_quarantined:
                return
            self.succession.commit(log, head, Change({"total_quarantined": totals}))

    def _places(self, stream: str) -> Iterator[Place]:
        """Yield the raw places of all records that were ever taken out of a stream."""
        for superseding in raw_log(self._lake, stream).superseding():
            yield from ((superseding.manifest, part, line) for part, line in superseding.places)

    @property
    def _lake(self) -> Lake:
        return self.succession.lake


def reason_of(upto: int) -> str:
    """Return what superseding manifests say of an erasure that does all requests up to one."""
    return _REASON.format(upto)


def erased(lake: Lake, told: Collection[str] = ()) -> Erased:
    """Return what was erased from a lake, by whatever run: what was killed is in it, and what another completed.

    Args:
        lake: where.
        told: runs whose work is left out, as it was told before.
    """
    found = Erased()
    for contract in personal_contracts():
        for by in _erasing(raw_log(lake, contract.stream), told):
            found.runs.add(by.run_id)
            found.records[contract.stream] += len(by.places)
            found.objects["raw"] += len(by.objects)
            found.sources.update(by.sources)
    for log in _staged_logs(lake):
        for by in _erasing(log, told):
            found.runs.add(by.run_id)
            found.rows.update(by.rows)
            found.objects["staging and quarantine"] += len(by.objects)
    return found


def _erasing(log: ManifestLog[Any], told: Collection[str]) -> Iterator[Superseding]:
    return (by for by in log.superseding() if _ANY_REASON.fullmatch(by.reason) and by.run_id not in told)


def _staged_logs(lake: Lake) -> tuple[ManifestLog[Any], ...]:
    return staging_log(lake), rebuild_log(lake)


def _may_hold(manifest: StagingManifest, contracts: Mapping[str, Contract], places: Mapping[str, set[Place]]) -> bool:
    """Whether a load consumed something of a stream at or after the first place; it was not looked into yet."""
    for stream, contract in contracts.items():
        first = min((place[0] for place in places[stream]), default=None)
        is_there = contract.entity in manifest.entities or stream in manifest.quarantine
        if is_there and first is not None and manifest.consumed.get(stream, 0) >= first:
            return True
    return False
