"""What has run: the rows of SYS_QUERY_HISTORY and SYS_TRANSACTION_HISTORY, in memory."""

import datetime
import itertools
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from sandbox.redshift.names import VERSION_TEXT

KEPT = 10_000
"""Statements and transactions remembered; Redshift keeps seven days of them."""
Row = dict[str, Any]

_QUERY = """
user_id INTEGER, query_id BIGINT, query_label VARCHAR, transaction_id BIGINT, session_id INTEGER,
database_name VARCHAR, query_type VARCHAR, status VARCHAR, result_cache_hit BOOLEAN, start_time TIMESTAMP,
end_time TIMESTAMP, elapsed_time BIGINT, queue_time BIGINT, execution_time BIGINT, error_message VARCHAR,
returned_rows BIGINT, returned_bytes BIGINT, query_text VARCHAR, redshift_version VARCHAR, usage_limit VARCHAR,
compute_type VARCHAR, compile_time BIGINT, planning_time BIGINT, lock_wait_time BIGINT, service_class_id INTEGER,
service_class_name VARCHAR, query_priority VARCHAR, short_query_accelerated VARCHAR, user_query_hash VARCHAR,
generic_query_hash VARCHAR, query_hash_version INTEGER, result_cache_query_id BIGINT, username VARCHAR
"""
_TRANSACTION = """
user_id INTEGER, transaction_id BIGINT, isolation_level VARCHAR, status VARCHAR, transaction_start_time TIMESTAMP,
commit_start_time TIMESTAMP, commit_end_time TIMESTAMP, blocks_committed INTEGER, undo_transaction_id BIGINT
"""
_CONSTANT = {
    "query_label": "default", "database_name": "dev", "result_cache_hit": False, "queue_time": 0, "returned_bytes": 0,
    "redshift_version": VERSION_TEXT.rpartition("Redshift ")[2], "compute_type": "primary", "compile_time": 0,
    "planning_time": 0, "lock_wait_time": 0, "service_class_id": -1, "query_priority": "Normal",
    "short_query_accelerated": "false",
}  # fmt: skip


class Record:
    """The history of one warehouse. Threads may share it."""

    def __init__(self, root: duckdb.DuckDBPyConnection) -> None:
        row = root.execute("SELECT max(query_id) FROM sandbox_internal.load_history").fetchone()
        self._root = root
        self._numbers = itertools.count((row[0] if row and row[0] else 999) + 1)
        self._queries: deque[Row] = deque(maxlen=KEPT)
        self._transactions: deque[Row] = deque(maxlen=KEPT)
        self._sources: Mapping[str, tuple[str, Callable[[], list[Row]]]] = {
            "sys_query_history": (_QUERY, lambda: list(self._queries)),
            "sys_transaction_history": (_TRANSACTION, lambda: list(self._transactions)),
            "sys_load_history": ("", list),
            "sys_load_error_detail": ("", list),
        }

    def number(self) -> int:
        """The next number of a query or transaction."""
        return next(self._numbers)

    def query(self, row: Row) -> None:
        """Remembers a statement."""
        self._queries.append(_CONSTANT | row)

    def transaction(self, row: Row) -> None:
        """Remembers a transaction."""
        self._transactions.append(
            {"isolation_level": "Snapshot", "blocks_committed": 0, "undo_transaction_id": 0} | row
        )

    def covers(self, name: str) -> bool:
        """Whether a system view is of this history, which no transaction's snapshot holds back."""
        return name in self._sources

    def show(self, name: str, run: Callable[[str, dict[str, Any]], object]) -> None:
        """Makes a temporary table of a history as it is now, whatever the snapshot of whoever runs it is."""
        columns, rows = self._sources[name]
        if columns:
            given = rows()
        else:
            with self._root.cursor() as now:
                found = now.execute(f"SELECT * FROM sandbox_internal.{name}")
                described = found.description or []
                names = [item[0] for item in described]
                columns = ", ".join(f'"{item[0]}" {item[1]}' for item in described)
                given = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        run(
            f'CREATE OR REPLACE TEMPORARY TABLE "{name} now" AS '
            f"SELECT unnest(CAST($rows AS STRUCT({columns})[]), recursive := true)",
            {"rows": given},
        )


def now() -> datetime.datetime:
    """The instant in UTC, without its zone, as Redshift shows it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


_TYPES = {
    "ABORT": "UTILITY", "ANALYZE": "UTILITY", "BEGIN": "UTILITY", "COMMIT": "UTILITY", "COPY": "COPY",
    "DELETE": "DELETE", "END": "UTILITY", "EXPLAIN": "UTILITY", "INSERT": "INSERT", "LOCK": "UTILITY",
    "MERGE": "MERGE", "RESET": "UTILITY", "ROLLBACK": "UTILITY", "SELECT": "SELECT", "SET": "UTILITY",
    "SHOW": "UTILITY", "START": "UTILITY", "UNLOAD": "UNLOAD", "UPDATE": "UPDATE", "VACUUM": "UTILITY",
    "WITH": "SELECT", "(": "SELECT",
}  # fmt: skip


def query_type(text: str, tag: str) -> str:
    """The kind of a statement as SYS_QUERY_HISTORY names it, by its first word and its tag."""
    found = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+|\()", text, re.DOTALL)
    word = found[1].upper() if found else ""
    return "CTAS" if word == "CREATE" and tag == "SELECT" else _TYPES.get(word, "DDL")
