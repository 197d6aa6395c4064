"""The listening socket: one thread a connection, all on one warehouse."""

import socket
import threading
import time
from collections.abc import Callable

from sandbox.redshift.connection import Connection
from sandbox.redshift.warehouse import Warehouse


class Server:
    """Accepts clients on the loopback interface until it is stopped."""

    def __init__(self, warehouse: Warehouse, port: int = 0, host: str = "127.0.0.1") -> None:
        self._warehouse = warehouse
        self._listener = socket.create_server((host, port), backlog=128)
        self.host, self.port = self._listener.getsockname()[:2]
        self._guard = threading.Lock()
        self._clients: dict[threading.Thread, socket.socket] = {}
        self._idle_since = time.monotonic()
        self._stopped = threading.Event()

    def serve(self) -> None:
        """Accepts clients; returns after `stop`."""
        while not self._stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._serve_client, args=(client,), daemon=True)
            with self._guard:
                self._clients[thread] = client
            thread.start()

    def idle_seconds(self) -> float:
        """Seconds since the last session ended; 0 while there is one."""
        with self._guard:
            return 0.0 if self._clients else time.monotonic() - self._idle_since

    def stop(self) -> None:
        """Ends all sessions, rolling back what they left open, and stops accepting."""
        self._stopped.set()
        _quietly(lambda: self._listener.shutdown(socket.SHUT_RDWR))
        self._listener.close()
        with self._guard:
            clients = dict(self._clients)
        self._warehouse.terminate_all()
        for client in clients.values():
            _quietly(lambda client=client: client.shutdown(socket.SHUT_RDWR))  # type: ignore[misc]
        for thread in clients:
            thread.join(timeout=10)

    def _serve_client(self, client: socket.socket) -> None:
        try:
            Connection(client, self._warehouse).serve()
        finally:
            with self._guard:
                self._clients.pop(threading.current_thread(), None)
                self._idle_since = time.monotonic()


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except OSError:
        pass
