"""An endpoint that is being served, and serving one inside this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.redshift.names import DATABASE, SUPERUSER

if TYPE_CHECKING:
    from sandbox.redshift.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect.

    Attributes:
        host: an IPv4 address, as redshift_connector needs one.
        port: where it listens.
        database: the only one.
        user: the superuser.
        pid: the process that serves.
        certificate: what a client has to trust for TLS; None where there is none (`ssl=False`).
    """

    host: str
    port: int
    database: str = DATABASE
    user: str = SUPERUSER
    pid: int = 0
    certificate: Path | None = None


@contextmanager
def serve(
    database: Path | None = None,
    lake_root: Path | None = None,
    *,
    password: str | None = None,
    tls: Path | None = None,
    serializable: bool = False,
) -> Iterator[Endpoint]:
    """Serves a warehouse in threads of this process, on a free port, for as long as the context lasts.

    Args:
        database: a folder to keep the warehouse in, a `.duckdb` file, or None for one in memory.
        lake_root: the folder in which `s3://bucket/key` is `bucket/key`; by default the folder of the database.
        password: what clients have to show; None trusts everybody.
        tls: a folder for a certificate and its key, made if absent; None offers no TLS.
        serializable: whether the isolation level is SERIALIZABLE, instead of SNAPSHOT.

    Yields:
        The address.

    Raises:
        DatabaseRefused: the file cannot be used.
    """
    from sandbox.redshift.warehouse import Warehouse

    path = database / "warehouse.duckdb" if database is not None and database.suffix != ".duckdb" else database
    root = lake_root or (path.parent if path else Path.cwd())
    warehouse = Warehouse(path, root, serializable=serializable)
    try:
        with serving(warehouse, password=password, tls=tls) as endpoint:
            yield endpoint
    finally:
        warehouse.close()


@contextmanager
def serving(warehouse: "Warehouse", *, password: str | None = None, tls: Path | None = None) -> Iterator[Endpoint]:
    """Serves a warehouse that is open already, and leaves it open."""
    from sandbox.redshift.greeting import Access
    from sandbox.redshift.server import Server
    from sandbox.redshift.tls import certificate, server_context

    access = Access(password, server_context(tls) if tls else None)
    server = Server(warehouse, access=access)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Endpoint(server.host, server.port, certificate=certificate(tls) if tls else None)
    finally:
        server.stop()
        thread.join(timeout=10)
