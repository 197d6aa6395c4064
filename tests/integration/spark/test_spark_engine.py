"""What the Spark engine promises its callers beside equal rows, on the real Spark."""

import gc
import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DataRefused, ReelhouseError
from extract.manifest import ObjectEntry
from spark.contracts import load_contracts
from spark.engine import open_engine, using
from spark.raw import Fetched, RawObject
from spark.transforms.registry import TRANSFORMS
from tests.integration.spark.lakes import KEY

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
ROOT = Path(__file__).parents[3]
# Py4J leaves its sockets to the collector; here that is a warning, and not ours.
pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
LONG_QUERY = """\
import sys
from pathlib import Path
from extract.privacy import PrivacyKey
from spark.engine import open_engine

with open_engine("spark", Path(sys.argv[1]), PrivacyKey.of("k" * 32)) as engine:
    print("ready", flush=True)
    engine.rows(engine._session.range(10**13).selectExpr("max(hash(id))"))
"""
WHOLE = gzip.compress(b'{"_meta":{},"record":{}}\n' * 500)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what Py4J leaves before a test of others is blamed for it."""
    yield
    gc.collect()


def fetched(folder: Path, part: int, data: bytes, rows: int) -> Fetched:
    path = folder / f"{1:012d}-{part:05d}.jsonl.gz"
    path.write_bytes(data)
    entry = ObjectEntry(key=f"raw/object-{part}.jsonl.gz", bytes=len(data), rows=rows, sha256="0" * 64)
    return Fetched(RawObject(1, part, entry), path)


def test_damaged_objects_are_refused_by_name_and_nothing_is_left(tmp_path: Path) -> None:
    """In a folder whose name Hadoop would read as a pattern; one session for all that can be wrong."""
    folder = tmp_path / "a*[b]{c}"
    folder.mkdir()
    contract = load_contracts()["wistia__visitor"]
    before = signal.getsignal(signal.SIGINT)
    with open_engine("spark", folder, KEY) as engine, using(engine):
        for part, (data, rows) in enumerate(
            [(WHOLE[: len(WHOLE) // 2], 500), (WHOLE[:-1], 500), (b"", 500), (b"no gzip", 500), (WHOLE, 499)]
        ):
            good = fetched(folder, 9, WHOLE, 500)
            engine.open_stream("wistia/visitors", [good, fetched(folder, part, data, rows)])
            with pytest.raises(DataRefused, match=f"object-{part}"):
                engine.judged(contract, TRANSFORMS[contract.entity])
        engine.open_stream("wistia/visitors", [good])
        judged = engine.judged(contract, TRANSFORMS[contract.entity])
        assert engine.rows(judged.groupBy("_reason").count()) == [("missing:visitor_id", 500)]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failure_of_the_engine_is_one_message_without_data_and_another_engine_can_be_opened(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with pytest.raises(ReelhouseError) as failed, open_engine("spark", tmp_path / name, KEY) as engine:
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
