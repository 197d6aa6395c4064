"""COPY of text: CSV, JSON and fields between delimiters, with their options, and what is told of a line refused."""

# ruff: noqa: E501 - a case a line

import bz2
import gzip
from typing import Any

import pytest

from tests.integration.sandbox.redshift.conftest import Connect, Lake
from tests.integration.sandbox.redshift.test_copy import refused, rows

ROLE = "iam_role default"
_TABLE = "create table t (a int, b varchar(5), c decimal(5, 2), d timestamp, e boolean)"


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ("1|x|1.50|2024-01-01 10:00:00|t\n2|\\N||\\N|\n", "", [[1, "x", "1.50", "10:00", True], [2, None, None, None, None]]),
        ('1,"x,""",1.5,2024-01-01 10:00,true\n2,"a\nb",,,\n', "csv", [[1, 'x,"', "1.50", "10:00", True], [2, "a\nb", None, None, None]]),
        ("h;h\n1;x;1;2024-01-01 10:00;1", "delimiter ';' ignoreheader 1", [[1, "x", "1.00", "10:00", True]]),
        ("1,%x%,1,2024-01-01 10:00,f", "csv quote as '%'", [[1, "x", "1.00", "10:00", False]]),
        ("1||-|2024-01-01 10:00|f\n2|y|NULL|NULL|f", "null as 'NULL' maxerror 1", [[2, "y", None, None, False]]),
        ("1|x|1|2024-01-01 10:00\n", "fillrecord", [[1, "x", "1.00", "10:00", None]]),
        ("1| |1|2024-01-01 10:00|f\n2||1||f\n", "blanksasnull emptyasnull", [[1, None, "1.00", "10:00", False], [2, None, "1.00", None, False]]),
        ("1||1|2024-01-01 10:00|f\n", "", [[1, "", "1.00", "10:00", False]]),
        ("1|x  |1|2024-01-01 10:00|f\n\n2|abcdefg|1||f\n", "trimblanks truncatecolumns ignoreblanklines", [[1, "x", "1.00", "10:00", False], [2, "abcde", "1.00", None, False]]),
        ("1|a\\|b|1|2024-01-01 10:00|f\n", "escape", [[1, "a|b", "1.00", "10:00", False]]),
        ("1|'x'|1|2024-01-01 10:00|f\n", "removequotes", [[1, "x", "1.00", "10:00", False]]),
        ("1|x|1|1704103200|f\n", "timeformat 'epochsecs'", [[1, "x", "1.00", "10:00", False]]),
        ("1|x|1|1704103200000|f\n", "timeformat 'epochmillisecs'", [[1, "x", "1.00", "10:00", False]]),
        ("1|x|1|01.01.2024 10:00|f\n", "timeformat 'DD.MM.YYYY HH24:MI'", [[1, "x", "1.00", "10:00", False]]),
        (b"1|\xff|1|2024-01-01 10:00|f\n", "acceptinvchars as '^'", [[1, "^", "1.00", "10:00", False]]),
        ("1  xy    1.50 2024-01-01 10:00 t\n2  \\N   \n", "fixedwidth 'a:3,b:5,c:5,d:18,e:1' trimblanks", [[1, "xy", "1.50", "10:00", True], [2, None, None, None, None]]),
        ('{"a": 1, "b": "x", "c": 1.5, "d": "2024-01-01 10:00", "e": true, "z": {}}\n{"a": 2}', "json 'auto'", [[1, "x", "1.50", "10:00", True], [2, None, None, None, None]]),
        ('{"A": 1, "B": [1, 2.50]} {"a": 2}', "format json as 'auto ignorecase'", [[1, "[1,2.50]", None, None, None], [2, None, None, None, None]]),
    ],
)  # fmt: skip
def test_formats_and_their_options(
    cursor: Any, lake: Lake, body: str | bytes, options: str, expected: list[list[Any]]
) -> None:
    cursor.execute(_TABLE.replace("varchar(5)", "varchar(10)") if "[1,2.50]" in str(expected) else _TABLE)
    cursor.execute(f"copy t from '{lake.text('x/part', body)}' {ROLE} {options}")
    assert rows(cursor, "select a, b, c::varchar, to_char(d, 'HH24:MI'), e from t order by a") == expected
    assert rows(cursor, "select pg_last_copy_count()") == [[len(expected)]]


@pytest.mark.parametrize(("option", "pack"), [("gzip", gzip.compress), ("bzip2", bz2.compress)])
@pytest.mark.parametrize("form", ["csv", "json 'auto'"])
def test_packed_objects(cursor: Any, lake: Lake, option: str, pack: Any, form: str) -> None:
    body = b'{"a": 7}\n' if "json" in form else b"7\n"
    lake.text("x/1", pack(body))
    lake.text("x/2", pack(body))
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from 's3://lake/x/' {ROLE} {form} {option}")
    assert rows(cursor, "select sum(a) from t") == [[14]]
    lake.text("x/3", pack(body)[:-4])
    assert "damaged" in refused(cursor, f"copy t from 's3://lake/x/' {ROLE} {form} {option}")["M"]


def test_a_manifest_of_text_needs_no_lengths(cursor: Any, lake: Lake) -> None:
    url = lake.text("a.csv", "1\n")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{lake.manifest('m', [url], meta={})}' {ROLE} csv manifest")
    assert rows(cursor, "select a from t") == [[1]]


