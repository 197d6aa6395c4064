"""What has happened and happens: the rows of SYS_ views, most of them in memory."""

import datetime
import itertools
import re
from collections import deque
from collections.abc import Callable
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
_COLUMNS = {
    "sys_query_history": _QUERY,
    "sys_transaction_history": """
user_id INTEGER, transaction_id BIGINT, isolation_level VARCHAR, status VARCHAR, transaction_start_time TIMESTAMP,
commit_start_time TIMESTAMP, commit_end_time TIMESTAMP, blocks_committed BIGINT, undo_transaction_id BIGINT
""",
    "sys_query_text": """
user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, start_time TIMESTAMP, sequence INTEGER,
text VARCHAR, query_uuid VARCHAR
""",
    "sys_query_detail": """
user_id INTEGER, query_id BIGINT, child_query_sequence INTEGER, stream_id INTEGER, segment_id INTEGER, step_id INTEGER,
step_name VARCHAR, table_id INTEGER, table_name VARCHAR, is_rrscan VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP,
duration BIGINT, alert VARCHAR, input_bytes BIGINT, input_rows BIGINT, output_bytes BIGINT, output_rows BIGINT,
blocks_read BIGINT, blocks_write BIGINT, local_read_io BIGINT, remote_read_io BIGINT, source VARCHAR,
data_skewness INTEGER, time_skewness INTEGER, is_active VARCHAR, spilled_block_local_disk BIGINT,
spilled_block_remote_disk BIGINT, step_attribute VARCHAR, metrics_level VARCHAR, plan_parent_id INTEGER,
plan_node_id INTEGER
""",
    "sys_unload_history": """
user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR, status VARCHAR,
start_time TIMESTAMP, end_time TIMESTAMP, duration BIGINT, file_format VARCHAR, compression_type VARCHAR,
unloaded_location VARCHAR, unloaded_rows BIGINT, unloaded_files_count BIGINT, unloaded_files_size BIGINT,
error_message VARCHAR
""",
    "sys_session_history": """
user_id VARCHAR, session_id INTEGER, database_name VARCHAR, status VARCHAR, session_timeout INTEGER,
start_time TIMESTAMP, end_time TIMESTAMP
""",
    "sys_connection_log": """
event VARCHAR, record_time TIMESTAMP, remote_host VARCHAR, remote_port VARCHAR, session_id INTEGER,
database_name VARCHAR, user_name VARCHAR, auth_method VARCHAR, duration INTEGER, ssl_version VARCHAR,
ssl_cipher VARCHAR, mtu INTEGER, ssl_compression VARCHAR, ssl_expansion VARCHAR, iam_auth_guid VARCHAR,
application_name VARCHAR, driver_version VARCHAR, os_version VARCHAR, plugin_name VARCHAR, protocol_version INTEGER,
global_session_id VARCHAR
""",
    "pg_stat_activity": """
datid BIGINT, datname VARCHAR, procpid INTEGER, usesysid INTEGER, usename VARCHAR, current_query VARCHAR,
query_start TIMESTAMP
""",
    "svv_transactions": """
txn_owner VARCHAR, txn_db VARCHAR, xid BIGINT, pid INTEGER, txn_start TIMESTAMP, lock_mode VARCHAR,
lockable_object_type VARCHAR, relation INTEGER, granted BOOLEAN
""",
}
_STORED = ("sys_load_history", "sys_load_error_detail")
"""Histories that the database keeps; the others are in memory."""
HISTORIES = frozenset({*_COLUMNS, *_STORED})
"""System views of what happens, which no snapshot holds back: tables made when they are asked for."""
_OF_SUPERUSERS = frozenset({"sys_connection_log", "sys_transaction_history"})
_TEXT, _MOST_TEXTS = 4_000, 16
"""Characters of a row of SYS_QUERY_TEXT, and the rows kept of one statement."""
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
        self._running: dict[int, Row] = {}
        self._kept: dict[str, deque[Row]] = {name: deque(maxlen=KEPT) for name in _COLUMNS}
        self._long: deque[Row] = deque(maxlen=KEPT // 10)
        self._made: dict[str, Callable[[], list[Row]]] = {
            "sys_query_history": self._queries,
            "sys_query_text": self._texts,
            "sys_query_detail": self._details,
        }

    def number(self) -> int:
        """The next number of a query or transaction."""
        return next(self._numbers)

    def add(self, name: str, row: Row) -> None:
        """Remembers a row of a history; "username" in it says who may see it beside superusers."""
        self._kept[name].append(row)

    def watch(self, name: str, made: Callable[[], list[Row]]) -> None:
        """Says where the rows of a view of this moment come from."""
        self._made[name] = made

    def begin(self, row: Row, text: str) -> None:
        """Remembers a statement that begins; its row is completed and given to `end`."""
        self._running[row["query_id"]] = row
        if len(text) > _TEXT:
            self._long.append(row | {"text": text[: _TEXT * _MOST_TEXTS]})

    def end(self, row: Row) -> None:
        """Remembers what became of a statement."""
        self._running.pop(row["query_id"], None)
        self._kept["sys_query_history"].append(row)

    def running(self) -> dict[int, Row]:
        """What sessions are doing, by their numbers."""
        return {row["session_id"]: row for row in list(self._running.values())}

    def transaction(self, row: Row) -> None:
        """Remembers a transaction."""
        undone = -1 if row["status"] == "committed" else row["transaction_id"]
        known = {"blocks_committed": 0, "undo_transaction_id": undone}
        self.add("sys_transaction_history", known | row)

    def _queries(self) -> list[Row]:
        return [_CONSTANT | row for row in [*self._kept["sys_query_history"], *self._running.values()]]

    def _texts(self) -> list[Row]:
        """A row for each 4,000 characters of a statement."""
        known: dict[int, str] = {row["query_id"]: row["text"] for row in list(self._long)}
        return [
            row | {"sequence": at // _TEXT, "text": text[at : at + _TEXT]}
            for row in self._queries()
            for text in [known.get(row["query_id"], str(row["query_text"]))]
            for at in range(0, len(text), _TEXT)
        ]

    def _details(self) -> list[Row]:
        """A row for each statement, as a whole; what its steps were is DuckDB's matter."""
        level = {"child_query_sequence": 1, "stream_id": -1, "segment_id": -1, "step_id": -1, "step_name": ""}
        return [
            row | level | {
                "duration": row.get("elapsed_time"), "output_rows": row.get("returned_rows"),
                "is_active": "t" if row["status"] == "running" else "f", "metrics_level": "child query",
            }
            for row in self._queries() if row["query_type"] != "UTILITY"
        ]  # fmt: skip

    def show(self, name: str, run: Callable[[str, dict[str, Any]], object], who: str | None) -> None:
        """Makes a temporary table of a history as it is now, whatever the snapshot of whoever runs it is.

        Args:
            name: the view.
            run: runs DuckDB SQL for who asks.
            who: whose rows are seen; None for everybody's.
        """
        columns, rows = self._stored(name) if name in _STORED else (_COLUMNS[name], self._rows(name, who))
        names = [item.split()[0].strip('"') for item in columns.split(",")]
        given = [{column: row.get(column) for column in names} for row in rows]
        run(
            f'CREATE OR REPLACE TEMPORARY TABLE "{name} now" AS '
            f"SELECT unnest(CAST($rows AS STRUCT({columns})[]), recursive := true)",
            {"rows": given},
        )

    def _rows(self, name: str, who: str | None) -> list[Row]:
        rows = self._made[name]() if name in self._made else list(self._kept[name])
        if who is None:
            return rows
        return [] if name in _OF_SUPERUSERS else [row for row in rows if row.get("username") == who]

    def _stored(self, name: str) -> tuple[str, list[Row]]:
        with self._root.cursor() as now:
            found = now.execute(f"SELECT * FROM sandbox_internal.{name}")
            described = found.description or []
            names = [str(item[0]) for item in described]
            columns = ", ".join(f'"{item[0]}" {item[1]}' for item in described)
            return columns, [dict(zip(names, row, strict=True)) for row in found.fetchall()]


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
