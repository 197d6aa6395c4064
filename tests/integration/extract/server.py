"""A small HTTP server for tests, which answers as a function says and remembers what it was asked."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: whole, or spoilt on its way."""

    body: bytes = b"[]"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    sent: int | None = None
    """So many bytes of the body are sent before the connection is closed."""
    drip: float = 0.0
    """Seconds before each byte of the body."""
    reset: bool = False
    """The connection is reset instead of answered."""


Answer = Callable[[Asked], Answered]


class Served(ThreadingHTTPServer):
    """Serves a function on the loopback interface."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[Asked] = []
        self.open: set[socket.socket] = set()

    @property
    def base_url(self) -> str:
        """The address to which paths are appended."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Served
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        super().finish()
        self.server.open.discard(self.connection)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = Asked(address.path, dict(parse_qsl(address.query)), dict(self.headers))
        self.server.asked.append(asked)
        answered = self.server.answer(asked)
        if answered.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(answered.status)
        if answered.content_type:
            self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.body)))
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(answered)
        self.close_connection |= answered.sent is not None

    def _send(self, answered: Answered) -> None:
        body = answered.body[: answered.sent]
        for part in (body[at : at + 1] for at in range(len(body))) if answered.drip else [body]:
            time.sleep(answered.drip)
            self.wfile.write(part)
            self.wfile.flush()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Stand still, so that cases can name a date to wait for."""
        return "Thu, 08 Jan 2026 02:00:00 GMT"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def served(answer: Answer) -> Iterator[Served]:
    """Serve a function for as long as the context lasts."""
    with Served(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            for connection in list(server.open):
                with suppress(OSError):  # its other end went away meanwhile
                    connection.shutdown(socket.SHUT_RDWR)
