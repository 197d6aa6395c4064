"""What the DuckDB engine promises its callers, on the real DuckDB."""

import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.errors import ReelhouseError
from extract.settings import Settings
from spark.contracts import Column
from spark.engine import Engine, functions, open_engine, using
from spark.engine.duckdb_engine import DuckDBEngine
from tests.integration.spark.lakes import KEY, land, new_lake, run

ROOT = Path(__file__).parents[3]
LONG_QUERY = """\
import sys
from pathlib import Path
from extract.settings import Settings
from spark.engine import open_engine
from tests.integration.spark.lakes import KEY, new_lake
folder = Path(sys.argv[1])
with open_engine(Settings(), new_lake(folder), folder, KEY) as engine:
    print("ready", flush=True)
    engine._connection.execute("select count(*) from range(10000000) a, range(10000000) b where a.range = -b.range - 1")
"""


def opened(folder: Path) -> AbstractContextManager[Engine]:
    return open_engine(Settings(), new_lake(folder), folder, KEY)


def test_engines_take_turns(tmp_path: Path) -> None:
    """The session is one for the process: a second engine must wait and not write into the first one's database."""
    found: list[Any] = []

    def second() -> None:
        with opened(tmp_path / "b") as engine, using(engine):
            assert isinstance(engine, DuckDBEngine)
            found.append(engine.rows(engine._view("t", "select 2 as x", ["x"])))

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with opened(tmp_path / "a") as engine, using(engine):
        assert isinstance(engine, DuckDBEngine)
        waiting = threading.Thread(target=second)
        waiting.start()
        assert engine.rows(engine._view("t", "select 1 as x", ["x"])) == [(1,)]
        assert not found
    waiting.join(timeout=30)
    assert found == [[(2,)]]


def test_rows_are_written_in_order_with_the_types_of_their_columns(tmp_path: Path) -> None:
    columns = [
        Column(name="n", type="integer", about="A."),
        Column(name="total", type="bigint", about="A sum is a HUGEINT, which Parquet would hold as a double."),
        Column(name="nothing", type="timestamp", about="Always null."),
    ]
    with opened(tmp_path) as engine, using(engine):
        assert isinstance(engine, DuckDBEngine)
        frame = engine._view("t", "select range % 3 as n, range as x from range(9)", ["n", "x"])
        summed = frame.groupBy("n").agg(functions.sum("x").alias("total"), functions.lit(None).alias("nothing"))
        (written,) = engine._written(summed.sql(dialect="duckdb"), columns, ["n"], "out/")
    with duckdb.connect() as connection:
        found = connection.execute("select * from read_parquet(?)", [new_lake(tmp_path).engine_path(written.key)])
        assert [str(column[1]) for column in found.description or []] == ["INTEGER", "BIGINT", "TIMESTAMP"]
        assert found.fetchall() == [(0, 9, None), (1, 12, None), (2, 15, None)]
    assert written.rows == 3


def test_rows_that_are_too_many_for_a_file_are_some_files_each_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 2_000_000  # some row groups a file, so that more than one thread writes
    monkeypatch.setattr("spark.engine.duckdb_engine.LARGEST_FILE", 1_000_000)
    monkeypatch.setattr("spark.engine.duckdb_engine.FILE_BYTES", 800_000)
    lake, column = new_lake(tmp_path), Column(name="n", type="bigint", about="A number, in another order.")
    with opened(tmp_path) as engine:
        assert isinstance(engine, DuckDBEngine)
        select = f"select range * 7919 % {rows} as n from range({rows})"
        written = engine._written(select, [column], ["n"], "out/")
        (small,) = engine._written(f"{select} where range < 1000", [column], ["n"], "small/")
    assert [file.key for file in written] == [f"out/part-{number:05d}.parquet" for number in range(len(written))]
    assert 1 < len(written) < 20
    assert max(file.bytes for file in written) <= 1_000_000
    assert small.key == "small/part-00000.parquet"
    found: list[int] = []
    with duckdb.connect() as connection:
        for file in written:
            read = connection.execute("select n from read_parquet(?)", [lake.engine_path(file.key)])
            numbers = [number for (number,) in read.fetchall()]
            assert len(numbers) == file.rows
            found += numbers
    assert found == list(range(rows))


def test_ctrl_c_in_mid_query_is_ctrl_c(tmp_path: Path) -> None:
    program = [sys.executable, "-c", LONG_QUERY, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        assert running.stderr.read().rstrip().endswith("KeyboardInterrupt")


def test_a_failure_of_the_engine_is_one_message_without_data(tmp_path: Path) -> None:
    with pytest.raises(ReelhouseError) as failed, opened(tmp_path) as engine:
        assert isinstance(engine, DuckDBEngine)
        engine._connection.execute("select cast('hunter2' as integer)")
    assert "hunter2" not in str(failed.value)
    assert "ConversionException" in str(failed.value)


def test_a_temporary_folder_that_cannot_be_written_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = new_lake(tmp_path)
    land(lake, "wistia/visitors", ["{torn"])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(ReelhouseError, match="gone cannot be used"):
        run(lake)


@pytest.mark.parametrize("name", ["a*b", "a?b", "a\\b", "a[b]c", "a'b", "a;b #1", "{ü}"])
def test_a_temporary_folder_of_any_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    lake = new_lake(tmp_path)
    land(lake, "wistia/visitors", ["{torn"])
    (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
    assert run(lake).quarantined == {"wistia/visitors": {"malformed_line": 1}}
