"""What all sessions share: the database, the locks, the catalog, the objects of the lake."""

import datetime
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import duckdb

from sandbox.redshift.catalog import Catalog, load
from sandbox.redshift.engine import DEFAULT_MEMORY, open_database, tell_isolation
from sandbox.redshift.locks import LockTable
from sandbox.redshift.names import DATABASE, INTERNAL_SCHEMA, SUPERUSER, TableName
from sandbox.redshift.objects import Objects
from sandbox.redshift.record import Record, Row
from sandbox.redshift.serializable import Precedence


class Member(Protocol):
    """A session as the others see it."""

    secret: int
    user: str

    @property
    def transaction(self) -> tuple[int, datetime.datetime] | None:
        """The number of its open transaction, and when it began."""

    def cancel(self, message: str | None = None) -> None:
        """Stops its statement, which says the message, if there is one."""

    def terminate(self) -> None:
        """Ends it."""


def _columns(root: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Tables, columns and types, of the types of which something is noted."""
    text = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE (data_type = 'JSON' OR data_type LIKE 'DECIMAL%') AND NOT internal AND schema_name <> $ours"
    )
    return [(str(a), str(b), str(c)) for a, b, c in root.execute(text, {"ours": INTERNAL_SCHEMA}).fetchall()]


class Warehouse:
    """One open database and its sessions."""

    def __init__(
        self,
        path: Path | None,
        lake_root: Path,
        memory_limit: str = DEFAULT_MEMORY,
        *,
        serializable: bool = False,
    ) -> None:
        """Opens the database.

        Args:
            path: the database file, None for one in memory.
            lake_root: the folder in which `s3://bucket/key` is `bucket/key`.
            memory_limit: DuckDB's limit.
            serializable: whether its isolation level is SERIALIZABLE, instead of SNAPSHOT as Redshift's is by default.

        Raises:
            DatabaseRefused: the file cannot be used.
        """
        self.root = open_database(path, lake_root, memory_limit)
        self.objects = Objects(lake_root)
        self.locks = LockTable()
        self.precedence = Precedence() if serializable else None
        """What SERIALIZABLE has to know of transactions; None where the isolation level is SNAPSHOT."""
        self.isolation = "Serializable" if serializable else "Snapshot Isolation"
        tell_isolation(self.root, self.isolation)
        self.record = Record(self.root)
        self.record.watch("svv_transactions", self._transactions)
        self.record.watch("pg_stat_activity", self._activity)
        self.ended = threading.Event()
        """Set when it can serve no more: told to end, or DuckDB has given up (a full disk while it writes)."""
        self._guard = threading.Lock()
        self._sessions: dict[int, Member] = {}
        self._last_pid = 1000
        self.catalog = load(self.root)
        self._noted: dict[str, frozenset[tuple[str, str]]] = {"JSON": frozenset(), "DECIMAL": frozenset()}
        for table, name, engine in _columns(self.root) if path is not None else ():
            self.note_types(TableName(None, table), {name: engine})

    @property
    def supers(self) -> frozenset[tuple[str, str]]:
        """Tables and columns that are a SUPER, or were: what is not one is treated as ever (`dynamic.py`)."""
        return self._noted["JSON"]

    @property
    def decimals(self) -> frozenset[tuple[str, str]]:
        """Likewise of columns that are a DECIMAL (`decimals.py`)."""
        return self._noted["DECIMAL"]

    def note_types(self, table: TableName, columns: Mapping[str, str]) -> None:
        """Takes note of the types of a table's columns, by their names."""
        for name, engine in columns.items():
            self._note(engine.partition("(")[0], (table.name, name))

    def note_like(self, table: TableName, other: TableName, renamed: Mapping[str, str] | None = None) -> None:
        """Takes note that a table has the columns of another, or its own, some of them under other names."""
        for kind, columns in self._noted.items():
            for owner, name in columns:
                if owner == other.name:
                    self._note(kind, (table.name, (renamed or {}).get(name, name)))

    def _note(self, kind: str, column: tuple[str, str]) -> None:
        with self._guard:
            if column not in self._noted.get(kind, {column}):
                self._noted[kind] |= {column}

    def register(self, session: "Member") -> int:
        """Numbers a new session."""
        with self._guard:
            self._last_pid += 1
            self._sessions[self._last_pid] = session
            return self._last_pid

    def unregister(self, pid: int) -> None:
        """Forgets a session."""
        with self._guard:
            self._sessions.pop(pid, None)

    def terminate(self, pid: int) -> bool:
        """Ends a session; False where there is none of that number."""
        session = self.session(pid)
        if session is not None:
            session.terminate()
        return session is not None

    def session(self, pid: int) -> "Member | None":
        """The session of a number."""
        with self._guard:
            return self._sessions.get(pid)

    def cancel(self, pid: int, secret: int) -> None:
        """Stops what a session is doing, for whoever knows its secret."""
        session = self.session(pid)
        if session is not None and session.secret == secret:
            session.cancel()

    def terminate_all(self) -> None:
        """Ends all sessions."""
        with self._guard:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.terminate()

    def _transactions(self) -> list[Row]:
        """A row for each open transaction and each lock of one ("SVV_TRANSACTIONS")."""
        with self._guard:
            open_ones = {pid: (session, session.transaction) for pid, session in self._sessions.items()}
        numbers = self._numbers()
        own = [(pid, None, "ExclusiveLock", True) for pid, (_, began) in open_ones.items() if began]
        return [
            {
                "txn_owner": session.user, "username": session.user, "txn_db": DATABASE, "pid": pid,
                "xid": began[0] if began else None, "txn_start": began[1] if began else None,
                "lock_mode": mode, "granted": granted,
                "lockable_object_type": "transactionid" if table is None else "relation",
                "relation": None if table is None else numbers.get(table),
            }
            for pid, table, mode, granted in [*own, *self.locks.requests()]
            for session, began in [open_ones[pid]]
        ]  # fmt: skip

    def _numbers(self) -> dict[str, int]:
        """The numbers of tables by name with schema, as of now."""
        with self.root.cursor() as now:
            found = now.execute("SELECT schema_name || '.' || table_name, table_oid FROM duckdb_tables()").fetchall()
        return {str(name): int(number) for name, number in found}

    def number_of(self, table: TableName) -> int:
        """The number of a table; 0 where nobody else can see it yet."""
        return self._numbers().get(str(table), 0)

    def _activity(self) -> list[Row]:
        """A row for each session and what it is doing ("PG_STAT_ACTIVITY" of PostgreSQL 8)."""
        running = self.record.running()
        with self._guard:
            users = {pid: session.user for pid, session in self._sessions.items()}
        return [
            {
                "datid": 1, "datname": DATABASE, "procpid": pid, "usesysid": 100 if user == SUPERUSER else 101,
                "usename": user, "username": user, "query_start": running.get(pid, {}).get("start_time"),
                "current_query": running.get(pid, {}).get("query_text", "<IDLE>"),
            }
            for pid, user in users.items()
        ]  # fmt: skip

    def publish(self, before: Catalog, after: Catalog) -> None:
        """Makes one transaction's changes of the catalog known to all."""
        if after is not before:
            with self._guard:
                self.catalog = self.catalog.changed(after.since(before))

    def close(self) -> None:
        """Writes everything into the file and closes it; what a broken database had committed is in its log."""
        with suppress(duckdb.FatalException):
            self.root.close()
