"""Faults 4 and 9: attempts that died, slept or hang, and what becomes of their lock, their session and their commit."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from extract.errors import LockHeld
from tests.integration.warehouse_sql.house import House, Told
from tests.integration.warehouse_sql.test_load import media, session
from warehouse_sql.connection import Connection, Retryable, connect
from warehouse_sql.load import LoadReport

OPEN = "select run_id from audit.load_attempt where finished_at is null"


@contextmanager
def holder(house: House, run_id: str, host: str = "elsewhere") -> Iterator[Connection]:
    """Another run's session that holds the lock and does not beat."""
    with connect(house.target) as other:
        house.attempt(run_id).announce(other)
        other.execute("update audit.load_attempt set host = :host where run_id = :run", {"host": host, "run": run_id})
        other.commit()
        other.execute("lock audit.load_lock")
        yield other


def test_the_lock_of_an_attempt_that_does_not_beat_is_taken_over(filled: House) -> None:
    filled.stage({"viewing_session": session()})
    told = Told()
    with holder(filled, "dead") as zombie:
        report = filled.load(told, lock_wait=0.2)
        assert [applied.sequence for applied in report.applied] == [1]
        with pytest.raises(Retryable, match="run again"):
            zombie.commit()
    assert [name for name, _ in told.events].count("load.taken_over") == 1
    assert filled.rows(OPEN) == []


def test_an_attempt_that_beats_keeps_its_lock_however_long_it_takes(filled: House) -> None:
    filled.stage({"viewing_session": session()})
    with holder(filled, "slow") as other, filled.attempt("slow", 0.2).beating():
        with pytest.raises(LockHeld, match="run slow, process"):
            filled.load(lock_wait=0.2)
        other.commit()
    assert [applied.sequence for applied in filled.load().applied] == [1]


def test_an_attempt_that_beat_once_is_dead_when_it_was_silent_for_too_long(filled: House) -> None:
    filled.stage({"viewing_session": session()})
    with holder(filled, "stopped"):
        filled.lake.put(filled.attempt("stopped")._key("stopped"), b"{}")
        assert [applied.sequence for applied in filled.load(lock_wait=0.2).applied] == [1]


def test_a_zombie_whose_commit_comes_first_has_made_the_load_once(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last statement was under way when it lost its host; the others find the load in the ledger."""
    filled.stage({"media": media(), "viewing_session": session()})
    reports: list[LoadReport] = []
    commit = Connection.commit

    def losing(connection: Connection) -> None:
        commit(connection)
        if told.events and told.events[-1][0] == "load.commit":
            told.event("host lost")
            connection.close()
            monkeypatch.setattr(Connection, "commit", commit)
            reports.append(filled.load(lock_wait=0.2))
            raise KeyboardInterrupt

    told = Told()
    monkeypatch.setattr(Connection, "commit", losing)
    with pytest.raises(KeyboardInterrupt):
        filled.load(told)
    assert reports == [LoadReport((), (1,))]
    assert filled.value("select count(*) from core.fct_viewing_session") == 1


def test_attempts_of_processes_that_are_gone_from_this_host_are_ended_at_once(filled: House) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    filled.stage({"viewing_session": session()})
    with connect(filled.target) as left, connect(filled.target) as connection:
        ((pid,),) = left.rows("select pg_backend_pid()")
        left.commit()
        for host in (socket.gethostname(), "elsewhere"):
            connection.execute(
                "insert into audit.load_attempt (run_id, host, process_id, session_id, started_at) "
                f"values ('{host}', '{host}', {gone.pid}, {pid if host != 'elsewhere' else 0}, getdate())"
            )
        connection.commit()
        filled.load()
        with pytest.raises(Retryable):
            left.rows("select 1")
    assert filled.rows(OPEN) == [{"run_id": "elsewhere"}]


def test_a_statement_that_waits_for_a_lock_too_long_is_repeated_with_the_whole_load(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.stage({"viewing_session": session()})
    monkeypatch.setattr("warehouse_sql.load.FIRST_PAUSE", 0.01)
    told = Told()
    with connect(filled.target) as analyst:
        analyst.execute("lock core.fct_viewing_session")
        with pytest.raises(Retryable, match="57014"):
            filled.load(told, statement_timeout=0.2)
    assert [name for name, _ in told.events].count("load.retry") == 4
    assert [applied.sequence for applied in filled.load().applied] == [1]
