"""Addresses are read, and the driver's errors become ours, without a secret or a value in them."""

import struct
from typing import Any

import pytest
import redshift_connector
from pydantic import SecretStr
from redshift_connector.error import InterfaceError, ProgrammingError

from extract.errors import ConfigurationError, ReelhouseError
from warehouse_sql.connection import (
    Cancelled,
    Connection,
    Retryable,
    StatementRefused,
    Target,
    Unreachable,
    connect,
    parse_target,
)

SERVERLESS = "default-workgroup.123456789012.eu-west-1.redshift-serverless.amazonaws.com"
PASSWORD = SecretStr("hunter2")


def test_a_serverless_address_takes_temporary_credentials() -> None:
    target = parse_target(f"redshift://{SERVERLESS}:5439/dev", None)
    assert target == Target(SERVERLESS, 5439, "dev", "", None, ssl=True, iam=True)


def test_a_serverless_address_with_user_and_password_uses_them() -> None:
    target = parse_target(f"redshift://loader@{SERVERLESS}/dev", PASSWORD)
    assert target == Target(SERVERLESS, 5439, "dev", "loader", PASSWORD, ssl=True, iam=False)
    assert "hunter2" not in repr(target)


@pytest.mark.parametrize(
    ("address", "password", "says"),
    [
        ("postgres://host/dev", None, "write redshift://"),
        ("redshift://host", None, "write redshift://"),
        ("redshift://host/a/b", None, "write redshift://"),
        ("redshift:///dev", None, "write redshift://"),
        ("redshift://user:hunter2@host/dev", None, "holds a password"),
        ("redshift://user@host/dev", None, "host needs a password"),
        ("redshift://host/dev", PASSWORD, "no user"),
        ("redshift://user@host:hunter2/dev", PASSWORD, "write redshift://"),
        ("redshift://user@host:99999/dev", PASSWORD, "write redshift://"),
        ("redshift://user@[::1/dev", PASSWORD, "write redshift://"),
    ],
)
def test_a_wrong_address_says_what_would_be_right(address: str, password: SecretStr | None, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        parse_target(address, password)
    assert "hunter2" not in str(refused.value)


class Refusing:
    """A driver's connection whose every statement fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.rowcount = -1

    def cursor(self) -> "Refusing":
        return self

    def execute(self, statement: str, parameters: object) -> None:
        raise self.error

    def close(self) -> None:
        """Nothing is open."""


def refused(error: Exception) -> ReelhouseError:
    target = Target("host", 5439, "dev", "user", PASSWORD, ssl=True, iam=False)
    with pytest.raises(ReelhouseError) as caught:
        Connection(Refusing(error), target).execute("select :a", {"a": "secret value"})
    assert "secret value" not in str(caught.value)
    return caught.value


def server(code: str, message: str, detail: str = "") -> Exception:
    return ProgrammingError({"S": "ERROR", "C": code, "M": message, "D": detail})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            server("XX000", "1023", "Serializable isolation violation on table - 1, transactions forming the cycle"),
            Retryable,
        ),
        (server("XX000", "1018"), Retryable),
        (server("40001", "could not serialize access"), Retryable),
        (server("40P01", "deadlock detected"), Retryable),
        (server("XX000", "could not complete because of conflict with concurrent transaction"), Retryable),
        (server("57P01", "terminating connection due to administrator command"), Retryable),
        (server("57P03", "the database system is starting up"), Retryable),
        (server("55P03", "could not obtain lock"), Retryable),
        (server("08006", "connection failure"), Retryable),
        (server("53300", "too many connections"), Retryable),
        (server("28000", "no such user"), StatementRefused),
        (server("42P01", "relation does not exist"), StatementRefused),
        (server("57014", "Query cancelled on user's request"), Cancelled),
        (server("XX000", "Spectrum Scan Error"), StatementRefused),
        (server("53100", "Disk Full"), StatementRefused),
        (server("42501", "permission denied for schema core"), StatementRefused),
        (InterfaceError("BrokenPipe: server socket closed."), Retryable),
        (InterfaceError("connection is closed"), Retryable),
        (ConnectionResetError(104, "Connection reset by peer"), Retryable),
        (struct.error("unpack requires a buffer of 5 bytes"), Retryable),
        (KeyError(b"\x00"), Retryable),
        (IndexError("index out of range"), Retryable),
        (ProgrammingError("query was empty"), ReelhouseError),
        (InterfaceError("Cursor is missing prepared statement"), ReelhouseError),
    ],
)
def test_an_error_of_the_driver_becomes_one_that_says_what_to_do(error: Exception, kind: type[ReelhouseError]) -> None:
    assert type(refused(error)) is kind


def test_a_parameter_that_nobody_bound_is_our_mistake() -> None:
    target = Target("host", 5439, "dev", "user", PASSWORD, ssl=True, iam=False)
    with pytest.raises(KeyError, match="sequence"):
        Connection(Refusing(KeyError("sequence")), target).execute("select :sequence", {})


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("Invalid digit, Value 'ada@example.com', Pos 0, Type: Integer", ""),
        (
            "Invalid digit",
            "\n  error:  Invalid digit, ada@example.com\n  code:      1207\n  context:   ada@example.com\n",
        ),
        ("Spectrum Scan Error", "code: 15007\n context: File 'x' has value ada@example.com in column 'b.c'"),
    ],
)
def test_no_value_is_repeated_whatever_the_code(message: str, detail: str) -> None:
    assert "ada" not in str(refused(server("XX000", message, detail)))


def test_what_a_data_error_quotes_is_not_repeated() -> None:
    error = refused(server("22P02", 'invalid input syntax for integer: "ada@example.com"'))
    assert str(error) == (
        "the warehouse refused a statement (22P02): invalid input syntax for integer: …; the transaction was undone"
    )


def test_where_copy_failed_is_told() -> None:
    block = (
        "\n  -----------------------------\n  error:  Spectrum Scan Error\n  code:      15007\n"
        "  context:   File 'https://s3/part' has an incompatible Parquet schema for column 's3://lake.n'.\n"
    )
    error = refused(server("XX000", "Spectrum Scan Error", block))
    assert "Spectrum Scan Error (code 15007, file https://s3/part, column s3://lake.n);" in str(error)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            InterfaceError("communication error", OSError()),
            Unreachable,
            "no warehouse answers at host:5439/dev",
        ),
        (
            InterfaceError({"C": "28000", "M": "password authentication failed"}),
            ConfigurationError,
            "refused the login of user",
        ),
        (ProgrammingError({"C": "3D000", "M": "no"}), ConfigurationError, "has no such database"),
    ],
)
def test_a_login_that_fails_is_a_matter_of_configuration(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], says: str
) -> None:
    def fail(**options: Any) -> None:
        raise error

    monkeypatch.setattr(redshift_connector, "connect", fail)
    target = Target("host", 5439, "dev", "user", PASSWORD, ssl=True, iam=False)
    with pytest.raises(kind, match=says) as caught, connect(target):
        pass
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "password", "expected"),
    [
        (f"redshift://{SERVERLESS}/dev", None, {"iam": True, "ssl": True, "sslmode": "verify-full", "password": None}),
        (
            "redshift://u@host/dev",
            PASSWORD,
            {"iam": False, "ssl": True, "sslmode": "verify-full", "password": "hunter2"},
        ),
    ],
)
def test_redshift_is_only_spoken_to_encrypted_and_verified(
    monkeypatch: pytest.MonkeyPatch, address: str, password: SecretStr | None, expected: dict[str, object]
) -> None:
    given: dict[str, object] = {}

    def remember(**options: object) -> Refusing:
        given.update(options)
        return Refusing(OSError())

    monkeypatch.setattr(redshift_connector, "connect", remember)
    with connect(parse_target(address, password)):
        pass
    assert {name: given[name] for name in expected} == expected
