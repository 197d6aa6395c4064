"""What every lake can do."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from extract.errors import DataRefused


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a listing shows it."""

    key: str
    bytes: int
    modified_at: datetime
    state: str
    """Changes whenever the content does: the ETag in S3; in a folder what the file system tells without reading."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, open for reading.

    Attributes:
        file: its bytes, from the first; may be read again from the start.
        etag: says which version it is: of S3, or the SHA-256 of the bytes in a folder.
        state: of this version, as a listing shows it.
        modified_at: when it was written.
        is_unchanged: whether what was read until now is this version; a file in a folder may be written meanwhile.
    """

    file: BinaryIO
    etag: str
    state: str
    modified_at: datetime
    is_unchanged: Callable[[], bool]


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

    def open_version(self, key: str) -> AbstractContextManager[Version | None]:
        """Open what an object is now; None where there is none. Memory does not grow with it."""

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

    def erase(self, key: str) -> None:
        """Remove an object for good, with all older versions that the storage keeps of it."""

    def settled(self, prefix: str) -> Iterator[ObjectInfo]:
        """List what an engine has written under ``prefix`` by itself, in order of key, once it is there to stay."""

    def url(self, key: str) -> str:
        """Return the ``s3://bucket/key`` address, the form that manifests and COPY use."""

    def engine_path(self, key: str) -> str:
        """Return the address from which the processing engine reads the object."""

    def requests_sent(self) -> dict[str, int]:
        """Return how many requests were sent since the lake was opened, by operation; a folder sends none."""


def missing(url: str) -> DataRefused:
    """Return what every lake says of an object that is not there."""
    return DataRefused(f"{url} does not exist, although it was named as an object of the lake")
