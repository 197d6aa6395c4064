"""What every lake can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from extract.errors import DataRefused


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a listing shows it."""

    key: str
    bytes: int
    modified_at: datetime


class Lake(Protocol):
    """One bucket of objects.

    Every verb raises ReelhouseError where the storage refuses or is in trouble; the message names the object, says
    what was kept, and what to do.
    """

    bucket: str

    def get(self, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            DataRefused: there is no such object.
        """

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole, replacing one of that name."""

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, whole, replacing one of that name; the file is streamed."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create an object; return False, and change nothing, where one of that name exists with other bytes."""

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with ``prefix`` and sorts after ``after``, in order of key."""

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""

    def url(self, key: str) -> str:
        """Return the ``s3://bucket/key`` address, the form that manifests and COPY use."""

    def engine_path(self, key: str) -> str:
        """Return the address from which the processing engine reads the object."""


def missing(url: str) -> DataRefused:
    """Return what every lake says of an object that is not there."""
    return DataRefused(f"{url} does not exist, although it was named as an object of the lake")
