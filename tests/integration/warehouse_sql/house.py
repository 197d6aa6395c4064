"""A lake, a warehouse behind the sandbox endpoint, and what a test does with them."""

import atexit
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Progress
from extract.settings import Load, Settings, StreamPulse, Wistia
from sandbox.redshift import serve
from spark.manifest import RebuildManifest, rebuild_log
from tests.integration.warehouse_sql.staged import Rows, stage_rebuild, stage_rows
from warehouse_sql.attempts import Attempt
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import Target, connect
from warehouse_sql.generations import NEXT, PREVIOUS, drop_generation
from warehouse_sql.load import ByHand, LoadReport, load, pending
from warehouse_sql.query import query
from warehouse_sql.replay import ReplayReport, UndoReport, replay, undo

Record = dict[str, Any]
_ONE_AT_A_TIME = threading.Lock()


class Told:
    """Remembers what a run told, and does something when it tells a certain thing."""

    def __init__(self, act: Mapping[str, BaseException] | None = None) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self._act = dict(act or {})

    def event(self, name: str, **fields: object) -> None:
        """Remember; raise what is meant for this event, once."""
        self.events.append((name, fields))
        if name in self._act:
            raise self._act.pop(name)

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Ignore how far the work is."""


@dataclass
class House:
    """A lake with staging, and the warehouse that it is loaded into."""

    lake: DirectoryLake
    target: Target
    channels: dict[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Kolkata"
    sequence: int = 0
    runs: int = 0
    address: str = "sandbox:house"
    staged: dict[str, list[Record]] = field(default_factory=dict)
    """All rows staged so far, by entity, each with its place in raw."""
    rebuilds: int = 0
    lakes: int = 1

    def empty(self) -> None:
        """Begin again with an empty lake and a warehouse as it was made; quicker than to make another."""
        self.lakes += 1
        self.lake = DirectoryLake(self.lake.root, f"lake{self.lakes}")
        self.channels, self.time_zone, self.sequence, self.runs = {}, "Asia/Kolkata", 0, 0
        self.staged, self.rebuilds = {}, 0
        with connect(self.target) as connection:
            for suffix in (NEXT, PREVIOUS):
                drop_generation(connection, suffix)
            for table in load_catalog():
                key = f"{table.partition('.dim_')[2]}_key"
                if key in {column.name for column in load_catalog()[table]} and table != "core.dim_date":
                    connection.execute(f"delete from {table} where {key} > 0")
                elif not table.startswith(("core.dim_date", "audit.migration", "audit.repeatable")):
                    connection.execute(f"delete from {table}")
            connection.commit()

    def stage(self, entities: Mapping[str, Rows], swept_since: str | None = None) -> int:
        """Commit the next staging sequence; entities of Wistia may be named without their source.

        ``swept_since``: a full sweep of the visitors that began then (ISO 8601) ends in it.
        """
        self.sequence += 1
        sweeps = {"wistia/visitors": swept_since} if swept_since else {}
        named = {entity if "__" in entity else f"wistia__{entity}": rows for entity, rows in entities.items()}
        for entity, rows in named.items():
            places = ({"_raw_sequence": self.sequence, "_raw_part": 0, "_raw_line": n} for n in range(1, len(rows) + 1))
            placed = [place | dict(row) for place, row in zip(places, rows, strict=True)]
            self.staged.setdefault(entity, []).extend(placed)
        stage_rows(self.lake, self.sequence, named, sweeps)
        return self.sequence

    def load(
        self,
        progress: Progress | None = None,
        lock_wait: float = 5,
        statement_timeout: float = 600,
        by_hand: ByHand | None = None,
    ) -> LoadReport:
        """Load what is staged."""
        with _ONE_AT_A_TIME:  # two threads must not be one run
            self.runs += 1
            run_id = f"run-{self.runs}"
        return load(*self._run(lock_wait, statement_timeout), run_id, progress or Told(), by_hand)

    def rebuild(self) -> RebuildManifest:
        """Commit the rebuild of all that is staged."""
        self.rebuilds += 1
        rebuilt = stage_rebuild(self.lake, self.rebuilds, self.staged)
        assert rebuild_log(self.lake).commit(rebuilt)
        return rebuilt

    def replay(
        self, rebuilt: RebuildManifest | None = None, progress: Progress | None = None, lock_wait: float = 5
    ) -> ReplayReport:
        """Build the warehouse anew from a rebuild, by default from one of all that is staged."""
        self.runs += 1
        run = f"run-{self.runs}"
        return replay(*self._run(lock_wait), run, progress or Told(), rebuilt or self.rebuild())

    def undo(self) -> UndoReport:
        """Take the last replay back."""
        self.runs += 1
        return undo(*self._run(5), f"run-{self.runs}", Told())

    def _run(
        self, lock_wait: float, statement_timeout: float = 600
    ) -> tuple[Target, DirectoryLake, Settings, RunClock]:
        settings = Settings(
            wistia=Wistia(channels=self.channels),
            streampulse=StreamPulse(reporting_time_zone=self.time_zone),
            load=Load(lock_wait=lock_wait, statement_timeout=statement_timeout),
            warehouse=self.address,
        )
        return self.target, self.lake, settings, RunClock(datetime(2026, 2, 1, tzinfo=UTC))

    def attempt(self, run_id: str, lock_wait: float = 5) -> Attempt:
        """Return an attempt of another run."""
        return Attempt(self.lake, self.address, run_id, Load(lock_wait=lock_wait), Told())

    def pending(self) -> bool:
        """Tell from the lake whether a load may be wanting."""
        return pending(self.lake, self.address)

    def rows(self, statement: str) -> list[Record]:
        """Ask the warehouse."""
        result = query(self.target, statement)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    def value(self, statement: str) -> Any:
        """Ask the warehouse for one value."""
        (row,) = query(self.target, statement).rows
        return row[0]


@contextmanager
def open_laid_out_house(folder: Path) -> Iterator[House]:
    """Open an empty lake and an empty warehouse that is laid out: a copy of one, for to make one takes seconds."""
    file = folder / "warehouse.duckdb"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(_laid_out(), file)
    with _served(file, folder) as house:
        yield house


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Open an empty lake and a warehouse in memory in which nothing was ever made."""
    with _served(None, folder) as house:
        yield house


@contextmanager
def _served(file: Path | None, folder: Path) -> Iterator[House]:
    with serve(file, folder) as endpoint:
        target = Target(endpoint.host, endpoint.port, endpoint.database, endpoint.user, None, ssl=False, iam=False)
        yield House(DirectoryLake(folder, "lake"), target)


@cache
def _laid_out() -> Path:
    """Lay out a warehouse, once for all tests of a process; return its file."""
    folder = Path(tempfile.mkdtemp(prefix="reelhouse-laid-out-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "warehouse.duckdb"
    with _served(file, folder) as house:
        house.load()
        house.empty()
    return file
