"""UNLOAD: names, formats, partitions, manifests, and what is in the way."""

# ruff: noqa: E501 - a case a line

import gzip
import json
from typing import Any

import duckdb
import pytest

from tests.integration.sandbox.redshift.conftest import Lake
from tests.integration.sandbox.redshift.test_copy import refused, rows

ROLE = "iam_role default"


@pytest.fixture
def filled(cursor: Any) -> Any:
    cursor.execute("create table t (a int, b varchar(9), c boolean, d decimal(5, 2), e timestamp, f super, g date)")
    cursor.execute(
        "insert into t values (1, 'x,\"y', true, 1.5, '2024-01-01 10:00:00.5', json_parse('{\"k\": [1]}'), null)"
    )
    cursor.execute("insert into t values (2, null, null, null, null, null, '2024-02-29')")
    return cursor


@pytest.mark.parametrize(
    ("options", "name", "body"),
    [
        ("", "0000_part_00", '1|x,"y|t|1.50|2024-01-01 10:00:00.5|{"k":[1]}|\n2||||||2024-02-29\n'),
        ("header null as '-' delimiter ';' parallel off", "000", 'a;b;c;d;e;f;g\n1;x,"y;t;1.50;2024-01-01 10:00:00.5;{"k":[1]};-\n2;-;-;-;-;-;2024-02-29\n'),
        ("format csv extension '.csv'", "0000_part_00.csv", '1,"x,""y",t,1.50,2024-01-01 10:00:00.5,"{""k"":[1]}",\n2,,,,,,2024-02-29\n'),
        ("json", "0000_part_00.json", '{"a":1,"b":"x,\\"y","c":true,"d":1.50,"e":"2024-01-01 10:00:00.5","f":{"k":[1]},"g":null}\n{"a":2,"b":null,"c":null,"d":null,"e":null,"f":null,"g":"2024-02-29"}\n'),
        ("escape", "0000_part_00", '1|x,\\"y|t|1.50|2024-01-01 10:00:00.5|{\\"k\\":[1]}|\n2||||||2024-02-29\n'),
    ],
)  # fmt: skip
def test_formats(filled: Any, lake: Lake, options: str, name: str, body: str) -> None:
    filled.execute(f"unload ('select * from t order by a') to 's3://lake/out/x_' {ROLE} {options}")
    assert lake.keys("out/x_") == {name: body.encode()}
    assert rows(filled, "select pg_last_unload_count()") == [[2]]


def test_parquet_comes_back_by_its_own_manifest(filled: Any, lake: Lake) -> None:
    filled.execute(
        f"unload ($$select a, b, c, d, e, g from t where b <> 'z' or b is null$$) to 's3://lake/out/' {ROLE} parquet manifest"
    )
    assert sorted(lake.keys("out/")) == ["0000_part_00.parquet", "manifest"]
    filled.execute("create table u (a int, b varchar(9), c boolean, d decimal(5, 2), e timestamp, g date)")
    filled.execute(f"copy u from 's3://lake/out/manifest' {ROLE} format as parquet manifest")
    assert rows(filled, "select * from u minus select a, b, c, d, e, g from t") == []
    assert rows(filled, "select count(*) from u") == [[2]]


def test_a_manifest_that_says_more(filled: Any, lake: Lake) -> None:
    filled.execute(f"unload ('select a from t') to 's3://lake/out/' {ROLE} csv gzip manifest verbose")
    manifest = json.loads(lake.keys("out/")["manifest"])
    body = lake.keys("out/")["0000_part_00.gz"]
    assert sorted(gzip.decompress(body).split()) == [b"1", b"2"]
    meta = {"content_length": len(body), "record_count": 2}
    assert manifest["entries"] == [{"url": "s3://lake/out/0000_part_00.gz", "meta": meta}]
    assert manifest["meta"] == meta
    assert manifest["schema"] == {"elements": [{"name": "a", "type": {"base": "integer"}}]}


def test_partitions_are_folders(filled: Any, lake: Lake) -> None:
    filled.execute(f"unload ('select a, c, g from t') to 's3://lake/p' {ROLE} parquet partition by (c, g)")
    keys = lake.keys("p/")
    assert list(keys) == [
        "c=__HIVE_DEFAULT_PARTITION__/g=2024-02-29/0000_part_00.parquet",
        "c=true/g=__HIVE_DEFAULT_PARTITION__/0000_part_00.parquet",
    ]
    with duckdb.connect() as engine:
        path = lake.root / "lake" / "p" / list(keys)[1]
        read = f"select * from read_parquet('{path}', hive_partitioning = false)"
        assert engine.execute(read).fetchall() == [(1,)]
        assert [column[0] for column in engine.execute(read).description or ()] == ["a"]
    filled.execute(f"unload ('select a, c from t') to 's3://lake/q/' {ROLE} csv partition by (c) include")
    assert lake.keys("q/") == {"c=__HIVE_DEFAULT_PARTITION__/0000_part_00": b"2,\n", "c=true/0000_part_00": b"1,t\n"}


