"""The endpoint as a process of its own, started on demand in a home folder."""

import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.process import Endpoint as Announced
from sandbox.process import Idleness, Service, publish, sole_server
from sandbox.process import ensure as ensure_process
from sandbox.redshift.endpoint import Endpoint
from sandbox.redshift.engine import DEFAULT_MEMORY
from sandbox.redshift.names import DATABASE, SUPERUSER
from sandbox.redshift.wire.frontend import SSL_REQUEST

SERVICE = Service(name="redshift", module="sandbox.redshift", endpoint_file="endpoint.json")
_HOST = "127.0.0.1"


def ensure(home: Path, *, idle: float = 60) -> Endpoint:
    """Returns the endpoint of a home, starting it where none answers.

    Args:
        home: folder of `warehouse.duckdb`, `endpoint.json` and `redshift.log`; bucket `b` is its folder `b`.
        idle: seconds without sessions after which an endpoint that is started now ends.

    Raises:
        StartFailed: it did not start; the message ends with what it said.
    """
    home = home.resolve()
    arguments = ["--home", str(home), "--idle", str(idle)]
    return _endpoint(ensure_process(SERVICE, home, arguments, answers=_answers))


def _endpoint(found: Announced) -> Endpoint:
    return Endpoint(_HOST, int(found["port"]), str(found["database"]), SUPERUSER, int(found["pid"]))


def _answers(found: Announced) -> bool:
    """Whether something that speaks the protocol is at that port, and the process that announced it lives.

    A connection alone would not do: after a crash the port may belong to another program.
    """
    try:
        with socket.create_connection((_HOST, int(found["port"])), timeout=1) as client:
            client.sendall(struct.pack(">ii", 8, SSL_REQUEST))
            return client.recv(1) in (b"N", b"S") and _lives(int(found["pid"]))
    except (OSError, KeyError, TypeError, ValueError, OverflowError):
        return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Settings:
    """How the endpoint of a home is served.

    Attributes:
        lake_root: the folder of the buckets.
        host: the interface.
        port: where to listen; 0 for any free port.
        idle: seconds without sessions after which it ends; 0 for never.
        memory_limit: of the engine, such as '4GB'.
        password: what clients have to show; None trusts everybody.
        tls: whether TLS is offered, with a certificate in `HOME/tls`.
        serializable: whether the isolation level is SERIALIZABLE, instead of SNAPSHOT.
    """

    lake_root: Path
    host: str = "127.0.0.1"
    port: int = 0
    idle: float = 60.0
    memory_limit: str = DEFAULT_MEMORY
    password: str | None = None
    tls: bool = False
    serializable: bool = False


def run(home: Path, settings: Settings, started: Callable[[Endpoint], None] = lambda _: None) -> None:
    """Is the endpoint of a home until nobody has been connected for long enough, or SIGTERM or SIGINT.

    It ends as well when DuckDB has given up, so that the next one opens the file anew.

    Args:
        home: its folder.
        settings: how it is served.
        started: called with its address once it listens.

    Raises:
        AlreadyRunning: another one is.
        DatabaseRefused: the database file cannot be used.
        ModuleNotFoundError: TLS is asked for, and `cryptography` is not installed.
        OSError: the port is taken.
    """
    from sandbox.redshift.greeting import Access
    from sandbox.redshift.server import Server
    from sandbox.redshift.tls import certificate, server_context
    from sandbox.redshift.warehouse import Warehouse

    with sole_server(SERVICE, home):
        access = Access(settings.password, server_context(home / "tls") if settings.tls else None)
        file, serializable = home / "warehouse.duckdb", settings.serializable
        warehouse = Warehouse(file, settings.lake_root, settings.memory_limit, serializable=serializable)
        stop = warehouse.ended
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            idleness = Idleness(settings.idle)
            server = Server(warehouse, settings.port, settings.host, access, idleness.at_work)
            threading.Thread(target=server.serve, daemon=True).start()
            publish(SERVICE, home, {"port": server.port, "pid": os.getpid(), "database": DATABASE})
            trusted = certificate(home / "tls") if settings.tls else None
            started(Endpoint(server.host, server.port, pid=os.getpid(), certificate=trusted))
            idleness.wait_until_idle(stop)
            server.stop()
        finally:
            warehouse.close()
