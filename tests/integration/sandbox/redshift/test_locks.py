"""Sessions that meet at a table: who waits, who does not, who is told to give up."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redshift_connector.error import Error, ProgrammingError

from sandbox.redshift.endpoint import Endpoint, serving
from sandbox.redshift.locks import LockTable
from sandbox.redshift.warehouse import Warehouse
from tests.integration.sandbox.redshift.conftest import Connect, code_of

PATIENCE = 20


class Client:
    """A session with its number, so that a test can wait until it waits."""

    def __init__(self, connection: Any, locks: LockTable, pool: ThreadPoolExecutor) -> None:
        self.connection = connection
        self.pid: int = self.run("select pg_backend_pid()")[0][0]
        self._locks = locks
        self._pool = pool
        self.commit()

    def run(self, statement: str) -> list[list[Any]]:
        cursor = self.connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    def commit(self) -> None:
        self.connection.commit()

    def later(self, statement: str) -> "Future[list[list[Any]]]":
        """Starts a statement in another thread and returns once it waits for a lock."""
        future = self._pool.submit(self.run, statement)
        with self._locks._changed:
            assert self._locks._changed.wait_for(self._waits, PATIENCE), "the statement does not wait"
        return future

    def _waits(self) -> bool:
        return any(request.owner == self.pid and self._locks._blockers(request) for request in self._locks._waiting)


Open = Callable[..., Client]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    found = Warehouse(None, tmp_path)
    yield found
    found.close()


@pytest.fixture
def endpoint(warehouse: Warehouse) -> Iterator[Endpoint]:
    with serving(warehouse) as found:
        yield found


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


@pytest.fixture
def client(warehouse: Warehouse, pool: ThreadPoolExecutor, connect: Connect) -> Open:
    """Opens clients of a warehouse with the tables t (one row, a = 1) and u (empty)."""
    cursor = connect(autocommit=True).cursor()
    for statement in ("create table t (a int)", "create table u (a int)", "insert into t values (1)"):
        cursor.execute(statement)
    return lambda *, autocommit=False: Client(connect(autocommit=autocommit), warehouse.locks, pool)


def code_refused(client: Client, statement: str) -> str:
    with pytest.raises(ProgrammingError) as refused:
        client.run(statement)
    return code_of(refused.value)


def test_a_second_writer_waits_and_sees_what_the_first_wrote(client: Open) -> None:
    first, second = client(), client()
    first.run("update t set a = a + 1")
    waiting = second.later("update t set a = a * 10")
    first.commit()
    waiting.result(PATIENCE)
    second.commit()
    assert first.run("select a from t") == [[20]]


def test_inserts_do_not_wait_for_each_other(client: Open) -> None:
    first, second = client(), client()
    first.run("insert into t values (2)")
    second.run("insert into t values (3)")
    second.commit()
    first.commit()
    assert first.run("select count(*) from t") == [[3]]


def test_readers_pass_writers(client: Open) -> None:
    first, second = client(), client()
    first.run("delete from t")
    assert second.run("select count(*) from t") == [[1]]


def test_lock_stops_readers_who_then_see_what_was_committed(client: Open) -> None:
    first, second = client(), client()
    first.run("lock table t")
    first.run("insert into t values (2)")
    waiting = second.later("select count(*) from t")
    first.commit()
    assert waiting.result(PATIENCE) == [[2]]


def test_who_waited_for_a_lock_sees_what_the_one_before_committed(client: Open) -> None:
    """The snapshot is taken after the wait: a second loader finds the work done."""
    first, second = client(), client()
    first.run("lock u")
    first.run("insert into t values (2)")
    waiting = second.later("lock u")
    first.commit()
    waiting.result(PATIENCE)
    assert second.run("select count(*) from t") == [[2]]


def test_a_lock_waits_for_readers_and_goes_before_later_ones(client: Open) -> None:
    reader, locker, late = client(), client(), client()
    reader.run("select * from t")
    locking = locker.later("lock t")
    reading = late.later("select * from t")
    reader.commit()
    locking.result(PATIENCE)
    assert not reading.done()
    locker.commit()
    reading.result(PATIENCE)


def test_a_circle_is_broken(client: Open) -> None:
    first, second = client(), client()
    first.run("update t set a = 2")
    second.run("update u set a = 2")
    waiting = first.later("update u set a = 3")
    assert code_refused(second, "update t set a = 3") == "40P01"
    waiting.result(PATIENCE)
    first.commit()


def test_a_wait_that_ends_within_a_second_closes_no_circle(client: Open) -> None:
    """Who asks for many locks and gives up soon costs nobody a statement."""
    reader, locker = client(), client()
    reader.run("select * from t")
    locker.run("set statement_timeout to 600")
    waiting = locker.later("lock u, t")
    reading = reader.later("select * from u")
    assert isinstance(waiting.exception(PATIENCE), ProgrammingError)
    locker.run("rollback")
    reading.result(PATIENCE)


def test_inserting_and_then_updating_can_deadlock_as_the_guide_says(client: Open) -> None:
    first, second = client(), client()
    first.run("insert into t values (2)")
    second.run("insert into t values (3)")
    waiting = first.later("update t set a = 5")
    assert code_refused(second, "update t set a = 6") == "40P01"
    waiting.result(PATIENCE)


def test_waiting_ends_at_the_statement_timeout(client: Open) -> None:
    first, second = client(), client(autocommit=True)
    first.run("lock t")
    second.run("set statement_timeout to 50")
    assert code_refused(second, "select * from t") == "57014"
    first.commit()
    assert second.run("select count(*) from t") == [[1]]


def test_a_long_statement_ends_at_the_statement_timeout(client: Open) -> None:
    session = client(autocommit=True)
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    session.run(f"create table d as select a.n from ({digits}) a, ({digits}) b, ({digits}) c")
    session.run("set statement_timeout to 100")
    assert code_refused(session, "select sum(a.n * b.n % 7 + c.n * e.n) from d a, d b, d c, d e") == "57014"


def test_a_terminated_session_gives_its_locks_back(client: Open) -> None:
    holder, other = client(), client(autocommit=True)
    holder.run("lock t")
    assert other.run(f"select pg_terminate_backend({holder.pid})") == [[True]]
    assert other.run("select count(*) from t") == [[1]]
    with pytest.raises((Error, OSError)):
        holder.run("select 1")


def test_a_session_that_waits_can_be_terminated(client: Open) -> None:
    holder, waiter, other = client(), client(), client(autocommit=True)
    holder.run("lock t")
    waiting = waiter.later("select * from t")
    other.run(f"select pg_terminate_backend({waiter.pid})")
    with pytest.raises((Error, OSError)):
        waiting.result(PATIENCE)
    holder.commit()


def test_a_session_whose_client_does_not_read_can_be_terminated(client: Open, endpoint: Endpoint) -> None:
    other = client(autocommit=True)
    other.run("create table big as select repeat('x', 60000) as x from t")
    for _ in range(10):
        other.run("insert into big select x from big")
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(_startup() + _query("begin") + _query("lock t") + _query("select x from big"))
        said = b""
        while b"x" * 1000 not in said:  # the rows are many times what the system buffers
            said += deaf.recv(4096)
        pid = struct.unpack_from(">i", said, said.index(b"K\0\0\0\x0c") + 5)[0]
        assert other.run(f"select pg_terminate_backend({pid})") == [[True]]
        other.run(f"set statement_timeout to {PATIENCE * 1000}")
        assert other.run("select count(*) from t") == [[1]]


def _startup() -> bytes:
    body = struct.pack(">i", 196608) + b"user\0awsuser\0\0"
    return struct.pack(">i", len(body) + 4) + body


def _query(sql: str) -> bytes:
    return b"Q" + struct.pack(">i", len(sql) + 5) + sql.encode() + b"\0"


def test_a_client_that_vanishes_leaves_nothing_behind(client: Open) -> None:
    gone, other = client(), client()
    gone.run("update t set a = 99")
    waiting = other.later("update t set a = a + 1")
    gone.connection._usock.shutdown(socket.SHUT_RDWR)
    waiting.result(PATIENCE)
    assert other.run("select a from t") == [[2]]


def test_writers_of_one_row_who_both_looked_before_conflict(client: Open) -> None:
    first, second = client(), client()
    second.run("select * from u")
    first.run("update t set a = 2")
    first.commit()
    with pytest.raises(ProgrammingError) as conflict:
        second.run("update t set a = 3")
    fields = conflict.value.args[0]
    assert (fields["S"], fields["C"], fields["M"]) == ("ERROR", "XX000", "1023")


def test_many_writers_lose_nothing(client: Open, pool: ThreadPoolExecutor) -> None:
    sessions = [client(autocommit=True) for _ in range(6)]
    start = threading.Barrier(6)

    def add(session: Client) -> None:
        start.wait(PATIENCE)
        for _ in range(10):
            session.run("update t set a = a + 1")

    for done in [pool.submit(add, session) for session in sessions]:
        done.result(PATIENCE)
    assert sessions[0].run("select a from t") == [[61]]


def test_temporary_tables_are_not_locked_across_sessions(client: Open) -> None:
    first, second = client(), client()
    for session in (first, second):
        session.run("create temp table d (a int)")
        session.run("update d set a = 1")
