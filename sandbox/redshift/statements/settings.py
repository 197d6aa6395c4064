"""SET, RESET and SHOW."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DEFAULT_SCHEMA, SUPERUSER
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value

DEFAULTS = {
    "analyze_threshold_percent": "10",
    "application_name": "",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on",
    "extra_float_digits": "0",
    "max_cursor_result_set_size": "0",
    "query_group": "default",
    "search_path": '"$user", public',
    "server_version": "8.0.2",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_isolation": "SNAPSHOT",
    "wlm_query_slot_count": "1",
}
_WITHOUT_EFFECT = frozenset(DEFAULTS) - {"server_version", "transaction_isolation"}


def set_or_reset(sql: str) -> Statement:
    """The statement for SET … or RESET …."""
    words = TokenCursor(sql)
    resetting = words.next().upper == "RESET"
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
        _ = words.take("SESSION") or words.take("LOCAL")
        if words.peek() == "TRANSACTION":
            raise SqlError("0A000", "SET TRANSACTION is not imitated by this sandbox endpoint")
        self._name = "timezone" if words.take("TIME", "ZONE") else words.name()
        if self._tag == "SET":
            _ = words.take("TO") or words.take("=")
            self._value = _values(words)
        words.end()
        if self._name not in _WITHOUT_EFFECT and self._name != "all":
            raise SqlError("42704", f'unrecognized configuration parameter "{self._name}"')

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes the setting for the session."""
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


def _values(words: TokenCursor) -> list[str]:
    found = []
    while True:
        token = words.next()
        sign = "-" if token.text == "-" else ""
        token = words.next() if sign else token
        found.append(sign + (token.value if token.kind == "string" else token.name))
        if not words.take(","):
            return found
