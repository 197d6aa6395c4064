"""A scan of what the tests of faults say and leave behind: no secret anywhere, no person but where persons may stand.

Output and logs come from pytest's report and from what a test read for itself, errors from where a test expected them.
Files are those in folders that tests made, and objects of the S3 that tests play, each looked at again when it changed;
of Parquet the rows as well as the bytes. What may hold persons is listed here, and nothing else may.
"""

import gzip
import re
import socket
import stat
import subprocess
import sys
import tempfile
import traceback
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

HERE = Path(__file__).parent
LISTED = HERE / "faults" / "faults.yaml"
SECRETS = (b"sandbox-token", b"t0ken-of-nobody", b"planted-t0ken-0123456789abcdef", b"planted-passw0rd")
"""Tokens and passwords of the tests; keys are read where a sandbox keeps its own."""
PERSONS = re.compile(
    rb"[\w.+-]+@example\.(?:com|org|net)"
    rb"|\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}\b|\b2001:db8:[0-9a-f:]+"
    rb"|Ada.{0,9}Lovelace|Vera.{0,9}Muster",
    re.IGNORECASE,
)
"""Addresses and names of simulated and planted persons: RFC 2606, 5737 and 3849 keep these for examples."""
HOLDERS = re.compile(r"/(?:raw|landing|quarantine|staging/(?:wistia__v|streampulse__user)[a-z_]*)/(?!.*_manifests/)")
"""Of a lake: what landed, what is staged for ``restricted``, and what could not be taken; not their manifests."""
OWN = (".key", ".duckdb", ".wal", ".db", "endpoint.json", "wistia.json", ".yaml")
"""Files of the sandbox: its key, its tables, and how its programs are reached; configurations, which a test writes."""


def is_looked_at(file: Path) -> bool:
    """Whether a file holds tests of faults."""
    return file.parent.name == "faults" or file in _listed()


def _listed() -> frozenset[Path]:
    if not _FILES:
        faults = yaml.safe_load(LISTED.read_text(encoding="utf-8")).values()
        _FILES.update(HERE.parent / test.partition("::")[0] for fault in faults for test in fault["tests"])
    return frozenset(_FILES)


_FILES: set[Path] = set()


class Scan:
    """What was said since the last look, and which files were looked at."""

    def __init__(self, base: Path) -> None:
        """Look at folders that are made in ``base`` from now on."""
        self._base = base
        self._older = set(base.iterdir())
        self._seen: dict[Path, tuple[int, int]] = {}
        self._stored: set[tuple[str, str]] = set(_objects())
        self._said: list[str] = []
        self._keys: set[bytes] = set()

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        """Hear what tests read for themselves, of this process and of those that they start."""
        read, communicate, expected = (
            pytest.CaptureFixture.readouterr,
            subprocess.Popen.communicate,
            pytest.RaisesExc.__exit__,
        )

        def readouterr(capture: Any) -> Any:
            found = read(capture)
            self._said += [str(found.out), str(found.err)]
            return found

        def heard(process: Any, *args: Any, **named: Any) -> Any:
            found = communicate(process, *args, **named)
            self._said += [part if isinstance(part, str) else part.decode("utf-8", "replace") for part in found if part]
            return found

        def met(context: Any, kind: Any, error: BaseException | None, frames: Any) -> bool:
            self._said += messages(error)
            return expected(context, kind, error, frames)

        patch.setattr(pytest.RaisesExc, "__exit__", met)
        patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)
        patch.setattr(subprocess.Popen, "communicate", heard)

    def skip(self) -> None:
        """Forget what tests of something else said, and pass by the folders that they made."""
        self._said.clear()
        self._older.update(self._base.iterdir())
        self._stored.update(_objects())

    def look(self, report: pytest.TestReport, is_over: bool) -> Iterator[str]:
        """Yield what leaked: where, and what; files are looked at when a test is over."""
        files = list(self._changed()) if is_over else []
        self._keys.update(word for file in files if file.suffix == ".key" for word in content(file).split())
        secrets = (*SECRETS, *self._keys)
        told = [*self._said, *(text for _, text in report.sections)]
        self._said.clear()
        for text in told:
            yield from _found("output", text.encode(), secrets, persons=True)
        for file in files:
            if not file.name.endswith(OWN):
                where = str(file.relative_to(self._base))
                yield from _found(where, content(file), secrets, persons=not HOLDERS.search(file.as_posix()))
        for key, data in self._landed() if is_over else ():
            yield from _found(key, data, secrets, persons=not HOLDERS.search(key))

    def _landed(self) -> Iterator[tuple[str, bytes]]:
        """Yield what is new in the S3 that this process plays."""
        found = _objects()
        new, self._stored = found.keys() - self._stored, set(found)
        for key, etag in new:
            yield key, opened(key, found[key, etag].value)

    def _changed(self) -> Iterator[Path]:
        for folder in set(self._base.iterdir()) - self._older:
            if folder.is_symlink():  # of the newest of a name
                continue
            for file in folder.rglob("*"):
                with suppress(FileNotFoundError):  # programs of a sandbox may be at work yet
                    found = file.lstat()
                    state = found.st_mtime_ns, found.st_size
                    if stat.S_ISREG(found.st_mode) and self._seen.get(file) != state:
                        self._seen[file] = state
                        yield file


def messages(error: BaseException | None) -> Iterator[str]:
    """Yield what a traceback of an error would say beside lines of code: its message, and those of what led to it."""
    while error:
        yield from traceback.format_exception_only(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def content(file: Path) -> bytes:
    """Return what is in a file, as far as it is whole."""
    try:
        return opened(file.name, file.read_bytes())
    except FileNotFoundError:
        return b""


def opened(name: str, data: bytes) -> bytes:
    """Return bytes unpacked where they are packed, as far as they are whole; of Parquet the rows behind them."""
    if name.endswith(".gz"):
        with suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(data)
    if name.endswith(".parquet"):
        with suppress(duckdb.Error), tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return data + str(_engine().execute("select * from read_parquet(?)", [file.name]).fetchall()).encode()
    return data


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _objects() -> dict[tuple[str, str], Any]:
    """Return the objects of the S3 that this process plays, by bucket and key, and by what is in them."""
    if "moto.s3.models" not in sys.modules:
        return {}
    accounts = sys.modules["moto.s3.models"].s3_backends.values()
    buckets = (
        bucket for account in accounts for backend in account.values() for bucket in list(backend.buckets.values())
    )
    newest = ((bucket, found) for bucket in buckets for found in list(bucket.keys.values()))
    # What a bucket shows of a key whose versions it keeps may be a marker that it was deleted.
    return {(f"/{b.name}/{found.name}", found.etag): found for b, found in newest if hasattr(found, "etag")}


def _found(where: str, data: bytes, secrets: tuple[bytes, ...], *, persons: bool) -> Iterator[str]:
    yield from (f"{where}: a secret: {secret[:6].decode()}…" for secret in secrets if secret in data)
    if persons:
        met = sorted({*PERSONS.findall(data)} - {_own_address()})
        yield from (f"{where}: {found.decode()}" for found in met[:3])


@cache
def _own_address() -> bytes:
    """Return the address of this machine, which Spark logs; it may be one of those that are kept for examples."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked, suppress(OSError):
        asked.connect(("198.51.100.1", 9))  # sends nothing
        return bytes(asked.getsockname()[0], "ascii")
    return b""
