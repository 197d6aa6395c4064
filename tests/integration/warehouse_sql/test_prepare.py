"""A warehouse is brought to the release: migrations once, what is repeatable whenever its definition changes."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.errors import DataRefused, LockHeld, ReelhouseError
from spark.contracts import Column, load_contracts
from tests.integration.warehouse_sql.house import House, Told, open_house
from warehouse_sql import migrate, migration_log, prepare, repeatable
from warehouse_sql.connection import StatementRefused, connect
from warehouse_sql.migrate import Migration, MigrationRefused, load_migrations
from warehouse_sql.migration_log import apply_migration
from warehouse_sql.query import query


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty lake, and a warehouse in which nothing was ever made."""
    with open_house(tmp_path) as opened:
        yield opened


def with_extra_migration(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    version = len(load_migrations()) + 1
    more = (*load_migrations(), Migration(version, "more", "0" * 64, statements))
    for module in (migrate, migration_log):
        monkeypatch.setattr(module, "load_migrations", lambda: more)


def test_an_empty_warehouse_gets_everything_and_the_second_time_nothing(house: House) -> None:
    first, second = Told(), Told()
    house.load(first)
    house.load(second)
    assert [name for name, _ in first.events].count("load.migrated") == len(load_migrations())
    assert [name for name, _ in second.events] == []
    assert house.value("select count(*) from core.dim_date where date_key > 0") == 36525
    assert house.rows(
        "select date_key, day_name, week_start_date, is_weekend from core.dim_date where date_key = 20240229"
    ) == [
        {
            "date_key": 20240229,
            "day_name": "Thursday",
            "week_start_date": house.value("select cast('2024-02-26' as date)"),
            "is_weekend": False,
        }
    ]


def test_a_calendar_that_offends_against_its_header_is_not_published(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.load()
    calendar = next(item for item in repeatable.repeatables() if item.name == "core.dim_date")
    twice = (*calendar.statements(None), "insert into core.dim_date select * from core.dim_date where date_key > 0")
    spoiled = replace(calendar, definition="other", statements=lambda _: iter(twice))
    monkeypatch.setattr(repeatable, "repeatables", lambda: (spoiled,))
    with pytest.raises(DataRefused, match=r"core\.dim_date: unique by date_key: 36525 rows"):
        house.load()


def test_tables_of_somebody_else_are_named(house: House) -> None:
    with connect(house.target) as connection:
        connection.execute("create schema core")
        connection.execute("create table core.dim_date (a integer)")
        connection.commit()
    with pytest.raises(MigrationRefused, match=r"^M5: this warehouse has core\.dim_date, but no audit\.migration"):
        house.load()


def test_a_new_migration_is_applied_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.load()
    with_extra_migration(monkeypatch, "create table core.more (a integer)", "insert into core.more values (1)")
    house.load()
    house.load()
    assert house.value("select count(*) from core.more") == 1


def test_a_warehouse_of_the_first_release_is_brought_to_this_one(house: House) -> None:
    with connect(house.target) as connection:
        for migration in load_migrations()[:3]:
            apply_migration(connection, migration)
        connection.execute(
            "insert into core.fct_viewing_session values "
            "('s1', 20260101, -1, -1, -1, 'm1', null, 0.5, 50, '2026-01-01 12:00', '2026-01-02', 1, 0, 1, 1), "
            "('s2', 20260101, -1, -1, -1, 'm1', null, 0.7, 70, '2026-01-01 13:00', '2026-01-02', 1, 0, 2, 1)"
        )
        connection.commit()
    house.load()
    assert house.rows("select session_id, geo_key from core.fct_viewing_session order by session_id") == [
        {"session_id": "s1", "geo_key": -1},
        {"session_id": "s2", "geo_key": -1},
    ]
    assert house.rows("select activity_date_key, session_count, watch_seconds from core.visitor_media_day") == [
        {"activity_date_key": 20260101, "session_count": 2, "watch_seconds": 120.0}
    ]
    assert house.value("select session_count from mart.media_daily_total") == 2


def test_a_stored_mart_is_made_anew_when_its_select_changes(house: House) -> None:
    rows = [{"session_id": f"s{day}", "media_id": "m1", "received_at": f"2026-01-0{day}"} for day in (1, 2)]
    rows.append({"session_id": "s3", "media_id": "m1", "received_at": "2266-01-01"})
    house.stage({"viewing_session": [row | {"_extracted_at": "2026-01-03"} for row in rows]})
    house.load()
    with connect(house.target) as connection:
        connection.execute("update core.visitor_media_day set session_count = 9 where activity_date_key <> 20260101")
        connection.execute("update audit.repeatable set checksum = 'other' where name = 'core.visitor_media_day'")
        connection.commit()
    told = Told()
    house.load(told)
    assert [fields["table"] for _, fields in told.events] == ["core.visitor_media_day"]
    assert house.rows("select activity_date_key, session_count from core.visitor_media_day order by 1") == [
        {"activity_date_key": -1, "session_count": 1},
        {"activity_date_key": 20260101, "session_count": 1},
        {"activity_date_key": 20260102, "session_count": 1},
    ]


def test_a_migration_waits_for_a_load_that_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.load()
    with_extra_migration(monkeypatch, "create table core.more (a integer)")
    with connect(house.target) as other:
        other.execute("lock audit.load_lock")
        with pytest.raises(LockHeld):
            house.load(lock_wait=0.2)
    assert house.value("select count(*) from information_schema.tables where table_name = 'more'") == 0


def test_what_another_run_did_while_this_one_waited_is_not_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.load()
    with_extra_migration(monkeypatch, "insert into core.dim_channel values (7, 'Fair', 0)")
    told = Told()
    with connect(house.target) as connection, connect(house.target) as other:

        def lock() -> None:
            # Whoever holds the lock finishes its work before this run gets it.
            apply_migration(other, migrate.load_migrations()[-1])
            other.commit()
            connection.execute("lock audit.load_lock")

        prepare.prepare(connection, lock, told)
    assert told.events == []
    assert house.value("select count(*) from core.dim_channel where channel_key = 7") == 1


def test_a_migration_that_fails_leaves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.load()
    with_extra_migration(monkeypatch, "create table core.more (a integer)", "insert into core.nowhere values (1)")
    with pytest.raises(MigrationRefused, match=r"^M9: V\d+__more\.sql: the warehouse refused statement 2 \(42P01\)"):
        house.load()
    assert house.value("select count(*) from information_schema.tables where table_name = 'more'") == 0


def test_two_runs_make_a_warehouse_together(house: House) -> None:
    failures: list[ReelhouseError] = []

    def run() -> None:
        try:
            house.load(lock_wait=30)
        except ReelhouseError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert house.value("select count(*) from audit.migration") == len(load_migrations())
    assert house.value("select count(*) from core.dim_visitor") == 3


def test_a_staging_table_grows_with_its_contract(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"visitor_id": "v1", "last_active_at": "2026-01-01", "load_count": 1, "play_count": 1}]
    rows[0]["_extracted_at"] = "2026-01-02"
    house.stage({"visitor": rows})
    house.load()
    contract = load_contracts()["wistia__visitor"]
    more = Column(name="favourite_colour", type="varchar(16)", about="A new field.", path=("colour",))
    longer = contract.model_copy(update={"mapped": (more, *contract.mapped)})
    contracts = load_contracts() | {"wistia__visitor": longer}
    for module in ("warehouse_sql.repeatable", "warehouse_sql.one_load", "tests.integration.warehouse_sql.staged"):
        monkeypatch.setattr(f"{module}.load_contracts", lambda: contracts)
    house.stage({"visitor": [rows[0] | {"visitor_id": "v2", "favourite_colour": "blue"}]})
    house.load()
    assert house.rows("select visitor_id, favourite_colour, load_count from restricted.stg_wistia__visitor") == [
        {"visitor_id": "v2", "favourite_colour": "blue", "load_count": 1}
    ]


def test_a_staging_table_is_made_again_when_a_type_changed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.load()
    contract = load_contracts()["wistia__media"]
    wider = tuple(
        column.model_copy(update={"type": "varchar(9000)"}) if column.name == "media_name" else column
        for column in contract.mapped
    )
    contracts = load_contracts() | {"wistia__media": contract.model_copy(update={"mapped": wider})}
    for module in ("warehouse_sql.repeatable", "warehouse_sql.one_load", "tests.integration.warehouse_sql.staged"):
        monkeypatch.setattr(f"{module}.load_contracts", lambda: contracts)
    house.stage({"media": [{"media_id": "m1", "media_name": "x" * 2000, "_extracted_at": "2026-01-01"}]})
    house.load()
    assert house.value("select len(media_name) from core.dim_media where media_id = 'm1'") == 2000


def test_a_column_that_left_a_contract_may_come_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = load_contracts()["wistia__visitor"]
    rest = tuple(column for column in contract.mapped if column.name != "browser_version")
    shorter = load_contracts() | {"wistia__visitor": contract.model_copy(update={"mapped": rest})}
    house.load()
    with monkeypatch.context() as patch:
        patch.setattr("warehouse_sql.repeatable.load_contracts", lambda: shorter)
        with connect(house.target) as connection:
            prepare.prepare(connection, lambda: None, Told())
    house.load()
    assert house.value("select count(browser_version) from restricted.stg_wistia__visitor") == 0


def test_a_statement_of_a_person_is_answered_or_refused(house: House) -> None:
    house.load()
    result = query(house.target, "select channel_key as k, channel_name from core.dim_channel where channel_key = -1;")
    assert (result.columns, result.rows) == (("k", "channel_name"), ((-1, "Unknown"),))
    assert query(house.target, "select 1 as a from core.dim_channel where channel_name like '%nobody%'").rows == ()
    assert query(house.target, "create table core.scratch (a integer)").columns == ()
    assert house.value("select count(*) from core.scratch") == 0
    for nothing in ("", ";", "-- only a comment"):
        with pytest.raises(ReelhouseError, match="query was empty"):
            query(house.target, nothing)
    with pytest.raises(StatementRefused, match=r'42P01.*relation ".*nothing" does not exist'):
        query(house.target, "select * from core.nothing")