def test_what_is_there_is_in_the_way_unless_told_otherwise(filled: Any, lake: Lake) -> None:
    lake.text("out/old", "old")
    unload = f"unload ('select a from t where a = 1') to 's3://lake/out/' {ROLE} csv"
    assert "not empty" in refused(filled, unload)["M"]
    assert list(lake.keys("out/")) == ["old"]
    filled.execute(f"{unload} allowoverwrite")
    assert sorted(lake.keys("out/")) == ["0000_part_00", "old"]
    filled.execute(f"{unload} cleanpath")
    assert list(lake.keys("out/")) == ["0000_part_00"]


def test_cleaning_spares_the_partitions_that_receive_nothing(filled: Any, lake: Lake) -> None:
    for partition in ("a=9", "a=1"):
        lake.text(f"out/{partition}/old", "old")
    filled.execute(
        f"unload ('select a, c from t where a = 1') to 's3://lake/out/' {ROLE} csv partition by (a) cleanpath"
    )
    assert sorted(lake.keys("out/")) == ["a=1/0000_part_00", "a=9/old"]


def test_no_rows_write_no_json(filled: Any, lake: Lake) -> None:
    filled.execute(f"unload ('select a from t where a > 9') to 's3://lake/out/' {ROLE} json")
    assert lake.keys("out/") == {}


@pytest.mark.parametrize(
    ("query", "options", "code"),
    [
        ("select a from t limit 1", "", "0A000"),
        ("delete from t", "", "42601"),
        ("select a from t", "parquet delimiter ','", "0A000"),
        ("select a from t", "json header", "0A000"),
        ("select a from t", "csv escape", "0A000"),
        ("select a from t", "cleanpath allowoverwrite", "0A000"),
        ("select a from t", "parquet partition by (a)", "0A000"),
        ("select a from t", "parquet partition by (nosuch)", "42703"),
        ("select a, f from t", "csv partition by (f)", "0A000"),
        ("select a, getdate()::timestamptz as z from t", "csv partition by (z)", "0A000"),
        ("select a from t", "parquet maxfilesize 4 mb", "22023"),
        ("select a from t", "parquet maxfilesize 7 gb", "22023"),
        ("select a from t", "parquet gzip", "0A000"),
        ("select a from t", "fixedwidth 'a:1'", "0A000"),
        ("select a from t", "csv csv", "42601"),
        ("select nosuch from t", "", "42703"),
    ],
)
def test_what_is_refused(filled: Any, lake: Lake, query: str, options: str, code: str) -> None:
    assert refused(filled, f"unload ('{query}') to 's3://lake/out/' {ROLE} {options}")["C"] == code
    assert refused(filled, "unload ('select 1 as a') to 's3://lake/out/'")["C"] == "42601"


def test_the_query_may_be_limited_inside(filled: Any, lake: Lake) -> None:
    filled.execute(f"unload ('select * from (select a from t order by a limit 1) x') to 's3://lake/o' {ROLE}")
    assert lake.keys("o") == {"0000_part_00": b"1\n"}


def test_what_was_unloaded_is_in_the_history(filled: Any, lake: Lake) -> None:
    filled.execute(f"unload ('select a, b from t') to 's3://lake/h/' {ROLE} csv gzip")
    refused(filled, f"unload ('select a from t') to 's3://lake/h/' {ROLE} csv")
    size = len(lake.keys("h/")["0000_part_00.gz"])
    columns = "status, file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count"
    query = f"select {columns}, unloaded_files_size, error_message is null from sys_unload_history order by start_time"
    assert rows(filled, query) == [
        ["completed", "CSV", "gzip", "s3://lake/h/", 2, 1, size, True],
        ["aborted", "CSV", "none", "s3://lake/h/", None, None, None, False],
    ]
    assert rows(filled, "select count(*) from sys_unload_history where query_id = pg_last_unload_id()") == [[1]]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("format csv header", ["0000_part_00", "0000_part_01"]),
        ("parallel off gzip", ["000.gz", "001.gz"]),
    ],
)
def test_more_than_an_object_holds_goes_into_another(cursor: Any, lake: Lake, options: str, names: list[str]) -> None:
    """Of 6.6 MB, which is more than the least that MAXFILESIZE may be."""
    cursor.execute("create table d as select 0::int as n union all select 1 union all select 2 union all select 3")
    digits = ", ".join(f"d d{at}" for at in range(9))
    number = " + ".join(f"d{at}.n * {4**at}" for at in range(9))
    cursor.execute(f"create table t as select {number} as a, md5({number}) as b from {digits} where d8.n < 3")
    cursor.execute(f"unload ('select b from t') to 's3://lake/out/' {ROLE} {options} maxfilesize 5 mb manifest verbose")
    found = lake.keys("out/")
    assert sorted(found) == [*names, "manifest"]
    manifest = json.loads(found["manifest"])
    assert manifest["meta"] == {"content_length": sum(len(found[name]) for name in names), "record_count": 3 * 4**8}
    if "csv" in options:
        assert all(found[name].startswith(b"b\n") and len(found[name]) <= 5 * 1024**2 for name in names)
