"""Normalisation of five million sessions, against what somebody would write by hand for them alone.

Each runs in a process of its own, over the same raw objects, one after the other. The hand-written ones follow the same
rules and write the same rows and the same quarantine, which is compared; they hold no bytes against manifests and prove
nothing. Where others use the processors as well, their seconds are what can be compared. Takes half an hour on two
cores, and 10 GB of disk.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from extract.lake import DirectoryLake
from spark.contracts import load_contracts
from tests.benchmarks.measured import Measured, measured
from tests.benchmarks.sessions import ENTITY, STREAM, land_sessions, linked
from tests.integration.spark.lakes import land, new_lake, newest, raw_line
from tests.integration.spark.test_cases import cases, lines

SESSIONS = 5_000_000
FIELDS = (1_000, 4_000)
Row = tuple[str, str, str]
_PAIRS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("duckdb", "sql", "DuckDB SQL", ()),
    ("spark", "spark", "PySpark", ("local[*]",)),
)
_BENCH = "tests.benchmarks.sessions_by_"


def run() -> Iterator[Row]:
    """Yield the ratios of both engines, and what a handful of records costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _few(folder)
        yield _fields(folder)
        yield from _many(folder)


def _many(folder: Path) -> Iterator[Row]:
    source = DirectoryLake(folder / "source", "lake")
    manifest = land_sessions(source, SESSIONS)
    objects = [source.engine_path(entry.key) for entry in manifest.objects]
    for engine, other, name, before in _PAIRS:
        theirs = folder / f"hand-{engine}"
        theirs.mkdir()
        by_hand = measured(f"{_BENCH}{other}", str(theirs), before, objects)
        ours = _ours(engine, linked(source, manifest, folder / engine), folder)
        _compare(ours, by_hand, newest(DirectoryLake(folder / engine, "lake")), folder / engine, theirs)
        yield _told(engine, ours, by_hand, f"{name} by hand")
    yield from _of_spark(folder)


def _ours(engine: str, lake: DirectoryLake, folder: Path) -> Measured:
    log = folder / "events"
    log.mkdir(exist_ok=True)
    options = ["spark.eventLog.enabled=true", f"spark.eventLog.dir={log}"] if engine == "spark" else []
    return measured(f"{_BENCH}reelhouse", engine, str(Path(lake.engine_path("")).parent), options)


def _told(engine: str, ours: Measured, by_hand: Measured, against: str) -> Row:
    rate = f"{SESSIONS / ours.seconds:,.0f} records/s"
    what = f"{SESSIONS:,} sessions on {engine}, {rate}, peak {ours.peak_mb:,} MB against {by_hand.peak_mb:,} MB"
    processor = f"{ours.processor / by_hand.processor:.2f} of its processor time"
    return (what, f"{ours.seconds / by_hand.seconds:.2f} times its time, {processor}", against)


def _of_spark(folder: Path) -> Iterator[Row]:
    (log,) = (folder / "events").iterdir()
    found = Counter[str]()
    for line in log.read_bytes().splitlines():  # of text also U+2028 would end a line
        event = json.loads(line)
        found["stages"] += event["Event"] == "SparkListenerStageCompleted"
        metrics = event.get("Task Metrics") or {}
        found["moved"] += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
        found["spilt"] += metrics.get("Disk Bytes Spilled", 0)
    files = newest(DirectoryLake(folder / "spark", "lake")).entities[ENTITY].files
    sizes = ", ".join(f"{file.bytes / 2**20:,.0f}" for file in files)
    yield (
        "the same run of Spark",
        f"{found['stages']} stages, {found['moved'] / 2**20:,.0f} MB shuffled, {found['spilt'] / 2**20:,.0f} MB spilt",
        f"files of {sizes} MB",
    )


def _compare(ours: Measured, by_hand: Measured, manifest: Any, folder: Path, theirs: Path) -> None:
    """Both must have done the same work."""
    assert ours.told["normalised"] + ours.told["duplicates"] == by_hand.told["good"]
    assert ours.told["quarantined"] == sum(by_hand.told["reasons"].values())
    lake = DirectoryLake(folder, "lake")
    files = [lake.engine_path(file.key) for file in manifest.entities[ENTITY].files]
    held = [lake.engine_path(file.key) for file in manifest.quarantine[STREAM].files]
    names = ", ".join(column.name for column in load_contracts()[ENTITY].columns)
    with duckdb.connect(config={"temp_directory": str(folder / "spilt")}) as connection:
        for select, mine, by in (
            (names, files, "rows"),
            ("record", held, "quarantine"),
        ):
            what = select if by == "rows" else "json_extract(#1, '$.record')::varchar as record"  # theirs is the line
            other = f"(select {what} from read_parquet('{theirs}/{by}*'))"
            if (theirs / by).is_dir():
                other = other.replace(f"{by}*", f"{by}/*.parquet")
            mine_ = f"(select {select} from read_parquet({mine}, hive_partitioning = false))"
            counted = connection.execute(
                f"select (select count(*) from {mine_}), (select count(*) from {other}), "
                f"(select count(*) from (from {mine_} except all from {other}))"
            ).fetchone()
            assert counted
            assert counted[0] == counted[1] > 0
            assert counted[2] == 0


def _few(folder: Path) -> Iterator[Row]:
    """A handful of records of every stream, in a process that has made its plans before."""
    for engine in ("duckdb", "spark"):
        lakes = [new_lake(folder / f"few-{engine}-{round_}") for round_ in range(2)]
        for lake in lakes:
            for entity, contract in load_contracts().items():
                land(lake, contract.stream, lines(entity, cases(entity)[0]))
        log = folder / f"few-{engine}"
        log.mkdir()
        options = ["spark.eventLog.enabled=true", f"spark.eventLog.dir={log}"] if engine == "spark" else []
        took = [
            measured(f"{_BENCH}reelhouse", engine, str(Path(lake.engine_path("")).parent), options).seconds
            for lake in lakes
        ]
        sessions = f", {len(list(log.iterdir())) // len(lakes)} session of Spark" if engine == "spark" else ""
        yield (
            f"a handful of each of {len(load_contracts())} streams on {engine}",
            f"{min(took):.2f} s{sessions}",
            "nothing",
        )


def _fields(folder: Path) -> Row:
    """One record of many fields that nobody knows."""
    few, many = (_record(folder / f"fields-{count}", count) for count in FIELDS)
    return (f"a record of {FIELDS[1]:,} unknown fields", f"{many / few:.2f} times its time", f"one of {FIELDS[0]:,}")


def _record(folder: Path, fields: int) -> float:
    seconds = []
    for round_ in range(3):
        lake = new_lake(folder / str(round_))
        known = {"event_key": "a", "received_at": "2026-01-07T14:00:00Z", "media_id": "m"}
        land(lake, STREAM, [raw_line(known | {f"f{number}": number for number in range(fields)})] * 100)
        seconds.append(measured(f"{_BENCH}reelhouse", "duckdb", str(folder / str(round_))).processor)
    return min(seconds)
