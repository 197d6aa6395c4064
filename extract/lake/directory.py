"""A lake in a folder."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from extract.errors import ConfigurationError, ReelhouseError
from extract.lake.base import ObjectInfo, Version, missing

TEMPORARY = ".put-"
"""Begins the names of files that are not objects yet."""
_BUFFER = 1024 * 1024


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
        with self._told(key, "read"):
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                raise missing(self.url(key)) from None

    def open_version(self, key: str) -> AbstractContextManager[Version | None]:
        """Open what an object is now; None where there is none."""
        return self._opened(key)

    @contextmanager
    def _opened(self, key: str) -> Iterator[Version | None]:
        with self._told(key, "read"):
            try:
                file = self._path(key).open("rb")
            except FileNotFoundError:
                file = None
        if file is None:
            yield None
            return
        with file:
            found = os.fstat(file.fileno())
            state = _state(found)
            with self._told(key, "read"):
                etag = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
            yield Version(file, etag, state, modified_at, lambda: _state(os.fstat(file.fileno())) == state)

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole, replacing one of that name."""
        self._replace(key, BytesIO(data))

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, whole, replacing one of that name; the file is streamed."""
        with path.open("rb") as source:
            self._replace(key, source)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create an object; return False, and change nothing, where one of that name exists with other bytes."""
        with self._told(key, "written"):
            temporary = self._written(key, BytesIO(data))
            try:
                os.link(temporary, self._path(key))
            except FileExistsError:
                return self._path(key).read_bytes() == data
            finally:
                temporary.unlink()
            _sync_folder(self._path(key).parent)
        return True

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with ``prefix`` and sorts after ``after``, in order of key."""
        for key in self._keys(prefix, after):
            if info := self._info(key):
                yield info

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        with self._told(key, "deleted"):
            self._path(key).unlink(missing_ok=True)

    def erase(self, key: str) -> None:
        """Remove an object for good; a folder keeps no older versions."""
        self.delete(key)

    def settled(self, prefix: str) -> Iterator[ObjectInfo]:
        """List what an engine has written under ``prefix`` by itself, in order of key, once it is on the disk.

        Hadoop's checksums, hidden files beside its own, are removed: an object is one file.
        """
        with self._told(prefix, "written"):
            for key in list(self._keys(prefix)):
                path = self._path(key)
                if path.name.startswith("."):
                    path.unlink()
                    continue
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                _sync_folder(path.parent)
        return self.list_after(prefix)

    def url(self, key: str) -> str:
        """Return the ``s3://bucket/key`` address, the form that manifests and COPY use."""
        return f"s3://{self.bucket}/{key}"

    def engine_path(self, key: str) -> str:
        """Return the path of the object's file."""
        return str(self._path(key))

    def requests_sent(self) -> dict[str, int]:
        """Return nothing: a folder is sent no requests."""
        return {}

    def _path(self, key: str) -> Path:
        path = self._folder / key
        if ".." in path.parts:
            raise ValueError(f"key {key!r} leaves the lake")
        return path

    def _info(self, key: str) -> ObjectInfo | None:
        """Return what a listing shows of an object; None where it was deleted meanwhile."""
        with self._told(key, "listed"), suppress(FileNotFoundError):
            found = self._path(key).stat()
            return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), _state(found))
        return None

    def _keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Yield keys in their order; folders of which all keys come before ``after`` are not looked into."""
        folder = prefix.rpartition("/")[0]
        open_folders = [self._entries(f"{folder}/" if folder else "")]
        while open_folders:
            key = next(open_folders[-1], None)
            if key is None:
                open_folders.pop()
            elif not key.endswith("/"):
                if key.startswith(prefix) and key > after:
                    yield key
            elif key.startswith(prefix) and (key > after or after.startswith(key)):
                open_folders.append(self._entries(key))

    def _entries(self, folder: str) -> Iterator[str]:
        """Return what lies in a folder, in the order of keys: folders end in a slash, as keys of what is in them do."""
        with self._told(folder, "listed"):
            try:
                found = list(os.scandir(self._path(folder)))
            except FileNotFoundError:
                found = []
            names = [
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                for entry in found
                if not entry.name.startswith(TEMPORARY) and not (entry.is_symlink() and entry.is_dir())
            ]
        return iter([folder + name for name in sorted(names)])

    def _replace(self, key: str, source: BinaryIO) -> None:
        with self._told(key, "written"):
            self._written(key, source).replace(self._path(key))
            _sync_folder(self._path(key).parent)

    def _written(self, key: str, source: BinaryIO) -> Path:
        folder = self._path(key).parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(source, file, _BUFFER)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)

    @contextmanager
    def _told(self, key: str, verb: str) -> Iterator[None]:
        """Turn what the file system refuses into words."""
        try:
            yield
        except OSError as error:
            raise _refused(self.url(key), verb, error) from None


def open_directory(folder: Path) -> DirectoryLake:
    """Open the lake in a folder, made where there is none.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigurationError(f"lake: the folder {folder} cannot be written ({error.strerror})") from None
    return DirectoryLake(folder.parent, folder.name)


def _state(found: os.stat_result) -> str:
    """What changes with the content: the change time, above all, which no program can set back."""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"


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
