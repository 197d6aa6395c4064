"""Manifests: the commit points and the only memory of a pipeline.

A manifest log is a dense sequence of objects ``000000000001.json``, ``000000000002.json``, … under a prefix. Each has
cumulative state, so the newest alone tells where we stand. Number N is committed by creating its object where none is:
of two writers one wins, and the other starts again from the new head.

A manifest is never edited. Where an object that it names had to be rewritten, because a person is to be forgotten, a
superseding manifest ``000000000002.superseded-0001.json`` stands beside it, says which object gave way to which and
why, and is read with it from then on.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from extract.errors import DataRefused
from extract.lake import Lake

SEQUENCE_DIGITS = 12
_NAME = re.compile(rf"([0-9]{{{SEQUENCE_DIGITS}}})(\.superseded-([0-9]{{4}}))?\.json")


class Manifest(BaseModel):
    """What every manifest carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    sequence: int = Field(ge=1)
    run_id: str
    committed_at: str
    _times_superseded: int = PrivateAttr(default=0)

    @property
    def times_superseded(self) -> int:
        """How often parts of it had been superseded when it was read; that is not written."""
        return self._times_superseded

    def superseded(self, times: int) -> Self:
        """Note how often; return it."""
        self._times_superseded = times
        return self


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


class Successor(BaseModel):
    """An object that gave way to another, or to none.

    Attributes:
        old_key: of the object that is deleted.
        old_sha256: of its bytes.
        key: of the object in its place; None where there is none.
        sha256: of that one's bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    old_key: str
    old_sha256: str
    key: str | None = None
    sha256: str | None = None


class Superseding(BaseModel):
    """What stands in the place of parts of a manifest.

    Attributes:
        manifest: sequence of the manifest.
        number: of several, in which order they are laid over it, from 1.
        reason: why, for whoever finds it.
        objects: what gave way to what.
        replaced: path of a part, names separated by ``|``, and what stands there now; None: the part is gone.
        places: of raw objects, part and line of the records that are gone.
        sources: keys of landing files from which such records were.
        rows: stream -> rows that are gone of staging and quarantine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    manifest: int
    number: Annotated[int, Field(ge=1, le=9999)]
    run_id: str
    committed_at: str
    reason: str
    objects: tuple[Successor, ...]
    replaced: dict[str, Any]
    places: tuple[tuple[int, int], ...] = ()
    sources: tuple[str, ...] = ()
    rows: dict[str, int] = Field(default_factory=dict)

    def laid_over(self, document: dict[str, Any]) -> None:
        """Lay it over a manifest, given as JSON has it."""
        for path, value in self.replaced.items():
            *outer, last = path.split(PATH_SEPARATOR)
            found: Any = document
            for name in outer:
                found = found[int(name) if isinstance(found, list) else name]
            if isinstance(found, list):
                found[int(last)] = value
            elif value is None:
                found.pop(last, None)
            else:
                found[last] = value


PATH_SEPARATOR = "|"
M = TypeVar("M", bound=Manifest)


def sequence_name(sequence: int) -> str:
    """Write a sequence as it stands in keys: twelve digits, so that the order of text is the order of numbers."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


PAGE = 900
"""Manifests that are listed one by one to find the newest; a page of S3's listing has 1,000 keys."""


