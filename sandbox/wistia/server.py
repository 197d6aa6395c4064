"""The HTTP server of the simulator: HTTP/1.1 with connections that stay open, on the loopback interface only."""

import os
import socket
import struct
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.process import Ending
from sandbox.wistia.account import Account
from sandbox.wistia.answers import Answer
from sandbox.wistia.api import Api, Manners
from sandbox.wistia.dialects import FIRST_PATH
from sandbox.wistia.simulator import Simulator
from sandbox.wistia.weather import Delivery, Leave

_LOOPBACK = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Serves an Api on a free port, a thread for each connection.

    Args:
        api: What answers.
        at_work: Entered for the time of each request; it may raise Ending, and then the connection is dropped.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, api: Api, at_work: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        super().__init__((_LOOPBACK, 0), _Handler)
        self.api = api
        self.at_work = at_work
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()

    @property
    def base_url(self) -> str:
        """Where the first version of the API is."""
        return f"http://{_LOOPBACK}:{self.server_port}{FIRST_PATH}"

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Remember the connection while it is open."""
        self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.discard(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what is wrong here; a client that goes away in the middle is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def hang_up(self) -> None:
        """Close what clients keep open, so that nobody is answered any more, nor waits for it."""
        self.stopping.set()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._connections.discard(connection)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    # Without this, headers and body of a small answer wait for one another's acknowledgement (40 ms).
    disable_nagle_algorithm = True
    # One write per answer.
    wbufsize = -1

    def do_GET(self) -> None:
        authorization, version = (self.headers.get(name) for name in ("Authorization", "X-Wistia-Api-Version"))
        self._serve(lambda: self.server.api.get(self.path, authorization, version))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve(lambda: Delivery(self.server.api.put(self.path, body)))

    def _serve(self, respond: Callable[[], Delivery]) -> None:
        try:
            with self.server.at_work():
                self._deliver(respond())
        except Ending:
            self.close_connection = True

    def _deliver(self, delivery: Delivery) -> None:
        self.server.stopping.wait(delivery.wait)
        if delivery.answer is not None:
            self._send_head(delivery.answer, delivery)
            body = delivery.answer.body
            half = len(body) // 2 if delivery.pause else len(body)
            self._send_body(body[:half], delivery.chunked)
            self.server.stopping.wait(delivery.pause)
            self._send_body(body[half:], delivery.chunked)
        if delivery.leave is not Leave.STAY:
            self.close_connection = True
        if delivery.leave is Leave.RESET:
            self._reset()

    def _send_head(self, answer: Answer, delivery: Delivery) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if delivery.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(answer.body) + delivery.missing))
        self.send_header("x-request-id", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, part: bytes, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked and part else part)
        self.wfile.flush()

    def _reset(self) -> None:
        """Drop the connection with a reset: no time to linger, and no word of farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: requests carry keys of persons."""


@contextmanager
def serve(account: Account, manners: Manners | None = None) -> Iterator[Simulator]:
    """Run a simulator in a thread of this process for as long as the context lasts."""
    manners = manners or Manners()
    server = Server(Api(account, manners))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="wistia simulator", daemon=True)
    thread.start()
    try:
        yield Simulator(server.base_url, manners.token, os.getpid())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()
