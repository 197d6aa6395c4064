"""The table of functions against the engine that has to know them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.redshift.engine import open_database
from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate import functions

_SYNTAX = {"grouping", "coalesce"}


def test_every_function_in_the_table_exists_in_the_engine(tmp_path: Path) -> None:
    root = open_database(None, tmp_path)
    known = {row[0] for row in root.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    root.close()
    named = functions.SAME | set(functions.RENAMED.values()) | {f"rs_{name}" for name in functions.MACROS}
    assert named - known - _SYNTAX == set()


@pytest.mark.parametrize("name", ["read_csv", "read_parquet", "glob", "array_agg", "generate_series"])
def test_what_redshift_lacks_is_unknown(name: str) -> None:
    with duckdb.connect() as engine:
        assert engine.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = ?", [name]).fetchone()
    with pytest.raises(SqlError) as refused:
        functions.build(name, [])
    assert refused.value.code == "42883"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(None, tmp_path_factory.mktemp("lake")) as root:
        yield root


@settings(max_examples=10, deadline=None)
@given(texts=st.lists(st.text(max_size=300) | st.text("a", min_size=100, max_size=130), min_size=50, max_size=50))
def test_sha2_is_that_of_every_size(engine: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    rows = engine.execute(
        "SELECT x, rs_sha224(x), rs_sha384(x), rs_sha512(x) FROM (SELECT unnest($texts::VARCHAR[]) AS x)",
        {"texts": texts},
    ).fetchall()
    for text, *found in rows:
        assert found == [hashlib.new(f"sha{bits}", text.encode()).hexdigest() for bits in (224, 384, 512)]
    assert len(rows) == len(texts)
