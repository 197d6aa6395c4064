"""The door to the warehouse: the only user of redshift_connector, and the only reader of its errors.

Statements come from the files of this package, values are bound by name (``:name``). A message never holds a password,
a statement's values, or what a data error quotes.
"""

import math
import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import redshift_connector
from pydantic import SecretStr
from redshift_connector.error import Error, InterfaceError

from extract.errors import ConfigurationError, ReelhouseError

DEFAULT_PORT = 5439
SERVERLESS_SUFFIX = ".redshift-serverless.amazonaws.com"
PARAMETERS = "named"
CANCELLED = "57014"
"""Query cancelled, here by statement_timeout (PostgreSQL, appendix A; Redshift keeps these codes)."""
DATA_EXCEPTION, CONSTRAINT_VIOLATION, INTERNAL_ERROR = "22", "23", "XX"
"""Classes of codes; Redshift sends many errors of data as XX000 (internal error)."""
UNREADABLE_FILE = "15007"
"""The code inside the detail by which COPY says that a file does not fit its table ("Spectrum Scan Error")."""
TOO_LONG = "8001"
"""The one by which it says that a text of a Parquet file is longer than its column."""
LOGIN_REFUSED = ("28000", "28P01")
UNKNOWN_DATABASE = "3D000"
RETRYABLE_MESSAGES = ("1023", "1018")
"""Redshift sends serializable isolation violations as code XX000 with the number alone as message ("Serializable
isolation", Database Developer Guide); 1018: the table was made after the transaction's snapshot."""
RETRYABLE_WORDS = "conflict with concurrent transaction"
"""So end the words of an XX000 where two transactions changed one table (dbt-adapters, issue 626)."""
RETRYABLE_CODES = {
    "40001": "serialization failure",
    "40P01": "deadlock detected",
    "53300": "too many connections",
    "55P03": "lock not available",
    "57P01": "ended by an administrator",
    "57P02": "ended by a crash",
    "57P03": "cannot connect now: it is starting, paused or being resized",
    "08000": "connection exception",
    "08001": "the server could not be reached",
    "08003": "the connection does not exist",
    "08004": "the server rejected the connection",
    "08006": "the connection failed",
}
"""What passes by itself (PostgreSQL, appendix A; Redshift keeps these codes). All others ask for somebody: no right
(42501), no such table (42P01), a full disk (53100), a statement that is wrong."""
LOST = "the connection to the warehouse was lost; what was not committed is undone: run again"
Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class Retryable(ReelhouseError):
    """The transaction is undone and may be repeated whole: an isolation violation, a deadlock, a lost connection."""


class Cancelled(Retryable):
    """The warehouse cancelled a statement that took longer than it was allowed to; it may have waited for a lock."""


class Unreachable(ConfigurationError):
    """Nobody answers at the address."""


class StatementRefused(ReelhouseError):
    """The warehouse refused a statement; the transaction is undone.

    Attributes:
        code: the SQLSTATE.
        reason: the server's message without what it quotes of data, and of the detail what says where.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"the warehouse refused a statement ({code}): {reason}; the transaction was undone")
        self.code = code
        self.reason = reason

    @property
    def is_of_data(self) -> bool:
        """Whether the data was refused, rather than the statement, the right to it, or the means."""
        return self.code.startswith((DATA_EXCEPTION, CONSTRAINT_VIOLATION)) or any(
            f"(code {code}" in self.reason for code in (UNREADABLE_FILE, TOO_LONG)
        )


@dataclass(frozen=True, slots=True)
class Target:
    """Where a warehouse is and who comes. ``iam``: temporary credentials of the caller's AWS identity."""

    host: str
    port: int
    database: str
    user: str
    password: SecretStr | None
    ssl: bool
    iam: bool

    @property
    def address(self) -> str:
        """The address as it may be shown."""
        return f"{self.host}:{self.port}/{self.database}"


