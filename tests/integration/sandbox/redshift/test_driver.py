"""What the unmodified driver does beyond plain statements: its cache, its Close storms, its types, its errors."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redshift_connector.error import Error, ProgrammingError

from tests.integration.sandbox.redshift.conftest import Connect, code_of

VALUES = [1, 2**20, 2**40, -5, 2.5, True, False, Decimal("12.340"), "text", "é\n'\\", date(2024, 2, 29), time(1, 2, 3)]
VALUES += [
    datetime.fromisoformat("2024-02-29 01:02:03.000004"),
    datetime(2024, 2, 29, 1, tzinfo=UTC),
    timedelta(days=2, seconds=3),
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_parameter_comes_back_as_it_went(cursor: Any, value: Any) -> None:
    cursor.execute("select %s", (value,))
    assert cursor.fetchall() == ([value],)


def test_every_type_of_a_table_comes_back(cursor: Any) -> None:
    cursor.execute(
        "create table t (a smallint, b int, c bigint, d real, e double precision, f boolean, g decimal(20, 4), "
        "h char(3), i varchar(10), j date, k time, l timestamp, m timestamptz, n super, o varbyte)"
    )
    row = [1, 2, 3, 0.5, 1e300, True, Decimal("-0.0500"), "ab", "é", date(1999, 12, 31), time(23, 59, 59, 500)]
    row += [datetime.fromisoformat("1970-01-01 00:00:00.000001"), datetime(2030, 1, 1, tzinfo=UTC)]
    cursor.execute(
        f"insert into t values ({', '.join(['%s'] * len(row))}, null, null), (%s{', null' * 14})", (*row, None)
    )
    cursor.execute("update t set n = json_parse('{\"a\": 1}') where a = 1")
    cursor.execute("select * from t order by a")
    full, empty = cursor.fetchall()
    assert full == [*row[:7], "ab ", *row[8:], '{"a":1}', None]  # a CHAR is filled with blanks
    assert empty == [None] * 15


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
        )
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_inserted_are_the_rows_read(cursor: Any, rows: list[tuple[int, str]]) -> None:
    cursor.execute("create temp table if not exists t (n bigint, a bigint, b varchar(65535))")
    cursor.execute("delete from t")
    cursor.executemany("insert into t values (%s, %s, %s)", [(n, *row) for n, row in enumerate(rows)])
    cursor.execute("select a, b from t order by n")
    assert [tuple(row) for row in cursor.fetchall()] == rows


def test_counts_of_rows(cursor: Any) -> None:
    cursor.execute("create table t (a int)")
    cursor.execute("insert into t values (1), (2), (3)")
    assert cursor.rowcount == 3
    cursor.execute("update t set a = 5 where a > 1")
    assert cursor.rowcount == 2
    cursor.execute("delete from t")
    assert cursor.rowcount == 3


def test_statements_survive_the_storm_of_closes_after_a_definition(cursor: Any) -> None:
    for n in range(50):
        cursor.execute(f"select {n}")
    cursor.execute("create table t (a int)")
    cursor.execute("drop table t")
    cursor.execute("select 7")
    assert cursor.fetchone() == [7]


def test_a_cached_statement_does_not_return_another_shape(connect: Connect) -> None:
    one, other = connect(autocommit=True).cursor(), connect(autocommit=True).cursor()
    one.execute("create table t (a int)")
    one.execute("select * from t")
    other.execute("drop table t")
    other.execute("create table t (a varchar(3), b int)")
    with pytest.raises(ProgrammingError, match="cached plan must not change result type"):
        one.execute("select * from t")


def test_an_error_fails_the_transaction_until_it_is_rolled_back(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table t (a int)")
    connection.commit()
    cursor.execute("insert into t values (1)")
    with pytest.raises(ProgrammingError) as first:
        cursor.execute("insert into t values ('x')")
    assert code_of(first.value) == "22P02"
    with pytest.raises(ProgrammingError) as second:
        cursor.execute("select 1")
    assert code_of(second.value) == "25P02"
    connection.rollback()
    cursor.execute("select count(*) from t")
    assert cursor.fetchone() == [0]


def test_committing_a_failed_transaction_keeps_nothing(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table t (a int)")
    with pytest.raises(ProgrammingError):
        cursor.execute("select nosuch")
    connection.commit()
    with pytest.raises(ProgrammingError) as gone:
        cursor.execute("select * from t")
    assert code_of(gone.value) == "42P01"


def test_definitions_roll_back(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create schema s")
    cursor.execute("create table s.t (a int)")
    cursor.execute("create view s.v as select a from s.t with no schema binding")
    connection.rollback()
    cursor.execute("select count(*) from svv_tables")
    assert cursor.fetchone() == [0]


def test_truncate_commits(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table t (a int)")
    cursor.execute("insert into t values (1)")
    cursor.execute("truncate t")
    connection.rollback()
    cursor.execute("select count(*) from t")
    assert cursor.fetchone() == [0]


def test_a_rolled_back_temporary_table_hides_nothing(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table t (a int)")
    connection.commit()
    cursor.execute("create temp table t (b int)")
    connection.rollback()
    cursor.execute("select a from t")
    assert cursor.fetchall() == ()


def test_temporary_tables_are_a_session_s_own(connect: Connect) -> None:
    one, other = connect(autocommit=True).cursor(), connect(autocommit=True).cursor()
    one.execute("create temp table d (a int)")
    other.execute("create temp table d (b int)")
    one.execute("insert into d values (1)")
    other.execute("select count(b) from d")
    assert other.fetchone() == [0]


def test_sysdate_stands_still_in_a_transaction_and_getdate_does_not(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    seen = []
    for _ in range(2):
        cursor.execute("select sysdate, getdate() from (select 1) x")
        seen.append(cursor.fetchone())
    (first_start, first_now), (second_start, second_now) = seen
    assert first_start == second_start
    assert first_now < second_now


def test_a_large_result_arrives_whole(cursor: Any) -> None:
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    cursor.execute(f"create table d as select n from ({digits}) x")
    cursor.execute("select a.n + 10 * b.n + 100 * c.n + 1000 * d.n, repeat('x', 200) from d a, d b, d c, d")
    rows = cursor.fetchall()
    assert len(rows) == 10_000
    assert sum(row[0] for row in rows) == 49_995_000


@pytest.mark.usefixtures("refusing")
def test_an_unknown_database_is_refused(endpoint: Any) -> None:
    with pytest.raises(Error, match="does not exist"):
        redshift_connector.connect(
            host=endpoint.host, port=endpoint.port, database="other", user="u", password="", ssl=False
        )


def test_frames_are_written_and_fetched(cursor: Any) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install 'reelhouse[dev]'")
    cursor.execute("create table t (a int, b varchar(10), c double precision)")
    cursor.write_dataframe(pandas.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, 1.5]}), "t")
    cursor.execute("select * from t order by a")
    frame = cursor.fetch_dataframe()
    assert list(frame.columns) == ["a", "b", "c"]
    assert frame.to_numpy().tolist() == [[1, "x", 0.5], [2, "y", 1.5]]


def test_what_the_driver_asks_of_the_catalog(cursor: Any) -> None:
    cursor.execute("create table t (a int not null, b varchar(20) default 'x', c numeric(10, 2), primary key (a))")
    cursor.execute("comment on column t.b is 'said'")
    cursor.execute("create view v as select a from t")
    schemas = [["information_schema", "dev"], ["pg_catalog", "dev"], ["public", "dev"]]
    assert [list(row) for row in cursor.get_schemas()] == schemas
    assert [list(row) for row in cursor.get_schemas(schema_pattern="pub%")] == schemas[2:]
    assert [list(row) for row in cursor.get_catalogs()] == [["dev"]]
    assert [list(row[:4]) for row in cursor.get_tables(schema_pattern="public")] == [
        ["dev", "public", "t_pkey", "INDEX"],
        ["dev", "public", "t", "TABLE"],
        ["dev", "public", "v", "VIEW"],
    ]
    assert [list(row) for row in cursor.get_primary_keys(schema="public", table="t")] == [
        ["dev", "public", "t", "a", 1, "t_pkey"]
    ]
    assert list(cursor.get_procedures()) == list(cursor.get_procedures(schema_pattern="public")) == []


@pytest.mark.parametrize("schema", [None, "public"])  # the driver asks two wholly different things
def test_columns_as_the_driver_asks_for_them(cursor: Any, schema: str | None) -> None:
    cursor.execute("create table t (a int not null, b varchar(20) default 'x', c numeric(10, 2), d super)")
    cursor.execute("comment on column t.b is 'said'")
    found = cursor.get_columns(schema_pattern=schema, tablename_pattern="t")
    # name, type by number and name, size, digits, remarks, default, position, may be null
    shown = [[row[at] for at in (3, 4, 5, 6, 8, 11, 12, 16, 17)] for row in found]
    assert shown == [
        ["a", 4, "int4", 10, 0, None, None, 1, "NO"],
        ["b", 12, "varchar", 20, 0, "said", "'x'", 2, "YES"],
        ["c", 2, "numeric", 10, 2, None, None, 3, "YES"],
        ["d", -16, "super", None, None, None, None, 4, "YES"],
    ]


@pytest.mark.parametrize(
    ("style", "sql", "given"),
    [
        ("format", "select %s, %s", (1, "x")),
        ("qmark", "select ?, ?", (1, "x")),
        ("numeric", "select :1, :2", (1, "x")),
        ("named", "select :a, :b", {"a": 1, "b": "x"}),
        ("pyformat", "select %(a)s, %(b)s", {"a": 1, "b": "x"}),
    ],
)
def test_every_style_of_parameters(cursor: Any, style: str, sql: str, given: Any) -> None:
    cursor.paramstyle = style
    cursor.execute(sql, given)
    assert cursor.fetchall() == ([1, "x"],)


def test_rows_in_bulk(cursor: Any, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,x\n2,y\n3,z\n")
    cursor.execute("create table t (a int, b varchar(5))")
    cursor.insert_data_bulk(str(file), "t", [0, 1], ["a", "b"], ",", 2)
    cursor.execute("select a, b from t order by a")
    assert cursor.fetchall() == ([1, "x"], [2, "y"], [3, "z"])


@pytest.mark.parametrize("most", [0, 2])
def test_statements_are_forgotten_as_the_client_likes(endpoint: Any, most: int) -> None:
    with redshift_connector.connect(
        host=endpoint.host, port=endpoint.port, database=endpoint.database, user=endpoint.user, password="", ssl=False,
        max_prepared_statements=most,
    ) as connection:  # fmt: skip
        cursor = connection.cursor()
        for number in [*range(5), *range(5)]:
            cursor.execute(f"select {number}")
            assert cursor.fetchall() == ([number],)


def test_nothing_is_no_statement(cursor: Any) -> None:
    for text in ("", " ; ", "-- nothing"):
        with pytest.raises(ProgrammingError, match="query was empty"):
            cursor.execute(text)
    cursor.execute("select 1")
    assert cursor.fetchall() == ([1],)
