"""The plans of Spark, kept as text: a new shuffle shows up in review.

An operator a line, with what an exchange is by. After a change that is meant, the file is written anew by
``python -m tests.integration.spark.test_spark_plans``.
"""

import gc
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.settings import Settings
from spark.contracts import load_contracts
from spark.engine import open_engine, using
from spark.raw import Backlog
from spark.transforms.registry import TRANSFORMS
from spark.transforms.steps import fan_out, good, newest
from tests.integration.spark.lakes import KEY, new_lake
from tests.integration.spark.test_spark_engine import QUICK_START, WHOLE, raw

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
GOLDEN = Path(__file__).parents[2] / "cases" / "spark_plans.txt"
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what Py4J leaves before a test of others is blamed for it."""
    yield
    gc.collect()


def plans() -> str:
    """Return the plan of what is written of each entity, from its raw lines on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = new_lake(folder)
        shown = QUICK_START | {"spark.sql.debug.maxToStringFields": "25"}
        settings = Settings(engine="spark", spark_master="local[2]", spark_options=shown)
        with open_engine(settings, lake, folder, KEY) as engine, using(engine):
            engine.open_stream(Backlog("wistia/visitors", 1, (raw(lake, 0, WHOLE, 500),)))
            return "\n".join(f"{entity}\n{_plan(engine, entity)}" for entity in load_contracts())


def _plan(engine: Any, entity: str) -> str:
    from spark.engine.spark_engine import _select
    from spark.engine.spark_leaves import leaves, parse
    from spark.leaves import POSITION

    contract = load_contracts()[entity]
    frame = _select(engine._lines(), [*parse(POSITION, engine._mark), *leaves(contract)])
    judged = TRANSFORMS[entity](frame, contract)
    rows = judged.transform(good).transform(newest(contract)).transform(fan_out(contract))
    written = rows.sortWithinPartitions(*contract.key)
    plan = str(written._jdf.queryExecution().executedPlan().toString())
    return "".join(f"  {operator}\n" for line in plan.splitlines() if (operator := _operator(line)))


def _operator(line: str) -> str:
    """An operator without what changes from run to run or says what its columns say; empty for a text's second line."""
    found = re.match(r"((?:[\s:|]*(?:\+- |:- ))?)(?:\*\(\d+\) |\* )?([A-Z]\w+)(.*)", line)
    if not found or not (found[1] or found[2] == "AdaptiveSparkPlan"):
        return ""
    depth, name, rest = found.groups()
    by = re.match(r" (\w+\(.*?\)|\w+)", rest) if name == "Exchange" else None
    columns = re.sub(r"#\d+L?|, [0-9]+(?=\))", "", by[0]) if by else ""
    return f"{depth}{name}{columns}"


def test_the_plans_are_those_that_were_reviewed() -> None:
    found = plans()
    assert found == GOLDEN.read_text(encoding="utf-8")
    for entity in found.split("\n\n"):
        assert len(re.findall(r"\bExchange ", entity)) == 1, "one shuffle: that of the newest state of each key"


if __name__ == "__main__":
    GOLDEN.write_text(plans(), encoding="utf-8")
