"""Which files of a feed were taken: told by its manifests, and gathered now and then so that this stays short.

Each manifest names the files that it looked at. So that nobody has to read the manifests of years, the cursor names a
*gathering*: an object with two digests of every file that earlier manifests name and that still lies where it was
dropped. What is known is that gathering and the files of the manifests after it. It grows with what lies in the landing
folder, 16 bytes a file, and not with time: a file that is gone is forgotten, and should it come back it is read again,
which changes nothing.
"""

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from extract.errors import DataRefused
from extract.lake import Lake, ObjectInfo
from extract.manifest import RawManifest, raw_log, sequence_name

MANIFESTS = 32
"""Manifests after a gathering that are read one by one; the next one gathers anew."""


class Taken:
    """The files of a feed that the manifests up to ``head`` know."""

    def __init__(self, lake: Lake, stream: str, head: RawManifest | None) -> None:
        """Read what is known.

        Raises:
            DataRefused: a manifest or the gathering is missing or damaged.
        """
        self._lake = lake
        self._stream = stream
        self._sequence = head.sequence if head else 0
        cursor = head.cursor_after if head else {}
        self._named: dict[str, Any] | None = cursor.get("gathering")
        self._up_to: int = cursor.get("up_to", 0)
        self._read_up_to = self._up_to
        self._files: int = cursor.get("files", 0)
        self._old = _Gathering(self._read(self._named))
        self._new: dict[int, tuple[int, int]] = {}
        """Digest of a key -> those of state and content that were taken last under it; nothing older counts."""
        self._recognised: dict[int, int] = {}
        """Digest of key and listing -> that of the content, of files that were read and found to be known."""
        for manifest in raw_log(lake, stream).after(self._up_to) if head else ():
            self.follow(manifest)

    def keeps_up_with(self, head: RawManifest | None) -> bool:
        """Take in the manifests up to ``head``; False where it gathered anew, and reading that is shorter.

        Raises:
            DataRefused: a manifest is missing or damaged.
        """
        if head is None or head.cursor_after.get("up_to", 0) != self._read_up_to:
            return False
        if head.sequence != self._sequence:
            for manifest in raw_log(self._lake, self._stream).after(self._sequence):
                self.follow(manifest)
        return True

    def follow(self, manifest: RawManifest) -> None:
        """Take in the files of the manifest that comes next."""
        self._sequence = manifest.sequence
        self._files = manifest.cursor_after["files"]
        for entry in manifest.files:
            self._new[_digest(entry.key)] = _digest(entry.key, entry.state), _digest(entry.key, entry.etag)

    def recognise(self, key: str, state: str, etag: str) -> None:
        """Take in what a listing shows of a file whose content is known."""
        self._recognised[_digest(key, state)] = _digest(key, etag)

    def knows(self, info: ObjectInfo) -> bool:
        """Whether a file was taken as a listing shows it."""
        return self._content(info) is not None

    def knows_content(self, key: str, etag: str) -> bool:
        """Whether a file has the content with which it was taken last, whatever a listing shows of it now."""
        return self._is_newest(key, _digest(key, etag))

    def cursor(self, files: int, present: Iterable[ObjectInfo], run_id: str) -> dict[str, Any]:
        """Return the cursor of the next manifest; where it is due, after gathering what is known anew.

        Args:
            files: how many the next manifest names; their sum moves every cursor, so that of two runs that took the
                same files the second one's manifest finds another cursor in its way.
            present: what lies in the landing folder, read only where it is due.
            run_id: names the object.
        """
        if self._sequence - self._up_to >= MANIFESTS:
            self._gather(present, run_id)
        return {"gathering": self._named, "up_to": self._up_to, "files": self._files + files}

    def _content(self, info: ObjectInfo) -> int | None:
        state = _digest(info.key, info.state)
        newest = self._new.get(_digest(info.key))
        if newest and newest[0] == state:
            return newest[1]
        found = self._recognised.get(state)
        if found is not None and self._is_newest(info.key, found):
            return found
        return None if newest else self._old.content_of(state)

    def _is_newest(self, key: str, content: int) -> bool:
        newest = self._new.get(_digest(key))
        return newest[1] == content if newest else self._old.has_content(content)

    def _gather(self, present: Iterable[ObjectInfo], run_id: str) -> None:
        known = ((_digest(info.key, info.state), self._content(info)) for info in present)
        data = _packed((state, content) for state, content in known if content is not None)
        key = f"raw/{self._stream}/_taken/{sequence_name(self._sequence)}-{run_id}.bin"
        self._lake.put(key, data)
        self._named = {"key": key, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        self._up_to = self._sequence

    def _read(self, named: dict[str, Any] | None) -> bytes:
        if named is None:
            return b""
        data = self._lake.get(named["key"])
        if hashlib.sha256(data).hexdigest() != named["sha256"]:
            raise DataRefused(
                f"{self._lake.url(named['key'])}: its bytes are not those that raw manifest {self._sequence} of "
                f"{self._stream} vouches for. Nothing was read; restore the object from a backup or its older version"
            )
        return data


class _Gathering:
    """Pairs of digests, sorted by the first, in the form in which they are stored: all first ones, then all others."""

    def __init__(self, data: bytes) -> None:
        half = len(data) // 2
        self._states, self._contents = _unpacked(data[:half]), _unpacked(data[half:])
        self._all: set[int] | None = None

    def content_of(self, state: int) -> int | None:
        place = bisect_left(self._states, state)
        is_there = place < len(self._states) and self._states[place] == state
        return self._contents[place] if is_there else None

    def has_content(self, content: int) -> bool:
        if self._all is None:
            self._all = set(self._contents)
        return content in self._all


def _packed(pairs: Iterable[tuple[int, int]]) -> bytes:
    ordered = sorted(pairs)
    return b"".join(pair[0].to_bytes(8) for pair in ordered) + b"".join(pair[1].to_bytes(8) for pair in ordered)


def _unpacked(data: bytes) -> "array[int]":
    numbers = array("Q", data)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _digest(key: str, told: str = "") -> int:
    """64 bits: a new file is taken for another with a chance of the number of files in 2^64."""
    return int.from_bytes(hashlib.sha256(f"{key}\n{told}".encode()).digest()[:8])
