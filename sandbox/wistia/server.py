"""The HTTP server of the simulator: HTTP/1.1 with connections that stay open, on the loopback interface only."""

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.process import Ending
from sandbox.wistia.account import Account
from sandbox.wistia.api import BASE_PATH, Api, Manners
from sandbox.wistia.routes import Answer
from sandbox.wistia.simulator import Simulator

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
        self._connections: set[socket.socket] = set()

    @property
    def base_url(self) -> str:
        """Where the first version of the API is."""
        return f"http://{_LOOPBACK}:{self.server_port}{BASE_PATH}"

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Remember the connection while it is open."""
        self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.discard(request)

    def hang_up(self) -> None:
        """Close what clients keep open, so that nobody is answered any more."""
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
        self._serve(lambda: self.server.api.get(self.path, self.headers.get("Authorization")))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve(lambda: self.server.api.put(self.path, body))

    def _serve(self, respond: Callable[[], Answer]) -> None:
        try:
            with self.server.at_work():
                self._send(respond())
        except Ending:
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("x-request-id", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def handle(self) -> None:
        """Serve the requests of a connection; a client that goes away in the middle is no news."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

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
