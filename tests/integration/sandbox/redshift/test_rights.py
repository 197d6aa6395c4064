"""Rights and masks as another user meets them."""

from typing import Any

import pytest

from tests.integration.sandbox.redshift.conftest import Connect, Lake
from tests.integration.sandbox.redshift.test_copy import refused, rows


@pytest.fixture
def admin(connect: Connect) -> Any:
    cursor = connect(autocommit=True).cursor()
    cursor.execute("create schema s")
    cursor.execute("create table s.t (id int, secret varchar(20), other int)")
    cursor.execute("insert into s.t values (1, 'abc', 7)")
    cursor.execute("create user ann password disable")
    cursor.execute("create role reader")
    cursor.execute("create role analyst")
    cursor.execute("create group g with user ann")
    return cursor


@pytest.fixture
def ann(connect: Connect, admin: Any) -> Any:
    return connect(autocommit=True, user="ann").cursor()


def denied(cursor: Any, statement: str, what: str = "permission denied for relation t") -> None:
    fields = refused(cursor, statement)
    assert (fields["C"], fields["M"]) == ("42501", what)


def test_nothing_is_allowed_before_it_is_granted(admin: Any, ann: Any) -> None:
    denied(ann, "select * from s.t", "permission denied for schema s")
    admin.execute("grant usage on schema s to ann")
    for statement in ("select id from s.t", "insert into s.t values (2)", "update s.t set id = 3", "delete from s.t"):
        denied(ann, statement)
    denied(ann, "truncate s.t")
    denied(ann, "copy s.t from 's3://lake/x' iam_role default csv")
    denied(ann, "unload ('select id from s.t') to 's3://lake/x' iam_role default")
    denied(ann, "create table mine as select id from s.t")
    denied(ann, "create view mine as select id from s.t")
    for statement in ("drop table s.t", "alter table s.t add column x int", "grant select on s.t to public"):
        denied(ann, statement, "must be owner of relation t")
    denied(ann, "create table s.mine (a int)", "permission denied for schema s")
    denied(ann, "create user bob password disable", "permission denied: must be superuser")


