"""SET, RESET and SHOW."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DATABASE, DEFAULT_SCHEMA, SUPERUSER, literal, quote
from sandbox.redshift.parameters import DEFAULTS
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column, column

_WITHOUT_EFFECT = frozenset(DEFAULTS) - {"server_version", "transaction_isolation"}


def set_or_reset(sql: str) -> Statement:
    """The statement for SET … or RESET …."""
    words = TokenCursor(sql)
    resetting = words.next().upper == "RESET"
    if resetting and words.peek() == "USE":
        return Use(sql)
    if words.take("SESSION", "AUTHORIZATION"):
        user = None if resetting or words.take("DEFAULT") else _user(words)
        words.end()
        return SetUser("RESET" if resetting else "SET", user)
    return Set(sql)


def _user(words: TokenCursor) -> str:
    return words.string() if words.peek().startswith("'") else words.name()


class SetUser(Command):
    """SET SESSION AUTHORIZATION {user | DEFAULT} and RESET SESSION AUTHORIZATION."""

    def __init__(self, tag: str, user: str | None) -> None:
        self._tag, self._user = tag, user

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Lets a superuser go on as somebody else."""
        if self._user is not None and self._user != session.login:
            if not rights.is_superuser(session.catalog, session.login):
                raise SqlError("42501", "permission denied to set session authorization")
            if session.catalog.get("user", self._user) is None and self._user != SUPERUSER:
                raise SqlError("42704", f'user "{self._user}" does not exist')
        session.user = self._user or session.login
        return self._tag


class Set(Command):
    """SET [SESSION|LOCAL] name {TO|=} value and RESET; only settings that Redshift documents."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        self._tag = words.next().upper
        self._value: list[str] | None = None
        self._local = not words.take("SESSION") and words.take("LOCAL")
        if words.peek() == "TRANSACTION":
            raise SqlError("0A000", "SET TRANSACTION is not imitated by this sandbox endpoint")
        self._name = "timezone" if words.take("TIME", "ZONE") else words.name()
        while words.take("."):
            self._name += f".{words.name()}"
        if self._tag == "SET":
            _ = words.take("TO") or words.take("=")
            self._value = _values(words)
        words.end()
        refuse_unknown(self._name)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes the setting for the session, or until the transaction ends."""
        if self._local:
            session.keep_setting(self._name)
        if self._value is None or self._value == ["default"]:
            names = list(session.settings) if self._name == "all" else [self._name]
            for name in names:
                session.settings.pop(name, None)
            if "search_path" in (self._name, *names):
                session.set_search_path([DEFAULT_SCHEMA])
            return self._tag
        self._apply(session, self._value)
        session.settings[self._name] = ", ".join(self._value)
        return self._tag

    def _apply(self, session: Session, value: list[str]) -> None:
        if self._name == "search_path":
            named = [part.strip() for item in value for part in item.lower().split(",")]
            session.set_search_path([session.user if part == "$user" else part for part in named])
        if self._name == "statement_timeout" and not value[0].isdigit():
            raise SqlError("22023", f'invalid value for parameter "statement_timeout": "{value[0]}"')
        if self._name == "enable_case_sensitive_identifier" and value[0].lower() not in ("off", "false", "default"):
            raise SqlError("0A000", "identifiers with capitals are not imitated by this sandbox endpoint")
        if self._name == "timezone" and value[0].lower() not in ("utc", "default"):
            raise SqlError("0A000", "only the time zone UTC is imitated by this sandbox endpoint")


def refuse_unknown(name: str) -> None:
    """Refuses what is neither a parameter nor a variable of the session, which has a dot in its name.

    Raises:
        SqlError: 42704.
    """
    if name not in _WITHOUT_EFFECT and name != "all" and "." not in name:
        raise SqlError("42704", f'unrecognized configuration parameter "{name}"')


class SetConfig:
    """SELECT SET_CONFIG('parameter', 'value', is_local): SET, as a function ("SET_CONFIG")."""

    ends_failure = False

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("SELECT")
        if words.take("PG_CATALOG"):
            words.expect(".")
        words.expect("SET_CONFIG", "(")
        name = words.string().lower()
        words.expect(",")
        self._value = words.string()
        words.expect(",")
        if words.next().upper not in ("TRUE", "FALSE", "1", "0"):
            raise words.unexpected()
        words.expect(")")
        _ = words.take("AS")
        self._column = "set_config" if words.done else words.name()
        words.end()
        refuse_unknown(name)
        written = ".".join(quote(part) for part in name.split("."))
        self._set = Set(f"SET {written} TO {literal(self._value)}")

    def columns(self, session: Session) -> Sequence[Column]:  # noqa: ARG002
        """One column: the value that is set."""
        return [column(self._column, "VARCHAR")]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        """Sets it, and returns it."""
        self._set.run(session, values, sink)
        sink.begin(self.columns(session))
        sink.rows([(self._value,)])
        return "SELECT"


class Use(Command):
    """USE database and RESET USE; there is only one."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        self._tag = words.next().upper
        if self._tag == "RESET":
            words.expect("USE")
        self._name = words.name() if self._tag == "USE" else ""
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Remembers it, and resets the search path ("USE")."""
        if self._name and self._name != DATABASE:
            raise SqlError("3D000", f'database "{self._name}" does not exist')
        session.settings["use"] = self._name
        session.settings.pop("search_path", None)
        session.set_search_path([DEFAULT_SCHEMA])
        return self._tag


def _values(words: TokenCursor) -> list[str]:
    found = []
    while True:
        token = words.next()
        sign = "-" if token.text == "-" else ""
        token = words.next() if sign else token
        found.append(sign + (token.value if token.kind == "string" else token.name))
        if not words.take(","):
            return found
