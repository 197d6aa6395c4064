"""Where COPY finds its objects. One protocol, so that an S3 endpoint can stand beside the folder."""

import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.redshift.errors import SqlError


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that exists: its address, its size in bytes, and where DuckDB reads it."""

    url: str
    size: int
    engine_path: str


class Objects(Protocol):
    """The lake as COPY sees it."""

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""

    def read(self, found: StoredObject) -> bytes:
        """The bytes of an object."""

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A path at which DuckDB may write a file, gone afterwards."""


class DirectoryObjects:
    """A folder in which `s3://bucket/key` is the file `bucket/key`."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""
        path = self._path(url)
        return StoredObject(url, path.stat().st_size, str(path)) if path.is_file() else None

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""
        bucket, key = split(prefix)
        folder = self._path(f"s3://{bucket}/{key.rpartition('/')[0]}") if "/" in key else self._root / bucket
        files = (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else ()
        named = ((f"s3://{path.relative_to(self._root).as_posix()}", path) for path in files)
        return [
            StoredObject(url, path.stat().st_size, str(path)) for url, path in sorted(named) if url.startswith(prefix)
        ]

    def read(self, found: StoredObject) -> bytes:
        """The bytes of an object."""
        return Path(found.engine_path).read_bytes()

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""
        path = self._path(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.scratch() as written:
            written.write_bytes(body)
            written.replace(path)

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""
        self._path(url).unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A path beside the buckets at which DuckDB may write a file, gone afterwards."""
        path = self._root / f".unload-{secrets.token_hex(8)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        bucket, key = split(url)
        path = (self._root / bucket / key).resolve()
        if not path.is_relative_to(self._root / bucket):
            raise SqlError("42501", f"The address '{url}' leaves its bucket")
        return path


def split(url: str) -> tuple[str, str]:
    """Bucket and key of an address.

    Raises:
        SqlError: 22023 for anything but `s3://bucket/key`.
    """
    found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,62})/(.+)", url)
    if found is None:
        raise SqlError("22023", f"'{url}' is not an address of the form s3://bucket/key")
    return found[1], found[2]
