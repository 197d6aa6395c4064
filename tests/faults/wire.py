"""A stretch of network before a warehouse that can be told what becomes of a statement."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from warehouse_sql.connection import Target

Fate = Literal["refused", "delayed", "lost", "held"]
"""refused: the connection breaks before the warehouse hears of it; delayed: it arrives later; lost: it is carried out
and the connection breaks before the answer; held: it is carried out and no answer ever comes."""
DELAY = 0.3


@dataclass
class Fault:
    """What becomes of the next statement that contains a text; ``after`` so many that also do."""

    text: bytes
    fate: Fate
    after: int = 0


class Wire:
    """Passes bytes between clients and a warehouse, message by message from the client's side as they are flushed."""

    def __init__(self, target: Target) -> None:
        self._to = (target.host, target.port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.target = replace(target, host="127.0.0.1", port=self._server.getsockname()[1])
        self.faults: list[Fault] = []
        self.played: list[Fault] = []
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Break all connections and end."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for end in self._sockets:
            _hang_up(end)
        for thread in self._threads:
            thread.join(5)
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                server = socket.create_connection(self._to)
            except OSError:
                return
            self._sockets += [client, server]
            held, lost = threading.Event(), threading.Event()
            for work in (
                lambda c=client, s=server, h=held, lo=lost: self._forward(c, s, h, lo),
                lambda c=client, s=server, h=held, lo=lost: self._back(c, s, h, lo),
            ):
                thread = threading.Thread(target=work, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _forward(
        self, client: socket.socket, server: socket.socket, held: threading.Event, lost: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                match self._fate(data):
                    case "refused":
                        break
                    case "delayed":
                        time.sleep(DELAY)
                    case "lost":
                        lost.set()
                    case "held":
                        held.set()
                    case None:
                        pass
                server.sendall(data)
        _hang_up(client)
        if not held.is_set():
            _hang_up(server)  # else the warehouse does not know that nobody listens

    def _back(self, client: socket.socket, server: socket.socket, held: threading.Event, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if lost.is_set():
                    break
                if not held.is_set():
                    client.sendall(data)
        _hang_up(client)
        _hang_up(server)

    def _fate(self, data: bytes) -> Fate | None:
        for fault in self.faults:
            if fault.text in data.lower():
                fault.after -= 1
                if fault.after < 0:
                    self.faults.remove(fault)
                    self.played.append(fault)
                    return fault.fate
        return None


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(target: Target) -> Iterator[Wire]:
    """Lay a wire for as long as the context lasts."""
    laid = Wire(target)
    try:
        yield laid
    finally:
        laid.close()
