"""How a client comes in: Redshift's protocol versions, TLS, passwords; and how one cancels another's statement."""

import contextlib
import datetime
import os
import socket
import ssl
import stat
import struct
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redshift_connector
from redshift_connector.error import Error

from sandbox.redshift import Endpoint, serve
from sandbox.redshift.wire.frontend import SSL_REQUEST


def connect(endpoint: Endpoint, **changes: Any) -> Any:
    options: dict[str, Any] = {
        "host": endpoint.host, "port": endpoint.port, "database": endpoint.database, "user": endpoint.user,
        "password": "", "ssl": False,
    }  # fmt: skip
    return redshift_connector.connect(**(options | changes))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_every_protocol_version_gives_the_same_rows(endpoint: Endpoint, version: int) -> None:
    connection = connect(endpoint, client_protocol_version=version)
    cursor = connection.cursor()
    cursor.execute(
        "select 1.50::decimal(5, 2), -12345678901234567890.1234567::decimal(38, 7), null::decimal(3, 1), "
        "'1969-12-31'::date, '23:59:59'::time, 1, 'x', 0.5::real, true, '2024-01-01 00:00:00.000001'::timestamp"
    )
    assert cursor.fetchone() == [
        Decimal("1.50"), Decimal("-12345678901234567890.1234567"), None, datetime.date(1969, 12, 31),
        datetime.time(23, 59, 59), 1, "x", 0.5, True, datetime.datetime.fromisoformat("2024-01-01 00:00:00.000001"),
    ]  # fmt: skip
    assert (b"server_protocol_version", str(version).encode()) in connection.parameter_statuses
    assert connection._client_protocol_version == version
    cursor.execute("select %s, %s", (Decimal("12.340"), Decimal("-1234567.5")))
    assert cursor.fetchone() == [Decimal("12.340"), Decimal("-1234567.5")]
    connection.close()


def test_a_number_that_its_description_does_not_fit_is_an_error(endpoint: Endpoint) -> None:
    with connect(endpoint) as connection, pytest.raises(Error, match="overflow"):
        connection.cursor().execute("select %s", (Decimal("1" * 20),))


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_tls_by_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    with serve(None, tmp_path, tls=tmp_path / "tls") as endpoint:
        monkeypatch.setenv("SSL_CERT_FILE", str(endpoint.certificate))
        with connect(endpoint, ssl=True, sslmode=mode) as connection:
            cursor = connection.cursor()
            cursor.execute("select repeat('x', 60000) from (select 1 union all select 2) t")
            assert [len(row[0]) for row in cursor.fetchall()] == [60000, 60000]
            assert isinstance(connection._usock, ssl.SSLSocket)
        with connect(endpoint) as plain:
            plain.cursor().execute("select 1")


def test_a_certificate_is_kept_its_key_private_and_who_does_not_know_it_refuses(tmp_path: Path) -> None:
    for _ in range(2):
        with serve(None, tmp_path, tls=tmp_path / "tls") as endpoint:
            assert endpoint.certificate is not None
            made = endpoint.certificate.read_bytes()
            assert stat.S_IMODE((tmp_path / "tls" / "endpoint.key").stat().st_mode) == 0o600
            with pytest.raises(psycopg.OperationalError, match="certificate"):
                _psycopg(endpoint, sslmode="verify-full", sslrootcert=os.devnull)
            with _psycopg(endpoint, sslmode="verify-full", sslrootcert=str(endpoint.certificate)) as connection:
                assert connection.execute("select 1").fetchone() == (1,)
    with serve(None, tmp_path, tls=tmp_path / "tls") as endpoint:
        assert endpoint.certificate is not None
        assert endpoint.certificate.read_bytes() == made


def test_what_follows_a_request_for_tls_in_the_clear_is_not_read(tmp_path: Path) -> None:
    start = struct.pack(">i", 196608) + b"user\0me\0\0"
    with serve(None, tmp_path, tls=tmp_path / "tls") as endpoint:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=10) as client:
            client.sendall(struct.pack(">ii", 8, SSL_REQUEST) + struct.pack(">i", len(start) + 4) + start)
            seen = b""
            with contextlib.suppress(OSError):  # the endpoint may have ended the connection by now
                client.shutdown(socket.SHUT_WR)
                while piece := client.recv(4096):
                    seen += piece
        assert seen[:1] == b"S"
        assert b"server_version" not in seen


def _psycopg(endpoint: Endpoint, **options: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=endpoint.host, port=endpoint.port, user=endpoint.user, dbname=endpoint.database, autocommit=True, **options
    )


@pytest.mark.usefixtures("refusing")
def test_a_password(tmp_path: Path) -> None:
    with serve(None, tmp_path, password="Right4$") as endpoint:
        with connect(endpoint, password="Right4$") as connection:
            connection.cursor().execute("select 1")
        with _psycopg(endpoint, password="Right4$") as other:
            assert other.execute("select 1").fetchone() == (1,)
        for wrong in ("wrong", ""):
            with pytest.raises(Error, match="password authentication failed"):
                connect(endpoint, password=wrong)
            with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
                _psycopg(endpoint, password=wrong)
        with connect(endpoint, password="Right4$") as connection:
            cursor = connection.cursor()
            cursor.execute("select event, count(*), max(auth_method) from sys_connection_log group by 1 order by 1")
            assert cursor.fetchall() == (
                ["authenticated", 3, "password"],
                ["authentication failure", 4, "password"],
                ["disconnecting session", 2, "password"],
                ["initiating session", 3, "password"],
            )


def test_a_statement_is_cancelled_and_the_session_goes_on(endpoint: Endpoint) -> None:
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    with _psycopg(endpoint) as connection:
        connection.execute(f"create table d as select n from ({digits}) x")
        ended = threading.Event()

        def cancel_until_it_ends() -> None:
            while not ended.wait(0.05):
                connection.cancel_safe()

        canceller = threading.Thread(target=cancel_until_it_ends)
        canceller.start()
        try:
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute("select count(*) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l, d m")
        finally:
            ended.set()
            canceller.join()
        assert connection.execute("select 1").fetchone() == (1,)


def test_one_session_cancels_the_statement_of_another(connect: Any) -> None:
    """CANCEL: the other session is told the message, and goes on; those who are no superuser cancel their own only."""
    waiting, canceller, stranger = (connect(autocommit=True, user=user) for user in ("", "", "stranger"))
    cursor, other = waiting.cursor(), canceller.cursor()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    other.execute("create table t (a int)")
    other.execute("begin")
    other.execute("lock t")
    told: list[str] = []

    def wait() -> None:
        with pytest.raises(Error) as refused:
            cursor.execute("select * from t")
        told.append(refused.value.args[0]["C"] + " " + refused.value.args[0]["M"])

    waiter = threading.Thread(target=wait)
    waiter.start()
    with pytest.raises(Error, match="must be superuser"):
        stranger.cursor().execute(f"cancel {pid}")
    while waiter.is_alive():
        other.execute(f"cancel {pid} 'a long one'")
        waiter.join(0.05)
    other.execute("rollback")
    assert told == ["57014 a long one"]
    cursor.execute("select count(*) from t")
    assert cursor.fetchone()[0] == 0
