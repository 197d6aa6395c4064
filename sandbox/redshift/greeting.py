"""The start of a conversation: TLS if it is asked for and offered, who the client is, and its password."""

import hashlib
import hmac
import secrets
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.redshift.channel import Channel
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DATABASE
from sandbox.redshift.wire import backend, frontend
from sandbox.redshift.wire.frontend import NEWEST_PROTOCOL, ProtocolError

Cancel = Callable[[int, int], None]
"""Cancels what a session does, given its number and its secret."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and how.

    Attributes:
        password: what every user has to show; None trusts everybody.
        tls: with a certificate, for clients that ask for TLS; None declines.
    """

    password: str | None = None
    tls: ssl.SSLContext | None = None


TRUST = Access()
"""Everybody, without TLS."""


def greet(channel: Channel, access: Access, cancel: Cancel) -> str | None:
    """Handles the start-up packets.

    Returns:
        The user, or None for a client that wanted something else (to cancel, or no TLS).

    Raises:
        ProtocolError: no start-up packet.
        SqlError: 3D000 for another database, 28000 for a wrong password.
    """
    while (startup := channel.startup()) is not None:
        if startup.code == frontend.SSL_REQUEST and access.tls is not None:
            channel.secure(access.tls)
        elif startup.code in (frontend.SSL_REQUEST, frontend.GSS_REQUEST):
            channel.send(b"N")
            channel.flush()
        elif startup.code == frontend.CANCEL_REQUEST:
            if len(startup.body) == 8:
                cancel(*struct.unpack(">ii", startup.body))
            return None
        elif startup.code == frontend.PROTOCOL_3:
            return _admit(channel, access, startup.parameters)
        else:
            raise ProtocolError(f"unsupported protocol {startup.code}")
    return None


def _admit(channel: Channel, access: Access, parameters: dict[str, str]) -> str:
    channel.introduced = parameters
    user = parameters.get("user", "")
    asked = parameters.get("client_protocol_version", "0")
    channel.protocol = min(int(asked), NEWEST_PROTOCOL) if asked.isdigit() else 0
    channel.begin()
    if access.password is not None:
        # The digest by SHA-256 is Redshift's own, and only its drivers know it.
        check = _digest if "driver_version" in parameters else _md5
        if not check(channel, user, access.password):
            raise SqlError("28000", f'password authentication failed for user "{user}"')
    database = parameters.get("database", DATABASE)
    if database != DATABASE:
        raise SqlError("3D000", f'database "{database}" does not exist')
    return user.lower()


def _md5(channel: Channel, user: str, password: str) -> bool:
    salt = secrets.token_bytes(4)
    inner = hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()
    expected = b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()
    return hmac.compare_digest(_asked(channel, backend.authentication_md5(salt)), expected)


def _digest(channel: Channel, _: str, password: str) -> bool:
    """AUTH_REQ_DIGEST (redshift_connector/utils/extensible_digest.py): the client adds a nonce of its own."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
    body = _asked(channel, backend.authentication_digest(salt, nonce))
    digest, client_nonce = frontend.digest_answer(body)
    inner = hashlib.sha256(password.encode() + salt).digest()
    return hmac.compare_digest(digest, hashlib.sha256(inner + nonce + client_nonce).digest())


def _asked(channel: Channel, question: bytes) -> bytes:
    channel.send(question)
    channel.flush()
    while not isinstance(answer := channel.message(), frontend.Password):
        if not isinstance(answer, frontend.Flush):
            raise SqlError("28000", "no password was given")
    return answer.body
