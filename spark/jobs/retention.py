"""Retention: what raw, staging and quarantine hold of a stream for longer than it is kept.

Manifests stay, with their counts; the objects that they name go. Of raw every line becomes one that says that a record
was there, so that places and counts stay true: a replay counts them as forgotten, and does not have them any more.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from extract.clock import RunClock, parse_instant
from extract.lake import Lake
from extract.manifest import PATH_SEPARATOR, Manifest, ManifestLog, ObjectEntry, Successor, raw_log
from spark.jobs.normalise import by_stream
from spark.jobs.succession import Change, Succession, successor
from spark.jobs.tombstones import raw_entry, stem, tombstone
from spark.manifest import RebuildManifest, rebuild_log, staging_log

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
        of_rebuild: whether it is the manifest of a rebuild, and not of a load.
        committed_at: when it was committed (UTC).
        objects: that go.
    """

    layer: str
    stream: str
    sequence: int
    committed_at: str
    objects: tuple[ObjectEntry, ...]
    of_rebuild: bool = False

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
    """Yield what is older than it is kept: of raw what was normalised, of staging all but the newest load.

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
    for made in (*staged, *rebuild_log(lake).after(0)):
        of_rebuild = isinstance(made, RebuildManifest)
        about = made.sequence, made.committed_at
        for stream, contract in contracts:
            entry, held = made.entities.get(contract.entity), made.quarantine.get(stream)
            if entry and made is not staged[-1] and _is_old(made, kept(staging, stream), now):
                yield Expired("staging", stream, *about, entry.files, of_rebuild)
            if held and _is_old(made, kept(quarantine, stream), now):
                yield Expired("quarantine", stream, *about, held.files, of_rebuild)


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
        objects = tuple(successor(manifest.objects[part], [entry]) for part, entry in new.items())
        return self._supersede(log, manifest, found, Change(replaced, objects))

    def _emptied(self, entry: ObjectEntry) -> ObjectEntry:
        data = gzip.compress(tombstone({}) * entry.rows, mtime=0)
        key = f"{stem(entry.key)}{_EXPIRED}{self.run_id}.jsonl.gz"
        self.lake.put(key, data)
        return raw_entry(key, data, entry.rows)

    def _staged(self, found: Expired) -> bool:
        log: ManifestLog[Any] = rebuild_log(self.lake) if found.of_rebuild else staging_log(self.lake)
        manifest, gone = log.read(found.sequence), tuple(successor(entry) for entry in found.objects)
        entity = by_stream()[found.stream].entity
        entry, held = manifest.entities.get(entity), manifest.quarantine.get(found.stream)
        if found.layer == "quarantine":
            replaced: dict[str, Any] = {f"quarantine{PATH_SEPARATOR}{found.stream}": None}
            return bool(held and held.files == found.objects) and self._supersede(
                log, manifest, found, Change(replaced, gone)
            )
        if entry is None or entry.files != found.objects:
            return False
        erased = {**manifest.erased_rows, entity: manifest.erased_rows.get(entity, 0) + entry.counts.rows}
        replaced = {f"entities{PATH_SEPARATOR}{entity}": None, "erased_rows": erased}
        beside = (Successor(old_key=key, old_sha256="") for key in entry.beside)
        return self._supersede(log, manifest, found, Change(replaced, (*gone, *beside)))

    def _supersede(self, log: ManifestLog[Any], manifest: Manifest, found: Expired, change: Change) -> bool:
        reason = f"{found.layer} of {found.stream} is not kept for longer"
        succession = Succession(self.lake, self.clock, self.run_id, reason)
        if not succession.commit(log, manifest, change):
            return False
        succession.delete_old(change.objects)
        return True


def _is_old(manifest: Manifest, days: int | None, now: datetime) -> bool:
    return days is not None and now - parse_instant(manifest.committed_at) > timedelta(days=days)
