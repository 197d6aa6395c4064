"""SET, RESET and SHOW."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DEFAULT_SCHEMA
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column, column

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


class Set(Command):
    """SET [SESSION|LOCAL] name {TO|=} value and RESET; only settings that Redshift documents."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        self._tag = words.next().upper
        self._value: list[str] | None = None
        _ = words.take("SESSION") or words.take("LOCAL")
        if words.peek() in ("AUTHORIZATION", "TRANSACTION"):
            raise SqlError("0A000", f"SET {words.peek()} is not imitated by this sandbox endpoint")
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
            session.set_search_path([part for part in named if part != "$user"] or [DEFAULT_SCHEMA])
        if self._name == "statement_timeout" and not value[0].isdigit():
            raise SqlError("22023", f'invalid value for parameter "statement_timeout": "{value[0]}"')
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


class Show:
    """SHOW name."""

    ends_failure = False

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("SHOW")
        self._name = "timezone" if words.take("TIME", "ZONE") else words.rest().lower()
        if self._name not in DEFAULTS:
            raise SqlError("42704", f'unrecognized configuration parameter "{self._name}"')

    def columns(self, session: Session) -> Sequence[Column]:  # noqa: ARG002
        """One column, named as the setting."""
        return [column(self._name, "VARCHAR")]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Returns its value."""
        sink.begin(self.columns(session))
        sink.rows([(session.settings.get(self._name, DEFAULTS[self._name]),)])
        return "SHOW"
