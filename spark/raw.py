"""What there is to normalise: raw objects that manifests vouch for, checked byte by byte before anything reads them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import ObjectEntry, RawManifest, raw_log


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object of raw lines.

    Attributes:
        sequence: of the raw manifest that names it.
        part: its position there, from 0.
        entry: what the manifest vouches for.
    """

    sequence: int
    part: int
    entry: ObjectEntry


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a stream holds that no normalisation has consumed.

    Attributes:
        consumed: sequence of the newest raw manifest in it.
        objects: in the order of their manifests.
        sweep: when the last full sweep began of which the end is in it; None where there is none.
    """

    stream: str
    consumed: int
    objects: tuple[RawObject, ...]
    sweep: str | None = None

    @property
    def landed(self) -> int:
        """Records, as the manifests say."""
        return sum(found.entry.rows for found in self.objects)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A raw object as a local file whose bytes are those of its manifest."""

    raw: RawObject
    path: Path


def find_backlog(
    lake: Lake, streams: Iterable[str], consumed: Mapping[str, int], upto: Mapping[str, int] | None = None
) -> list[Backlog]:
    """Return the streams that have new raw manifests, with what is new.

    Args:
        lake: where they are.
        streams: names of the streams to look at.
        consumed: stream -> sequence up to which it is normalised.
        upto: stream -> sequence of the last manifest to look at; None for all that there are.

    Raises:
        DataRefused: a manifest is missing or does not parse.
    """
    found = ((stream, _manifests(lake, stream, consumed, upto)) for stream in streams)
    return [_backlog(stream, manifests) for stream, manifests in found if manifests]


def _manifests(
    lake: Lake, stream: str, consumed: Mapping[str, int], upto: Mapping[str, int] | None
) -> list[RawManifest]:
    new = raw_log(lake, stream).after(consumed.get(stream, 0))
    return list(new if upto is None else islice(new, upto.get(stream, 0) - consumed.get(stream, 0)))


def _backlog(stream: str, manifests: list[RawManifest]) -> Backlog:
    objects = tuple(
        RawObject(manifest.sequence, part, entry)
        for manifest in manifests
        for part, entry in enumerate(manifest.objects)
    )
    sweeps = [manifest.sweep for manifest in manifests if manifest.sweep]
    return Backlog(stream, manifests[-1].sequence, objects, max(sweeps, default=None))


def fetch(lake: Lake, backlog: Backlog, folder: Path) -> tuple[Fetched, ...]:
    """Bring the objects of a stream into a folder.

    Raises:
        DataRefused: an object is missing, or its size or SHA-256 differs from its manifest.
    """
    folder.mkdir(parents=True)
    return tuple(_fetch_one(lake, raw, folder) for raw in backlog.objects)


def _fetch_one(lake: Lake, raw: RawObject, folder: Path) -> Fetched:
    path = folder / f"{raw.sequence:012d}-{raw.part:05d}.jsonl.gz"
    path.write_bytes(checked(lake, raw))
    return Fetched(raw, path)


def checked(lake: Lake, raw: RawObject) -> bytes:
    """Return the bytes of an object.

    Raises:
        DataRefused: it is missing, or its size or SHA-256 differs from its manifest.
    """
    data = lake.get(raw.entry.key)
    if len(data) != raw.entry.bytes or hashlib.sha256(data).hexdigest() != raw.entry.sha256:
        raise other_bytes(lake, raw, len(data))
    return data


def confirm_bytes(lake: Lake, entry: ObjectEntry, manifest: str) -> None:
    """Hold an object against what a manifest says of it.

    Raises:
        DataRefused: it is missing, or its size or SHA-256 differs.
    """
    data = lake.get(entry.key)
    if len(data) != entry.bytes or hashlib.sha256(data).hexdigest() != entry.sha256:
        raise DataRefused(
            f"{lake.url(entry.key)} is not the object that {manifest} vouches for ({len(data)} bytes found, "
            f"{entry.bytes} expected); restore it from a backup or from its older version and run again"
        )


def other_bytes(lake: Lake, raw: RawObject, found: int) -> DataRefused:
    """Return what is said of an object whose bytes, ``found`` in number, are not those of its manifest."""
    return DataRefused(
        f"{lake.url(raw.entry.key)}: its bytes are not those that raw manifest {raw.sequence} vouches for "
        f"({found} bytes found, {raw.entry.bytes} expected). Nothing was normalised; restore the object from a "
        "backup or from its older version and run again"
    )
