"""Retention: what raw, staging and quarantine hold of a stream for longer than it is kept.

Manifests stay, with their counts; the objects that they name go. Of raw every line becomes one that says that a record
was there, so that places and counts stay true: a replay counts them as forgotten, and does not have them any more.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from extract.clock import RunClock, format_instant, parse_instant
from extract.lake import Lake
from extract.manifest import (
    PATH_SEPARATOR,
    Manifest,
    ManifestLog,
    ObjectEntry,
    Successor,
    Superseding,
    raw_log,
)
from spark.jobs.normalise import by_stream
from spark.jobs.tombstones import raw_entry, stem, tombstone
from spark.manifest import staging_log

_EXPIRED = ".expired."
"""Stands in the keys of raw objects whose lines are gone."""
Days = Mapping[str, int]
"""Stream -> days that it is kept; ``all`` stands for those that are not named."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What a manifest names and is older than it is kept.

    Attributes:
        layer: raw, staging or quarantine.
        stream: the stream.
        sequence: of the manifest.
        committed_at: when it was committed (UTC).
        objects: that go.
    """

    layer: str
    stream: str
    sequence: int
    committed_at: str
    objects: tuple[ObjectEntry, ...]

    @property
    def rows(self) -> int:
        """Records or rows that go."""
        return sum(entry.rows for entry in self.objects)

    @property
    def bytes(self) -> int:
        """Bytes that go."""
        return sum(entry.bytes for entry in self.objects)


def kept(days: Days, stream: str) -> int | None:
    """Return for how many days a stream is kept; None: for ever."""
    return days.get(stream, days.get("all"))


def expired(lake: Lake, raw: Days, staging: Days, quarantine: Days, now: datetime) -> Iterator[Expired]:
    """Yield what is older than it is kept: of raw what was normalised, of staging all loads but the newest.

    Args:
        lake: where.
        raw: how long raw records are kept.
        staging: how long rows are kept; what a warehouse has already is not touched.
        quarantine: how long records are kept that could not be taken.
        now: the instant from which days are counted.
    """
    staged = list(staging_log(lake).after(0))
    consumed = staged[-1].consumed if staged else {}
    contracts = sorted(by_stream().items())
    for stream, _ in contracts:
        for manifest in raw_log(lake, stream).after(0) if kept(raw, stream) is not None else ():
            objects = tuple(entry for entry in manifest.objects if _EXPIRED not in entry.key)
            if objects and manifest.sequence <= consumed.get(stream, 0) and _is_old(manifest, kept(raw, stream), now):
                yield Expired("raw", stream, manifest.sequence, manifest.committed_at, objects)
    for load in staged:
        for stream, contract in contracts:
            entry, held = load.entities.get(contract.entity), load.quarantine.get(stream)
            if entry and load.sequence < staged[-1].sequence and _is_old(load, kept(staging, stream), now):
                yield Expired("staging", stream, load.sequence, load.committed_at, entry.files)
            if held and _is_old(load, kept(quarantine, stream), now):
                yield Expired("quarantine", stream, load.sequence, load.committed_at, held.files)


@dataclass(frozen=True, slots=True)
class Expiry:
    """One process that lets go what is expired."""

    lake: Lake
    clock: RunClock
    run_id: str

    def let_go(self, found: Expired) -> bool:
        """Let the objects of a manifest go; False where another process changed it meanwhile: look again."""
        return self._raw(found) if found.layer == "raw" else self._staged(found)

    def _raw(self, found: Expired) -> bool:
        log = raw_log(self.lake, found.stream)
        manifest = log.read(found.sequence)
        new = {part: self._emptied(entry) for part, entry in enumerate(manifest.objects) if entry in found.objects}
        replaced = {f"objects{PATH_SEPARATOR}{part}": entry.model_dump() for part, entry in new.items()}
        successors = [
            Successor(old_key=old.key, old_sha256=old.sha256, key=new[part].key, sha256=new[part].sha256)
            for part, old in enumerate(manifest.objects)
            if part in new
        ]
        return self._supersede(log, found, replaced, successors)

    def _emptied(self, entry: ObjectEntry) -> ObjectEntry:
        data = gzip.compress(tombstone({}) * entry.rows, mtime=0)
        key = f"{stem(entry.key)}{_EXPIRED}{self.run_id}.jsonl.gz"
        self.lake.put(key, data)
        return raw_entry(key, data, entry.rows)

    def _staged(self, found: Expired) -> bool:
        log = staging_log(self.lake)
        manifest = log.read(found.sequence)
        if found.layer == "quarantine":
            replaced: dict[str, object] = {f"quarantine{PATH_SEPARATOR}{found.stream}": None}
            return self._supersede(log, found, replaced, [])
        entity = by_stream()[found.stream].entity
        entry = manifest.entities[entity]
        erased = {**manifest.erased_rows, entity: manifest.erased_rows.get(entity, 0) + entry.counts.rows}
        replaced = {f"entities{PATH_SEPARATOR}{entity}": None, "erased_rows": erased}
        return self._supersede(log, found, replaced, [Successor(old_key=entry.copy_manifest, old_sha256="")])

    def _supersede(
        self, log: ManifestLog[Any], found: Expired, replaced: Mapping[str, object], more: Sequence[Successor]
    ) -> bool:
        gone = [Successor(old_key=entry.key, old_sha256=entry.sha256) for entry in found.objects]
        superseding = Superseding(
            manifest=found.sequence,
            number=log.times_superseded(found.sequence) + 1,
            run_id=self.run_id,
            committed_at=format_instant(self.clock.now()),
            reason=f"{found.layer} of {found.stream} is not kept for longer",
            objects=tuple(more) if found.layer == "raw" else (*gone, *more),
            replaced=dict(replaced),
        )
        if not log.supersede(superseding):
            return False
        for successor in superseding.objects:
            self.lake.erase(successor.old_key)
        return True


def _is_old(manifest: Manifest, days: int | None, now: datetime) -> bool:
    return days is not None and now - parse_instant(manifest.committed_at) > timedelta(days=days)
