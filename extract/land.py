"""Landing: lines stream through gzip into objects, which are read back before a manifest vouches for them."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import ObjectEntry

LEVEL = 1
"""The fastest: raw text shrinks by nine tenths at any level."""
PART_BYTES = 32 * 1024 * 1024
"""Compressed size at which an object ends; what is held in memory while it grows."""
_GZIP = 16 + zlib.MAX_WBITS
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in what is being landed, to which it can be taken back."""

    gzip: Any
    chunks: list[bytes]
    length: int
    bytes: int
    rows: int
    objects: int


class Landing:
    """The objects that one run writes for one stream.

    ``content`` is the digest of all lines since the last ``discard``, as they were read back by ``finish``.
    """

    def __init__(self, lake: Lake, stream: str, day: date, run_id: str, part_bytes: int = PART_BYTES) -> None:
        """Prepare; nothing is written before there is a part's worth of bytes, or ``finish``."""
        self._lake = lake
        self._prefix = f"raw/{stream}/date={day.isoformat()}/run={run_id}/"
        self._part_bytes = part_bytes
        self._parts = 0
        self._objects: list[ObjectEntry] = []
        self._read = hashlib.sha256()
        self._begin()

    def add(self, lines: bytes, rows: int) -> None:
        """Land whole lines."""
        self._take(self._gzip.compress(lines))
        self._rows += rows
        if self._bytes >= self._part_bytes:
            self._end_part()

    def finish(self) -> tuple[ObjectEntry, ...]:
        """Write what is left; return the objects since the last call, each read back and found as written.

        Raises:
            DataRefused: an object does not hold what was written to it.
        """
        if self._rows:
            self._end_part()
        objects, self._objects = tuple(self._objects), []
        for entry in objects:
            verify(self._lake, entry, self._read)
        return objects

    @property
    def content(self) -> str:
        """The SHA-256 of the lines that were read back, in hexadecimal digits."""
        return self._read.hexdigest()

    def discard(self) -> None:
        """Forget what was landed since the last ``finish``."""
        for entry in self._objects:
            self._lake.erase(entry.key)
        self._objects = []
        self._read = hashlib.sha256()
        self._begin()

    def mark(self) -> Mark:
        """Return the present place."""
        return Mark(
            self._gzip.copy(), self._chunks, len(self._chunks), self._bytes, self._rows, objects=len(self._objects)
        )

    def take_back(self, mark: Mark) -> None:
        """Forget what was landed since a mark, which must be younger than the last ``finish`` or ``discard``."""
        for entry in self._objects[mark.objects :]:
            self._lake.erase(entry.key)
        del self._objects[mark.objects :]
        self._go_on(mark.gzip.copy(), mark.chunks[: mark.length], mark.bytes, mark.rows)

    def _begin(self) -> None:
        # zlib writes a gzip header without a time or a name, so the same lines are the same bytes.
        self._go_on(zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP), [], 0, 0)

    def _go_on(self, gzip: Any, chunks: list[bytes], size: int, rows: int) -> None:
        self._gzip = gzip
        self._chunks = chunks
        self._bytes = size
        self._rows = rows

    def _take(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._bytes += len(chunk)

    def _end_part(self) -> None:
        self._take(self._gzip.flush())
        data = b"".join(self._chunks)
        key = f"{self._prefix}part-{self._parts:05d}.jsonl.gz"
        self._lake.put(key, data)
        digest = hashlib.sha256(data).hexdigest()
        self._objects.append(ObjectEntry(key=key, bytes=len(data), rows=self._rows, sha256=digest))
        self._parts += 1
        self._begin()


def verify(lake: Lake, entry: ObjectEntry, content: "hashlib._Hash | None" = None) -> None:
    """Read an object and compare it with its entry; ``content``, if any, takes in its lines.

    Raises:
        DataRefused: size, sha256 or the number of lines differ.
    """
    data = lake.get(entry.key)
    found = ObjectEntry(
        key=entry.key,
        bytes=len(data),
        rows=_count_lines(data, content or hashlib.sha256()),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    if found != entry:
        raise DataRefused(
            f"{lake.url(entry.key)} holds {found.rows} lines in {found.bytes} bytes where {entry.rows} lines in "
            f"{entry.bytes} bytes were written; nothing of it was committed. Look at the storage and run again"
        )


def _count_lines(data: bytes, content: "hashlib._Hash") -> int:
    lines = 0
    for chunk in _unzipped(data):
        content.update(chunk)
        lines += chunk.count(b"\n")
    return lines


def _unzipped(data: bytes) -> Iterator[bytes]:
    """Unzip in pieces, so that memory does not grow with the object."""
    unzip = zlib.decompressobj(_GZIP)
    try:
        while data and not unzip.eof:
            yield unzip.decompress(data, _CHUNK)
            data = unzip.unconsumed_tail
    except zlib.error:
        return
