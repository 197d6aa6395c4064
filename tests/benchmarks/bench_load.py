"""What a daily load costs when the warehouse is larger: the cost should follow the delta, not the history.

Two warehouses have the same rows a day, one ten times as many days. A first load brings one day; the others are that
day again, put into the tables of the database behind the endpoint, which takes a tenth of the time that loads would.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import duckdb

import warehouse_sql.load
from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.settings import Settings
from sandbox.redshift import serve
from spark.contracts import load_contracts
from spark.manifest import StagingManifest
from tests.integration.warehouse_sql.staged import stage_selects
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.load import load

ROWS = int(os.environ.get("REELHOUSE_BENCH_ROWS", "1_000_000"))
"""Sessions of the smaller warehouse; the larger one has ten times as many."""
DAYS, TIMES = 100, 10
CHANGED_SESSIONS = 1_000
CHANGED_DAYS = 3
VISITORS = 100_000
LAST_DAY = date(2026, 1, 31)
REPEATS = 7
DATED = {
    "core.fct_viewing_session": ("received_date_key", "received_at", "session_id"),
    "core.visitor_media_day": ("activity_date_key", None, None),
    "mart.media_daily_total": ("activity_date_key", None, None),
}
"""What grows with the days: the date key, an instant beside it, and a key that tells rows of a day from others."""

Ratio = tuple[str, str, str]


@dataclass(slots=True)
class Cost:
    """What a load took."""

    seconds: float
    statements: int
    connections: int
    files: int
    bytes: int


def run() -> list[Ratio]:
    """Load the same daily delta into warehouses of few and of many days, in turns, and compare the medians."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_servers:
        folders = [Path(name) / bucket for bucket in ("few", "many")]
        for folder, days in zip(folders, (DAYS, DAYS * TIMES), strict=True):
            _fill(folder, days)
        served = [open_servers.enter_context(_served(folder)) for folder in folders]
        daily = [[_daily_load(target, lake, turn) for target, lake in served] for turn in range(REPEATS)]
    few, many = ([turn[which] for turn in daily] for which in (0, 1))
    small, large = (statistics.median(cost.seconds for cost in costs) for costs in (few, many))
    what = f"{CHANGED_SESSIONS:,} changed sessions of the last {CHANGED_DAYS} days"
    against = f"into {ROWS:,} of {DAYS} days ({small:.2f} s)"
    ratios = [
        (f"{what} into {ROWS * TIMES:,} of {DAYS * TIMES} days, marts included", f"{large / small:.2f} x", against)
    ]
    return ratios + [
        (f"{name} of such a load", f"{getattr(many[-1], name):,}", f"{getattr(few[-1], name):,}")
        for name in ("statements", "connections", "files", "bytes")
    ]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Target, DirectoryLake]]:
    folder.mkdir(exist_ok=True)
    with serve(folder / "warehouse.duckdb", folder) as at:
        target = Target(at.host, at.port, at.database, at.user, None, ssl=False, iam=False)
        yield target, DirectoryLake(folder, "lake")


def _fill(folder: Path, days: int) -> None:
    rows = ROWS // DAYS
    at = f"timestamp '{LAST_DAY}' + to_microseconds(i * {86_400_000_000 // rows})"
    selects = {
        "wistia__viewing_session": _sessions(f"range({rows}) as numbers(i)", "'s' || i", at, 1),
        "wistia__visitor": _visitors(),
        "wistia__media": _select(
            "wistia__media", {"media_id": "'m' || i", "duration_seconds": "100"}, "range(9) as n(i)", 1
        ),
    }
    with _served(folder) as (target, lake):
        _loaded(target, lake, 1, selects)
    with duckdb.connect(folder / "warehouse.duckdb") as database:
        for table, columns in DATED.items():
            _repeat(database, table, days, *columns)


def _repeat(
    database: duckdb.DuckDBPyConnection, table: str, days: int, date_key: str, instant: str | None, key: str | None
) -> None:
    """Give a table the rows of its one day for the days before as well."""
    earlier = f"cast(strftime(date '{LAST_DAY}' - cast(number as integer), '%Y%m%d') as integer)"
    replaced = [f"{earlier} as {date_key}"]
    replaced += [f"{instant} - to_days(cast(number as integer)) as {instant}"] if instant else []
    replaced += [f"{key} || '-' || number as {key}"] if key else []
    database.execute("set integer_division = true")
    database.execute(
        f"insert into {table} select day.* replace ({', '.join(replaced)}) "
        f"from {table} as day, range(1, {days}) as days(number)"
    )


def _daily_load(target: Target, lake: DirectoryLake, turn: int) -> Cost:
    """Revise the same sessions again, with a later state each time."""
    step = CHANGED_DAYS * 86_400 // CHANGED_SESSIONS
    at = f"timestamp '{LAST_DAY - timedelta(days=CHANGED_DAYS - 1)}' + to_seconds(i * {step})"
    source = f"range({CHANGED_SESSIONS}) as numbers(i)"
    sequence = turn + 2
    key = f"'d' || i % {CHANGED_SESSIONS}"
    return _loaded(target, lake, sequence, {"wistia__viewing_session": _sessions(source, key, at, sequence)})


def _loaded(target: Target, lake: DirectoryLake, sequence: int, selects: dict[str, str]) -> Cost:
    with duckdb.connect() as engine:
        manifest = stage_selects(lake, sequence, selects, engine)
    opened: list[Connection] = []

    @contextmanager
    def counted(target: Target, patience: float | None = None) -> Iterator[Connection]:
        with connect(target, patience) as connection:
            opened.append(connection)
            yield connection

    started = time.perf_counter()
    with patch.object(warehouse_sql.load, "connect", counted):
        load(target, lake, Settings(), RunClock(datetime(2026, 2, 1, tzinfo=UTC)), f"bench-{sequence}", Silent())
    seconds = time.perf_counter() - started
    return Cost(seconds, sum(connection.statements for connection in opened), len(opened), *_weight(manifest))


def _weight(manifest: StagingManifest) -> tuple[int, int]:
    files = [file for entry in manifest.entities.values() for file in entry.files]
    return len(files), sum(file.bytes for file in files)


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
