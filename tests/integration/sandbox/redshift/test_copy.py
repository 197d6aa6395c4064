"""COPY of Parquet: by position, checked as Redshift checks, all or nothing."""

from typing import Any

import pytest
from redshift_connector.error import Error

from tests.integration.sandbox.redshift.conftest import Connect, Lake

TAIL = "iam_role default format as parquet"


def refused(cursor: Any, statement: str) -> dict[str, str]:
    with pytest.raises(Error) as problem:
        cursor.execute(statement)
    fields: dict[str, str] = problem.value.args[0]
    return fields


def rows(cursor: Any, query: str) -> list[list[Any]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def test_a_manifest_is_loaded_by_position(cursor: Any, lake: Lake) -> None:
    first = lake.parquet("staging/load=1/part-0.parquet", "select 1::bigint as x, 'a' as y")
    second = lake.parquet("staging/load=1/part-1.parquet", "select 2::bigint as p, 'b' as q union all select 3, null")
    cursor.execute("create table t (id bigint not null, name varchar(3))")
    cursor.execute(f"copy t from '{lake.manifest('m', [first, second])}' {TAIL} manifest")
    assert rows(cursor, "select * from t order by id") == [[1, "a"], [2, "b"], [3, None]]
    assert rows(cursor, "select pg_last_copy_count(), pg_last_copy_id() > 0") == [[3, True]]


def test_a_prefix_loads_all_keys_that_start_so(cursor: Any, lake: Lake) -> None:
    for key in ("a/x1.parquet", "a/x2.parquet", "a/y.parquet", "ax/x1.parquet"):
        lake.parquet(key, "select 1::int as a")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from 's3://lake/a/x' iam_role 'arn:aws:iam::123456789012:role/load' {TAIL[17:]}")
    assert rows(cursor, "select count(*) from t") == [[2]]


def test_an_entry_that_is_there_twice_is_loaded_twice(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{lake.manifest('m', [url, url])}' {TAIL} manifest")
    assert rows(cursor, "select count(*) from t") == [[2]]


def test_a_column_list_leaves_the_others_to_their_defaults(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 'x' as b, 1::int as a")
    cursor.execute("create table t (a int, b varchar(3), c int default 9)")
    cursor.execute(f"copy t (b, a) from '{url}' {TAIL}")
    assert rows(cursor, "select a, b, c from t") == [[1, "x", 9]]


def test_missing_columns_at_the_end_are_filled_if_asked(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int, b int)")
    assert "15007" in refused(cursor, f"copy t from '{url}' {TAIL}")["D"]
    cursor.execute(f"copy t from '{url}' {TAIL} fillrecord")
    assert rows(cursor, "select a, b from t") == [[1, None]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("int", "1::bigint"),
        ("bigint", "1::int"),
        ("varchar(3)", "1::int"),
        ("int", "'1'"),
        ("double precision", "1::float"),
        ("decimal(10, 2)", "1::decimal(10, 3)"),
        ("decimal(5, 2)", "1::decimal(10, 2)"),
        ("timestamp", "date '2024-01-01'"),
        ("date", "timestamp '2024-01-01'"),
        ("varchar(30)", "[1, 2]"),
    ],
)
def test_a_type_that_the_column_does_not_take_is_a_spectrum_error(
    cursor: Any, lake: Lake, column: str, value: str
) -> None:
    url = lake.parquet("a.parquet", f"select {value} as a")
    cursor.execute(f"create table t (c {column})")
    fields = refused(cursor, f"copy t from '{url}' {TAIL}")
    assert (fields["C"], fields["M"]) == ("XX000", "Spectrum Scan Error")
    assert f"File '{url}' has an incompatible Parquet schema for column 's3://lake.c'" in fields["D"]
    assert rows(cursor, "select count(*) from t") == [[0]]
    detail = rows(cursor, "select file_name, column_name, error_code from sys_load_error_detail")
    assert detail == [[url, "c", 15007]]
    assert rows(cursor, "select status, loaded_rows, error_count from sys_load_history") == [["aborted", 0, 1]]
    assert rows(cursor, "select pg_last_copy_count()") == [[0]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("smallint", "1::smallint"),
        ("boolean", "true"),
        ("real", "1::float"),
        ("date", "date '2024-01-01'"),
        ("timestamp", "timestamp '2024-01-01'"),
        ("timestamp", "timestamptz '2024-01-01 00:00:00+00'"),
        ("decimal(10, 2)", "1::decimal(10, 2)"),
        ("varchar(4)", "'éé'"),
    ],
)
def test_a_type_that_the_column_takes(cursor: Any, lake: Lake, column: str, value: str) -> None:
    url = lake.parquet("a.parquet", f"select {value} as a")
    cursor.execute(f"create table t (c {column})")
    cursor.execute(f"copy t from '{url}' {TAIL}")
    assert rows(cursor, "select count(c) from t") == [[1]]


def test_super_needs_serializetojson(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select {'a': [1, 2]} as s")
    cursor.execute("create table t (s super)")
    assert "Invalid type: 4000" in refused(cursor, f"copy t from '{url}' {TAIL}")["D"]
    cursor.execute(f"copy t from '{url}' {TAIL} serializetojson")
    assert rows(cursor, "select s.a[1]::int from t") == [[2]]


def test_a_text_too_long_in_bytes_loads_nothing(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 'ok' as a union all select 'ééé'")
    cursor.execute("create table t (a varchar(5))")
    assert refused(cursor, f"copy t from '{url}' {TAIL}")["C"] == "22001"
    assert rows(cursor, "select count(*) from t") == [[0]]


def test_a_null_for_a_required_column_loads_nothing(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a union all select null")
    cursor.execute("create table t (a int not null)")
    assert refused(cursor, f"copy t from '{url}' {TAIL}")["C"] == "23502"
    assert rows(cursor, "select count(*) from t") == [[0]]


def test_the_last_file_of_many_fails_them_all(cursor: Any, lake: Lake) -> None:
    good = lake.parquet("a.parquet", "select 1::int as a")
    bad = lake.parquet("b.parquet", "select 1::int as a, 2::int as b")
    cursor.execute("create table t (a int)")
    assert "15007" in refused(cursor, f"copy t from '{lake.manifest('m', [good, bad])}' {TAIL} manifest")["D"]
    assert rows(cursor, "select count(*) from t") == [[0]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"meta": {}}, "content_length is required"),
        ({"meta": {"content_length": 1}}, "differs"),
        ({"url": "s3://lake/missing.parquet"}, "does not exist"),
        ({"url": "s3://lake/../../etc/passwd"}, "leaves its bucket"),
        ({"url": "file:///etc/passwd"}, "s3://bucket/key"),
        ({"url": 5}, "no url"),
    ],
    ids=str,
)
def test_a_manifest_that_is_wrong_loads_nothing(cursor: Any, lake: Lake, changes: dict[str, Any], says: str) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    assert says in refused(cursor, f"copy t from '{lake.manifest('m', [url], **changes)}' {TAIL} manifest")["M"]
    assert rows(cursor, "select count(*) from t") == [[0]]


def test_a_missing_file_that_is_not_mandatory_is_left_out(cursor: Any, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{lake.manifest('m', [url, 's3://lake/no'], mandatory=False)}' {TAIL} manifest")
    assert rows(cursor, "select count(*) from t") == [[1]]
    assert (
        "no file"
        in refused(cursor, f"copy t from '{lake.manifest('n', ['s3://lake/no'], mandatory=False)}' {TAIL} manifest")[
            "M"
        ]
    )


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("iam_role default format as parquet maxerror 5", "0A000"),
        ("iam_role default format as parquet region 'eu-west-1'", "0A000"),
        ("iam_role default format as parquet gzip", "0A000"),
        ("iam_role default format as parquet manifest manifest", "42601"),
        ("iam_role 'arn:aws:iam::1:role/a, arn:aws:iam::1:role/b' format as parquet", "22023"),
        ("access_key_id 'a' secret_access_key 'b' format as parquet", "42601"),
        ("format as parquet", "42601"),
        ("iam_role default format as orc", "0A000"),
        ("iam_role default format as parquet job create j auto on", "0A000"),
        ("iam_role default format as parquet csv", "42601"),
    ],
)
def test_options_that_parquet_does_not_take(cursor: Any, lake: Lake, options: str, code: str) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    cursor.execute("create table t (a int)")
    assert refused(cursor, f"copy t from '{url}' {options}")["C"] == code


