"""The listening socket: one thread a connection, all on one warehouse."""

import contextlib
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from sandbox.process import Ending
from sandbox.redshift.connection import Connection
from sandbox.redshift.greeting import TRUST, Access
from sandbox.redshift.warehouse import Warehouse

_PATIENCE = 10.0
"""Seconds that a session gets to roll back when the server stops."""


class Server:
    """Accepts clients on one interface until it is stopped.

    Args:
        warehouse: what all sessions work on.
        port: where to listen; 0 for any free port.
        host: the interface, loopback unless told otherwise.
        access: who may come in, everybody unless told otherwise.
        at_work: entered for as long as a session lasts; raises `Ending` once the server has decided to end.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        port: int = 0,
        host: str = "127.0.0.1",
        access: Access = TRUST,
        at_work: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._warehouse = warehouse
        self._access = access
        self._at_work = at_work
        self._listener = socket.create_server((host, port), backlog=128)
        self.host, self.port = self._listener.getsockname()[:2]
        self._guard = threading.Lock()
        self._clients: dict[threading.Thread, socket.socket] = {}
        self._stopping = False

    def serve(self) -> None:
        """Accepts clients; returns after `stop`."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve_client, args=(client,), daemon=True)
            with self._guard:
                if self._stopping:
                    client.close()
                    return
                self._clients[thread] = client
                thread.start()

    def stop(self) -> None:
        """Ends all sessions, rolling back what they left open, and stops accepting."""
        with self._guard:
            self._stopping = True
            clients = dict(self._clients)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._warehouse.terminate_all()
        for client in clients.values():
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in clients:
            thread.join(_PATIENCE)

    def _serve_client(self, client: socket.socket) -> None:
        try:
            with self._at_work():
                Connection(client, self._warehouse, self._access).serve()
        except Ending:
            client.close()
        finally:
            with self._guard:
                self._clients.pop(threading.current_thread(), None)
