"""The socket of one client: whole messages in, a buffer out, and a statement's rows on their way into it."""

import contextlib
import io
import socket
import ssl
import struct
from collections import deque
from collections.abc import Sequence
from typing import Any

from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DATABASE
from sandbox.redshift.wire import backend, encode, frontend
from sandbox.redshift.wire.frontend import ProtocolError
from sandbox.redshift.wire.types import Column, expand_formats

FLUSH_BYTES = 1 << 20
"""Results leave in pieces of this size, so that memory stays flat however many rows there are."""


TERMINATED_PATIENCE = 1.0
"""Seconds in which a terminated client has to take the goodbye."""


class Channel:
    """The socket: whole messages in, a buffer out."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        # Before the conversation begins nothing is read ahead: what follows a request for TLS is for TLS.
        self._reader: io.BufferedReader | socket.SocketIO = client.makefile("rb", buffering=0)
        self.protocol = 0
        """Version of Redshift's additions to the protocol, as agreed with the client."""
        self.introduced: dict[str, str] = {}
        """What the client said of itself at the start."""
        self._out = bytearray()
        self._sending = False

    def facts(self) -> dict[str, object]:
        """Where the client is, how it speaks and what it said of itself, as SYS_CONNECTION_LOG names it."""
        said = self.introduced
        host, port = (*self._client.getpeername()[:2], "", "")[:2]
        secured = self._client if isinstance(self._client, ssl.SSLSocket) else None
        cipher = secured.cipher() if secured else None
        return {
            "remote_host": host, "remote_port": str(port), "ssl_version": secured.version() if secured else "",
            "ssl_cipher": cipher[0] if cipher else "", "user_name": said.get("user", "").lower(), "mtu": 0,
            "database_name": said.get("database", DATABASE), "application_name": said.get("application_name", ""),
            "driver_version": said.get("driver_version", ""), "os_version": said.get("os_version", ""),
            "plugin_name": said.get("plugin_name", "none"), "protocol_version": self.protocol,
        }  # fmt: skip

    def send(self, data: bytes) -> None:
        """Buffers bytes, and writes them once there are many."""
        self._out += data
        if len(self._out) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Writes what is buffered."""
        if self._out:
            self._sending = True
            try:
                self._client.sendall(self._out)
            finally:
                self._sending = False
            self._out.clear()

    def startup(self) -> frontend.Startup | None:
        """The first message, or None if the client left."""
        size = self._size(frontend.MAX_STARTUP)
        return frontend.startup(self._exactly(size - 4)) if size is not None else None

    def secure(self, context: ssl.SSLContext) -> None:
        """Agrees to TLS and goes on within it."""
        self.send(b"S")
        self.flush()
        self._reader.close()
        self._client = context.wrap_socket(self._client, server_side=True)
        self._reader = self._client.makefile("rb", buffering=0)

    def begin(self) -> None:
        """Reads ahead from here on."""
        self._reader = io.BufferedReader(self._client.makefile("rb", buffering=0), 1 << 16)

    def message(self) -> frontend.Message | None:
        """The next message, or None if the client left."""
        kind = self._reader.read(1)
        size = self._size(frontend.MAX_MESSAGE) if kind else None
        return frontend.message(kind, self._exactly(size - 4)) if size is not None else None

    def hang_up(self) -> None:
        """Ends the conversation from another thread.

        Whoever reads finds the client gone. Whoever sends to a client that does not read is set free, without a
        goodbye; who starts to send later has `TERMINATED_PATIENCE` for it.
        """
        with contextlib.suppress(OSError):
            self._client.settimeout(TERMINATED_PATIENCE)  # holds for sends that begin after this line
            # Not the method of a TLS socket, which would go on in clear text.
            socket.socket.shutdown(self._client, socket.SHUT_RDWR if self._sending else socket.SHUT_RD)

    def close(self) -> None:
        """Closes the socket. What was not read is taken first: with it unread, TCP would drop the goodbye as well."""
        with contextlib.suppress(OSError):
            self._client.settimeout(0)
            self._client.recv(1 << 16)
        self._reader.close()
        self._client.close()

    def _size(self, most: int) -> int | None:
        head = self._reader.read(4)
        if not head:
            return None
        size = struct.unpack(">i", head.rjust(4, b"\0"))[0] if len(head) == 4 else 0
        if not 4 <= size <= most:
            raise ProtocolError(f"message length {size}")
        return int(size)

    def _exactly(self, size: int) -> bytes:
        body: bytes = self._reader.read(size)
        if len(body) != size:
            raise ProtocolError("connection ended inside a message")
        return body


class Answer:
    """Writes one statement's rows to the channel, in the formats that the client asked for."""

    def __init__(
        self, channel: Channel, formats: Sequence[int], expected: Sequence[Column] | None, most: int = 0
    ) -> None:
        """Begins an answer.

        Args:
            channel: to the client.
            formats: of the columns.
            expected: the columns that were described, None where nothing was.
            most: rows to send before the client asks for more; 0 for all of them.
        """
        self._room = most or None
        self._rest: deque[tuple[Any, ...]] = deque()
        self._channel = channel
        self._formats = formats
        self._expected = expected
        self._encoders: list[encode.Encoder] = []
        self._count = 0

    def begin(self, columns: Sequence[Column]) -> None:
        """Checks the columns against those described, or describes them if nothing was."""
        formats = expand_formats(self._formats, len(columns))
        if self._expected is None:
            self._channel.send(backend.row_description(columns, formats, self._channel.protocol))
        elif [column.oid for column in columns] != [column.oid for column in self._expected]:
            raise SqlError("0A000", "cached plan must not change result type")
        self._encoders = encode.encoders(self._expected or columns, formats, self._channel.protocol)

    def rows(self, batch: Sequence[tuple[Any, ...]]) -> None:
        """Sends some rows, or keeps what the client has not asked for yet."""
        self._count += len(batch)
        if self._room is not None:
            self._rest.extend(batch[self._room :])
            batch = batch[: self._room]
            self._room -= len(batch)
        if batch:
            self._channel.send(encode.data_rows(batch, self._encoders))

    @property
    def is_waiting(self) -> bool:
        """Whether there are rows that the client has not asked for yet."""
        return bool(self._rest)

    def go_on(self, most: int) -> None:
        """Sends as many more rows, 0 for all that are left."""
        count = min(most or len(self._rest), len(self._rest))
        self._channel.send(encode.data_rows([self._rest.popleft() for _ in range(count)], self._encoders))

    @property
    def count(self) -> int:
        """How many rows were sent."""
        return self._count

    def notice(self, text: str) -> None:
        """Sends a notice."""
        self._channel.send(backend.notice(text))
