"""An endpoint that is being served, and serving one inside this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.redshift.names import DATABASE

if TYPE_CHECKING:
    from sandbox.redshift.warehouse import Warehouse

USER = "awsuser"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect. There is no password, and no TLS (`ssl=False`)."""

    host: str
    port: int
    database: str = DATABASE
    user: str = USER
    pid: int = 0


@contextmanager
def serve(database: Path | None = None, lake_root: Path | None = None) -> Iterator[Endpoint]:
    """Serves a warehouse in threads of this process, on a free port, for as long as the context lasts.

    Args:
        database: a folder to keep the warehouse in, a `.duckdb` file, or None for one in memory.
        lake_root: the folder in which `s3://bucket/key` is `bucket/key`; by default the folder of the database.

    Yields:
        The address.

    Raises:
        DatabaseRefused: the file cannot be used.
    """
    from sandbox.redshift.warehouse import Warehouse

    path = database / "warehouse.duckdb" if database is not None and database.suffix != ".duckdb" else database
    warehouse = Warehouse(path, lake_root or (path.parent if path else Path.cwd()))
    try:
        with serving(warehouse) as endpoint:
            yield endpoint
    finally:
        warehouse.close()


@contextmanager
def serving(warehouse: "Warehouse") -> Iterator[Endpoint]:
    """Serves a warehouse that is open already, and leaves it open."""
    from sandbox.redshift.server import Server

    server = Server(warehouse)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Endpoint(server.host, server.port)
    finally:
        server.stop()
        thread.join(timeout=10)
