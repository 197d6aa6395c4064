"""Freeing raw of persons: every line stays where it is, because places in raw name records for ever.

The line of somebody who is forgotten becomes one that says that a record was there, in an object under a new key.
"""

import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from extract.manifest import PATH_SEPARATOR, ManifestLog, ObjectEntry, RawManifest
from extract.progress import Progress
from spark.contracts import Contract
from spark.engine.raw_lines import read_lines
from spark.forgotten import Forgotten, is_theirs
from spark.jobs.succession import Change, Succession, successor
from spark.jobs.tombstones import raw_entry, stem, tombstone
from spark.leaves import FORGOTTEN
from spark.raw import RawObject, checked


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """An object without the forgotten.

    Attributes:
        part: which of its manifest it is.
        old: the entry of the object that held them.
        entry: its own.
        data: its bytes.
        lines: those that were theirs.
        sources: landing files from which these were.
    """

    part: int
    old: ObjectEntry
    entry: ObjectEntry
    data: bytes
    lines: tuple[int, ...]
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class RawEraser:
    """One process that frees a raw stream of persons."""

    succession: Succession
    log: ManifestLog[RawManifest]
    contract: Contract
    forgotten: Forgotten
    progress: Progress

    def free(self, manifest: RawManifest) -> None:
        """Free what a manifest names.

        Raises:
            DataRefused: an object is not the one that the manifest vouches for.
        """
        while True:
            objects = (RawObject(manifest.sequence, part, entry) for part, entry in enumerate(manifest.objects))
            scrubbed = [found for raw in objects if (found := self._scrub(raw))]
            if not scrubbed or self._supersede(manifest, scrubbed):
                return
            manifest = self.log.read(manifest.sequence)

    def _scrub(self, raw: RawObject) -> Scrubbed | None:
        """Return an object without the forgotten; None where none of them is in it."""
        written, lines, sources = io.BytesIO(), list[int](), set[str]()
        by_text = self.forgotten.places.get(self.contract.stream, frozenset())
        with gzip.GzipFile(fileobj=written, mode="wb", mtime=0) as file:
            data = io.BytesIO(checked(self.succession.lake, raw))
            for number, line in enumerate(read_lines(raw, data), start=1):
                meta = self._theirs(line, (raw.sequence, raw.part, number) in by_text)
                if meta is None:
                    file.write(line + b"\n")
                    continue
                lines.append(number)
                sources.update(name for name in (meta.get("key"),) if isinstance(name, str))
                file.write(tombstone(meta))
        if not lines:
            return None
        entry = raw_entry(
            f"{stem(raw.entry.key)}.{self.succession.run_id}.jsonl.gz", written.getvalue(), raw.entry.rows
        )
        return Scrubbed(raw.part, raw.entry, entry, written.getvalue(), tuple(lines), frozenset(sources))

    def _theirs(self, line: bytes, is_named: bool) -> dict[str, Any] | None:
        """Return the envelope of a line that is a forgotten person's; None for any other line."""
        parsed = parse_line(line)
        meta = parsed.get("_meta") if parsed else None
        if is_named and not (parsed and FORGOTTEN in parsed):
            return meta if isinstance(meta, dict) else {}
        if parsed is None or not isinstance(meta, dict):
            return None
        return meta if is_theirs(self.contract, parsed.get("record"), self.forgotten) else None

    def _supersede(self, manifest: RawManifest, scrubbed: Sequence[Scrubbed]) -> bool:
        lake = self.succession.lake
        for found in scrubbed:
            lake.put(found.entry.key, found.data)
        change = Change(
            {f"objects{PATH_SEPARATOR}{found.part}": found.entry.model_dump() for found in scrubbed},
            [successor(found.old, [found.entry]) for found in scrubbed],
            tuple((found.part, line) for found in scrubbed for line in found.lines),
            tuple(sorted({source for found in scrubbed for source in found.sources})),
        )
        self.progress.event("forget.supersede", log="raw", sequence=manifest.sequence)
        if self.succession.commit(self.log, manifest, change):
            return True
        for found in scrubbed:
            lake.erase(found.entry.key)
        return False


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Return a raw line as JSON has it, numbers as their own text; None where it is none, or no object."""
    try:
        parsed = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
