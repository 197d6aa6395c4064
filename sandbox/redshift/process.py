"""The endpoint as a process of its own, started on demand in a home folder."""

import os
import signal
import socket
import struct
import threading
from pathlib import Path

from sandbox.process import Endpoint as Announced
from sandbox.process import Idleness, Service, publish, sole_server
from sandbox.process import ensure as ensure_process
from sandbox.redshift.endpoint import USER, Endpoint
from sandbox.redshift.names import DATABASE
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
    return Endpoint(_HOST, int(found["port"]), str(found["database"]), USER, int(found["pid"]))


def _answers(found: Announced) -> bool:
    """Whether something that speaks the protocol is at that port, and the process that announced it lives.

    A connection alone would not do: after a crash the port may belong to another program.
    """
    try:
        with socket.create_connection((_HOST, int(found["port"])), timeout=1) as client:
            client.sendall(struct.pack(">ii", 8, SSL_REQUEST))
            return client.recv(1) == b"N" and _lives(int(found["pid"]))
    except (OSError, KeyError, TypeError, ValueError, OverflowError):
        return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def run(home: Path, *, port: int, lake_root: Path, idle: float, memory_limit: str) -> None:
    """Is the endpoint of a home until nobody has been connected for `idle` seconds (0: for ever), or SIGTERM.

    It ends as well when DuckDB has given up, so that the next one opens the file anew.

    Raises:
        AlreadyRunning: another one is.
        DatabaseRefused: the database file cannot be used.
        OSError: the port is taken.
    """
    from sandbox.redshift.server import Server
    from sandbox.redshift.warehouse import Warehouse

    with sole_server(SERVICE, home):
        warehouse = Warehouse(home / "warehouse.duckdb", lake_root, memory_limit)
        stop = warehouse.ended
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            idleness = Idleness(idle)
            server = Server(warehouse, port, _HOST, idleness.at_work)
            threading.Thread(target=server.serve, daemon=True).start()
            publish(SERVICE, home, {"port": server.port, "pid": os.getpid(), "database": DATABASE})
            idleness.wait_until_idle(stop)
            server.stop()
        finally:
            warehouse.close()