def parse_target(address: str, password: SecretStr | None) -> Target:
    """Read ``redshift://[user@]host[:port]/database``.

    A serverless host takes temporary credentials unless a user and a password are given.

    Raises:
        ConfigurationError: the address is of another form, or holds a password, or a host needs one and has none.
    """
    parts, port = _split(address)
    database = parts.path.removeprefix("/")
    if parts.scheme != "redshift" or not parts.hostname or not database or "/" in database:
        raise ConfigurationError(_FORM)
    if parts.password is not None:
        raise ConfigurationError("warehouse: the address holds a password; set it as REDSHIFT_PASSWORD instead")
    iam = parts.hostname.endswith(SERVERLESS_SUFFIX) and password is None
    if not iam and password is None:
        raise ConfigurationError(f"warehouse: {parts.hostname} needs a password; set it as REDSHIFT_PASSWORD")
    user = unquote(parts.username or "")
    if not iam and not user:
        raise ConfigurationError("warehouse: a password was given but no user; write redshift://user@host/database")
    return Target(parts.hostname, port, database, user, password, ssl=True, iam=iam)


_FORM = "warehouse: write redshift://[user@]host[:port]/database, or sandbox:FOLDER"


def _split(address: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORT
    except ValueError:  # a port that is no number, a bracket that does not close
        raise ConfigurationError(_FORM) from None
    return parts, port


class Connection:
    """A session of the warehouse with an open transaction: nothing is kept until ``commit``."""

    def __init__(self, driver: Any, target: Target, reworded: Callable[[str], str] = str) -> None:
        """Wrap a driver's connection; ``reworded`` is what becomes of a statement before it is sent."""
        self._driver = driver
        self._is_lost = False
        self._reworded = reworded
        self.target = target
        self.statements = 0

    def execute(self, statement: str, parameters: Parameters | None = None) -> int:
        """Run a statement; return how many rows it changed, where the warehouse says so, else -1."""
        with self._cursor(statement, parameters) as cursor:
            return int(cursor.rowcount)

    def rows(self, statement: str, parameters: Parameters | None = None) -> list[Row]:
        """Run a query; return its rows."""
        with self._cursor(statement, parameters) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def table(self, statement: str, parameters: Parameters | None = None) -> tuple[tuple[str, ...], list[Row]]:
        """Run any statement; return the names of its columns and its rows, both empty where it gives none."""
        with self._cursor(statement, parameters) as cursor:
            if not cursor.description:
                return (), []
            names = tuple(_text(column[0]) for column in cursor.description)
            return names, [tuple(row) for row in cursor.fetchall()]

    def execute_alone(self, statement: str) -> None:
        """Run a statement that cannot run in a transaction; what is open is published before."""
        self.commit()
        self._driver.autocommit = True
        try:
            self.execute(statement)
        finally:
            self._driver.autocommit = False

    def rewording(self, reworded: Callable[[str], str]) -> "Connection":
        """Return the same session, in the same transaction, for statements that are to be sent in other words."""
        return Connection(self._driver, self.target, reworded)

    def commit(self) -> None:
        """Publish the transaction. A lost answer leaves it open whether it was."""
        with self._translated():
            self._driver.commit()

    def rollback(self) -> None:
        """Undo the transaction; a connection that is gone has undone it."""
        with suppress(Exception):
            if not self._is_lost:
                self._driver.rollback()

    def close(self) -> None:
        """End the session; an open transaction is undone."""
        with suppress(Exception):
            self._driver.close()

    @contextmanager
    def _cursor(self, statement: str, parameters: Parameters | None) -> Iterator[Any]:
        self.statements += 1
        with self._translated():
            cursor = self._driver.cursor()
            cursor.paramstyle = PARAMETERS
            try:
                text = self._reworded(statement)
                cursor.execute(text, _named_in(text, parameters))
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        if self._is_lost:
            raise Retryable(LOST)
        try:
            yield
        except (Error, OSError, struct.error, IndexError, KeyError) as error:
            if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
                raise  # a parameter without a value; what the driver looks up of its own are bytes and numbers
            if self._lost(error):
                self.close()
            raise _translate(error) from None

    def _lost(self, error: Exception) -> bool:
        """Remember a loss: whoever asked a broken connection once more would wait for its time-out once more."""
        self._is_lost = not any(_fields(error)) and _is_loss(error)
        return self._is_lost


def _named_in(statement: str, parameters: Parameters | None) -> Parameters | None:
    """Return the parameters that a statement names, None where it names none: then the driver sends it as it is.

    Otherwise it reads a statement character by character, which took an eighth of a day's load.
    """
    return {name: value for name, value in (parameters or {}).items() if f":{name}" in statement} or None


@contextmanager
def connect(target: Target, patience: float | None = None) -> Iterator[Connection]:
    """Open a session; it is closed, and what was not committed undone, on leaving.

    Args:
        target: where, and who.
        patience: seconds without a byte from the server after which the connection counts as lost; None: for ever.

    Raises:
        ConfigurationError: nobody answers at the address, or the login is refused.
    """
    try:
        driver = redshift_connector.connect(
            host=target.host,
            port=target.port,
            database=target.database,
            user=target.user or None,
            password=target.password.get_secret_value() if target.password else None,
            ssl=target.ssl,
            # Said aloud, because the driver only warns of a wrong host name where the mode was left to it.
            sslmode="verify-full" if target.ssl else None,
            iam=target.iam,
            application_name="reelhouse",
            timeout=None if patience is None else math.ceil(patience),
            # Statements are sent once each: a cache of prepared ones would only be closed again after every DDL.
            max_prepared_statements=0,
        )
    except Exception as error:  # noqa: BLE001 - the driver lets errors of boto3, ssl and sockets through
        raise _login_error(error, target) from None
    connection = Connection(driver, target)
    try:
        yield connection
    finally:
        connection.close()


def _translate(error: Exception) -> ReelhouseError:
    code, message, detail = _fields(error)
    if not code and _is_loss(error):
        return Retryable(LOST)
    if not code:
        return ReelhouseError(f"the driver of the warehouse refused a statement: {error}; the transaction was undone")
    if message.strip() in RETRYABLE_MESSAGES or RETRYABLE_WORDS in message or code in RETRYABLE_CODES:
        return Retryable(
            f"the warehouse undid the transaction in favour of another ({code} {message.strip()}): run again"
        )
    if code == CANCELLED:
        return Cancelled(f"the warehouse cancelled a statement ({code}): {message}; the transaction was undone")
    return StatementRefused(code, " ".join(f"{_without_values(code, message)} {_where(detail)}".split()))


def _is_loss(error: Exception) -> bool:
    """Whether an error without a code means that nobody answers any more.

    The driver says "connection is closed" or "server socket closed"; and it decodes what it read without asking whether
    all of it came, so that struct.error, IndexError and KeyError mean the same.
    """
    return "closed" in str(error) if isinstance(error, InterfaceError) else not isinstance(error, Error)


def _without_values(code: str, message: str) -> str:
    if not code.startswith((DATA_EXCEPTION, INTERNAL_ERROR)):
        return message
    return re.sub(r"\"[^\"]*\"|'[^']*'", "…", message)


def _where(detail: str) -> str:
    """What a detail says for certain without a value: the inner code and, of a file, its name and the column."""
    found = re.search(r"\bcode:\s*(\d+)", detail)
    if found is None:
        return ""
    parts = [f"code {found[1]}"]
    if found[1] in (UNREADABLE_FILE, TOO_LONG):
        parts += [f"file {name}" for name in re.findall(r"\b[Ff]ile\s+'([^'\s]+)", detail)]
        parts += [f"column {name}" for name in re.findall(r"\bcolumn\s+'?([\w:/.-]*\w)", detail)]
    return f"({', '.join(parts)})"


def _login_error(error: Exception, target: Target) -> ConfigurationError:
    code, message, _ = _fields(error)
    if code in LOGIN_REFUSED:
        return ConfigurationError(f"the warehouse at {target.address} refused the login of {target.user or 'IAM'}")
    if code == UNKNOWN_DATABASE:
        return ConfigurationError(f"the warehouse at {target.address} has no such database")
    if code in RETRYABLE_CODES:
        return Unreachable(
            f"the warehouse at {target.address} takes no connection now ({code}): {RETRYABLE_CODES[code]}"
        )
    if code:
        return ConfigurationError(f"the warehouse at {target.address} refused the connection ({code}): {message}")
    if target.iam and not isinstance(error, (OSError, socket.timeout, InterfaceError)):
        return ConfigurationError(
            f"no temporary credentials for {target.address} ({type(error).__name__}); the caller's AWS identity needs "
            "redshift-serverless:GetCredentials for the workgroup"
        )
    return Unreachable(f"no warehouse answers at {target.address}")


def _fields(error: Exception) -> tuple[str, str, str]:
    """The SQLSTATE, message and detail of a server's error; all empty where it did not come from the server."""
    fields = error.args[0] if error.args else None
    if not isinstance(fields, dict):
        return "", "", ""
    return str(fields.get("C", "")), str(fields.get("M", "")), str(fields.get("D", ""))


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
