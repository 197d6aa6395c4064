"""Row-level security as those meet it who are limited by it; sources are the Database Developer Guide's pages."""

from typing import Any

import pytest

from tests.integration.sandbox.redshift.conftest import Connect, Lake, code_of
from tests.integration.sandbox.redshift.test_copy import refused, rows
from tests.integration.sandbox.redshift.test_rights import denied

_SETUP = """
create schema s
create table s.sales (id int, region varchar(10), amount int)
insert into s.sales values (1, 'eu', 10), (2, 'us', 20), (3, 'eu', 30)
create table regions (usr varchar(30), region varchar(10))
insert into regions values ('ann', 'eu')
create user ann password disable
create user bob password disable
create role analyst
grant role analyst to ann
grant usage on schema s to public
grant select, update, delete, insert on s.sales to public
create rls policy own with (region varchar(10)) as r
    using (r.region in (select l.region from regions l where l.usr = current_user))
grant select on table regions to rls policy own
create rls policy small with (amount int) as r using (amount < 15)
attach rls policy own on s.sales to role analyst
alter table s.sales row level security on
"""


@pytest.fixture
def admin(connect: Connect) -> Any:
    cursor = connect(autocommit=True).cursor()
    for statement in _SETUP.replace("\n    ", " ").strip().splitlines():
        cursor.execute(statement)
    return cursor


@pytest.fixture
def ann(connect: Connect, admin: Any) -> Any:
    return connect(autocommit=True, user="ann").cursor()


@pytest.fixture
def bob(connect: Connect, admin: Any) -> Any:
    return connect(autocommit=True, user="bob").cursor()


def ids(cursor: Any, relation: str = "s.sales") -> list[int]:
    return [row[0] for row in rows(cursor, f"select id from {relation} order by id")]


def test_rows_are_seen_by_policy_and_by_nobody_without_one(admin: Any, ann: Any, bob: Any) -> None:
    assert (ids(ann), ids(bob), ids(admin)) == ([1, 3], [], [1, 2, 3])
    assert rows(ann, "select count(*), sum(amount) from s.sales x where x.amount > 10") == [[1, 30]]
    admin.execute("alter table s.sales row level security off")
    assert ids(bob) == [1, 2, 3]


def test_only_rows_that_are_seen_are_changed(admin: Any, ann: Any, bob: Any) -> None:
    ann.execute("update s.sales set amount = amount + 1")
    bob.execute("update s.sales set amount = 0")
    ann.execute("delete from s.sales where id in (1, 2)")
    assert rows(admin, "select id, amount from s.sales order by id") == [[2, 20], [3, 31]]
    bob.execute("insert into s.sales values (4, 'us', 4)")
    assert ids(admin) == [2, 3, 4]


def test_policies_are_joined_as_the_relation_says(admin: Any, ann: Any) -> None:
    admin.execute("attach rls policy small on table s.sales to ann, role analyst")
    assert ids(ann) == [1]
    admin.execute("alter table s.sales row level security on conjunction type or")
    admin.execute("insert into s.sales values (5, 'us', 5)")
    assert ids(ann) == [1, 3, 5]
    admin.execute("detach rls policy own on s.sales from role analyst")
    assert ids(ann) == [1, 5]


def test_views_show_whoever_asks_what_their_own_policies_let_through(
    admin: Any, ann: Any, bob: Any, lake: Lake
) -> None:
    admin.execute("create view s.bound as select * from s.sales")
    admin.execute("create view s.late as select * from s.sales with no schema binding")
    admin.execute("grant select on all tables in schema s to public")
    assert [ids(who, view) for who in (ann, bob) for view in ("s.bound", "s.late")] == [[1, 3], [1, 3], [], []]
    ann.execute("create table taken as select id from s.late")
    assert ids(ann, "taken") == [1, 3]
    ann.execute("unload ('select id from s.sales') to 's3://lake/out/' iam_role default")
    assert list(lake.keys("out/").values()) == [b"1\n3\n"]


def test_a_view_has_policies_of_its_own(admin: Any, ann: Any, bob: Any) -> None:
    admin.execute("alter table s.sales row level security off")
    admin.execute("create view s.v (id, what) as select id, region from s.sales")
    admin.execute("grant select on s.v to public")
    admin.execute("create rls policy third with (id int) using (id = 3)")
    admin.execute("create masking policy hide with (x varchar(10)) using ('*')")
    admin.execute("attach rls policy third on s.v to ann")
    admin.execute("attach masking policy hide on s.v (what) to ann")
    admin.execute("alter table s.v row level security on")
    assert rows(ann, "select * from s.v") == [[3, "*"]]
    assert (ids(bob, "s.v"), ids(bob)) == ([], [1, 2, 3])


