"""Faults 23 and 40: migrations that do not go together with a warehouse, or that stop half-way.

Each trouble has a code of its own, and a way out that the message names.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import LockHeld, ReelhouseError
from tests.integration.warehouse_sql.house import House, Told, open_house
from warehouse_sql import migration_log, prepare
from warehouse_sql.connection import Connection, connect
from warehouse_sql.migrate import MigrationRefused, Trouble, read_migrations, statement_checksum
from warehouse_sql.model import HOME


class Shop:
    """A warehouse that has the structure alone, and the migrations that a release brings."""

    def __init__(self, house: House, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.house = house
        self.folder = folder
        self._patch = patch
        shutil.copytree(HOME / "migrations", folder)
        patch.setattr("warehouse_sql.repeatable.repeatables", lambda: ())
        self.release()
        self.migrate()
        self.next = len(read_migrations(folder)) + 1

    def write(self, words: str, script: str, verify: str = "") -> str:
        """Write a migration file with the next number; return its name."""
        name = f"V{self.next:04d}__{words}"
        self.next += 1
        (self.folder / f"{name}.sql").write_text(script)
        (self.folder / f"{name}.verify.sql").write_text(verify)
        self.release()
        return f"{name}.sql"

    def release(self) -> None:
        """Take the files for those of this release."""
        migrations = read_migrations(self.folder)
        self._patch.setattr(migration_log, "load_migrations", lambda: migrations)

    def migrate(self, told: Told | None = None, lock_wait: float = 30) -> None:
        """Bring the warehouse to the release."""
        with connect(self.house.target) as connection:
            prepare.prepare(connection, lambda: lock(connection, lock_wait), told or Told())

    def refused(self) -> MigrationRefused:
        """Return how the warehouse cannot be brought to the release."""
        with pytest.raises(MigrationRefused) as refused:
            self.migrate()
        assert str(refused.value).startswith(f"{refused.value.trouble.value}: ")
        return refused.value


def lock(connection: Connection, lock_wait: float) -> None:
    """Take the lock of the loads."""
    connection.execute(f"set statement_timeout to {int(lock_wait * 1000)}")
    connection.execute("lock table audit.load_lock")
    connection.execute("reset statement_timeout")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """An empty warehouse with all migrations of this package."""
    (tmp_path / "house").mkdir()
    with open_house(tmp_path / "house") as house:
        yield Shop(house, tmp_path / "migrations", monkeypatch)


def lengths(shop: Shop) -> dict[str, int]:
    """Return how long the texts of core.wide are."""
    rows = shop.house.rows(
        "select column_name, character_maximum_length from information_schema.columns where table_name = 'wide'"
    )
    return {row["column_name"]: row["character_maximum_length"] for row in rows}


WIDE = "create table core.wide (a varchar(4), b varchar(4), c varchar(4));\n"
WIDEN = "alter table core.wide alter column a type varchar(8);\nalter table core.wide alter column b type varchar(8);\n"


def test_a_file_that_was_edited_after_it_was_applied_is_refused(shop: Shop) -> None:
    file = shop.folder / "V0002__dimensions_and_facts.sql"
    file.write_text(f"{file.read_text()}\n-- Only a comment.\n")
    shop.release()
    refused = shop.refused()
    assert refused.trouble is Trouble.EDITED
    assert "V0002__dimensions_and_facts.sql was edited after it had been applied" in str(refused)
    assert "write the change as a new migration" in str(refused)


def test_a_number_that_is_missing_among_the_files_is_named(shop: Shop) -> None:
    (shop.folder / "V0003__stored_marts.sql").unlink()
    with pytest.raises(MigrationRefused, match=r"^M2: V0004__\w+\.sql and no V0003 before it"):
        shop.release()


def test_a_number_that_is_there_twice_is_named(shop: Shop) -> None:
    for ending in (".sql", ".verify.sql"):
        (shop.folder / f"V0003__zebra{ending}").write_text("select 1 as a where 1 = 2")
    with pytest.raises(MigrationRefused, match=r"^M2: V0003__zebra\.sql is there twice"):
        shop.release()


def test_a_migration_that_would_run_after_a_later_one_is_refused(shop: Shop) -> None:
    with connect(shop.house.target) as connection:
        connection.execute("delete from audit.migration where version = 3")
        connection.commit()
    refused = shop.refused()
    assert refused.trouble is Trouble.OUT_OF_ORDER
    assert "V0003__stored_marts.sql was never applied, but migration" in str(refused)


def test_a_warehouse_of_a_later_release_is_worked_with_as_long_as_nothing_was_taken_away(shop: Shop) -> None:
    shop.write("expand", "create table core.later (a integer)")
    shop.migrate()
    for file in shop.folder.glob(f"V{shop.next - 1:04d}*"):
        file.unlink()
    shop.release()
    told = Told()
    shop.migrate(told)
    assert told.events == []


def test_a_warehouse_from_which_a_later_release_took_something_away_is_refused(shop: Shop) -> None:
    first, needs = shop.next, shop.next
    shop.write("expand", "create table core.later (a integer)")
    shop.write("contract", f"-- needs: V{needs:04d}\ndrop table core.dim_project")
    shop.migrate()
    for number in (first, first + 1):
        for file in shop.folder.glob(f"V{number:04d}*"):
            file.unlink()
    shop.release()
    refused = shop.refused()
    assert refused.trouble is Trouble.AHEAD
    assert f"needs a release that knows migration {needs} at least, and this one ends with {first - 1}" in str(refused)


def test_tables_without_a_record_are_not_made_over(shop: Shop) -> None:
    with connect(shop.house.target) as connection:
        connection.execute("drop table audit.migration")
        connection.commit()
    refused = shop.refused()
    assert refused.trouble is Trouble.UNRECORDED
    assert "reelhouse warehouse apply --baseline N" in str(refused)


def test_a_migration_that_does_not_leave_what_it_should_is_undone(shop: Shop) -> None:
    script = "create table core.more (a integer); insert into core.more values (1)"
    shop.write("more", script, "select a from core.more where a > 1; select a from core.more")
    refused = shop.refused()
    assert refused.trouble is Trouble.UNVERIFIED
    assert "verification 2 returned 1 rows instead of none" in str(refused)
    assert shop.house.value("select count(*) from information_schema.tables where table_name = 'more'") == 0
    shop.next -= 1
    shop.write("more", script, "select a from core.more where a > 1")
    shop.migrate()
    assert shop.house.value("select count(*) from core.more") == 1


def test_two_migrators_at_once_do_it_once(shop: Shop) -> None:
    shop.write("more", "create table core.more (a integer); insert into core.more values (1)")
    failures: list[ReelhouseError] = []

    def run() -> None:
        try:
            shop.migrate()
        except ReelhouseError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert shop.house.value("select count(*) from core.more") == 1


def test_a_second_migrator_waits_and_then_names_the_holder(shop: Shop) -> None:
    shop.write("more", "create table core.more (a integer)")
    with connect(shop.house.target) as other:
        other.execute("lock table audit.load_lock")
        with pytest.raises(LockHeld, match="another load holds the lock"):
            shop.house.load(lock_wait=0.2)


def test_a_refused_statement_of_a_file_outside_of_transactions_stops_half_way_and_goes_on_from_there(
    shop: Shop,
) -> None:
    shop.write("wide", f"{WIDE}insert into core.wide values ('1234', '1234', '1234');")
    file = shop.write("widen", f"{WIDEN}alter table core.wide alter column c type varchar(2);\n")
    refused = shop.refused()
    assert refused.trouble is Trouble.HALF_WAY
    assert f"{file}: the warehouse refused statement 3 of 3" in str(refused)
    assert "it goes on with statement 3" in str(refused)
    assert lengths(shop) == {"a": 8, "b": 8, "c": 4}
    assert shop.house.value("select count(*) from audit.migration_step where refusal is not null") == 1
    # Statements that were done may not change, those that were not may.
    (shop.folder / file).write_text(f"{WIDEN.replace('8', '9')}alter table core.wide alter column c type varchar(6);\n")
    shop.release()
    assert shop.refused().trouble is Trouble.EDITED
    (shop.folder / file).write_text(f"{WIDEN}alter table core.wide alter column c type varchar(6);\n")
    shop.release()
    told = Told()
    shop.migrate(told)
    assert [fields.get("statement") for _, fields in told.events] == [3, None]
    assert lengths(shop) == {"a": 8, "b": 8, "c": 6}
    assert shop.house.value(f"select count(*) from audit.migration where version = {shop.next - 1}") == 1


@pytest.mark.parametrize("happened", [True, False])
def test_a_statement_that_was_cut_off_is_told_from_the_catalog(shop: Shop, happened: bool) -> None:
    """Killed after the statement was sent: whether it happened, the record cannot say."""
    shop.write("wide", WIDE)
    shop.migrate()
    shop.write("widen", WIDEN)
    migration = read_migrations(shop.folder)[-1]
    with connect(shop.house.target) as connection:
        connection.execute(
            "insert into audit.migration_step (version, statement_number, checksum, began_at) "
            "values (:version, 1, :checksum, getdate())",
            {"version": migration.version, "checksum": statement_checksum(migration.statements[0])},
        )
        connection.commit()
        if happened:
            connection.execute_alone(migration.statements[0])
    told = Told()
    shop.migrate(told)
    assert [fields.get("statement") for _, fields in told.events] == ([2, None] if happened else [1, 2, None])
    assert lengths(shop) == {"a": 8, "b": 8, "c": 4}


def test_a_widening_that_is_published_before_the_rest_fails_is_not_done_again(shop: Shop) -> None:
    """Fault 23."""
    shop.write("wide", WIDE)
    shop.write("widen", WIDEN)
    file = shop.write("broken", "create table core.more (a integer); insert into core.nowhere values (1)")
    assert shop.refused().trouble is Trouble.REFUSED
    assert lengths(shop) == {"a": 8, "b": 8, "c": 4}
    assert shop.house.value("select count(*) from information_schema.tables where table_name = 'more'") == 0
    (shop.folder / file).write_text("create table core.more (a integer); insert into core.more values (1)")
    shop.release()
    told = Told()
    shop.migrate(told)
    assert [fields["file"] for _, fields in told.events] == [file]
    assert shop.house.value("select count(*) from core.more") == 1


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (f"{WIDE}{WIDEN}", "runs outside of a transaction and belongs into a file of its own"),
        ("truncate core.dim_media", "cannot run in a transaction, nor be taken up again"),
        (
            "alter table core.dim_media alter column created_at type date",
            "cannot run in a transaction, nor be taken up",
        ),
        ("create external table core.more (a integer)", "cannot run in a transaction, nor be taken up again"),
        ("select 1; commit", "cannot run in a transaction, nor be taken up again"),
    ],
)
def test_a_file_that_could_leave_half_a_state_is_not_taken(tmp_path: Path, script: str, problem: str) -> None:
    (tmp_path / "V0001__words.sql").write_text(script)
    (tmp_path / "V0001__words.verify.sql").write_text("")
    with pytest.raises(ValueError, match=problem):
        read_migrations(tmp_path)


def test_each_trouble_has_a_code_of_its_own() -> None:
    assert len({trouble.value for trouble in Trouble}) == len(Trouble)
