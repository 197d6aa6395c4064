"""What a daily load costs when the warehouse is larger: the cost should follow the delta, not the history."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.settings import Settings
from sandbox.redshift import serve
from spark.contracts import load_contracts
from tests.integration.warehouse_sql.staged import stage_selects
from warehouse_sql.connection import Target
from warehouse_sql.load import load

DAYS, TIMES = 100, 5
SESSIONS_PER_DAY = 2_000
CHANGED_SESSIONS = 1_000
CHANGED_DAYS = 3
VISITORS = 100_000
LAST_DAY = date(2026, 1, 31)
REPEATS = 7

Ratio = tuple[str, str, str]


def run() -> list[Ratio]:
    """Load the same daily delta into a fact of few and of many days, in turns, and compare the medians."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_servers:
        folder = Path(name)
        few, many = (_warehouse(folder, bucket, open_servers) for bucket in ("few", "many"))
        first = _first_load(*few, DAYS), _first_load(*many, DAYS * TIMES)
        daily = [(_daily_load(*few, turn), _daily_load(*many, turn)) for turn in range(REPEATS)]
    small, large = (statistics.median(seconds) for seconds in zip(*daily, strict=True))
    delta = f"{CHANGED_SESSIONS:,} changed sessions of the last {CHANGED_DAYS} days"
    return [
        (f"{delta} into {TIMES} times as many days", f"{large / small:.2f} x", f"into {DAYS} days ({small:.2f} s)"),
        (f"first load of {TIMES} times as many days", f"{first[1] / first[0]:.2f} x", f"of {DAYS} ({first[0]:.2f} s)"),
    ]


def _warehouse(folder: Path, bucket: str, open_servers: ExitStack) -> tuple[Target, DirectoryLake]:
    at = open_servers.enter_context(serve(folder / f"{bucket}.duckdb", folder))
    return Target(at.host, at.port, at.database, at.user, None, ssl=False, iam=False), DirectoryLake(folder, bucket)


def _first_load(target: Target, lake: DirectoryLake, days: int) -> float:
    rows = days * SESSIONS_PER_DAY
    first_day = LAST_DAY - timedelta(days=days - 1)
    at = f"timestamp '{first_day}' + to_seconds(i * {86_400 // SESSIONS_PER_DAY})"
    selects = {
        "wistia__viewing_session": _sessions(f"range({rows}) as numbers(i)", "'s' || i", at, 1),
        "wistia__visitor": _visitors(),
        "wistia__media": _select(
            "wistia__media", {"media_id": "'m' || i", "duration_seconds": "100"}, "range(9) as n(i)", 1
        ),
    }
    return _timed_load(target, lake, 1, selects)


def _daily_load(target: Target, lake: DirectoryLake, turn: int) -> float:
    """Revise the same sessions again, with a later state each time."""
    step = CHANGED_DAYS * 86_400 // CHANGED_SESSIONS
    at = f"timestamp '{LAST_DAY - timedelta(days=CHANGED_DAYS - 1)}' + to_seconds(i * {step})"
    source = f"range({CHANGED_SESSIONS}) as numbers(i)"
    sequence = turn + 2
    key = f"'d' || i % {CHANGED_SESSIONS}"
    return _timed_load(target, lake, sequence, {"wistia__viewing_session": _sessions(source, key, at, sequence)})


def _timed_load(target: Target, lake: DirectoryLake, sequence: int, selects: dict[str, str]) -> float:
    with duckdb.connect() as engine:
        stage_selects(lake, sequence, selects, engine)
    started = time.perf_counter()
    load(target, lake, Settings(), RunClock(datetime(2026, 2, 1, tzinfo=UTC)), f"bench-{sequence}", Silent())
    return time.perf_counter() - started


def _sessions(source: str, key: str, received_at: str, sequence: int) -> str:
    given = {
        "session_id": key,
        "received_at": received_at,
        "visitor_id": f"'v' || (i * 7919) % {VISITORS}",
        "media_id": "'m' || i % 9",
        "percent_viewed": f"((i + {sequence}) % 100) / 100.0",
    }
    return _select("wistia__viewing_session", given, source, sequence)


def _visitors() -> str:
    given = {
        "visitor_id": "'v' || i",
        "last_active_at": f"timestamp '{LAST_DAY}'",
        "load_count": "2",
        "play_count": "1",
    }
    return _select("wistia__visitor", given, f"range({VISITORS}) as numbers(i)", 1)


def _select(entity: str, given: dict[str, str], source: str, sequence: int) -> str:
    lineage = {
        "_extracted_at": f"timestamp '2026-02-01' + to_hours({sequence})",
        "_raw_sequence": str(sequence),
        "_raw_part": "0",
        "_raw_line": "i + 1",
    }
    values = given | lineage
    columns = load_contracts()[entity].columns
    items = ", ".join(
        f"cast({values.get(column.name, 'null')} as {column.type}) as {column.name}" for column in columns
    )
    return f"select {items} from {source}"