def test_masks_do_not_hide_rows_from_their_policies(admin: Any, ann: Any) -> None:
    admin.execute("create masking policy hide with (x varchar(10)) using ('*')")
    admin.execute("attach masking policy hide on s.sales (region) to public")
    assert rows(ann, "select id, region from s.sales order by id") == [[1, "*"], [3, "*"]]


def test_everything_follows_a_new_name(admin: Any, ann: Any) -> None:
    admin.execute("alter table regions rename to areas")
    admin.execute("alter schema s rename to t")
    admin.execute("alter table t.sales rename to sold")
    assert ids(ann, "t.sold") == [1, 3]
    admin.execute("drop table t.sold")
    admin.execute("create table t.sold (id int)")
    admin.execute("grant select on t.sold to public")
    admin.execute("insert into t.sold values (9)")
    assert ids(ann, "t.sold") == [9]
    assert rows(admin, "select count(*) from svv_rls_relation") == [[0]]


def test_a_policy_reads_only_what_is_granted_to_it(admin: Any, ann: Any) -> None:
    admin.execute("revoke select on regions from rls policy own")
    denied(ann, "select id from s.sales", "permission denied for relation regions")
    denied(ann, "delete from s.sales", "permission denied for relation regions")


def test_who_ignores_policies(admin: Any, ann: Any, bob: Any) -> None:
    admin.execute("grant ignore rls to role analyst")
    assert ids(ann) == [1, 2, 3]
    admin.execute("revoke ignore rls from role analyst")
    admin.execute("grant role sys:secadmin to bob")
    assert (ids(ann), ids(bob)) == ([1, 3], [1, 2, 3])
    denied(ann, "grant ignore rls to ann", "permission denied: must be superuser or have the role sys:secadmin")
    denied(
        ann,
        "alter table s.sales row level security off",
        "permission denied: must be superuser or have the role sys:secadmin",
    )


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("create rls policy p with (a int) using (b = 1)", "42703"),
        ("create rls policy p using (nosuch(1) = 1)", "42883"),
        ("create rls policy own using (true)", "42710"),
        ("create rls policy p using (1 in (select id from s.sales))", "0A000"),
        ("create rls policy p with (a int) as r using (exists (select 1 from regions l where l.usr = r.a))", "0A000"),
        ("attach rls policy own on regions to public", "0A000"),
        ("attach rls policy small on regions to public", "42703"),
        ("attach rls policy nosuch on s.sales to public", "42704"),
        ("attach rls policy own on s.sales to role nosuch", "42704"),
        ("detach rls policy small on s.sales from public", "42704"),
        ("drop rls policy own", "2BP01"),
        ("drop table regions", "2BP01"),
        ("create materialized view m as select id from s.sales", "0A000"),
        ("alter table s.sales row level security maybe", "42601"),
    ],
)
def test_what_is_refused(admin: Any, statement: str, code: str) -> None:
    assert refused(admin, statement)["C"] == code


def test_policies_of_one_relation_share_an_alias(admin: Any) -> None:
    admin.execute("create rls policy other with (id int) using (id = 1)")
    assert "same table alias" in refused(admin, "attach rls policy other on s.sales to ann")["M"]


def test_a_policy_is_altered_and_dropped(admin: Any, ann: Any) -> None:
    admin.execute("alter rls policy own using (r.region = 'us')")
    assert ids(ann) == [2]
    admin.execute("drop rls policy own cascade")
    assert ids(ann) == []
    admin.execute("drop rls policy if exists own")


def test_the_system_shows_policies(admin: Any) -> None:
    admin.execute("attach rls policy small on s.sales to public")
    shown = rows(admin, "select polname, polalias, polqual from svv_rls_policy where polname = 'small'")
    assert shown == [["small", "r", "amount < 15"]]
    attached = (
        "select relname, polname, grantee, granteekind, is_rls_on, rls_conjunction_type from svv_rls_attached_policy"
    )
    assert rows(admin, f"{attached} order by 2") == [
        ["sales", "own", "analyst", "role", True, "and"],
        ["sales", "small", "public", "public", True, "and"],
    ]


def test_rolled_back_policies_were_never_there(admin: Any, ann: Any, connect: Connect) -> None:
    other = connect().cursor()
    other.execute("alter table s.sales row level security off")
    other.execute("rollback")
    assert ids(ann) == [1, 3]


def test_append_moves_rows_only_for_those_who_see_all(admin: Any, ann: Any) -> None:
    ann.execute("create table mine (id int, region varchar(10), amount int)")
    admin.execute("alter table s.sales owner to ann")
    with pytest.raises(Exception, match="IGNORE RLS") as found:
        ann.execute("alter table mine append from s.sales")
    assert code_of(found.value) == "42501"
