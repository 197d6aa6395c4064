"""Where COPY finds its objects and UNLOAD leaves them: buckets that are folders, and buckets in S3."""

import json
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.redshift.errors import SqlError

S3_FILE = "s3.json"
"""Beside the buckets that are folders: that S3 has others, and at which address."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that exists: its address and its size in bytes."""

    url: str
    size: int


@dataclass(frozen=True, slots=True)
class LocalObject(StoredObject):
    """An object at hand: the path at which DuckDB reads it."""

    path: str


class Store(Protocol):
    """Some buckets. What cannot be reached is a SqlError, as Redshift would tell it."""

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""

    def read(self, url: str) -> bytes:
        """The bytes of an object."""

    def local(self, url: str, scratch: Path) -> Path:
        """Where DuckDB reads an object: its own file, or a copy made at the path `scratch`."""

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""


class Objects:
    """All buckets: the folder of that name below the root where there is one, else S3 if `s3.json` tells of it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders = Folders(self._root)
        self._s3: dict[str | None, Store] = {}

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""
        return self._store(url).find(url)

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""
        return self._store(prefix).under(prefix)

    def read(self, found: StoredObject) -> bytes:
        """The bytes of an object."""
        return self._store(found.url).read(found.url)

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""
        self._store(url).put(url, body)

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""
        self._store(url).delete(url)

    @contextmanager
    def local(self, found: Sequence[StoredObject]) -> Iterator[list[LocalObject]]:
        """The objects at paths that DuckDB may read, for as long as the context lasts."""
        with self.scratch() as folder:
            yield [
                LocalObject(one.url, one.size, str(self._store(one.url).local(one.url, folder / str(number))))
                for number, one in enumerate(found)
            ]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder beside the buckets in which DuckDB may read and write, gone afterwards."""
        folder = self._root / f".scratch-{secrets.token_hex(8)}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def _store(self, url: str) -> Store:
        bucket, _ = split(url)
        told = self._root / S3_FILE
        if (self._root / bucket).is_dir() or not told.is_file():
            return self._folders
        endpoint_url = json.loads(told.read_text(encoding="utf-8"))["endpoint_url"]
        if endpoint_url not in self._s3:
            from sandbox.redshift.remote import S3Store  # the driver of S3 is for those who have a bucket there

            self._s3[endpoint_url] = S3Store(endpoint_url)
        return self._s3[endpoint_url]


class Folders:
    """A folder in which `s3://bucket/key` is the file `bucket/key`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""
        path = self._path(url)
        return StoredObject(url, path.stat().st_size) if path.is_file() else None

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""
        bucket, key = split(prefix)
        folder = self._path(f"s3://{bucket}/{key.rpartition('/')[0]}") if "/" in key else self._root / bucket
        files = (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else ()
        named = ((f"s3://{path.relative_to(self._root).as_posix()}", path) for path in files)
        return [StoredObject(url, path.stat().st_size) for url, path in sorted(named) if url.startswith(prefix)]

    def read(self, url: str) -> bytes:
        """The bytes of an object."""
        return self._path(url).read_bytes()

    def local(self, url: str, scratch: Path) -> Path:  # noqa: ARG002
        """The object's own file."""
        return self._path(url)

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""
        path = self._path(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = self._root / f".put-{secrets.token_hex(8)}"
        try:
            written.write_bytes(body)
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""
        self._path(url).unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        bucket, key = split(url)
        path = (self._root / bucket / key).resolve()
        if not path.is_relative_to(self._root / bucket):
            raise SqlError("42501", f"The address '{url}' leaves its bucket")
        return path


def tell_of_s3(root: Path, endpoint_url: str | None) -> None:
    """Lets an endpoint, also one that runs, find buckets without a folder of their own in S3.

    Region and credentials are those of the environment in which the endpoint was started.

    Args:
        root: the folder of the buckets, which by default is the endpoint's home; made if absent.
        endpoint_url: of a storage that speaks S3; None for what the AWS configuration says.
    """
    root.mkdir(parents=True, exist_ok=True)
    written = root / f".{S3_FILE}-{secrets.token_hex(8)}"
    written.write_text(json.dumps({"endpoint_url": endpoint_url}) + "\n", encoding="utf-8")
    written.replace(root / S3_FILE)


def split(url: str) -> tuple[str, str]:
    """Bucket and key of an address.

    Raises:
        SqlError: 22023 for anything but `s3://bucket/key`.
    """
    found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,62})/(.+)", url)
    if found is None:
        raise SqlError("22023", f"'{url}' is not an address of the form s3://bucket/key")
    return found[1], found[2]
