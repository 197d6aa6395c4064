"""One session: its transaction, its settings, its locks; statements run through it."""

import datetime
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import duckdb

from sandbox.redshift import catalog, rights
from sandbox.redshift.catalog import Catalog, Document, Key
from sandbox.redshift.engine import session_connection, set_search_path
from sandbox.redshift.engine_errors import from_duckdb
from sandbox.redshift.errors import QUERY_CANCELLED, TERMINATED, SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import DATABASE, DEFAULT_SCHEMA, INTERNAL_SCHEMA, SUPERUSER, VERSION_TEXT, TableName
from sandbox.redshift.parameters import DEFAULTS, named_values
from sandbox.redshift.record import Row, now, query_type
from sandbox.redshift.remembered import Remembered
from sandbox.redshift.serializable import Precedence, violation
from sandbox.redshift.translate.shown import Shown, shown
from sandbox.redshift.translate.stored_values import Kinds
from sandbox.redshift.warehouse import Warehouse
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column


class Sink(Protocol):
    """Where a statement puts what it answers, while it runs."""

    def begin(self, columns: Sequence[Column]) -> None:
        """Takes the columns, before any row."""

    def rows(self, batch: Sequence[tuple[Any, ...]]) -> None:
        """Takes some rows."""

    def notice(self, text: str) -> None:
        """Takes a message for the user."""

    @property
    def count(self) -> int:
        """How many rows it has taken."""


class Named(Protocol):
    """What a cursor keeps, as a session sees it."""

    name: str


class Statement(Protocol):
    """A statement that has been read, ready to be described and run any number of times."""

    @property
    def ends_failure(self) -> bool:
        """Whether it may run in a failed transaction (COMMIT and ROLLBACK)."""

    def columns(self, session: "Session") -> Sequence[Column] | None:
        """The columns of its result, or None where it returns no rows."""

    def run(self, session: "Session", values: Sequence[Value], sink: Sink) -> str:
        """Runs it and returns the command tag."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What a session had when its transaction began, and has again when that is rolled back."""

    temporary: dict[str, dict[str, bool]]
    temporary_kinds: dict[str, Kinds]
    catalog: Catalog
    settings: dict[str, str]
    search_path: list[str]
    copy_id: int


_PARSED: Remembered[str, duckdb.Statement] = Remembered(total=1_000_000, single=50_000)
"""Some 33 bytes for each character; DuckDB runs a copy of it, on any connection."""


