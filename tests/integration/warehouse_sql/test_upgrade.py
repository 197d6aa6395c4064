"""A plan tells what a warehouse lacks and changes nothing; apply does it; roles read what they may."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.errors import DataRefused, ReelhouseError
from tests.integration.warehouse_sql.house import House, Told, open_house
from warehouse_sql import drift, repeatable
from warehouse_sql.checks import Check
from warehouse_sql.connection import connect
from warehouse_sql.examine import examine
from warehouse_sql.migrate import MigrationRefused, Trouble, load_migrations
from warehouse_sql.prepare import remember_rebuilt, restore_rules
from warehouse_sql.proposal import Change, Plan, plan
from warehouse_sql.query import query
from warehouse_sql.repeatable import Repeatable
from warehouse_sql.upgrade import apply, baseline

SESSIONS = [
    {"session_id": f"s{day}", "media_id": "m1", "received_at": f"2026-01-0{day}", "_extracted_at": "2026-01-05"}
    for day in (1, 2, 4)
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A warehouse that was applied and loaded; tests leave it as they find it."""
    with open_house(tmp_path_factory.mktemp("house")) as house:
        applied(house)
        house.stage({"viewing_session": SESSIONS})
        house.load()
        yield house


def applied(house: House) -> Plan:
    """Apply this release."""

    return apply(house.target, house.lake, house.attempt("apply", 30).lock, Told())


def planned(house: House) -> dict[str, str]:
    """Return what the plan says of each thing."""
    return {change.name: f"{change.kind}: {change.words}" for change in plan(house.target, house.lake).changes}


def execute(house: House, *statements: str) -> None:
    """Do something by hand."""
    with connect(house.target) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def patched(patch: pytest.MonkeyPatch, table: str, version: int | None = None, more: str = "") -> None:
    """Let a release bring another version or another SELECT of a model."""

    def changed(item: Repeatable) -> Repeatable:
        if item.name != table or item.model is None:
            return item
        model = replace(item.model, version=version or item.model.version)
        return replace(item, model=model, definition=item.definition + more)

    items = tuple(changed(item) for item in repeatable.repeatables())
    for module in ("repeatable", "prepare", "proposal"):
        patch.setattr(f"warehouse_sql.{module}.repeatables", lambda: items)


def but_for_secrets(found: Plan) -> list[Change]:
    """Without the texts that masks are made up with, which are others each time."""
    secret = re.compile("[0-9a-f]{64}")
    return [
        replace(change, statements=tuple(secret.sub("secret", statement) for statement in change.statements))
        for change in found.changes
    ]


