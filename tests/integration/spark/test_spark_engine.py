"""What the Spark engine promises its callers beside equal rows, on the real Spark."""

import gc
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from extract.settings import Settings
from spark.contracts import load_contracts
from spark.engine import Engine, Question, open_engine, using
from spark.engine.java import find_java
from spark.leaves import POSITION
from spark.proof import read_sums
from spark.raw import Backlog, RawObject
from spark.transforms.registry import TRANSFORMS
from tests.integration.spark.lakes import KEY, new_lake, put_object

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
from spark.engine.spark_engine import DIALECT
from spark.engine.spark_session import open_session

ROOT = Path(__file__).parents[3]
# Py4J leaves its sockets to the collector; here that is a warning, and not ours.
pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
LONG_QUERY = """\
import sys
from pathlib import Path
from extract.settings import Settings
from spark.engine import open_engine
from tests.integration.spark.lakes import KEY, new_lake
folder = Path(sys.argv[1])
with open_engine(Settings(engine="spark"), new_lake(folder), folder, KEY) as engine:
    print("ready", flush=True)
    engine.rows(engine._session.range(10**13).selectExpr("max(hash(id))"))
"""
# A Java that says which process it is, and waits until it may go on.
SLOW_JAVA = """\
#!/bin/sh
case "$*" in
*launcher.Main*) ;;
*SparkSubmit*) echo $$ > {folder}/pid.new; mv {folder}/pid.new {folder}/pid; read go < {folder}/go;;
esac
exec {java}/bin/java "$@"
"""
# Half the processor time of few records is that of the compiler for many.
QUICK_START = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
CONTRACT = load_contracts()["wistia__account_snapshot"]
"""The one of the fewest columns: Spark plans it soonest."""
WHOLE = gzip.compress(b'{"_meta":{},"record":{}}\n' * 500)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what Py4J leaves before a test of others is blamed for it."""
    yield
    gc.collect()


def opened(folder: Path) -> AbstractContextManager[Engine]:
    return open_engine(Settings(engine="spark", spark_options=QUICK_START), new_lake(folder), folder, KEY)


def raw(lake: Lake, part: int, data: bytes, rows: int) -> RawObject:
    return RawObject(1, part, put_object(lake, f"raw/run=[a+b] 50%/object-{part}.jsonl.gz", data, rows))


def backlog(*objects: RawObject) -> Backlog:
    return Backlog(CONTRACT.stream, 1, objects)


def test_a_sum_that_64_bits_do_not_hold_is_read_as_that_of_the_other_engines(tmp_path: Path) -> None:
    select = f"select {DIALECT.total.format('x')} from values ({2**63 - 1}L), ({2**63 - 1}L), (9L) as numbers (x)"
    with open_session(Settings(engine="spark", spark_options=QUICK_START), new_lake(tmp_path), tmp_path) as session:
        ((total,),) = session.sql(select).collect()
    columns = CONTRACT.columns[:1]
    assert read_sums(columns, [total]) == read_sums(columns, [2 * (2**63 - 1) + 9]) == {columns[0].name: 7}


def test_damaged_objects_are_refused_by_name_and_nothing_is_left(tmp_path: Path) -> None:
    """In a folder whose name Hadoop would read as a pattern; one session for all that can be wrong."""
    folder = tmp_path / "a*[b]{c} ü"
    folder.mkdir()
    lake = new_lake(folder)
    before = signal.getsignal(signal.SIGINT)
    with opened(folder) as engine, using(engine):
        good = raw(lake, 9, WHOLE, 500)
        for part, (data, rows) in enumerate(
            [(WHOLE[: len(WHOLE) // 2], 500), (WHOLE[:-1], 500), (b"", 500), (b"no gzip", 500), (WHOLE, 499)]
        ):
            engine.open_stream(backlog(good, raw(lake, part, data, rows)))
            with pytest.raises(DataRefused, match=f"object-{part}"):
                engine.judge(CONTRACT, TRANSFORMS[CONTRACT.entity])
        for harm in (b"other bytes", None):
            harmed = raw(lake, 7, WHOLE, 500)
            lake.put(harmed.entry.key, harm) if harm else lake.delete(harmed.entry.key)
            with pytest.raises(DataRefused, match=r"object-7.*(11 bytes found|does not exist)"):
                engine.open_stream(backlog(good, harmed))
        engine.open_stream(backlog(good))
        engine.judge(CONTRACT, TRANSFORMS[CONTRACT.entity])
        reasons = Question("reasons", lambda judged: judged.groupBy("_reason").count())
        assert engine.ask(reasons) == [("missing:snapshot_date", 500)]
        first = Question("first", lambda judged: engine.records(judged.select(*POSITION).limit(1)))
        (record,) = engine.ask(first)
        assert record[3] == good.entry.key
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failure_of_the_engine_is_one_message_without_data_and_another_engine_can_be_opened(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with pytest.raises(ReelhouseError) as failed, opened(tmp_path / name) as engine:
            engine._session.sql("select raise_error('hunter2')").collect()  # type: ignore[attr-defined]
        assert "hunter2" not in str(failed.value)
        assert "the engine stopped" in str(failed.value)
        assert "\n" not in str(failed.value)


def test_ctrl_c_in_mid_query_is_ctrl_c(tmp_path: Path) -> None:
    program = [sys.executable, "-c", LONG_QUERY, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == "ready\n"
        running.send_signal(signal.SIGINT)
        assert running.stderr.read().rstrip().endswith("KeyboardInterrupt")


def test_ctrl_c_while_java_starts_leaves_no_process(tmp_path: Path) -> None:
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(SLOW_JAVA.format(folder=tmp_path, java=find_java()))
    java.chmod(0o755)
    os.mkfifo(tmp_path / "go")
    program = [sys.executable, "-c", LONG_QUERY, str(tmp_path)]
    variables = {**os.environ, "JAVA_HOME": str(home)}
    with subprocess.Popen(program, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        with (tmp_path / "go").open("w") as go:  # opened as soon as Java is there to read
            number = int((tmp_path / "pid").read_text())
            running.send_signal(signal.SIGINT)
            go.write("on\n")
        assert running.stderr.read().rstrip().endswith("KeyboardInterrupt")
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def test_why_java_does_not_start_is_told(tmp_path: Path) -> None:
    options = {"spark.driver.memory": "lots"}
    wrong = Settings(engine="spark", spark_options=options)
    with pytest.raises(ReelhouseError, match=r"did not start \(.*lots.*\).*Mend spark_master, spark_options"):
        open_session(wrong, new_lake(tmp_path), tmp_path).__enter__()


@pytest.mark.long
def test_a_master_that_does_not_answer_is_told(tmp_path: Path) -> None:
    absent = Settings(engine="spark", spark_master="spark://127.0.0.1:1")
    with pytest.raises(ReelhouseError, match=r"no master answers at spark_master.*Mend that"):
        open_session(absent, new_lake(tmp_path), tmp_path).__enter__()