class Session:
    """What one client sees of the warehouse. Used by one thread; `terminate` may come from another."""

    def __init__(self, warehouse: Warehouse, user: str, hang_up: Callable[[], None] = lambda: None) -> None:
        """Joins a warehouse.

        Args:
            warehouse: what it works on.
            user: the name that the client gave; everybody is trusted.
            hang_up: called from another thread when the session is terminated, to stop its reading.
        """
        self.warehouse = warehouse
        self.user = self.login = user
        self.connection = session_connection(warehouse.root)
        self.pid = warehouse.register(self)
        self.secret = secrets.randbits(31)
        """What a request to cancel has to show."""
        self.settings: dict[str, str] = {}
        self._replaced: dict[str, tuple[str | None, list[str]]] = {}
        """What SET LOCAL has replaced: a setting's value, and the search path beside it."""
        self.kept: Named | None = None
        """The result of the open cursor, which ends with its transaction."""
        self.prepared: dict[str, tuple[Statement, int]] = {}
        """What PREPARE has named, and how many parameters each takes."""
        self.temporary: dict[str, dict[str, bool]] = {}
        """Temporary tables, and their identity columns: whether each is ALWAYS."""
        self.temporary_kinds: dict[str, Kinds] = {}
        """Their columns, of those with a CHAR or SUPER."""
        self.catalog = warehouse.catalog
        self.in_transaction = False
        self.failed = False
        self.copy_count = 0
        self.copy_id = -1
        self.unload_count, self.unload_id = 0, -1
        self.search_path = self._wished_path = [DEFAULT_SCHEMA]
        """Schemas searched for names without one; and those asked for, of which some may not be there."""
        self.query_id = self.last_query_id = -1
        self._transaction = 0
        self._used: list[tuple[TableName, Mode]] = []
        """What the next statement in the engine reads and writes, while the isolation level is SERIALIZABLE."""
        self._started = now()
        self._open = False
        self._busy = False
        self._told: str | None = None
        self._before = self._now()
        self._deadline: float | None = None
        self._terminated = threading.Event()
        self._hang_up = hang_up
        self._seen: Row = {
            "user_id": str(self.user_id), "session_id": self.pid, "database_name": DATABASE, "status": "active",
            "session_timeout": 0, "start_time": now(), "username": user,
        }  # fmt: skip
        warehouse.record.add("sys_session_history", self._seen)

    def _now(self) -> _Before:
        return _Before(
            dict(self.temporary),
            dict(self.temporary_kinds),
            self.catalog,
            dict(self.settings),
            self._wished_path,
            self.copy_id,
        )

    @property
    def status(self) -> str:
        """The transaction's state as ReadyForQuery says it: I, T or E."""
        return "E" if self.failed else "T" if self.in_transaction else "I"

    @property
    def terminated(self) -> bool:
        """Whether another session has ended this one."""
        return self._terminated.is_set()

    def describe(self, statement: Statement) -> Sequence[Column] | None:
        """The columns of a statement; takes its read locks, as PostgreSQL does when it analyses."""
        with self._guarded(statement):
            return statement.columns(self)

    def execute(self, statement: Statement, values: Sequence[Value], sink: Sink, text: str) -> str:
        """Runs a statement.

        Args:
            statement: what to run.
            values: of its parameters.
            sink: where its rows go.
            text: as the client wrote it, for the history.

        Raises:
            SqlError: what the client is told. A transaction is then failed until it is rolled back.
        """
        self.last_query_id, self.query_id = self.query_id, self.warehouse.record.number()
        started, tag, problem = now(), "", None
        row = {
            "user_id": self.user_id, "query_id": self.query_id, "transaction_id": self._transaction,
            "session_id": self.pid, "query_type": query_type(text, tag), "status": "running", "start_time": started,
            "query_text": text[:4000], "username": self.user,
        }  # fmt: skip
        self.warehouse.record.begin(row, text)
        try:
            with self._guarded(statement):
                tag = statement.run(self, values, sink)
                return tag
        except SqlError as refused:
            problem = refused
            raise
        finally:
            self._remember(row, query_type(text, tag), sink.count, problem)

    def _remember(self, row: Row, kind: str, count: int, problem: SqlError | None) -> None:
        ended = now()
        passed = (ended - row["start_time"]) // datetime.timedelta(microseconds=1)
        status = "success" if problem is None else "canceled" if problem.code == QUERY_CANCELLED else "failed"
        self.warehouse.record.end(
            row | {
                "transaction_id": self._transaction, "query_type": kind, "status": status, "end_time": ended,
                "elapsed_time": passed, "execution_time": passed, "returned_rows": count,
                "error_message": problem.message if problem else None,
            }
        )  # fmt: skip

    @property
    def transaction(self) -> tuple[int, datetime.datetime] | None:
        """The number of the transaction that is open, and when it began."""
        return (self._transaction, self._started) if self._open else None

    @property
    def user_id(self) -> int:
        """The user's number."""
        return 100 if self.user == SUPERUSER else 101

    @contextmanager
    def _guarded(self, statement: Statement) -> Iterator[None]:
        if self.failed and not statement.ends_failure:
            text = "current transaction is aborted, commands ignored until end of transaction block"
            raise SqlError("25P02", text)
        if not self._open and self.catalog is not self.warehouse.catalog:
            self.catalog = self.warehouse.catalog
            self._before = replace(self._before, catalog=self.catalog)
        try:
            self._busy = True
            with self._timed():
                self._follow_path()
                yield
            self._busy = False
            if not self.in_transaction:
                self._end(commit=True)
        except duckdb.Error as problem:
            self.fail()
            if isinstance(problem, duckdb.FatalException):
                self.warehouse.ended.set()
            raise self._ended_by(from_duckdb(problem)) from None
        except SqlError as problem:
            self.fail()
            raise self._ended_by(problem) from None
        except RecursionError:
            self.fail()
            raise SqlError("54001", "stack depth limit exceeded") from None
        except BaseException:
            self.fail()
            raise
        finally:
            self._busy = False

    def _ended_by(self, problem: SqlError) -> SqlError:
        """What the client is told of a statement that failed, or was stopped from outside."""
        if self.terminated:
            return TERMINATED
        if problem.code != QUERY_CANCELLED:
            return problem
        told, self._told = self._told, None
        return SqlError(problem.code, told or f"Query ({self.query_id}) cancelled on user's request", problem.detail)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Interrupts the engine when `statement_timeout` (milliseconds, 0 is none) has passed."""
        limit = int(self.settings.get("statement_timeout", "0")) / 1000
        if not limit:
            self._deadline = None
            yield
            return
        self._deadline = time.monotonic() + limit
        timer = threading.Timer(limit, self._interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def fail(self) -> None:
        """Undoes the transaction and gives its locks back; a block stays failed until it ends."""
        self.failed = self.in_transaction
        self._end(commit=False)

    def begin(self) -> None:
        """Opens a transaction block."""
        self.in_transaction = True

    def end(self, *, commit: bool) -> bool:
        """Ends the transaction block; returns whether it was committed."""
        commit = commit and not self.failed
        copy_id = self.copy_id if commit else self._before.copy_id  # "PG_LAST_COPY_ID": not of what is rolled back
        try:
            self._end(commit=commit)
        finally:
            self.in_transaction = self.failed = False
            self.copy_id = copy_id
        return commit

    def _end(self, *, commit: bool) -> None:
        self.kept = None
        try:
            if self._open:
                self._open = False
                ending = now()
                self._finish(commit=commit)
                self.warehouse.record.transaction(
                    {
                        "user_id": self.user_id, "transaction_id": self._transaction,
                        "isolation_level": self.warehouse.isolation,
                        "status": "committed" if commit else "rolledback", "transaction_start_time": self._started,
                        "commit_start_time": ending if commit else None, "commit_end_time": now() if commit else None,
                    }
                )  # fmt: skip
            if commit:
                self.warehouse.publish(self._before.catalog, self.catalog)
        except duckdb.Error:
            if commit:
                commit = False
                raise
        finally:
            if not commit:
                self._restore()
            self._end_local_settings()
            self._used = []
            self.catalog = self.warehouse.catalog
            self._before = self._now()
            self.warehouse.locks.release(self.pid)

    def _finish(self, *, commit: bool) -> None:
        precedence = self.warehouse.precedence
        with precedence.ending(self._transaction, commit=commit) if precedence else nullcontext():
            self.connection.execute("COMMIT" if commit else "ROLLBACK")

    def _restore(self) -> None:
        """Undoes what DuckDB's rollback does not know of: SET is undone with its transaction, as in PostgreSQL."""
        self.temporary = dict(self._before.temporary)
        self.temporary_kinds = dict(self._before.temporary_kinds)
        self.settings = dict(self._before.settings)
        self._wished_path = self._before.search_path

    def keep_setting(self, name: str) -> None:
        """Lets a setting have its value of now again when the transaction ends."""
        self._replaced.setdefault(name, (self.settings.get(name), self._wished_path))

    def _end_local_settings(self) -> None:
        for name, (value, path) in self._replaced.items():
            self.settings.pop(name, None)
            if value is not None:
                self.settings[name] = value
            if name == "search_path":
                self._wished_path = path
        self._replaced = {}

    def run(
        self, sql: str, parameters: dict[str, Value] | None = None, *, alone: bool = False
    ) -> duckdb.DuckDBPyConnection:
        """Runs DuckDB SQL in the session's transaction, which opens with its first statement.

        The snapshot of DuckDB is taken then, so whoever waited for a lock before sees what was committed.

        Args:
            sql: what DuckDB runs.
            parameters: its named parameters, only those that it uses.
            alone: it is all that the client's statement does, so that it needs no transaction around it.
        """
        precedence = self.warehouse.precedence
        if not self._open and (precedence or not alone or self.in_transaction):
            self._transaction, self._started = self.warehouse.record.number(), now()
            if precedence:
                precedence.begin(self._transaction, lambda: self._begin(at_once=True))
            else:
                self._begin(at_once=False)
        if precedence and self._used:
            self._refuse_circles(precedence)
        return self.connection.execute(self._parsed(sql), parameters)

    def _parsed(self, sql: str) -> str | duckdb.Statement:
        """A text that DuckDB has read before is not read again, which is a quarter of what a small statement costs."""
        found = _PARSED.get(sql)
        if found is None:
            found, *more = self.connection.extract_statements(sql)
            if more:
                return sql
            _PARSED.put(sql, found, len(sql))
        return found

    def _begin(self, *, at_once: bool) -> None:
        """Opens a transaction of DuckDB, whose snapshot is that of its first statement."""
        self.connection.execute("BEGIN TRANSACTION")
        if at_once:
            self.connection.execute(f"SELECT 1 FROM {INTERNAL_SCHEMA}.layout LIMIT 0")
        self._open = True

    def _refuse_circles(self, precedence: Precedence) -> None:
        used, self._used = self._used, []
        for table, mode in used:
            if circle := precedence.use(self._transaction, str(table), mode):
                raise violation(self.warehouse.number_of(table), circle, self.pid)

    def lock(self, table: TableName, mode: Mode, *, only: bool = False) -> None:
        """Takes a lock until the end of the transaction; temporary tables need none.

        Args:
            table: what is locked.
            mode: how it is used.
            only: the lock is all that is wanted, and the table is not used.

        Raises:
            SqlError: 40P01, 57014 as `LockTable.acquire`; 42P01 or 1018 where another transaction has dropped or made
                the table since this one's snapshot.
        """
        if self.is_temporary(table):
            return
        found = self.resolved(table)
        shared = mode is Mode.APPEND and self.warehouse.precedence is None
        self.warehouse.locks.acquire(
            self.pid, str(found), mode if shared or mode is not Mode.APPEND else Mode.WRITE, self._deadline
        )
        self._refuse_changed(found, mode)
        if self.warehouse.precedence and not only:
            self._used.append((found, mode))

    def _refuse_changed(self, table: TableName, mode: Mode) -> None:
        """Changes of the catalog are seen at once, and rows as of the snapshot ("Isolation levels", error 1018)."""
        key = ("table", *table.parts)
        own, theirs = self.catalog.get(*key), self.warehouse.catalog.get(*key)
        if not self._open or (own is None) is (theirs is None) or mode is Mode.EXCLUSIVE:
            return
        if own is None:
            raise SqlError("XX000", "1018", "Relation does not exist.")
        if self._before.catalog.get(*key) is not None:
            raise SqlError("42P01", f'relation "{table}" does not exist')

    def is_temporary(self, table: TableName) -> bool:
        """Whether a name means one of this session's temporary tables."""
        return table.schema in (None, "pg_temp") and table.name in self.temporary

    def record(self, key: Key, document: Document | None) -> None:
        """Writes a document of the catalog in this transaction; None removes it."""
        for sql, parameters in catalog.statements(key, document):
            self.run(sql, dict(parameters))
        self.catalog = self.catalog.changed({key: document})

    def shown(self) -> Shown:
        """What stands behind names in this transaction."""
        return shown(
            self.catalog, self.search_path, frozenset(self.temporary), self.user, self.warehouse.supers,
            self.warehouse.decimals, self.temporary_kinds,
        )  # fmt: skip

    def resolved(self, name: TableName) -> TableName:
        """A name with its schema: that of the first schema searched which has it, else the first one.

        Asks the catalog in memory: a look into DuckDB's would take the snapshot, before the lock that is to come.
        """
        if name.schema is not None:
            return name
        places = [TableName(schema, name.name) for schema in self.search_path] or [name]
        if len(places) > 1:
            for place in places:
                if self.catalog.get("table", *place.parts) or self.catalog.get("view", *place.parts):
                    return place
        return places[0]

    def require(self, privilege: str, relation: TableName, columns: frozenset[str] = frozenset()) -> None:
        """Refuses the use of a relation without a privilege for it; temporary tables are one's own.

        Raises:
            SqlError: 42501.
        """
        if not self.is_temporary(relation) and not rights.is_superuser(self.catalog, self.user):
            rights.refuse_relation(self.catalog, self.user, privilege, self.resolved(relation), columns)

    def require_owner(self, relation: TableName) -> None:
        """Refuses to change what belongs to another.

        Raises:
            SqlError: 42501.
        """
        if not self.is_temporary(relation):
            rights.refuse_owner(self.catalog, self.user, self.resolved(relation))

    def first_place(self, name: TableName) -> TableName:
        """A name with its schema for something new: that of the first schema searched."""
        if name.schema is None and not self.search_path:
            raise SqlError("3F000", "no schema has been selected to create in")
        return name if name.schema is not None else TableName(self.search_path[0], name.name)

    def identities(self, table: TableName) -> dict[str, bool]:
        """The identity columns of a table: whether each is ALWAYS, so that it cannot be given a value."""
        if self.is_temporary(table):
            return self.temporary[table.name]
        document = self.catalog.get("table", *self.resolved(table).parts)
        found: dict[str, bool] = document.get("identities", {}) if document else {}
        return found

    def relation_exists(self, name: TableName) -> bool:
        """Whether there is a table or view of that name and schema, or a temporary table."""
        if self.is_temporary(name):
            return True
        return self.catalog.get("view", *name.parts) is not None or self.table_exists(name)

    def table_exists(self, name: TableName) -> bool:
        """Whether a permanent table of that name and schema exists."""
        text = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = $schema AND table_name = $name"
        row = self.run(text, {"schema": name.schema, "name": name.name}).fetchone()
        return bool(row and row[0])

    def schema_exists(self, name: str) -> bool:
        """Whether there is a schema of that name."""
        row = self.run("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = $name", {"name": name}).fetchone()
        return bool(row and row[0])

    def set_search_path(self, schemas: list[str]) -> None:
        """Sets the schemas in which unqualified names are looked for."""
        self._wished_path = schemas
        self._follow_path()

    def _follow_path(self) -> None:
        """Passes over schemas that are not there, until they are."""
        there = [name for name in self._wished_path if name == DEFAULT_SCHEMA or self.catalog.get("schema", name)]
        if there != self.search_path:
            set_search_path(self.connection, there)
            self.search_path = there

    def session_values(self) -> dict[str, Value]:
        """Values of the functions that belong to the session, by parameter name."""
        return {
            "s_now": now(),
            "s_query_id": self.last_query_id,
            "s_copy_count": self.copy_count,
            "s_copy_id": self.copy_id,
            "s_unload_count": self.unload_count,
            "s_unload_id": self.unload_id,
            "s_pid": self.pid,
            "s_user": self.user,
            "s_user_id": self.user_id,
            "s_database": DATABASE,
            "s_schema": next(iter(self.search_path), None),
            "s_search_path": ",".join(self.search_path),
            "s_version": VERSION_TEXT,
            **named_values(self.values_of_settings()),
        }

    def values_of_settings(self) -> dict[str, str]:
        """The parameters of the session by name, and its variables."""
        level = "SERIALIZABLE" if self.warehouse.precedence else "SNAPSHOT"
        return {**DEFAULTS, **self.settings, "transaction_isolation": level}

    def cancel(self, message: str | None = None) -> None:
        """Stops what the session is doing, from another thread; one that does nothing is left alone.

        Args:
            message: what its client is told, if not the usual.
        """
        if self._busy:
            self._told = message
            self.warehouse.locks.cancel(self.pid)
            self._interrupt()

    def terminate(self) -> None:
        """Ends the session from another thread: its waits and its running statement stop with an error."""
        self._terminated.set()
        self.warehouse.locks.cancel(self.pid)
        self._interrupt()
        self._hang_up()

    def _interrupt(self) -> None:
        with suppress(duckdb.ConnectionException):  # the session may be closing at this moment
            self.connection.interrupt()

    def close(self) -> None:
        """Rolls back what is open and leaves the warehouse."""
        try:
            self._end(commit=False)
        finally:
            self.warehouse.unregister(self.pid)
            self._seen |= {"status": "closed", "end_time": now()}
            self.connection.close()
