"""Manifests: the commit points and the only memory of a pipeline.

A manifest log is a dense sequence of objects ``000000000001.json``, ``000000000002.json``, … under a prefix. Each has
cumulative state, so the newest alone tells where we stand. Number N is committed by creating its object where none is:
of two writers one wins, and the other starts again from the new head.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extract.errors import DataRefused
from extract.lake import Lake

SEQUENCE_DIGITS = 12
_NAME = re.compile(rf"([0-9]{{{SEQUENCE_DIGITS}}})\.json")


class Manifest(BaseModel):
    """What every manifest carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    sequence: int = Field(ge=1)
    run_id: str
    committed_at: str


class ObjectEntry(BaseModel):
    """An object that a manifest vouches for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    bytes: int
    rows: int
    sha256: str


class FileEntry(BaseModel):
    """A file of the source that was looked at, and what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    etag: str
    state: str
    """What the listing told of its content; see ``ObjectInfo.state``."""
    bytes: int
    modified_at: str
    rows: int = 0
    """Records that landed, those that could not be read included."""
    unreadable: int = 0
    """Records that landed as bytes, for the quarantine."""
    refused: str | None = None
    """Why nothing of it was taken."""
    note: str | None = None
    """What is odd about a file that was taken."""


class RawManifest(Manifest):
    """The commit point of an extraction of one stream.

    ``complete`` is False for the partial manifests of a long pull. ``cursor_after`` is the cursor of the stream from
    here on; what stands in it is the stream's own affair. ``received`` counts the records that the HTTP layer handed
    over, ``landed`` those read back from the objects, ``unchanged`` those that are equal to what is stored already and
    were not stored again: received = landed + unchanged, or nothing is committed. A manifest without objects says that
    the source was asked and had nothing else to tell. ``requests`` counts them by outcome and ``purposes`` by what they
    were for; ``least`` would have done (see ``spending``). Where a walk over the whole list ends with this manifest,
    ``sweep`` is the instant before which it began: what was last read before that is not in the list any more.
    Of a source of files, ``files`` names those that this extraction looked at, once and for all.
    """

    stream: str
    complete: bool
    objects: tuple[ObjectEntry, ...]
    files: tuple[FileEntry, ...] = ()
    received: int
    landed: int
    unchanged: int = 0
    requests: dict[str, int]
    purposes: dict[str, int] = {}
    least: int = 0
    cursor_after: dict[str, Any]
    proof: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    sweep: str | None = None
    total_rows: int
    total_objects: int

    def is_done_on(self, day: date) -> bool:
        """Whether the stream was read whole on a UTC day, and something of it committed.

        After a walk that was resumed the top of the list is still to be read: its cursor has ``seen`` nothing yet.
        """
        is_whole = self.complete and self.cursor_after.get("seen", "") is not None
        return is_whole and self.committed_at.startswith(day.isoformat())


M = TypeVar("M", bound=Manifest)


def sequence_name(sequence: int) -> str:
    """Write a sequence as it stands in keys: twelve digits, so that the order of text is the order of numbers."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


class ManifestLog(Generic[M]):
    """The manifests under one prefix of a lake."""

    def __init__(self, lake: Lake, prefix: str, kind: type[M]) -> None:
        """Bind a log; ``prefix`` ends in ``/``."""
        self._lake = lake
        self._prefix = prefix
        self._kind = kind

    def head(self, known: int = 0) -> M | None:
        """Return the newest manifest, looking from sequence ``known`` on; None where there is none above it."""
        newest = max(self._sequences(known), default=None)
        return None if newest is None else self.read(newest)

    def after(self, sequence: int) -> Iterator[M]:
        """Return the manifests above a sequence, in order.

        Raises:
            DataRefused: a number is missing in between.
        """
        for expected, found in enumerate(self._sequences(sequence), start=sequence + 1):
            if found != expected:
                raise DataRefused(
                    f"{self._lake.url(self._key(expected))} is missing although {found} exists; manifests are never "
                    "deleted by reelhouse: restore the object from a backup or from its older version"
                )
            yield self.read(found)

    def read(self, sequence: int) -> M:
        """Return one manifest.

        Raises:
            DataRefused: it does not exist or does not parse.
        """
        data = self._lake.get(self._key(sequence))
        try:
            return self._kind.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DataRefused(
                f"{self._lake.url(self._key(sequence))} is not a manifest that this release reads: "
                f"{where}: {first['msg']}"
            ) from None

    def commit(self, manifest: M) -> bool:
        """Commit a manifest under its sequence; False where another writer was first."""
        data = manifest.model_dump_json(indent=1).encode()
        return self._lake.put_if_absent(self._key(manifest.sequence), data)

    def _key(self, sequence: int) -> str:
        return f"{self._prefix}{sequence_name(sequence)}.json"

    def _sequences(self, after: int) -> Iterator[int]:
        for info in self._lake.list_after(self._prefix, self._key(after)):
            if match := _NAME.fullmatch(info.key.removeprefix(self._prefix)):
                yield int(match[1])


def raw_log(lake: Lake, stream: str) -> ManifestLog[RawManifest]:
    """Return the manifest log of a stream, named ``source/stream``."""
    return ManifestLog(lake, f"raw/{stream}/_manifests/", RawManifest)
