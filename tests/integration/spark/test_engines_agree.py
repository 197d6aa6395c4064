"""Both engines make the same of the same lake: each in a process of its own, compared value by value, type by type."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from extract.lake import DirectoryLake
from extract.progress import Silent
from orchestration.pipeline import extract_stage
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import PROFILES
from spark.contracts import load_contracts
from spark.manifest import StagingManifest
from tests.conftest import house
from tests.integration.spark import hostile
from tests.integration.spark.lakes import land, newest
from tests.integration.spark.test_cases import cases, lines

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'reelhouse[dev]'")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")

ROOT = Path(__file__).parents[3]
# Half the processor time of few records is that of the compiler for many.
QUICK_START = "-XX:TieredStopAtLevel=1"
pytestmark = pytest.mark.timeout(900)
NORMALISE = """\
import sys
from dataclasses import asdict
from pathlib import Path
from extract.settings import Quarantine, Settings
from tests.integration.spark.lakes import new_lake, run
report = run(new_lake(Path(sys.argv[2])), Settings(engine=sys.argv[1], quarantine=Quarantine(max_share=1.0)))
print(repr(asdict(report)))
"""


SOME = ("wistia__media_engagement", "wistia__visitor")
"""A record that becomes many rows, and the one that hostile lines are of; Spark takes ten seconds to plan another."""


@dataclass(frozen=True)
class Outcome:
    entities: tuple[str, ...]
    lake: DirectoryLake
    manifest: StagingManifest
    said: str
    complaints: str


def normalised(entities: tuple[str, ...], engine: str, source: Path, folder: Path) -> Outcome:
    """Normalise a copy of a lake in a process of its own."""
    shutil.copytree(source, folder)
    answer = subprocess.run(
        [sys.executable, "-c", NORMALISE, engine, str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "JAVA_TOOL_OPTIONS": QUICK_START},
    )
    assert answer.returncode == 0, answer.stderr
    lake = DirectoryLake(folder, "lake")
    return Outcome(entities, lake, newest(lake), answer.stdout, answer.stderr)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SOME, id="some"),
        pytest.param(tuple(load_contracts()), id="all", marks=pytest.mark.long),
    ],
)
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Outcome, Outcome]]:
    """A small account, every case of the entities, and lines that no source should send, normalised by both engines."""
    entities = request.param
    home = tmp_path_factory.mktemp("agree")
    for built in house(home, InventedAccount(PROFILES["small"])):
        extract_stage(built.context(datetime(2026, 1, 8, 2, tzinfo=UTC)), Silent())
    lake = DirectoryLake(home, "lake")
    for entity in set(load_contracts()) - set(entities):
        shutil.rmtree(home / "lake" / "raw" / load_contracts()[entity].stream, ignore_errors=True)
    for entity in entities:
        # Together, so that they are one object: cases of an entity have keys of their own.
        land(lake, load_contracts()[entity].stream, [line for case in cases(entity) for line in lines(entity, case)])
    land(lake, "wistia/visitors", list(hostile.lines(1_000)), [*hostile.large(), *hostile.ends()])
    source = home / "lake"
    for name in ("duckdb", "spark"):
        shutil.copytree(source, home / name / "lake")
    shutil.rmtree(source)
    both = [normalised(entities, name, home / name, home / f"{name} [done]") for name in ("duckdb", "spark")]
    yield both[0], both[1]


def table(outcome: Outcome, files: Any) -> Any:
    """Read Parquet objects in the order of their rows."""
    tables = [parquet.read_table(outcome.lake.engine_path(file.key), partitioning=None) for file in files]
    return pyarrow.concat_tables(tables, promote_options="permissive")


def assert_equal(ours: Any, theirs: Any, of: str) -> None:
    assert [(field.name, field.type) for field in ours.schema] == [(field.name, field.type) for field in theirs.schema]
    for number, (one, other) in enumerate(zip(ours.to_pylist(), theirs.to_pylist(), strict=True)):
        differ = {name: (one[name], other[name]) for name in one if one[name] != other[name]}
        assert not differ, f"{of}, row {number}"


def test_rows_are_equal(outcomes: tuple[Outcome, Outcome]) -> None:
    for entity in outcomes[0].entities:
        ours, theirs = (table(outcome, outcome.manifest.entities[entity].files) for outcome in outcomes)
        assert ours.num_rows, entity
        assert_equal(ours, theirs, entity)


def test_quarantines_are_equal(outcomes: tuple[Outcome, Outcome]) -> None:
    for stream in (load_contracts()[entity].stream for entity in outcomes[0].entities):
        ours, theirs = (table(outcome, outcome.manifest.quarantine[stream].files) for outcome in outcomes)
        assert ours.num_rows, stream
        assert_equal(ours, theirs, stream)


def test_counts_and_drift_are_equal(outcomes: tuple[Outcome, Outcome]) -> None:
    ours, theirs = outcomes
    assert ours.said == theirs.said
    assert ours.manifest.drift == theirs.manifest.drift
    assert ours.manifest.total_quarantined == theirs.manifest.total_quarantined
    assert {name: entry.counts for name, entry in ours.manifest.entities.items()} == {
        name: entry.counts for name, entry in theirs.manifest.entities.items()
    }


def test_what_is_small_is_one_file_and_nothing_is_said_aside(outcomes: tuple[Outcome, Outcome]) -> None:
    _, spark = outcomes
    assert {len(entry.files) for entry in spark.manifest.entities.values()} == {1}
    assert {len(entry.files) for entry in spark.manifest.quarantine.values()} == {1}
    assert spark.complaints == ""


def test_files_have_the_rows_of_their_footers(outcomes: tuple[Outcome, Outcome]) -> None:
    for outcome in outcomes:
        for entry in outcome.manifest.entities.values():
            for file in entry.files:
                footer = parquet.read_metadata(outcome.lake.engine_path(file.key))
                assert footer.num_rows == file.rows
                assert json.loads(outcome.lake.get(entry.copy_manifest))["entries"][0]["meta"] == {
                    "content_length": file.bytes
                }
