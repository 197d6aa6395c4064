"""The lake: raw, staging and quarantine objects under ``s3://bucket/key`` addresses. The only door to object storage.

A lake offers few verbs, and each is atomic: a reader sees an object whole or not at all. ``put_if_absent`` is the
commit of every stage: of many writers of one key exactly one succeeds.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from extract.errors import ConfigurationError, DataRefused, ReelhouseError

TEMPORARY = ".put-"
"""Begins the names of files that are not objects yet."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object as a listing shows it."""

    key: str
    bytes: int
    modified_at: datetime


class Lake(Protocol):
    """One bucket of objects."""

    bucket: str

    def get(self, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            DataRefused: there is no such object.
        """

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole, replacing one of that name."""

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, whole, replacing one of that name."""

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


class DirectoryLake:
    """A lake in a folder: ``s3://bucket/key`` is the file ``root/bucket/key``.

    Objects are written to a temporary file, fsynced, and renamed or hard-linked to their name, so that a reader and a
    crash see them whole or not at all.
    """

    def __init__(self, root: Path, bucket: str) -> None:
        """Open the lake; its folder is made on the first write."""
        self.root = root
        self.bucket = bucket
        self._folder = root / bucket

    def get(self, key: str) -> bytes:
        """Return an object's bytes."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise DataRefused(
                f"{self.url(key)} does not exist, although it was named as an object of the lake"
            ) from None
        except OSError as error:
            raise _refused(self.url(key), "read", error) from None

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole, replacing one of that name."""
        try:
            self._written(key, data).replace(self._path(key))
            _sync_folder(self._path(key).parent)
        except OSError as error:
            raise _refused(self.url(key), "written", error) from None

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, whole, replacing one of that name."""
        self.put(key, path.read_bytes())

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create an object; return False, and change nothing, where one of that name exists with other bytes."""
        try:
            temporary = self._written(key, data)
            try:
                os.link(temporary, self._path(key))
            except FileExistsError:
                return self._path(key).read_bytes() == data
            finally:
                temporary.unlink()
            _sync_folder(self._path(key).parent)
        except OSError as error:
            raise _refused(self.url(key), "written", error) from None
        return True

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with ``prefix`` and sorts after ``after``, in order of key."""
        start = self._path(prefix if prefix.endswith("/") else prefix.rpartition("/")[0])
        for key in sorted(self._keys(start)):
            if key.startswith(prefix) and key > after:
                found = self._path(key).stat()
                yield ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        self._path(key).unlink(missing_ok=True)

    def url(self, key: str) -> str:
        """Return the ``s3://bucket/key`` address, the form that manifests and COPY use."""
        return f"s3://{self.bucket}/{key}"

    def engine_path(self, key: str) -> str:
        """Return the path of the object's file."""
        return str(self._path(key))

    def _path(self, key: str) -> Path:
        path = self._folder / key
        if ".." in path.parts:
            raise ValueError(f"key {key!r} leaves the lake")
        return path

    def _keys(self, start: Path) -> Iterator[str]:
        for folder, _, names in os.walk(start):
            for name in names:
                if not name.startswith(TEMPORARY):
                    yield (Path(folder) / name).relative_to(self._folder).as_posix()

    def _written(self, key: str, data: bytes) -> Path:
        folder = self._path(key).parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)


def open_lake(address: str) -> DirectoryLake:
    """Open the lake at ``file:FOLDER``; the folder's own name is the bucket's.

    Raises:
        ConfigurationError: the address is of no kind that can be opened, or the folder cannot be written.
    """
    scheme, separator, rest = address.partition(":")
    if scheme != "file" or not separator or not rest:
        raise ConfigurationError(
            f"lake: {address!r} cannot be opened; write file:FOLDER, for instance file:.reelhouse/lake"
        )
    folder = Path(rest).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigurationError(f"lake: the folder {folder} cannot be written ({error.strerror})") from None
    return DirectoryLake(folder.parent, folder.name)


def _refused(url: str, verb: str, error: OSError) -> ReelhouseError:
    reason = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror or error)
    return ReelhouseError(
        f"{url} could not be {verb}: {reason}. What was committed before is kept; mend the cause and run again"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
