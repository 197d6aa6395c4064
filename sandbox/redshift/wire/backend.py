"""What the server sends, as bytes."""

import struct
from collections.abc import Iterable, Mapping, Sequence

from sandbox.redshift.errors import SqlError
from sandbox.redshift.wire.types import Column


def _message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack(">i", len(body) + 4) + body


def _text(value: str) -> bytes:
    return value.encode("utf-8", "replace").replace(b"\0", b"") + b"\0"


AUTHENTICATION_OK = _message(b"R", struct.pack(">i", 0))
PARSE_COMPLETE = _message(b"1")
BIND_COMPLETE = _message(b"2")
CLOSE_COMPLETE = _message(b"3")
PORTAL_SUSPENDED = _message(b"s")
NO_DATA = _message(b"n")
EMPTY_QUERY = _message(b"I")


def authentication_md5(salt: bytes) -> bytes:
    """Asks for the password hashed with four bytes of salt."""
    return _message(b"R", struct.pack(">i", 5) + salt)


def authentication_digest(salt: bytes, nonce: bytes) -> bytes:
    """Asks for Redshift's digest of the password; algorithm 0 is SHA-256."""
    fields = (struct.pack(">i", len(item)) + item for item in (salt, nonce))
    return _message(b"R", struct.pack(">ii", 13, 0) + b"".join(fields))


def parameter_status(name: str, value: str) -> bytes:
    """One server setting that the client should know."""
    return _message(b"S", _text(name) + _text(value))


def backend_key(pid: int, secret: int) -> bytes:
    """The session's number and the secret that a cancel request must show."""
    return _message(b"K", struct.pack(">ii", pid, secret))


def ready(status: str) -> bytes:
    """The end of a group: 'I' idle, 'T' in a transaction, 'E' in a failed one."""
    return _message(b"Z", status.encode())


def command_complete(tag: str) -> bytes:
    """The end of a statement."""
    return _message(b"C", _text(tag))


def parameter_description(oids: Sequence[int]) -> bytes:
    """Types of a statement's parameters."""
    return _message(b"t", struct.pack(f">h{len(oids)}i", len(oids), *oids))


# Schema, table, column and catalog, then flags: nullable, and searchable.
_EXTENDED = b"\0" * 4 + struct.pack(">h", 0x1001)


def row_description(columns: Sequence[Column], formats: Sequence[int], protocol: int) -> bytes:
    """Columns of a result. From Redshift's protocol 1 on, more fields follow; where they are unknown they are empty."""
    more = _EXTENDED if protocol else b""
    fields = [
        _text(column.name) + struct.pack(">ihihih", 0, 0, column.oid, column.size, column.modifier, form) + more
        for column, form in zip(columns, formats, strict=True)
    ]
    return _message(b"T", struct.pack(">h", len(columns)) + b"".join(fields))


def error(problem: SqlError, severity: str = "ERROR") -> bytes:
    """An ErrorResponse."""
    return _message(b"E", _fields(_described(problem, severity)))


def notice(text: str) -> bytes:
    """A NoticeResponse, such as COPY's count of records."""
    return _message(b"N", _fields({"S": "INFO", "C": "00000", "M": text}))


def _described(problem: SqlError, severity: str) -> Mapping[str, str]:
    fields = {"S": severity, "C": problem.code, "M": problem.message}
    return fields | ({"D": problem.detail} if problem.detail else {})


def _fields(fields: Mapping[str, str]) -> bytes:
    pieces: Iterable[bytes] = (key.encode() + _text(value) for key, value in fields.items())
    return b"".join(pieces) + b"\0"