def test_what_is_granted_is_allowed_until_it_is_revoked(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to public")
    admin.execute("grant select, insert on table s.t to ann")
    ann.execute("insert into s.t (id) values (2)")
    assert rows(ann, "select count(*) from s.t") == [[2]]
    denied(ann, "update s.t set id = 3")
    admin.execute("revoke all on s.t from ann")
    denied(ann, "select id from s.t")
    admin.execute("grant all privileges on all tables in schema s to group g")
    ann.execute("delete from s.t where id = 2")
    assert rows(ann, "select id from s.t") == [[1]]


def test_a_merge_needs_a_privilege_for_each_of_its_changes(admin: Any, ann: Any) -> None:
    changing = "when matched then {} when not matched then insert (id) values (x.id)"
    merge = f"merge into s.t using (select 1 as id) x on s.t.id = x.id {changing}"
    admin.execute("grant usage on schema s to ann")
    admin.execute("grant select, insert on s.t to ann")
    denied(ann, merge.format("update set other = 9"))
    denied(ann, merge.format("delete"))
    admin.execute("grant update on s.t to ann")
    ann.execute(merge.format("update set other = 9"))
    denied(ann, merge.format("delete"))
    admin.execute("grant delete on s.t to ann")
    ann.execute(merge.format("delete"))
    assert rows(ann, "select count(*) from s.t") == [[0]]


def test_roles_hold_roles(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to role reader")
    admin.execute("grant select on s.t to role reader")
    admin.execute("grant role reader to role analyst")
    denied(ann, "select id from s.t", "permission denied for schema s")
    admin.execute("grant role analyst to ann")
    assert rows(ann, "select id from s.t") == [[1]]
    assert refused(admin, "drop role reader")["C"] == "2BP01"
    admin.execute("drop role reader force")
    denied(ann, "select id from s.t", "permission denied for schema s")
    assert refused(admin, "grant select on s.t to role reader")["C"] == "42704"


def test_columns_are_granted_one_by_one(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to ann")
    admin.execute("grant select (id, other), update (other) on s.t to ann")
    assert rows(ann, "select id, t.other from s.t where other > 1") == [[1, 7]]
    denied(ann, "select * from s.t")
    denied(ann, "select id from s.t where secret = 'abc'")
    ann.execute("update s.t set other = 8")
    denied(ann, "update s.t set id = 8")
    admin.execute("revoke select (other) on s.t from ann")
    denied(ann, "select other from s.t")
    assert rows(ann, "select count(*), max(id) from s.t") == [[1, 1]]


def test_a_view_shows_what_its_owner_may_see(admin: Any, ann: Any) -> None:
    admin.execute("create view public.v as select id from s.t")
    denied(ann, "select id from v", "permission denied for relation v")
    admin.execute("grant select on v to ann")
    assert rows(ann, "select id from v") == [[1]]


def test_what_one_makes_is_one_s_own(admin: Any, ann: Any, connect: Connect) -> None:
    bob = connect(autocommit=True, user="bob").cursor()
    ann.execute("create table mine (a int)")
    ann.execute("insert into mine values (1)")
    denied(bob, "select a from mine", "permission denied for relation mine")
    ann.execute("grant select on mine to bob")
    assert rows(bob, "select a from mine") == [[1]]
    bob.execute("create temp table t as select a from mine")
    bob.execute("insert into t values (2)")
    admin.execute("drop table mine")


def test_rights_follow_a_renamed_table_and_go_with_a_dropped_one(admin: Any, ann: Any) -> None:
    admin.execute("create table t (a int)")
    admin.execute("grant select on t to ann")
    admin.execute("alter table t rename to u")
    assert rows(ann, "select a from u") == []
    admin.execute("drop table u")
    admin.execute("create table u (a int)")
    denied(ann, "select a from u", "permission denied for relation u")


def test_masks_cover_columns_for_those_who_are_meant(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to public")
    admin.execute("grant select on s.t to public")
    admin.execute("create masking policy hide with (x varchar(20)) using ('***'::varchar(20))")
    admin.execute("create masking policy part with (x varchar(20), n int) using (left(x, 1) || n)")
    admin.execute("attach masking policy hide on s.t (secret) to ann")
    assert rows(ann, "select secret, upper(t.secret), id from s.t where secret = '***'") == [["***", "***", 1]]
    assert rows(ann, "select * from s.t") == [[1, "***", 7]]
    assert rows(admin, "select secret from s.t") == [["abc"]]
    admin.execute("create view v as select secret from s.t")
    admin.execute("grant select on v to ann")
    assert rows(ann, "select secret from v") == [["***"]]
    admin.execute("grant role analyst to ann")
    admin.execute("attach masking policy part on s.t (secret) using (secret, other) to role analyst priority 10")
    assert rows(ann, "select secret from s.t") == [["a7"]]
    assert refused(admin, "attach masking policy hide on s.t (secret) to public priority 10")["C"] == "42710"
    admin.execute("alter table s.t rename to u")
    assert rows(ann, "select secret from s.u") == [["a7"]]
    assert refused(admin, "drop masking policy part")["C"] == "2BP01"
    admin.execute("detach masking policy part on s.u (secret) from role analyst")
    admin.execute("drop masking policy hide cascade")
    assert rows(ann, "select secret from s.u") == [["abc"]]


def test_masks_are_made_by_those_who_may(admin: Any, ann: Any) -> None:
    statement = "create masking policy hide with (x varchar(20)) using (null::varchar(20))"
    what = "permission denied: must be superuser or have the role sys:secadmin"
    denied(ann, statement, what)
    admin.execute("grant role sys:secadmin to ann")
    ann.execute(statement)
    assert refused(ann, "create masking policy bad with (x int) using (y)")["C"] == "42703"
    assert refused(ann, "attach masking policy hide on s.t (nosuch) to public")["C"] == "42703"
    assert refused(ann, "attach masking policy nosuch on s.t (id) to public")["C"] == "42704"
    assert refused(ann, "attach masking policy hide on s.t (id, secret) to public")["C"] == "42601"


def test_a_mask_holds_in_what_is_taken_out(admin: Any, ann: Any, lake: Lake) -> None:
    admin.execute("grant usage on schema s to ann")
    admin.execute("grant select on s.t to ann")
    admin.execute("create masking policy hide with (x varchar(20)) using ('*')")
    admin.execute("attach masking policy hide on s.t (secret) to public")
    ann.execute("unload ('select secret from s.t') to 's3://lake/out/' iam_role default")
    assert list(lake.keys("out/").values()) == [b"*\n"]
    ann.execute("create table copied as select secret from s.t")
    assert rows(ann, "select secret from copied") == [["*"]]


def test_new_relations_begin_with_the_default_privileges_of_their_owner(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to public")
    admin.execute("grant role analyst to ann")
    admin.execute("alter default privileges in schema s grant select on tables to role analyst")
    admin.execute("create table s.a (x int)")
    admin.execute("create table s.b as select x from s.a")
    admin.execute("create view s.c as select x from s.a")
    admin.execute("create materialized view s.d as select x from s.a")
    admin.execute("create table public.e (x int)")
    for relation in ("s.a", "s.b", "s.c", "s.d"):
        assert rows(ann, f"select x from {relation}") == []
    denied(ann, "select id from s.t")
    denied(ann, "select x from e", "permission denied for relation e")
    assert rows(admin, "select schema_name, privilege_type, grantee_name from svv_default_privileges") == [
        ["s", "SELECT", "analyst"]
    ]
    admin.execute("drop view s.c")
    admin.execute("create view s.c as select x, x as y from s.a")
    assert rows(ann, "select y from s.c") == []
    admin.execute("alter default privileges in schema s revoke all on tables from role analyst")
    admin.execute("create table s.f (x int)")
    denied(ann, "select x from s.f", "permission denied for relation f")
    denied(
        ann,
        "alter default privileges for user awsuser grant select on tables to public",
        "permission denied: must be superuser",
    )


def test_privileges_of_a_schema_cover_its_tables_of_tomorrow(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to ann")
    admin.execute("grant select for tables in schema s to ann")
    admin.execute("create table s.a (x int)")
    assert rows(ann, "select x from s.a") == []
    admin.execute("revoke select for tables in schema s from ann")
    denied(ann, "select x from s.a", "permission denied for relation a")


def test_a_privilege_is_given_on_by_those_with_the_option(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to public")
    admin.execute("grant select on s.t to ann with grant option")
    ann.execute("grant select on s.t to role reader")
    denied(ann, "grant insert on s.t to role reader", "must be owner of relation t")
    admin.execute("revoke grant option for select on s.t from ann")
    assert rows(ann, "select id from s.t") == [[1]]
    denied(ann, "grant select on s.t to public", "must be owner of relation t")
    assert refused(admin, "grant select on s.t to role reader with grant option")["C"] == "0LP01"


def test_a_renamed_schema_keeps_what_is_in_it(admin: Any, ann: Any) -> None:
    admin.execute("grant usage on schema s to ann")
    admin.execute("grant select on s.t to ann")
    admin.execute("create table s.n (i int identity(1, 1), a varchar(3) default 'x' not null) sortkey (a)")
    admin.execute("comment on column s.n.a is 'what'")
    admin.execute("insert into s.n (a) values ('y')")
    admin.execute("create view v as select secret from s.t")
    admin.execute("alter schema s rename to u")
    admin.execute("insert into u.n (a) values (default)")
    assert rows(admin, "select i, a from u.n order by i") == [[1, "y"], [2, "x"]]
    assert refused(admin, "insert into u.n (a) values ('long')")["C"] == "22001"
    assert rows(admin, "select remarks from svv_columns where table_name = 'n' and column_name = 'a'") == [["what"]]
    assert rows(admin, "select secret from v") == [["abc"]]
    assert rows(ann, "select id from u.t") == [[1]]
    assert refused(admin, "select * from s.t")["C"] == "3F000"
    denied(ann, "alter schema u rename to mine", "must be owner of schema u")


def test_names_are_swapped_in_one_transaction(admin: Any, ann: Any, connect: Connect) -> None:
    admin.execute("create view v as select id from s.t")
    admin.execute("create view late as select id from s.t with no schema binding")
    admin.execute("create table s.fresh as select 2 as id")
    swapping = connect().cursor()
    swapping.execute("alter table s.t rename to past")
    swapping.execute("alter table s.fresh rename to t")
    swapping.execute("alter schema s rename to s_past")
    swapping.execute("create schema s")
    swapping.execute("create table s.t as select 3 as id")
    assert rows(swapping, "select v.id, late.id from v, late") == [[1, 3]]
    swapping.execute("rollback")
    assert rows(admin, "select v.id, late.id from v, late") == [[1, 1]]
    assert rows(admin, "select id from s.fresh") == [[2]]
