"""Every role tries everything on every table; masks and row policies as those meet them whom they concern."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import yaml

from tests.conftest import ROOT
from tests.integration.warehouse_sql.house import House, open_house
from tests.integration.warehouse_sql.test_upgrade import as_user, execute
from warehouse_sql import access
from warehouse_sql.connection import StatementRefused, connect
from warehouse_sql.proposal import access_changes

MATRIX: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "tests/cases/access/matrix.yaml").read_text())
TRIES = {
    "s": "select count(*) from {table}",
    "i": "insert into {table} select * from {table} where 1 = 2",
    "u": "update {table} set {column} = {column} where 1 = 2",
    "d": "delete from {table} where 1 = 2",
}
SEEN = {"_extracted_at": "2026-01-08 01:00:00"}
ADA = {"visitor_name": "Ada", "visitor_email": "ada@example.org"}
VISITOR = {"visitor_id": "visitor-1", "last_active_at": "2026-01-07", "load_count": 9, "play_count": 4, **ADA, **SEEN}
RESTRICTED = sorted(table.partition(".")[2] for policy in access.load_access().rows.values() for table in policy.tables)


def bring(house: House) -> list[str]:
    """Bring roles, rights and policies to those declared, and nothing else; return the statements."""
    with connect(house.target) as connection:
        statements = [statement for change in access_changes(connection) for statement in change.statements]
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return statements


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A warehouse with a visitor, and a user in each role, and one in none."""
    with open_house(tmp_path_factory.mktemp("roles")) as house:
        house.stage({"visitor": [VISITOR]})
        house.load()
        bring(house)
        for role in MATRIX:
            execute(house, f"create user of_{role} password disable", f"grant role {role} to of_{role}")
        execute(house, "create user nobody password disable")
        bring(house)
        yield house


@pytest.fixture(scope="module")
def relations(shared: House) -> dict[str, tuple[str, bool]]:
    """Each table and view with a column of it, and whether it is a table."""
    rows = shared.rows(
        "select table_schema, table_name, table_type from svv_tables "
        "where table_schema in ('staging', 'restricted', 'core', 'mart', 'audit')"
    )
    columns = {
        (row["table_schema"], row["table_name"]): row["column_name"]
        for row in shared.rows("select table_schema, table_name, column_name from svv_columns")
    }
    return {
        f"{row['table_schema']}.{row['table_name']}": (
            columns.get((row["table_schema"], row["table_name"]), ""),
            row["table_type"] == "BASE TABLE",
        )
        for row in rows
    }


@pytest.mark.parametrize("verbs", ["s", pytest.param("iud", marks=pytest.mark.long)])
@pytest.mark.parametrize("role", [*MATRIX, None])
def test_every_role_may_on_every_table_what_the_matrix_says(
    shared: House, relations: dict[str, tuple[str, bool]], role: str | None, verbs: str
) -> None:
    allowed = MATRIX[role] if role else {}
    found: dict[tuple[str, str], bool] = {}
    with connect(replace(shared.target, user=f"of_{role}" if role else "nobody")) as connection:
        for table, (column, is_table) in relations.items():
            for verb in verbs:
                if is_table or verb == "s":
                    try:
                        connection.execute(TRIES[verb].format(table=table, column=column))
                        found[table, verb] = True
                    except StatementRefused as refused:
                        assert refused.code == "42501", refused
                        found[table, verb] = False
                    connection.rollback()
    assert len({table for table, _ in found}) > 40
    assert found == {(table, verb): verb in allowed.get(table.partition(".")[0], "") for table, verb in found}


def test_of_all_that_is_restricted_only_some_see_rows(relations: dict[str, tuple[str, bool]]) -> None:
    assert sorted(table.partition(".")[2] for table in relations if table.startswith("restricted.")) == RESTRICTED


def test_the_matrix_knows_the_roles_that_are_declared() -> None:
    assert set(MATRIX) == set(access.load_access().roles)


def test_nobody_makes_or_drops_anything(shared: House) -> None:
    for role in MATRIX:
        for statement in ("create table mart.mine (a integer)", "drop view mart.media_summary"):
            with pytest.raises(StatementRefused, match=r"permission denied|must be owner"):
                as_user(shared, f"of_{role}", statement)


def test_who_was_granted_what_is_restricted_by_mistake_sees_no_rows_of_it(shared: House) -> None:
    names = "select visitor_name from restricted.visitor_identity"
    execute(
        shared,
        "grant usage on schema restricted to nobody",
        *(f"grant select on restricted.{table} to nobody" for table in RESTRICTED),
    )
    assert [as_user(shared, "nobody", f"select * from restricted.{table}") for table in RESTRICTED] == [()] * 6
    for role in ("reelhouse_loader", "reelhouse_privacy_officer"):
        assert as_user(shared, f"of_{role}", names) == (("Ada",),)
    execute(
        shared,
        *(f"revoke select on restricted.{table} from nobody" for table in RESTRICTED),
        "revoke usage on schema restricted from nobody",
    )


def test_a_dashboard_sees_another_name_of_a_visitor(shared: House) -> None:
    who = "select visitor_id from mart.top_visitor"
    ((name,),) = as_user(shared, "of_reelhouse_dashboard", who)
    assert re.fullmatch("[0-9a-f]{32}", str(name))
    assert as_user(shared, "of_reelhouse_dashboard", who) == ((name,),)
    assert as_user(shared, "of_reelhouse_analyst", who) == (("visitor-1",),)
    guesses = {hashlib.new(how, b"visitor-1").hexdigest()[:32] for how in ("md5", "sha1", "sha256", "sha512")}
    assert name not in guesses, "whoever knows the visitor would find it"
    assert not bring(shared)


def test_a_loader_who_is_no_superuser_loads(shared: House) -> None:
    shared.stage({"visitor": [VISITOR | {"visitor_name": "Ada L.", "_extracted_at": "2026-01-08 02:00:00"}]})
    owner = shared.target
    try:
        shared.target = replace(owner, user="of_reelhouse_loader")
        shared.load()
    finally:
        shared.target = owner
    assert shared.value("select visitor_name from restricted.visitor_identity") == "Ada L."


def test_policies_that_are_declared_otherwise_or_no_more_are_brought_there(
    shared: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = access.load_access()
    ((name, mask),) = declared.masks.items()
    ((rows_name, rows),) = declared.rows.items()
    another = {name: mask.model_copy(update={"shows": "left(value, 2)"})}
    fewer = {rows_name: rows.model_copy(update={"tables": rows.tables[:1]})}
    with monkeypatch.context() as patch:
        changed = declared.model_copy(update={"masks": another, "rows": fewer})
        patch.setattr("warehouse_sql.proposal.load_access", lambda: changed)
        bring(shared)
        assert as_user(shared, "of_reelhouse_dashboard", "select visitor_id from mart.top_visitor") == (("vi",),)
        assert len(shared.rows("select policy_name from svv_masking_policy")) == 1
        assert len(shared.rows("select relname from svv_rls_relation")) == 1
        assert not bring(shared)
    bring(shared)
    assert len(shared.rows("select relname from svv_rls_relation")) == 6
    assert not bring(shared)


def test_a_policy_names_roles_of_the_file() -> None:
    declared = access.load_access().model_dump()
    declared["masks"]["other_name"]["roles"] = ["reelhouse_anybody"]
    with pytest.raises(ValueError, match="reelhouse_anybody: no role of this file"):
        access.Access.model_validate(declared)
