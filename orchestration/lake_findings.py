"""What is not in order in a lake, from the lake alone: its manifests held against its objects."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from extract.clock import parse_instant
from extract.errors import DataRefused
from extract.lake import Lake, ObjectInfo
from extract.manifest import Manifest, ManifestLog, ObjectEntry, RawManifest, raw_log
from extract.progress import Progress
from extract.sources import STREAM_NAMES
from spark.contracts import load_contracts
from spark.jobs.looked_at import looked_at
from spark.manifest import RebuildManifest, StagingManifest, rebuild_log, staging_log

AREAS = ("raw/", "staging/", "quarantine/")
"""Where objects must be named by a manifest."""
DAILY = ("wistia/account_stats", "wistia/media_stats")
"""Streams of what a day shows alone: what was not asked for on a day can never be had again."""
M = TypeVar("M", bound=Manifest)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not in order.

    Attributes:
        kind: one or two words for what it is.
        where: the object, stream or table.
        says: what was found, and what to do.
    """

    kind: str
    where: str
    says: str


@dataclass(frozen=True, slots=True)
class Manifests:
    """All manifests of a lake, and what kept some from being read."""

    raw: Mapping[str, Sequence[RawManifest]]
    staging: Sequence[StagingManifest]
    rebuilds: Sequence[RebuildManifest]
    unreadable: Sequence[Finding]

    def entries(self) -> Iterator[ObjectEntry]:
        """Yield all objects that are vouched for by size and hash."""
        for manifests in self.raw.values():
            for manifest in manifests:
                yield from manifest.objects
        for staged in (*self.staging, *self.rebuilds):
            for entity in staged.entities.values():
                yield from entity.files
            for bad in staged.quarantine.values():
                yield from bad.files


def read_manifests(lake: Lake) -> Manifests:
    """Read all manifests; one that is missing or cannot be read ends its log, and is a finding."""
    unreadable: list[Finding] = []
    raw = {stream: _read(raw_log(lake, stream), f"raw/{stream}", unreadable) for stream in STREAM_NAMES}
    staging = _read(staging_log(lake), "staging", unreadable)
    return Manifests(raw, staging, _read(rebuild_log(lake), "rebuilds", unreadable), unreadable)


def _read(log: ManifestLog[M], where: str, unreadable: list[Finding]) -> list[M]:
    found: list[M] = []
    try:
        for manifest in log.after(0):
            found.append(manifest)  # noqa: PERF402 - what was read before a refusal is kept
    except DataRefused as refused:
        unreadable.append(Finding("manifest", where, str(refused)))
    return found


def examine_lake(lake: Lake, manifests: Manifests, progress: Progress) -> list[Finding]:
    """Return what is not in order in a lake, litter excepted."""
    return [
        *manifests.unreadable,
        *_objects(lake, manifests, progress),
        *_counts(manifests),
        *_gaps(manifests),
        *_quarantine(lake, manifests),
    ]


def litter(lake: Lake, manifests: Manifests) -> list[ObjectInfo]:
    """Return the objects that no manifest names; where a manifest cannot be read there is no telling, and none is.

    A run that is at work has such objects too: they are litter once they are old.
    """
    if manifests.unreadable:
        return []
    named = {entry.key for entry in manifests.entries()}
    staging = (*manifests.staging, *manifests.rebuilds)
    named |= {key for staged in staging for entity in staged.entities.values() for key in entity.beside}
    return [info for area in AREAS for info in lake.list_after(area) if info.key not in named and not _is_memory(info)]


def _is_memory(info: ObjectInfo) -> bool:
    """Whether an object is a manifest, a receipt, a mark: those stand in folders that begin with an underscore."""
    return any(part.startswith("_") for part in info.key.split("/"))


def _objects(lake: Lake, manifests: Manifests, progress: Progress) -> Iterator[Finding]:
    entries = list(manifests.entries())
    for number, entry in enumerate(entries, start=1):
        try:
            data = lake.get(entry.key)
        except DataRefused:
            yield Finding("missing object", lake.url(entry.key), "a manifest names it, and it is not there: restore it")
            continue
        if len(data) != entry.bytes or hashlib.sha256(data).hexdigest() != entry.sha256:
            says = f"its {len(data)} bytes are not the {entry.bytes} that its manifest vouches for: restore it"
            yield Finding("wrong hash", lake.url(entry.key), says)
        progress.advance("doctor", number, "objects", len(entries))
    for staged in (*manifests.staging, *manifests.rebuilds):
        for key in (key for entity in staged.entities.values() for key in entity.beside):
            if not next(lake.list_after(key), None):
                says = "a manifest names it, and it is not there: restore it"
                yield Finding("missing object", lake.url(key), says)


def _counts(manifests: Manifests) -> Iterator[Finding]:
    """Reconcile each hop with the one before."""
    for stream, raw in manifests.raw.items():
        for manifest in raw:
            landed = sum(entry.rows for entry in manifest.objects)
            if (landed, landed + manifest.unchanged) != (manifest.landed, manifest.received):
                says = f"{manifest.received} received, {manifest.unchanged} unchanged, {landed} in its objects"
                yield Finding("counts", f"raw/{stream} {manifest.sequence}", says)
    streams = {entity: contract.stream for entity, contract in load_contracts().items()}
    before: Mapping[str, int] = {}
    for staged in manifests.staging:
        for entity, entry in staged.entities.items():
            consumed = range(before.get(streams[entity], 0) + 1, staged.consumed.get(streams[entity], 0) + 1)
            raw_rows = sum(raw.landed for raw in manifests.raw[streams[entity]] if raw.sequence in consumed)
            raw_rows += staged.retried.get(streams[entity], 0)
            rows = sum(file.rows for file in entry.files)
            counts = entry.counts
            if not (counts.balanced and counts.landed == raw_rows and counts.rows == rows):
                says = f"{raw_rows} landed in its raw manifests, its counts are {counts!r}, its files hold {rows} rows"
                yield Finding("counts", f"staging {staged.sequence} {entity}", says)
        before = staged.consumed


def _gaps(manifests: Manifests) -> Iterator[Finding]:
    for stream in DAILY:
        days = {parse_instant(manifest.committed_at).date() for manifest in manifests.raw.get(stream, ())}
        for first, last in missing_days(days):
            text = f"{first}" if first == last else f"{first} to {last}"
            yield Finding("gap", stream, f"nothing was asked for on {text}; what those days showed cannot be had again")


def missing_days(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the days that are missing between the first and the last, as pairs of first and last."""
    known = sorted(days)
    day = timedelta(days=1)
    return [(one + day, other - day) for one, other in pairwise(known) if other - one > day]


def _quarantine(lake: Lake, manifests: Manifests) -> Iterator[Finding]:
    seen = looked_at(lake)
    waiting: Counter[tuple[str, str]] = Counter()
    for staged in manifests.staging:
        if staged.sequence > seen:
            for stream, entry in staged.quarantine.items():
                waiting.update({(stream, reason): count for reason, count in entry.reasons.items()})
    for (stream, reason), count in waiting.items():
        says = f"{count} records ({reason}) that nobody has looked at: `reelhouse quarantine list` shows them"
        yield Finding("quarantine", stream, says)


def older_than(found: Iterable[ObjectInfo], age: timedelta, now: datetime) -> list[ObjectInfo]:
    """Return the objects that were written so long ago."""
    return [info for info in found if now - info.modified_at > age]
