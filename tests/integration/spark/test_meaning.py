"""One meaning: whatever a line holds, both engines make the same of it, and every record is accounted for.

Records are generated from the contracts (a value that each column takes, at its paths) and from dirt. All examples of a
seed are landed at once, an object for each, because a session of Spark takes longer to open than to normalise them.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st

from extract.lake import DirectoryLake
from spark.contracts import META, Column, Contract, load_contracts
from tests.integration.spark.lakes import TOLERANT, land, new_lake, newest, run

parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
from tests.integration.spark.test_spark_engine import QUICK_START  # noqa: E402
from tests.integration.spark.test_spark_on_s3 import content  # noqa: E402

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ENTITIES = (
    "wistia__visitor",
    "wistia__viewing_session",
    "wistia__media_engagement",
    "wistia__media_day",
    "streampulse__playback",
)
RECORDS = 80
INSTANTS = st.sampled_from(
    ["2026-01-06T21:03:24.000Z", "2026-01-06T23:59:59.999999999+02:00", "1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
DATES = st.sampled_from(["2026-01-06", "1900-01-01", "9999-12-31", "2024-02-29"])
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "varchar": st.text(min_size=1, max_size=8),
    "bigint": st.integers(0, 2**63 - 1),
    "integer": st.integers(0, 2**31 - 1),
    "double": st.floats(0, 1),
    "boolean": st.booleans(),
    "date": DATES,
    "timestamp": INSTANTS,
}
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e308, 5e-324, -0.0]),
)
NEAR = st.sampled_from(
    [
        "",
        " ",
        "\u3000",
        "\x00",
        "0x1F",
        "1_000",
        "1e2",
        "2026-02-30",
        "2026-01-06T24:00:00Z",
        "0001-01-01",
        "NaN",
        "true",
    ]
)
TEXTS = st.one_of(
    NEAR, st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.sampled_from(["\U0010ffff", "\u202e"])
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
DIRT = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
DAMAGE: tuple[bytes, ...] = (b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\x01", b"{", b"}", b",", b'"', b"NaN", b"[" * 50)


@st.composite
def records(draw: st.DrawFn, contract: Contract) -> dict[str, Any]:
    """A line of a contract: good values, of which some are left out or dirt, and fields that nobody knows."""
    document: dict[str, Any] = {"_meta": {"sent_at": "2026-01-08T00:00:00.000123Z"}, "record": {}}
    for column in contract.mapped:
        for path in column.path[:1]:
            fate = draw(st.integers(0, 19))
            if fate:
                value = draw(DIRT) if fate == 1 else draw(good(column, contract))
                put(document, path, value)
    for name, value in draw(st.dictionaries(st.text(max_size=3), DIRT, max_size=2)).items():
        document["record"].setdefault(name, value)
    return document


def good(column: Column, contract: Contract) -> st.SearchStrategy[Any]:
    value = GOOD[column.kind]
    if column.name in contract.key and column.kind == "varchar":
        value = st.sampled_from(["a", "b", "c", "Ω", "🎬"])
    if contract.fan_out and column.name in contract.fan_out.arrays:
        return st.lists(value, min_size=2, max_size=2)
    return value if column.required else st.one_of(st.none(), value)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    *holders, name = path.split(".") if path.startswith(META) else ("record", *path.split("."))
    for holder in holders:
        inner = document.setdefault(holder, {})
        if not isinstance(inner, dict):
            return
        document = inner
    document[name] = value


def lines(contract: Contract, start: int) -> list[bytes]:
    """Lines of a contract; one in ten is damaged in a place of its own, or has a field twice."""
    found: list[bytes] = []

    @seed(start)
    @examples(max_examples=RECORDS, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(records(contract))
    def collect(record: dict[str, Any]) -> None:
        found.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())

    collect()
    dice = random.Random(start)
    return [damaged(dice, line) if number % 10 == 9 else line for number, line in enumerate(found)]


def damaged(dice: random.Random, line: bytes) -> bytes:
    if dice.random() < 0.2:
        return line.replace(b'"record":{', b'"record":{"twice":1,"twice":2,', 1)
    place = dice.randrange(len(line))
    return (line[:place] + dice.choice(DAMAGE) + line[place:]).replace(b"\n", b" ")


def large() -> Iterator[bytes]:
    """Lines of 16 MB, and deep ones."""
    for value in (json.dumps("x" * 16_000_000), "[" * 900 + "]" * 900, json.dumps({"a": "\u001f" * 1000})):
        yield (
            '{"_meta":{"sent_at":"2026-01-08T00:00:00Z"},"record":{"visitor_key":"large","load_count":1,"play_count":1,'
            f'"last_active_at":"2026-01-06T21:03:24.000Z","more":{value}}}}}'
        ).encode()


def fill(lake: DirectoryLake, start: int) -> None:
    for entity in ENTITIES:
        contract = load_contracts()[entity]
        found = lines(contract, start)
        land(lake, contract.stream, found[: RECORDS // 2], [], found[RECORDS // 2 :])
    land(lake, "wistia/visitors", list(large()))


@pytest.mark.parametrize("start", [1, 2])
def test_both_engines_make_the_same_of_the_same_lines(start: int, tmp_path: Path) -> None:
    lakes = {engine: new_lake(tmp_path / engine) for engine in ("duckdb", "spark")}
    reports = {}
    for engine, lake in lakes.items():
        fill(lake, start)
        options = {"engine": engine, "spark_master": "local[2]", "spark_options": QUICK_START}
        reports[engine] = run(lake, TOLERANT.model_copy(update=options))
    assert reports["duckdb"] == reports["spark"]
    assert newest(lakes["duckdb"]).drift == newest(lakes["spark"]).drift
    assert content(lakes["duckdb"], tmp_path) == content(lakes["spark"], tmp_path)
    for counts in reports["spark"].entities.values():
        assert counts.balanced
        assert counts.normalised
        assert counts.quarantined
