"""An S3 over HTTP that can be told to misbehave: moto, with what AWS has and moto has not.

moto looks whether an object exists and then writes it, so two conditional writes at once may both succeed; here one
request is answered after the other. Faults are played once each, in the order in which they were asked for.
"""

import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "planted-key-id", "AWS_SECRET_ACCESS_KEY": "planted-secret"}
_NUMBERS = itertools.count()
"""Of buckets: moto has one account for the whole process, however many servers show it."""


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    query: str
    bytes: int
    port: int = 0
    """Of the process that asks."""


@dataclass(frozen=True)
class Fault:
    """What becomes of one request.

    Attributes:
        method: of the requests that it may befall.
        served: whether the request is carried out all the same.
        status: of the answer instead of the true one; 0: the connection breaks off.
        code: in that answer.
        share: of the true answer's body that is sent before the connection breaks off; 0: not even its head.
        headers: of the answer instead.
    """

    method: str
    served: bool = False
    status: int = 0
    code: str = ""
    share: float = 0
    headers: dict[str, str] = field(default_factory=dict)


class Storage:
    """The server, its requests, and the faults that wait to be played."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.before: Callable[[Request], None] = lambda _: None
        """Called before a request is answered."""
        self.is_conditional = True
        """Whether ``If-None-Match`` is heeded."""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._turn = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=MotoRequestHandler)
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def create(self, bucket: str = "") -> str:
        """Make a bucket and return its name."""
        bucket = bucket or f"bucket-{next(_NUMBERS)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="owner",
            aws_secret_access_key="owner",
        )
        client.create_bucket(Bucket=bucket)
        client.close()
        return bucket

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        query = environ["QUERY_STRING"]
        request = Request(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            query,
            int(environ.get("CONTENT_LENGTH") or 0),
            int(environ["REMOTE_PORT"]),
        )
        if not self.is_conditional:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        with self._turn:
            self.requests.append(request)
            self.before(request)
            fault = next((fault for fault in self.faults if fault.method == request.method), None)
            if fault is None:
                return list(self._moto(environ, start_response))
            self.faults.remove(fault)
            return self._played(fault, request, environ, start_response)

    def _played(
        self, fault: Fault, request: Request, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        answer: list[Any] = []
        body = b""
        if fault.served:
            body = b"".join(self._moto(environ, lambda *head, **_: answer.append(head)))
        else:
            environ["wsgi.input"].read(request.bytes)  # what is left unread would be taken for the next request
        if fault.status:
            text = f"<Error><Code>{fault.code}</Code><Message>planted-message</Message></Error>".encode()
            start_response(f"{fault.status} Planted", [("Content-Type", "application/xml"), *fault.headers.items()])
            return [text]
        if not fault.share:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        start_response(*answer[-1][:2])
        return _cut(body, fault.share)


def _cut(body: bytes, share: float) -> Iterator[bytes]:
    yield body[: int(len(body) * share)]
    raise ConnectionResetError


@contextmanager
def storage() -> Iterator[Storage]:
    """Serve S3 for as long as the context lasts, with credentials for it in the environment and no others."""
    server = Storage()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
                patch.delenv(name, raising=False)
            for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
                patch.setenv(name, "/dev/null")
            patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            for name, value in CREDENTIALS.items():
                patch.setenv(name, value)
            yield server
    finally:
        server.close()
