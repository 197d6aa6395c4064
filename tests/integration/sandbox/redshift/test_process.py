"""The endpoint as a process: started on demand, one per home, killed without loss, ending when idle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
from redshift_connector.error import InterfaceError, ProgrammingError

from sandbox.process import StartFailed
from sandbox.redshift.endpoint import Endpoint
from sandbox.redshift.process import ensure


@contextmanager
def session(endpoint: Endpoint) -> Iterator[Any]:
    connection = redshift_connector.connect(
        host=endpoint.host, port=endpoint.port, database=endpoint.database, user=endpoint.user, password="", ssl=False
    )
    try:
        yield connection
    finally:
        try:
            connection.close()
        except (OSError, InterfaceError):
            connection._usock.close()


def wait_for_end(pid: int) -> None:
    """Blocks until a child of this process has ended and been collected."""
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    announced = tmp_path / "endpoint.json"
    if announced.exists():
        pid = json.loads(announced.read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)


def count(endpoint: Endpoint) -> int:
    with session(endpoint) as connection:
        cursor = connection.cursor()
        cursor.execute("select count(*) from t")
        found: int = cursor.fetchone()[0]
        return found


def test_what_was_committed_survives_a_kill(home: Path) -> None:
    first = ensure(home)
    with session(first) as connection:
        cursor = connection.cursor()
        cursor.execute("create table t (a int)")
        cursor.execute("create view v as select a from public.t with no schema binding")
        cursor.execute("insert into t values (1)")
        connection.commit()
        cursor.execute("insert into t values (2)")
        os.kill(first.pid, signal.SIGKILL)
        wait_for_end(first.pid)
    second = ensure(home)
    assert second.pid != first.pid
    assert count(second) == 1
    with session(second) as connection:
        cursor = connection.cursor()
        cursor.execute("select a from v")
        assert cursor.fetchall() == ([1],)


def test_changes_to_tables_with_lengths_survive_a_kill(home: Path) -> None:
    """Lengths are checked by a function, which DuckDB lacks while it opens a file and repeats what its log tells."""
    first = ensure(home)
    with session(first) as connection:
        cursor = connection.cursor()
        cursor.execute("create table t (a varchar(10) not null)")
        cursor.execute("alter table t add column b bigint default -1 not null")
        cursor.execute("insert into t (a) values ('ten bytes.')")
        connection.commit()
        os.kill(first.pid, signal.SIGKILL)
        wait_for_end(first.pid)
    assert (home / "warehouse.duckdb.wal").exists()
    with session(ensure(home)) as connection:
        cursor = connection.cursor()
        cursor.execute("select a, b from t")
        assert cursor.fetchall() == (["ten bytes.", -1],)
        with pytest.raises(ProgrammingError, match="too long"):
            cursor.execute("insert into t (a) values ('eleven byte')")


def test_many_starters_find_one_process(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: ensure(home), range(4)))
    assert len(found) == 1


def test_it_ends_when_nobody_is_connected_and_starts_again(home: Path) -> None:
    first = ensure(home, idle=0.3)
    with session(first) as connection:
        connection.cursor().execute("create table t (a int)")
        connection.commit()
    wait_for_end(first.pid)
    assert not (home / "endpoint.json").exists()
    assert not (home / "warehouse.duckdb.wal").exists()
    assert count(ensure(home)) == 0


def test_sigterm_ends_it_cleanly_with_sessions_open(home: Path) -> None:
    endpoint = ensure(home)
    with session(endpoint) as connection:
        cursor = connection.cursor()
        cursor.execute("create table t (a int)")
        connection.commit()
        cursor.execute("insert into t values (1)")
        os.kill(endpoint.pid, signal.SIGTERM)
        wait_for_end(endpoint.pid)
    assert not (home / "endpoint.json").exists()
    assert count(ensure(home)) == 0


def test_a_file_of_another_engine_is_refused_with_a_reason(home: Path) -> None:
    (home / "warehouse.duckdb").write_bytes(b"")
    (home / "warehouse.version.json").write_text('{"duckdb": "9.9"}')
    with pytest.raises(StartFailed, match=r"written by DuckDB 9\.9"):
        ensure(home)


def test_a_file_that_is_no_database_is_refused_with_a_reason(home: Path) -> None:
    (home / "warehouse.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(StartFailed, match="cannot be opened"):
        ensure(home)


def test_a_port_that_is_taken_is_an_error_of_its_own(home: Path) -> None:
    taken = ensure(home).port
    command = [sys.executable, "-m", "sandbox.redshift", "--home", str(home / "other"), "--port", str(taken)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert "in use" in done.stderr
