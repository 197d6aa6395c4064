"""The warehouse as the pages see it: one session of the dashboard's reader, whose answers are kept for a while."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from dashboards.app.query import Choice, load_queries
from dashboards.app.table import Table
from warehouse_sql.connection import Connection, Retryable, Target, connect

KEPT = 600
"""Seconds that an answer is kept: a serverless warehouse bills a minute for each time that it is woken."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the figures come from.

    Attributes:
        open_target: returns an address that answers, and who comes: somebody with the role ``reelhouse_dashboard``.
        now: returns the instant (UTC) against which the age of data is judged.
    """

    open_target: Callable[[], Target]
    now: Callable[[], datetime]


class _Session:
    """One session for all pages: they ask one after the other. It is opened again when it was lost."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def ask(self, statement: str, parameters: dict[str, Any]) -> Table:
        with self._lock:
            try:
                return self._ask(statement, parameters)
            except Retryable:  # its endpoint ended, or the warehouse closed what was idle
                self._stack.close()
                self._connection = None
                return self._ask(statement, parameters)

    def _ask(self, statement: str, parameters: dict[str, Any]) -> Table:
        if self._connection is None:
            self._connection = self._stack.enter_context(connect(self._source.open_target()))
        try:
            return Table.of(*self._connection.table(statement, parameters))
        finally:
            self._connection.rollback()  # an open transaction keeps a serverless warehouse awake


_SOURCES: list[Source] = []


def use(source: Source) -> None:
    """Say where the figures come from, before the application is served."""
    _SOURCES[:] = [source]


def now() -> datetime:
    """Return the instant against which the age of data is judged (UTC)."""
    return _SOURCES[0].now()


@st.cache_resource(show_spinner=False)
def _session() -> _Session:
    return _Session(_SOURCES[0])


def ask(name: str, choice: Choice | None = None, attribute: str | None = None, **values: Any) -> Table:
    """Return the answer to a question; one that was asked before is not asked again for ``KEPT`` seconds.

    Raises:
        ReelhouseError: the warehouse does not answer, or refuses.
    """
    statement, parameters = load_queries()[name].statement(choice, attribute, **values)
    return _kept(statement, tuple(sorted(parameters.items())))


@st.cache_data(ttl=KEPT, max_entries=2_000, show_spinner=False)
def _kept(statement: str, parameters: tuple[tuple[str, Any], ...]) -> Table:
    return _session().ask(statement, dict(parameters))


def forget() -> None:
    """Ask everything anew from now on."""
    _kept.clear()