class ManifestLog(Generic[M]):
    """The manifests under one prefix of a lake."""

    def __init__(self, lake: Lake, prefix: str, kind: type[M]) -> None:
        """Bind a log; ``prefix`` ends in ``/``."""
        self._lake = lake
        self._prefix = prefix
        self._kind = kind

    def head(self, known: int = 0) -> M | None:
        """Return the newest manifest, looking from sequence ``known`` on; None where there is none above it."""
        listed = list(islice(self._listed(known), PAGE))
        newest = listed if len(listed) < PAGE else list(self._listed(self._near_the_end(listed[-2][0])))
        return self._read(*newest[-1]) if newest else None

    def after(self, sequence: int) -> Iterator[M]:
        """Return the manifests above a sequence, in order.

        Raises:
            DataRefused: a number is missing in between.
        """
        for expected, (found, superseding) in enumerate(self._listed(sequence), start=sequence + 1):
            if found != expected:
                raise DataRefused(
                    f"{self._lake.url(self._key(expected))} is missing although {found} exists; manifests are never "
                    "deleted by reelhouse: restore the object from a backup or from its older version"
                )
            yield self._read(found, superseding)

    def read(self, sequence: int) -> M:
        """Return one manifest.

        Raises:
            DataRefused: it does not exist or does not parse.
        """
        return self._read(sequence, [info.key for info in self._lake.list_after(self._superseding(sequence))])

    def superseding(self, sequence: int = 0) -> Iterator[Superseding]:
        """Return what supersedes parts of the manifests above a sequence, in order."""
        for _, keys in self._listed(sequence):
            yield from (_parsed(self._lake, key, Superseding) for key in keys)

    def supersede(self, by: Superseding) -> bool:
        """Commit what supersedes parts of a manifest; False where another writer had that number first."""
        key = f"{self._superseding(by.manifest)}{by.number:04d}.json"
        return self._lake.put_if_absent(key, by.model_dump_json(indent=1).encode())

    def _read(self, sequence: int, superseding: Sequence[str]) -> M:
        if not superseding:
            return _parsed(self._lake, self._key(sequence), self._kind)
        document = json.loads(self._lake.get(self._key(sequence)))
        for key in superseding:
            _parsed(self._lake, key, Superseding).laid_over(document)
        data = json.dumps(document).encode()
        return _validated(self._lake, self._key(sequence), data, self._kind).superseded(len(superseding))

    def commit(self, manifest: M) -> bool:
        """Commit a manifest under its sequence; False where another writer was first."""
        data = manifest.model_dump_json(indent=1).encode()
        return self._lake.put_if_absent(self._key(manifest.sequence), data)

    def _near_the_end(self, above: int) -> int:
        """Return a sequence above which there are manifests, few of them; ``above`` is one, maybe of years ago.

        Numbers are dense: what would be hundreds of pages is found by twenty looks, each twice as far, then by halves.
        """
        step = PAGE
        while self._has_more(above + step):
            above += step
            step *= 2
        while step > PAGE:
            step //= 2
            if self._has_more(above + step):
                above += step
        return above

    def _has_more(self, sequence: int) -> bool:
        return next(self._listed(sequence), None) is not None

    def _key(self, sequence: int) -> str:
        return f"{self._prefix}{sequence_name(sequence)}.json"

    def _superseding(self, sequence: int) -> str:
        return f"{self._prefix}{sequence_name(sequence)}.superseded-"

    def _listed(self, after: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the sequences above one, each with the keys of what supersedes parts of its manifest.

        One listing tells both: what supersedes sorts right behind its manifest.
        """
        found: tuple[int, list[str]] | None = None
        for info in self._lake.list_after(self._prefix, self._key(after)):
            match = _NAME.fullmatch(info.key.removeprefix(self._prefix))
            if match is None:
                continue
            if match[2]:
                if found and found[0] == int(match[1]):
                    found[1].append(info.key)
                continue
            if found:
                yield found
            found = int(match[1]), []
        if found:
            yield found


D = TypeVar("D", bound=BaseModel)


def _parsed(lake: Lake, key: str, kind: type[D]) -> D:
    return _validated(lake, key, lake.get(key), kind)


def _validated(lake: Lake, key: str, data: bytes, kind: type[D]) -> D:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataRefused(
            f"{lake.url(key)} is not a manifest that this release reads: {where}: {first['msg']}"
        ) from None


def raw_log(lake: Lake, stream: str) -> ManifestLog[RawManifest]:
    """Return the manifest log of a stream, named ``source/stream``."""
    return ManifestLog(lake, f"raw/{stream}/_manifests/", RawManifest)