def test_jsonpaths(cursor: Any, lake: Lake) -> None:
    url = lake.text("a.json", '{"x": {"y": [5, {"z": "q"}]}, "s": {"k": [1.10]}}')
    paths = lake.text("paths.json", '{"jsonpaths": ["$.x.y[0]", "$[\'x\'][\'y\'][1].z", "$.s"]}')
    cursor.execute("create table t (a int, b varchar(5), s super)")
    cursor.execute(f"copy t from '{url}' {ROLE} json '{paths}'")
    assert rows(cursor, "select a, b, s.k[0]::decimal(3, 2)::varchar from t") == [[5, "q", "1.10"]]
    cursor.execute("create table u (a int)")
    assert "JSONPath size: 3" in refused(cursor, f"copy u from '{url}' {ROLE} json '{paths}'")["M"]
    assert "Invalid JSONPath" in refused(cursor, f"copy u from '{url}' {ROLE} json 's3://lake/none'")["M"]


def test_a_whole_record_into_a_super(cursor: Any, lake: Lake) -> None:
    url = lake.text("a.json", '{"a": 1.10}\n{"b": []}\n')
    cursor.execute("create table t (s super)")
    cursor.execute(f"copy t from '{url}' {ROLE} json 'noshred'")
    assert rows(cursor, "select s from t order by 1") == [['{"a": 1.10}'], ['{"b": []}']]


@pytest.mark.parametrize(
    ("body", "options", "line", "column", "code", "reason"),
    [
        ("1|x\n2x|y\n", "", 2, "a", 1207, "Invalid digit, Pos 1, Type: Integer"),
        ("99999999999|x\n", "", 1, "a", 1207, "Overflow"),
        ("1|x|y\n", "", 1, "", 1202, "Extra column"),
        ("1\n", "", 1, "", 1214, "Delimiter not found"),
        ("1|éééé\n", "", 1, "b", 1204, "String length exceeds DDL length"),
        ("|x\n", "", 1, "a", 1213, "Missing data for not-null field"),
        (b"1|x\n2|\xff\n", "", 2, "", 1220, "UTF8"),
        ('1,x\n2,"y\n', "csv", 2, "", 1200, "quote"),
        ('{"a": 1}\n{"a": ]\n', "json 'auto'", 2, "", 1216, "Invalid JSON"),
        ("[1]\n", "json 'auto'", 1, "", 1216, "no object"),
    ],
)
def test_a_line_that_is_refused(
    cursor: Any, lake: Lake, body: str | bytes, options: str, line: int, column: str, code: int, reason: str
) -> None:
    url = lake.text("a", body)
    cursor.execute("create table t (a int not null, b varchar(5))")
    fields = refused(cursor, f"copy t from '{url}' {ROLE} {options}")
    assert fields["C"] == "XX000"
    assert fields["M"].startswith("Load into table 't' failed.")
    assert "x" not in fields["M"].partition("failed.")[2].replace("sys_load_error_detail", "")
    assert rows(cursor, "select count(*) from t") == [[0]]
    detail = rows(cursor, "select file_name, line_number, column_name, error_code from sys_load_error_detail")
    assert detail == [[url, line, column, code]]
    assert reason in rows(cursor, "select error_message from sys_load_error_detail")[0][0]
    status = "select status, file_format, loaded_rows, error_count from sys_load_history"
    assert rows(cursor, status) == [["aborted", options.split(" ")[0] or "delimited", 0, 1]]


def test_a_char_takes_single_bytes(cursor: Any, lake: Lake) -> None:
    url = lake.text("a", "abc\nabé\n")
    cursor.execute("create table t (a char(5))")
    assert refused(cursor, f"copy t from '{url}' {ROLE}")["C"] == "XX000"
    detail = rows(cursor, "select line_number, column_name, error_code, error_message from sys_load_error_detail")
    assert detail[0][:3] == [2, "a", 1220]
    assert "Multibyte character not supported for CHAR" in detail[0][3]


def test_some_lines_may_be_refused(cursor: Any, lake: Lake) -> None:
    url = lake.text("a", "1\nx\n2\ny\n3\n")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{url}' {ROLE} maxerror 2")
    assert rows(cursor, "select sum(a) from t") == [[6]]
    assert rows(cursor, "select line_number from sys_load_error_detail order by 1") == [[2], [4]]
    assert rows(cursor, "select status, loaded_rows, error_count from sys_load_history") == [["completed", 3, 2]]
    assert "failed" in refused(cursor, f"copy t from '{url}' {ROLE} maxerror 1")["M"]
    assert rows(cursor, "select sum(a) from t") == [[6]]


def test_nothing_is_loaded_if_that_is_asked(cursor: Any, lake: Lake) -> None:
    url = lake.text("a", "1\n2\n")
    cursor.execute("create table t (a int)")
    cursor.execute(f"copy t from '{url}' {ROLE} noload")
    assert rows(cursor, "select count(*) from t") == [[0]]


def test_a_column_list_an_identity_and_a_temporary_table(connect: Connect, lake: Lake) -> None:
    cursor = connect().cursor()
    url = lake.text("a", "x|1\n")
    cursor.execute("create temp table t (id int identity(5, 1), a int, b varchar(3), c int default 9)")
    cursor.execute(f"copy t (b, a) from '{url}' {ROLE}")
    assert rows(cursor, "select id, a, b, c from t") == [[5, 1, "x", 9]]


@pytest.mark.parametrize(
    "options",
    ["json 'auto' delimiter ','", "json 'auto' null as ''", "csv escape", "csv removequotes", "csv serializetojson", "csv parquet", "nosuch", "fixedwidth 'a:1' delimiter ','", "fixedwidth 'a'"],
)  # fmt: skip
def test_options_that_a_format_does_not_take(cursor: Any, lake: Lake, options: str) -> None:
    cursor.execute("create table t (a int)")
    assert refused(cursor, f"copy t from '{lake.text('a', '1')}' {ROLE} {options}")["C"] == "42601"
