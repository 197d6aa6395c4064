"""Fault 1: killed at each commit, just before it or just after, the next run goes on as if nothing had been."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import House, house
from tests.faults.stricken import Strike, strike

YESTERDAY, TODAY = (datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9))
BOUNDARIES = [
    ("extract.commit", 0),
    ("extract.committed", 0),
    ("extract.commit", 2),
    ("extract.committed", 1),
    ("normalise.commit", 0),
    ("normalise.committed", 0),
    ("load.commit", 0),
    ("load.committed", 0),
]
"""In the order in which one run after the other comes to them: what is committed is not done again."""
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
    return InventedAccount(small(visitors=60, events=40))


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    for built in house(tmp_path_factory.mktemp("unharmed"), account()):
        built.run(YESTERDAY)
        before = content(built)
        built.run(TODAY)
        after = content(built)
        assert before != after
        yield after


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_runs_that_are_killed_at_one_commit_after_the_other_end_as_one_that_is_not(
    unharmed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    for built in house(tmp_path, account()):
        built.run(YESTERDAY)
        built.simulator.set_clock(TODAY)
        for event, number in BOUNDARIES:
            blow = Strike("kill at event", number, event=event)
            assert strike(built.home, built.simulator.token, TODAY, blow) == -signal.SIGKILL, (event, number)
        assert built.run(TODAY).outcome in {"published", "nothing new"}
        assert content(built) == unharmed
