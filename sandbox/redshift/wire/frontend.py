"""What a client sends, decoded into values. Lengths are bounded, so hostile bytes cost little."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of one message. Redshift's own limit for a statement is 16 MB (Database Developer Guide, "Quotas")."""
MAX_STARTUP = 10_000
NEWEST_PROTOCOL = 2
"""Of Redshift's additions: 0 base, 1 result columns say more of themselves, 2 numbers and dates in binary."""
PROTOCOL_3 = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102


class ProtocolError(Exception):
    """Bytes that are no message of the protocol; the session that sent them is closed."""


@dataclass(frozen=True, slots=True)
class Startup:
    """The first message: protocol code and, for a session, its parameters."""

    code: int
    parameters: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Parse:
    """A statement to prepare, with the type OIDs that the client knows (0 where it does not)."""

    name: str
    sql: str
    oids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """Parameter values for a portal, in the formats given (0 text, 1 binary), and result formats."""

    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A statement ('S') or portal ('P') named by Describe and Close."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Describe(Target):
    """Asks for parameter types and columns."""


@dataclass(frozen=True, slots=True)
class Close(Target):
    """Forgets a statement or portal; an unknown one is no error."""


@dataclass(frozen=True, slots=True)
class Execute:
    """Runs a portal, up to a number of rows (0: all)."""

    portal: str
    max_rows: int


@dataclass(frozen=True, slots=True)
class Query:
    """The simple protocol: any number of statements, results as text."""

    sql: str


@dataclass(frozen=True, slots=True)
class Sync:
    """Ends a group of messages; errors are skipped up to here."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Asks for what is buffered."""


@dataclass(frozen=True, slots=True)
class Terminate:
    """Ends the session."""


@dataclass(frozen=True, slots=True)
class Password:
    """An answer to an authentication request."""

    body: bytes


Message = Parse | Bind | Describe | Close | Execute | Query | Sync | Flush | Terminate | Password


class _Reader:
    """Reads the fields of one message body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def int16(self) -> int:
        return int(struct.unpack(">h", self.raw(2))[0])

    def count(self) -> int:
        found = self.int16()
        if found < 0:
            raise ProtocolError("negative count")
        return found

    def int32(self) -> int:
        return int(struct.unpack(">i", self.raw(4))[0])

    def raw(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._body):
            raise ProtocolError("message is shorter than its fields")
        self._at += size
        return self._body[self._at - size : self._at]

    def text(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise ProtocolError("string without its end")
        try:
            found = self._body[self._at : end].decode()
        except UnicodeDecodeError:
            raise ProtocolError("text is not UTF-8") from None
        self._at = end + 1
        return found

    def value(self) -> bytes | None:
        size = self.int32()
        return None if size == -1 else self.raw(size)

    def rest(self) -> bytes:
        return self.raw(len(self._body) - self._at)

    def end(self) -> None:
        if self._at != len(self._body):
            raise ProtocolError("message is longer than its fields")


def startup(body: bytes) -> Startup:
    """Decodes the untyped first message (its length field already taken off)."""
    reader = _Reader(body)
    code = reader.int32()
    if code != PROTOCOL_3:
        return Startup(code, {}, body[4:])
    parameters: dict[str, str] = {}
    while key := reader.text():
        parameters[key] = reader.text()
    reader.end()
    return Startup(code, parameters, b"")


def digest_answer(body: bytes) -> tuple[bytes, bytes]:
    """The digest and the client's nonce in the answer to AUTH_REQ_DIGEST.

    Raises:
        ProtocolError: the body is none.
    """
    reader = _Reader(body)
    digest, nonce = reader.value(), reader.value()
    reader.end()
    return digest or b"", nonce or b""


def message(kind: bytes, body: bytes) -> Message:
    """Decodes a typed message.

    Raises:
        ProtocolError: an unknown type, or a body that does not fit it.
    """
    decode = _DECODERS.get(kind)
    if decode is None:
        raise ProtocolError(f"unknown message type {kind!r}")
    reader = _Reader(body)
    found = decode(reader)
    reader.end()
    return found


def _parse(reader: _Reader) -> Parse:
    return Parse(reader.text(), reader.text(), tuple(reader.int32() for _ in range(reader.count())))


def _bind(reader: _Reader) -> Bind:
    portal, statement = reader.text(), reader.text()
    formats = tuple(reader.int16() for _ in range(reader.count()))
    values = tuple(reader.value() for _ in range(reader.count()))
    return Bind(portal, statement, formats, values, tuple(reader.int16() for _ in range(reader.count())))


def _target(build: Callable[[str, str], Message]) -> Callable[[_Reader], Message]:
    def decode(reader: _Reader) -> Message:
        kind = reader.raw(1)
        if kind not in (b"S", b"P"):
            raise ProtocolError("neither a statement nor a portal")
        return build(kind.decode(), reader.text())

    return decode


def _password(reader: _Reader) -> Password:
    return Password(reader.text().encode())


def _digest(reader: _Reader) -> Password:
    return Password(reader.rest())


_DECODERS: dict[bytes, Callable[[_Reader], Message]] = {
    b"P": _parse,
    b"B": _bind,
    b"D": _target(Describe),
    b"C": _target(Close),
    b"E": lambda reader: Execute(reader.text(), reader.int32()),
    b"Q": lambda reader: Query(reader.text()),
    b"S": lambda _: Sync(),
    b"H": lambda _: Flush(),
    b"X": lambda _: Terminate(),
    b"p": _password,
    b"d": _digest,
}
