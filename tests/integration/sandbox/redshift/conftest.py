"""An endpoint per test, and what talks to it: the real driver, unmodified."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import redshift_connector
from redshift_connector.core import Connection
from redshift_connector.error import Error

from sandbox.redshift import Endpoint, serve

Connect = Callable[..., Any]


class Lake:
    """A folder of buckets, and objects put into it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def parquet(self, key: str, query: str) -> str:
        """Writes the rows of a DuckDB query and returns the object's address."""
        path = self.root / "lake" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as engine:
            engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return f"s3://lake/{key}"

    def text(self, key: str, body: str | bytes) -> str:
        """Writes an object and returns its address."""
        path = self.root / "lake" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return f"s3://lake/{key}"

    def keys(self, prefix: str) -> dict[str, bytes]:
        """The objects under a prefix of the bucket, by the rest of their keys."""
        folder = self.root / "lake"
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        return {key.removeprefix(prefix): found[key].read_bytes() for key in sorted(found) if key.startswith(prefix)}

    def manifest(self, key: str, urls: Sequence[str], **changes: Any) -> str:
        """Writes a manifest; `changes` replace fields of each entry."""
        entries = [
            {"url": url, "mandatory": True, "meta": {"content_length": self.size(url)}} | changes for url in urls
        ]
        path = self.root / "lake" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"entries": entries}))
        return f"s3://lake/{key}"

    def size(self, url: str) -> int:
        path = self.root / url.removeprefix("s3://")
        return path.stat().st_size if path.exists() else 0


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which connecting fails: the driver leaves the socket of a refused connection open."""
    open_one = Connection.__init__

    def opened(connection: Any, *arguments: Any, **options: Any) -> None:
        try:
            open_one(connection, *arguments, **options)
        except BaseException:
            for left in ("_sock", "_usock"):
                if hasattr(connection, left):
                    getattr(connection, left).close()
            raise

    monkeypatch.setattr(Connection, "__init__", opened)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with serve(None, tmp_path) as found:
        yield found


@pytest.fixture
def connect(endpoint: Endpoint) -> Iterator[Connect]:
    """Opens connections that are closed when the test ends."""
    opened: list[Any] = []

    def open_one(*, autocommit: bool = False, user: str = "") -> Any:
        connection = redshift_connector.connect(
            host=endpoint.host,
            port=endpoint.port,
            database=endpoint.database,
            user=user or endpoint.user,
            password="",
            ssl=False,
        )
        connection.autocommit = autocommit
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        try:
            connection.close()
        except (OSError, Error):
            connection._usock.close()


@pytest.fixture
def cursor(connect: Connect) -> Any:
    """A cursor that commits each statement."""
    return connect(autocommit=True).cursor()


def code_of(problem: BaseException) -> str:
    """The SQLSTATE in the driver's error dictionary."""
    fields: dict[str, str] = problem.args[0]
    return fields["C"]
