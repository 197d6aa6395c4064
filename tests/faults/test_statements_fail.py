"""Faults 3, 4 and 11: statements that are refused, late, lost or never answered; and the errors of two writers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.wire import Fate, Fault, wire
from tests.integration.warehouse_sql.house import House, Told, open_laid_out_house
from tests.integration.warehouse_sql.test_load import media, session
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import Connection, Retryable, connect

COPY, MERGE, LEDGER, COMMIT = b"copy staging", b"update core.", b"insert into audit.load_history", b"commit"
FATES: list[Fate] = ["refused", "delayed", "lost", "held"]
SAMPLE = {(COMMIT, "lost")}
"""In the usual run; all others in the long one."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@contextmanager
def two_days(made: House) -> Iterator[House]:
    """A warehouse with a load, and a second one that waits and has something for every kind of statement."""
    made.empty()
    made.stage({"media": media(), "viewing_session": session()})
    made.load()
    made.stage(
        {
            "media": media("Other", "2026-01-02 10:00:00"),
            "viewing_session": [*session(share=0.7, seen="2026-01-03 13:00:00"), *session("s2")],
        }
    )
    yield made


def content(house: House) -> dict[str, list[Any]]:
    tables = (table for table in load_catalog() if table.startswith(("core.", "mart.")) and table != "core.dim_date")
    return {table: sorted(map(str, house.rows(f"select * from {table}"))) for table in tables}


@pytest.fixture(scope="module")
def clean(made: House) -> dict[str, list[Any]]:
    with two_days(made) as house:
        house.load()
        return content(house)


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        pytest.param(text, fate, marks=() if (text, fate) in SAMPLE else pytest.mark.long, id=f"{text.decode()} {fate}")
        for text in (COPY, MERGE, LEDGER, COMMIT)
        for fate in FATES
    ],
)
def test_whatever_becomes_of_a_statement_the_load_is_made_once(
    text: bytes, fate: Fate, made: House, clean: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse_sql.load.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("warehouse_sql.load.GRACE", 1)
    with two_days(made) as house, wire(house.target) as laid:
        through, house.target = house.target, laid.target
        # The first commits are those of the announcement.
        laid.faults.append(Fault(text, fate, after=1 if text == COMMIT else 0))
        try:
            report = house.load(lock_wait=3, statement_timeout=1)
        finally:
            house.target = through
        assert [fault.fate for fault in laid.played] == [fate]
        assert [applied.sequence for applied in report.applied] == [2]
        assert content(house) == clean
        assert house.value("select count(*) from audit.load_history") == 2
        assert house.load().applied == ()


@pytest.mark.parametrize("fate", ["refused", pytest.param("held", marks=pytest.mark.long)])
def test_what_fails_each_time_ends_the_run_and_publishes_nothing(
    fate: Fate, made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse_sql.load.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("warehouse_sql.load.GRACE", 0.5)
    monkeypatch.setattr("warehouse_sql.load.ATTEMPTS", 3)
    with two_days(made) as house, wire(house.target) as laid:
        before = content(house)
        through, house.target = house.target, laid.target
        laid.faults += [Fault(COPY, fate) for _ in range(3)]
        try:
            with pytest.raises(Retryable, match="connection to the warehouse was lost"):
                house.load(lock_wait=3, statement_timeout=0.3)
        finally:
            house.target = through
        assert content(house) == before
        assert [applied.sequence for applied in house.load().applied] == [2]


def statements_of_a_load(house: House) -> list[str]:
    """Return the statements of a load from its lock on, each the first of its kind."""
    seen: list[str] = []

    def noting(connection: Connection, statement: str, parameters: Any = None) -> int:
        seen.append(statement)
        return execute(connection, statement, parameters)

    execute = Connection.execute
    with pytest.MonkeyPatch.context() as patch, two_days(house) as again:
        patch.setattr(Connection, "execute", noting)
        again.load()
    return list(dict.fromkeys(seen[seen.index("lock table audit.load_lock") :]))


@pytest.mark.parametrize("statements_between", [40, pytest.param(4, marks=pytest.mark.long)])
def test_error_1023_in_any_statement_repeats_the_load_whole(
    statements_between: int, made: House, clean: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse_sql.load.FIRST_PAUSE", 0.0)
    statements = statements_of_a_load(made)
    assert len(statements) > 50
    execute = Connection.execute
    waiting: list[str] = []

    def failing(connection: Connection, statement: str, parameters: Any = None) -> int:
        if waiting and statement == waiting[0]:
            waiting.pop()
            connection.rollback()
            raise Retryable("the warehouse undid the transaction in favour of another (XX000 1023): run again")
        return execute(connection, statement, parameters)

    monkeypatch.setattr(Connection, "execute", failing)
    for statement in statements[::statements_between]:
        with two_days(made) as house:
            waiting[:] = [statement]
            told = Told()
            assert [applied.sequence for applied in house.load(told).applied] == [2]
            assert [name for name, _ in told.events].count("load.retry") == 1, statement
            assert content(house) == clean


def test_error_1023_of_two_real_writers(made: House, clean: dict[str, list[Any]]) -> None:
    """A writer who heeds no lock changes a table after the load took its snapshot."""

    class Meddling(Told):
        has_meddled = False

        def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
            if not self.has_meddled:
                self.has_meddled = True
                with connect(house.target) as other:
                    other.execute("update core.fct_viewing_session set percent_viewed = 0.9")
                    other.commit()

    with two_days(made) as house:
        told = Meddling()
        assert [applied.sequence for applied in house.load(told).applied] == [2]
        reasons = [str(fields["reason"]) for name, fields in told.events if name == "load.retry"]
        assert len(reasons) == 1
        assert "1023" in reasons[0]
        assert content(house) == clean
