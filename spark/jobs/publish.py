"""Putting the files of a normalisation into the lake. Until a manifest names them they are litter."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from extract.lake import Lake
from extract.manifest import ObjectEntry, sequence_name
from spark.engine import Written
from spark.jobs.entity import Outcome
from spark.manifest import EntityEntry, QuarantineEntry
from spark.quarantine import most_common


@dataclass(frozen=True, slots=True)
class Publisher:
    """Puts files under the number of one load.

    Two normalisers may be at work on the same number, and only one of them will commit it. The run's name in the keys
    keeps the other from replacing files that are committed.
    """

    lake: Lake
    sequence: int
    run_id: str

    def entity(self, outcome: Outcome) -> EntityEntry | None:
        """Put the rows of an entity; None where there are none."""
        if not outcome.rows:
            return None
        folder = self._folder("staging", outcome.contract.entity)
        files = self._put(folder, outcome.rows)
        key = f"{folder}copy.manifest"
        self.lake.put(key, _copy_manifest(self.lake, files))
        return EntityEntry(copy_manifest=key, files=files, counts=outcome.counts)

    def quarantine(self, outcome: Outcome) -> QuarantineEntry | None:
        """Put the quarantined records of a stream; None where there are none."""
        if not outcome.quarantined:
            return None
        return QuarantineEntry(
            files=self._put(self._folder("quarantine", outcome.contract.stream), outcome.quarantined),
            rows=outcome.counts.quarantined,
            reasons=dict(most_common(outcome.refusals.reasons)),
        )

    def _folder(self, area: str, name: str) -> str:
        return f"{area}/{name}/load={sequence_name(self.sequence)}/run={self.run_id}/"

    def _put(self, folder: str, files: Sequence[Written]) -> tuple[ObjectEntry, ...]:
        return tuple(self._put_one(f"{folder}{file.path.name}", file) for file in files)

    def _put_one(self, key: str, file: Written) -> ObjectEntry:
        with file.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        self.lake.put_file(key, file.path)
        return ObjectEntry(key=key, bytes=file.path.stat().st_size, rows=file.rows, sha256=digest)


def _copy_manifest(lake: Lake, files: Sequence[ObjectEntry]) -> bytes:
    """What COPY ... MANIFEST reads; for Parquet ``content_length`` is required (Redshift guide, "Using a manifest")."""
    entries = [{"url": lake.url(file.key), "mandatory": True, "meta": {"content_length": file.bytes}} for file in files]
    return json.dumps({"entries": entries}, indent=1).encode()