def test_an_empty_warehouse_is_planned_without_a_touch_and_then_made(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        before = plan(house.target, house.lake)
        assert house.value("select count(*) from information_schema.tables where table_schema = 'core'") == 0
        assert [change.name for change in before.changes[: len(load_migrations())]] == [
            migration.file for migration in load_migrations()
        ]
        assert {change.kind for change in before.changes} == {
            "migration", "table", "calendar", "view", "mart", "comments", "access"
        }  # fmt: skip
        done = applied(house)
        assert but_for_secrets(done) == but_for_secrets(before)
        assert plan(house.target, house.lake) == Plan(())
        assert applied(house) == Plan(())


def test_a_stored_mart_is_planned_with_its_days(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "core.visitor_media_day", more=" -- other")
    assert planned(shared) == {
        "core.visitor_media_day": "mart: made anew, all of it: 3 days from 2026-01-01 to 2026-01-04, "
        "3 rows of core.fct_viewing_session"
    }


def test_a_select_that_changes_without_its_version_holds_from_then_on(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patched(monkeypatch, "core.fct_viewing_session", more=" -- other")
    assert planned(shared) == {
        "core.fct_viewing_session": "rules: its SELECT is new, its version is not: it holds for what is loaded "
        "from now on"
    }


def test_a_raised_version_makes_facts_anew_and_stops_loads_before(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patched(monkeypatch, "core.fct_viewing_session", version=2)
    assert planned(shared) == {
        "core.fct_viewing_session": "rebuild: version 1 -> 2: 3 days from 2026-01-01 to 2026-01-04, 3 rows of "
        "core.fct_viewing_session made anew by a replay, which reads 0 records in 0 objects of 0 streams and asks the "
        "source for nothing"
    }
    with pytest.raises(DataRefused, match=r"makes core\.fct_viewing_session by other rules.*warehouse apply"):
        shared.load()
    assert applied(shared).rebuilds == ("core.fct_viewing_session",)
    # Until they were made anew nothing is loaded, however often it is tried.
    with pytest.raises(DataRefused, match=r"makes core\.fct_viewing_session by other rules"):
        shared.load()
    with connect(shared.target) as connection:
        remember_rebuilt(connection)
        connection.commit()
    shared.load()
    assert planned(shared) == {}
    with connect(shared.target) as connection:  # a replay by the same rules is taken back
        remember_rebuilt(connection)
        restore_rules(connection)
        connection.commit()
    assert planned(shared) == {}
    patched(monkeypatch, "core.fct_viewing_session", version=3)
    with connect(shared.target) as connection:  # and one by others
        remember_rebuilt(connection)
        restore_rules(connection)
        connection.commit()
    assert "core.fct_viewing_session" in planned(shared)
    monkeypatch.undo()
    shared.load()
    assert planned(shared) == {}


def test_facts_that_read_a_dimension_are_made_anew_with_it(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "core.dim_media", version=2)
    found = planned(shared)
    assert {name for name, words in found.items() if words.startswith("rebuild: reads a table")} == {
        "core.fct_media_analytics_day",
        "core.fct_media_day",
        "core.fct_media_engagement",
        "core.fct_media_snapshot",
        "core.fct_viewing_session",
    }
    assert found["core.dim_media"].startswith("rebuild: version 1 -> 2: all 4 rows made anew")


@pytest.mark.long
def test_a_version_that_is_raised_before_anything_is_loaded_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patched(monkeypatch, "core.fct_viewing_session", version=2)
    with open_house(tmp_path) as house:
        house.load()
        house.stage({"viewing_session": SESSIONS})
        house.load()
        assert house.value("select count(*) from core.fct_viewing_session") == 3


def test_what_was_changed_by_hand_is_told_and_stops_apply(shared: House) -> None:
    """Fault 40: manual drift."""
    execute(shared, "alter table core.dim_geo rename to dim_place", "create table mart.mine (a integer)")
    found = plan(shared.target, shared.lake)
    assert found.drift == ("core.dim_geo is missing",)
    assert found.strangers == ("core.dim_place", "mart.mine")
    with pytest.raises(MigrationRefused, match=r"^M8: .*core\.dim_geo is missing\. Nothing was done") as refused:
        applied(shared)
    assert refused.value.trouble is Trouble.DRIFTED
    execute(shared, "alter table core.dim_place rename to dim_geo", "drop table mart.mine")
    assert plan(shared.target, shared.lake) == Plan(())


@pytest.mark.parametrize(
    ("change", "undo", "words"),
    [
        (
            "alter table core.dim_channel rename column channel_name to channel",
            "alter table core.dim_channel rename column channel to channel_name",
            "core.dim_channel.channel_name is missing",
        ),
        (
            "alter table core.dim_channel add column colour varchar(8)",
            "alter table core.dim_channel drop column colour",
            None,
        ),
    ],
)
def test_columns_that_were_changed_by_hand_are_told(shared: House, change: str, undo: str, words: str | None) -> None:
    execute(shared, change)
    found = plan(shared.target, shared.lake)
    assert found.drift == ((words,) if words else ())
    assert len(found.strangers) == 1
    execute(shared, undo)
    assert plan(shared.target, shared.lake) == Plan(())


def test_a_longer_text_is_told(shared: House) -> None:
    with connect(shared.target) as connection:
        connection.execute_alone("alter table core.dim_channel alter column channel_name type varchar(300)")
    assert plan(shared.target, shared.lake).drift == (
        "core.dim_channel.channel_name is varchar(300) and should be varchar(256)",
    )
    with connect(shared.target) as connection:
        connection.execute_alone("alter table core.dim_channel alter column channel_name type varchar(256)")


def test_a_view_and_a_staging_table_that_were_dropped_are_made_again(shared: House) -> None:
    execute(shared, "drop view mart.media_summary", "drop table restricted.stg_wistia__visitor")
    found = planned(shared)
    assert found["mart.media_summary"].startswith("view: mart.media_summary is missing; somebody changed it by hand")
    assert found["restricted.stg_wistia__visitor"].startswith("table: restricted.stg_wistia__visitor is missing")
    applied(shared)
    assert shared.rows("select media_id from mart.media_summary") == []
    assert plan(shared.target, shared.lake) == Plan(())


def test_everything_is_described_in_the_catalog(shared: House) -> None:
    found = tables(shared)
    assert found["core.fct_viewing_session"].comments[None].startswith("One row per viewing session. A session is")
    assert found["core.fct_viewing_session"].comments["session_id"] == "The event key."
    assert found["restricted.stg_wistia__visitor"].comments["visitor_id"]
    assert "\nplay_rate: Distinct players divided by visitors" in str(found["mart.media_summary"].comments[None])
    execute(shared, "comment on column core.dim_geo.city is 'wrong'")
    assert planned(shared) == {"descriptions": "comments: 1 descriptions of 1 tables and views; nothing is read"}
    applied(shared)
    assert tables(shared)["core.dim_geo"].comments["city"] == "City; Unknown where the source is silent."


def tables(house: House) -> dict[str, drift.Found]:
    """Return the tables as the warehouse shows them."""
    with connect(house.target) as connection:
        return drift.read_tables_of(connection)


def as_user(house: House, user: str, statement: str) -> Any:
    """Run a statement as somebody else."""
    return query(replace(house.target, user=user), statement).rows


def test_members_of_a_role_get_its_session_timeout(shared: House) -> None:
    execute(shared, "create user ada password disable", "grant role reelhouse_analyst to ada")
    assert 'alter user "ada" session timeout 14400' in plan(shared.target, shared.lake).changes[0].statements
    applied(shared)
    assert shared.value("select session_timeout from svv_user_info where user_name = 'ada'") == 14400
    assert plan(shared.target, shared.lake) == Plan(())


def test_a_right_that_is_not_declared_is_taken_back_from_a_role_and_left_to_others(shared: House) -> None:
    applied(shared)
    execute(
        shared,
        "create user bob password disable",
        "grant insert on core.dim_geo to role reelhouse_analyst",
        "grant select on core.dim_geo to bob",
        "grant usage on schema audit to role reelhouse_dashboard",
    )
    assert plan(shared.target, shared.lake).changes[0].statements == (
        'revoke insert on core."dim_geo" from role reelhouse_analyst',
        "revoke usage on schema audit from role reelhouse_dashboard",
    )
    applied(shared)
    held = shared.rows(
        "select privilege_type, identity_name from svv_relation_privileges where relation_name = 'dim_geo'"
    )
    assert {"privilege_type": "SELECT", "identity_name": "bob"} in held
    assert {"privilege_type": "INSERT", "identity_name": "reelhouse_analyst"} not in held


def test_whoever_may_not_make_roles_is_told_what_is_done(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        house.load()
        assert [change.kind for change in plan(house.target, house.lake).changes] == ["comments", "access"]
        execute(house, "create user loader password disable")
        for schema in ("staging", "core", "mart", "audit"):
            execute(
                house,
                f"grant all on schema {schema} to loader",
                f"grant all on all tables in schema {schema} to loader",
            )
        house.target = replace(house.target, user="loader")
        with pytest.raises(ReelhouseError, match=r"42501"):
            applied(house)


@pytest.mark.long
def test_two_who_apply_at_once_do_it_once(tmp_path: Path) -> None:
    failures: list[ReelhouseError] = []
    with open_house(tmp_path) as house:
        house.load()

        def run() -> None:
            try:
                applied(house)
            except ReelhouseError as error:
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert plan(house.target, house.lake) == Plan(())


@pytest.mark.long
def test_a_warehouse_whose_record_was_lost_is_taken_for_what_its_tables_are(tmp_path: Path) -> None:
    newest = len(load_migrations())
    with open_house(tmp_path) as house:
        house.stage({"viewing_session": SESSIONS})
        house.load()
        with pytest.raises(MigrationRefused, match="remembers its migrations"):
            baseline(house.target, newest)
        execute(house, "drop table audit.migration", "drop table audit.repeatable", "drop table audit.load_count")
        with pytest.raises(MigrationRefused, match=r"^M5: "):
            house.load()
        with pytest.raises(MigrationRefused, match=r"^M2: there is no migration 99"):
            baseline(house.target, 99)
        execute(house, "alter table core.dim_geo rename to dim_place")
        with pytest.raises(MigrationRefused, match=r"^M8: .*core\.dim_geo is missing"):
            baseline(house.target, newest)
        execute(house, "alter table core.dim_place rename to dim_geo")
        assert baseline(house.target, newest) == tuple(migration.file for migration in load_migrations())
        applied(house)
        assert plan(house.target, house.lake) == Plan(())
        house.stage({"viewing_session": [SESSIONS[0] | {"session_id": "s9"}]})
        house.load()
        assert house.value("select count(*) from core.fct_viewing_session") == 4


def test_nothing_is_a_baseline_of_an_empty_warehouse(tmp_path: Path) -> None:
    with open_house(tmp_path) as house, pytest.raises(MigrationRefused, match="has no tables of reelhouse"):
        baseline(house.target, 1)


def failing(house: House) -> list[tuple[str, str, int]]:
    """Return the checks that failed."""
    results = examine(house.target)
    return [(result.table, result.about, result.count) for result in results if result.count and result.is_fatal]


def test_all_checks_pass_on_a_warehouse_that_was_only_loaded(shared: House) -> None:
    results = examine(shared.target)
    assert {result.about: result.count for result in results if result.count} == {
        "the media of new sessions are known by more than their id": 1  # it only warns
    }
    assert {result.table for result in results} >= {"mart.media_summary", "core.fct_viewing_session", "all tables"}


def test_what_was_spoiled_behind_our_back_is_found_with_its_rows(shared: House) -> None:
    execute(
        shared,
        "update core.fct_viewing_session set session_id = 's1' where session_id = 's2'",
        "update core.dim_channel set channel_key = -4 where channel_key = -3",
    )
    assert {(table, about) for table, about, _ in failing(shared)} == {
        ("core.fct_viewing_session", "unique by session_id"),
        ("core.dim_channel", "reserved members are present"),
        ("core.dim_media", "channel_key is in core.dim_channel"),
        ("V0002__dimensions_and_facts.sql", "finds what it left"),
    }
    failed = (result for result in examine(shared.target) if result.count and result.about == "unique by session_id")
    rows = next(failed).rows
    assert rows == ({"session_id": "s1", "row_count": 2},)
    execute(
        shared,
        "update core.fct_viewing_session set session_id = 's2' where received_at = '2026-01-02'",
        "update core.dim_channel set channel_key = -3 where channel_key = -4",
    )
    assert failing(shared) == []


def test_personal_values_are_masked(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = "select 'ada@example.com' as viewer_email, 's1' as session_id"
    spoiled = Check("nothing", "core.dim_geo", False, statement)
    monkeypatch.setattr("warehouse_sql.examine.whole_checks", lambda _: (spoiled,))
    assert examine(shared.target)[-1].rows == ({"viewer_email": "…", "session_id": "s1"},)


def test_a_warehouse_of_another_release_is_not_checked_by_this_one(tmp_path: Path) -> None:
    with open_house(tmp_path) as house, pytest.raises(DataRefused, match="does not have all migrations"):
        examine(house.target)