def test_what_is_no_parquet_is_refused(cursor: Any, lake: Lake) -> None:
    (lake.root / "lake").mkdir()
    (lake.root / "lake" / "a.parquet").write_text("not parquet")
    cursor.execute("create table t (a int)")
    assert refused(cursor, f"copy t from 's3://lake/a.parquet' {TAIL}")["M"] == "Spectrum Scan Error"
    assert refused(cursor, f"copy t from 's3://lake/none' {TAIL}")["M"].startswith("The specified S3 prefix")


def test_a_copy_rolls_back_with_its_transaction(connect: Connect, lake: Lake) -> None:
    url = lake.parquet("a.parquet", "select 1::int as a")
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("create table t (a int)")
    connection.commit()
    cursor.execute(f"copy t from '{url}' {TAIL}")
    connection.rollback()
    assert rows(cursor, "select count(*), pg_last_copy_id() from t") == [[0, -1]]
    assert rows(cursor, "select status, loaded_rows, source_file_count from sys_load_history") == [["completed", 1, 1]]


def test_identities_are_numbered_unless_their_values_are_explicit(cursor: Any, lake: Lake) -> None:
    one = lake.parquet("one.parquet", "select 5::int as a")
    both = lake.parquet("both.parquet", "select 70::int as id, 6::int as a")
    cursor.execute("create table t (id int identity(1, 1), a int)")
    cursor.execute(f"copy t from '{one}' {TAIL}")
    cursor.execute(f"copy t from '{both}' {TAIL} explicit_ids")
    cursor.execute(f"copy t (id, a) from '{both}' {TAIL} explicit_ids")
    assert rows(cursor, "select id, a from t order by a, id") == [[1, 5], [70, 6], [70, 6]]
    assert "EXPLICIT_IDS" in refused(cursor, f"copy t (id, a) from '{both}' {TAIL}")["M"]
    assert "EXPLICIT_IDS" in refused(cursor, f"copy t (a) from '{one}' {TAIL} explicit_ids")["M"]


def test_a_char_is_kept_without_the_blanks_at_its_end(cursor: Any, lake: Lake) -> None:
    columnar = lake.parquet("a.parquet", "select 'x  ' as a, 'y ' as b")
    text = lake.text("a.txt", "z  |w \n")
    cursor.execute("create table t (a char(3), b varchar(3))")
    cursor.execute(f"copy t from '{columnar}' {TAIL}")
    cursor.execute(f"copy t from '{text}' iam_role default")
    shown = rows(cursor, "select a, a || '|', len(a), b || '|' from t order by a")
    assert shown == [["x  ", "x|", 1, "y |"], ["z  ", "z|", 1, "w |"]]
