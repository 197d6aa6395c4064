"""Bytes that are no protocol close the session that sent them, and no other."""

import random
import socket
import struct

import pytest
from redshift_connector.error import ProgrammingError

from sandbox.redshift import Endpoint
from sandbox.redshift.wire.frontend import MAX_MESSAGE, SSL_REQUEST
from tests.integration.sandbox.redshift.conftest import Connect


def startup() -> bytes:
    body = struct.pack(">i", 196608) + b"user\0me\0\0"
    return struct.pack(">i", len(body) + 4) + body


def answer(endpoint: Endpoint, sent: bytes) -> bytes:
    """Everything that the endpoint says until it hangs up."""
    with socket.create_connection((endpoint.host, endpoint.port), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := client.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">i", 2**31 - 1),
        struct.pack(">i", -1),
        struct.pack(">ii", 8, 131072),
        startup() + b"Q" + struct.pack(">i", MAX_MESSAGE + 1),
        startup() + b"Q" + struct.pack(">i", 3),
        startup() + b"?" + struct.pack(">i", 4),
        startup() + b"P" + struct.pack(">i", 8) + b"abcd",
        startup() + b"Q" + struct.pack(">i", 7) + b"\xff\xfe\0",
    ],
    ids=range(9),
)
def test_no_protocol_is_answered_with_an_error_and_the_end(endpoint: Endpoint, connect: Connect, sent: bytes) -> None:
    other = connect(autocommit=True).cursor()
    assert b"SFATAL\0C08P01\0" in answer(endpoint, sent)
    other.execute("select 1")
    assert other.fetchone() == [1]


def test_noise_after_a_good_start_harms_nobody(endpoint: Endpoint, connect: Connect) -> None:
    other = connect(autocommit=True).cursor()
    noise = random.Random(7)
    for _ in range(100):
        answer(endpoint, startup() + noise.randbytes(noise.randrange(60)))
    other.execute("select 1")
    assert other.fetchone() == [1]


def test_encryption_is_declined_and_the_session_goes_on(endpoint: Endpoint) -> None:
    assert answer(endpoint, struct.pack(">ii", 8, SSL_REQUEST) + startup()).startswith(b"NR\0\0\0\x08\0\0\0\0S")


def test_messages_after_an_error_are_skipped_up_to_sync(endpoint: Endpoint) -> None:
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">i", len(body) + 4) + body

    bad = message(b"P", b"\0selec 1\0\0\0")
    good = message(b"P", b"\0select 1\0\0\0")
    sync = message(b"S", b"")
    said = answer(endpoint, startup() + bad + good + sync + good + sync)
    assert said.count(b"1\0\0\0\x04") == 1
    assert said.count(b"Z\0\0\0\x05I") == 3


def test_a_statement_too_deep_is_refused_and_the_session_goes_on(connect: Connect) -> None:
    cursor = connect(autocommit=True).cursor()
    with pytest.raises(Exception, match=r"stack depth|syntax|too"):
        cursor.execute("select " + "(" * 20_000 + "1" + ")" * 20_000)
    cursor.execute("select 1")
    assert cursor.fetchone() == [1]


def test_a_mistake_of_ours_costs_a_statement_and_not_the_session(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def mistaken(*_: object) -> None:
        raise KeyError

    cursor = connect(autocommit=True).cursor()
    with monkeypatch.context() as broken:
        broken.setattr("sandbox.redshift.statements.read", mistaken)
        with pytest.raises(ProgrammingError, match="mistake of the sandbox endpoint: KeyError"):
            cursor.execute("select 1")
    assert "KeyError" in capfd.readouterr().err
    cursor.execute("select 2")
    assert cursor.fetchone() == [2]


def test_rows_are_sent_in_portions_while_the_transaction_lasts(endpoint: Endpoint) -> None:
    """PostgreSQL's protocol, "Extended query": PortalSuspended, as the JDBC driver has it with a fetch size."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">i", len(body) + 4) + body

    def portion(count: int) -> bytes:
        return message(b"E", b"p\0" + struct.pack(">i", count))

    query = message(b"P", b"\0select n from generate_series(1, 5) g(n)\0\0\0")
    bind = message(b"B", b"p\0\0" + struct.pack(">hhh", 0, 0, 0))
    sync = message(b"S", b"")
    said = answer(
        endpoint,
        startup()
        + message(b"Q", b"begin\0")
        + (query + bind + portion(2) + sync + portion(2) + portion(2) + sync)
        + (bind + portion(1) + sync + message(b"Q", b"commit\0") + portion(1) + sync),
    )
    kinds, at = [], 0
    while at < len(said):
        kinds.append(said[at : at + 1].decode())
        at += 1 + struct.unpack_from(">i", said, at + 1)[0]
    heard = "".join(kinds)
    assert heard[heard.index("CZ") :] == "CZ" + "12DDsZ" + "DDsDCZ" + "2DsZ" + "CZ" + "EZ"
