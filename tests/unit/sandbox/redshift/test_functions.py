"""The table of functions against the engine that has to know them."""

from pathlib import Path

import duckdb
import pytest

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
