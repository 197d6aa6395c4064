"""Where the files of a normalisation go in the lake. Until a manifest names them they are litter."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from extract.errors import ReelhouseError
from extract.lake import Lake
from extract.manifest import ObjectEntry, sequence_name


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one run at work on one load, or on one rebuild.

    Two normalisers may be at work on the same number, and only one of them will commit it. The run's name in the keys
    keeps the other from replacing files that are committed.
    """

    lake: Lake
    sequence: int
    run_id: str
    kind: Literal["load", "rebuild"] = "load"

    def rows(self, entity: str) -> str:
        """Return the folder of an entity's rows."""
        return self._folder("staging", entity)

    def quarantine(self, stream: str) -> str:
        """Return the folder of the records of a stream that could not be taken."""
        return self._folder("quarantine", stream)

    def put_copy_manifest(self, folder: str, files: Sequence[ObjectEntry]) -> str:
        """Put what COPY ... MANIFEST reads beside the files that it names, and return its key.

        For Parquet ``content_length`` is required (Redshift guide, "Using a manifest").
        """
        entries = [
            {"url": self.lake.url(file.key), "mandatory": True, "meta": {"content_length": file.bytes}}
            for file in files
        ]
        key = f"{folder}copy.manifest"
        self.lake.put(key, json.dumps({"entries": entries}, indent=1).encode())
        return key

    def put_sums(self, folder: str, sums: Mapping[str, int]) -> str:
        """Put the sums of columns beside the files that they are of, and return their key."""
        key = f"{folder}sums.json"
        self.lake.put(key, json.dumps(sums, indent=1).encode())
        return key

    def clear(self, folders: Sequence[str]) -> None:
        """Erase what stands in folders of a run that will commit nothing, as far as the lake lets us."""
        with suppress(ReelhouseError):
            for folder in folders:
                for info in list(self.lake.list_after(folder)):
                    self.lake.erase(info.key)

    def _folder(self, area: str, name: str) -> str:
        return f"{area}/{name}/{self.kind}={sequence_name(self.sequence)}/run={self.run_id}/"
