"""Fault 1: killed at a commit, just before it or just after, the next run completes the work as if nothing had been."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import ROOT, House, house

YESTERDAY, TODAY = (datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9))
COMMITS = [
    ("extract.commit", 1),
    ("extract.committed", 1),
    ("extract.commit", 4),
    ("extract.committed", 4),
    ("normalise.commit", 1),
    ("normalise.committed", 1),
    ("load.commit", 1),
    ("load.committed", 1),
]
TABLES = """
select table_schema, table_name, column_name from svv_columns
where table_schema in ('core', 'mart') order by table_schema, table_name, ordinal_position
"""


def content(built: House) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table and view in core and mart, without what names the run that wrote them."""
    columns: dict[str, list[str]] = {}
    for schema, table, column in built.query(TABLES):
        if not column.startswith("_") and column != "observed_at":
            columns.setdefault(f"{schema}.{table}", []).append(column)
    return {
        table: sorted(built.query(f"select {', '.join(names)} from {table}"), key=repr)
        for table, names in columns.items()
        if table != "core.dim_date"
    }


def account() -> InventedAccount:
    return InventedAccount(small(visitors=300, events=200))


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    for built in house(tmp_path_factory.mktemp("unharmed"), account()):
        built.run(YESTERDAY)
        before = content(built)
        built.run(TODAY)
        after = content(built)
        assert before != after
        yield after


@pytest.mark.parametrize(("event", "occurrence"), COMMITS)
def test_a_run_killed_at_a_commit_is_completed_by_the_next(
    event: str, occurrence: int, unharmed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    for built in house(tmp_path, account()):
        built.run(YESTERDAY)
        built.simulator.set_clock(TODAY)
        program = [
            sys.executable,
            "-m",
            "tests.faults.killed",
            str(tmp_path),
            TODAY.isoformat(),
            event,
            str(occurrence),
        ]
        ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert built.run(TODAY).outcome in {"published", "nothing new"}
        assert content(built) == unharmed
