"""Translations kept from process to process, in the user's folder of caches.

An endpoint that begins has translated nothing, and milliseconds for each of some two hundred statements are a good part
of a small load. The texts of statements may hold people's data, which nobody who erases them would look for here. So
what is kept stands under a digest of its statement, hidden by another: only who has the statement can read it.
"""

import hashlib
import json
import os
import sqlite3
import threading
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

KEPT = 10_000
"""Translations; one more moves the oldest out. With those of reelhouse's loads they take 10 MB."""
_CODE = Path(__file__).parents[1]
_CHECK = 16
"""Bytes of a digest of what is kept, before it."""
_TRIMMED_EVERY = 500
_LAY_OUT = """
PRAGMA journal_mode = wal;
PRAGMA synchronous = off;
CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, place BLOB NOT NULL UNIQUE, hidden BLOB NOT NULL);
"""


class Kept:
    """JSON documents by a key that is not kept itself; several processes may share the file, and threads this.

    Where the file cannot be read or written, or what it says has been damaged, it is as if nothing were kept.
    """

    def __init__(self, file: Path | None, most: int = KEPT) -> None:
        """Opens the file, which is made where it is missing.

        Args:
            file: None keeps nothing.
            most: how many are kept.
        """
        self._lock = threading.Lock()
        self._most = most
        self._count = 0
        self._open: sqlite3.Connection | None = None
        if file is not None:
            with suppress(OSError, sqlite3.Error):
                file.parent.mkdir(parents=True, exist_ok=True)
                opened = sqlite3.connect(file, timeout=1, isolation_level=None, check_same_thread=False)
                opened.executescript(_LAY_OUT)
                self._open = opened

    def get(self, key: bytes) -> Any | None:
        """What was kept under a key, or None."""
        if self._open is None:
            return None
        with suppress(sqlite3.Error, ValueError, zlib.error), self._lock:
            row = self._open.execute("SELECT hidden FROM kept WHERE place = ?", (_place(key),)).fetchone()
            if row:
                found = _masked(row[0], key)
                packed = found[_CHECK:]
                return json.loads(zlib.decompress(packed)) if found[:_CHECK] == _digest(packed) else None
        return None

    def put(self, key: bytes, document: Any) -> None:
        """Keeps what JSON can say."""
        if self._open is None:
            return
        packed = zlib.compress(json.dumps(document).encode(), level=1)
        hidden = _masked(_digest(packed) + packed, key)
        with suppress(sqlite3.Error), self._lock:
            text = "INSERT OR REPLACE INTO kept (place, hidden) VALUES (?, ?)"
            self._open.execute(text, (_place(key), hidden))
            self._count += 1
            if self._count % _TRIMMED_EVERY == 1:
                self._open.execute("DELETE FROM kept WHERE number <= (SELECT max(number) FROM kept) - ?", (self._most,))


def _digest(packed: bytes) -> bytes:
    return hashlib.sha256(packed).digest()[:_CHECK]


def _place(key: bytes) -> bytes:
    return hashlib.sha256(b"place" + key).digest()


def _masked(text: bytes, key: bytes) -> bytes:
    """Hidden, or hidden text in clear again."""
    mask = hashlib.shake_256(b"mask" + key).digest(len(text))
    return (int.from_bytes(text) ^ int.from_bytes(mask)).to_bytes(len(text))


def of_this_user() -> Kept:
    """Those of the user whom this process belongs to."""
    return _of_process(os.getpid())


@cache
def _of_process(number: int) -> Kept:  # noqa: ARG001 - SQLite's connections must not be carried across a fork
    with suppress(RuntimeError):  # a user without a home
        return Kept(Path.home() / ".cache" / "reelhouse" / "translations.sqlite")
    return Kept(None)


@cache
def of_this_code() -> bytes:
    """A digest of all that a translation follows from beside its statement and what is shown."""
    digest = hashlib.sha256(f"{version('sqlglot')} {version('duckdb')}".encode())
    for file in sorted(path for path in _CODE.rglob("*") if path.suffix in {".py", ".sql"}):
        digest.update(file.read_bytes())
    return digest.digest()
