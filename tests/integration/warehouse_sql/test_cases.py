"""Stories in data: what is staged load by load, and what the warehouse then shows."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.warehouse_sql.house import House, Record
from warehouse_sql.ledger import Counts

CASES = Path(__file__).parents[2] / "cases" / "warehouse_sql"
OF_MARTS = {
    "account_against_medias",
    "accounts_day_by_day",
    "audience_by_device_and_place",
    "audience_segments",
    "bounds_of_classes",
    "channels",
    "channels_by_day",
    "curves_follow_versions",
    "curves_of_past_months_go",
    "daily_analytics",
    "daily_counts_beside_sessions",
    "days_against_lifetime_counts",
    "drop_off_points",
    "engagement_curves",
    "places",
    "play_trends_over_gaps",
    "projects",
    "published_figures",
    "sessions_against_plays",
    "viewers_are_counted_from_users",
    "visitors_by_day",
}
"""Told in small what `test_every_mart` and `test_audience` hold against truths of their own; in the long run."""


def _cases() -> list[Any]:
    names = sorted(path.name for path in CASES.iterdir())
    return [pytest.param(name, marks=pytest.mark.long if name in OF_MARTS else ()) for name in names]


@pytest.mark.parametrize("case", _cases())
def test_case(filled: House, case: str) -> None:
    given = yaml.safe_load((CASES / case / "given.yaml").read_text(encoding="utf-8"))
    expected = yaml.safe_load((CASES / case / "expect.yaml").read_text(encoding="utf-8"))
    for step in given:
        filled.channels = step.pop("channels", filled.channels)
        filled.time_zone = step.pop("time_zone", filled.time_zone)
        filled.stage(step)
        report = filled.load()
    for table, rows in expected.get("tables", {}).items():
        assert in_order(shown(filled, table, rows)) == in_order(rows), table
    for statement, rows in expected.get("queries", {}).items():
        assert plain(filled.rows(statement)) == rows, statement
    for table, counts in expected.get("counts_of_last_load", {}).items():
        assert report.applied[-1].tables[table] == Counts(*counts), table


def shown(house: House, table: str, rows: list[Record]) -> list[Record]:
    """Return the columns of a table that the expectation names, reserved members left out."""
    names = ", ".join(rows[0]) if rows else "*"
    name = table.partition(".dim_")[2]
    members = f" where {name}_key > 0" if name and not name.endswith("observation") else ""
    return plain(house.rows(f"select {names} from {table}{members}"))


def plain(rows: list[Record]) -> list[Record]:
    """Show decimals as the numbers that YAML knows."""
    return [
        {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows
    ]


def in_order(rows: list[Record]) -> list[Any]:
    """Put rows into an order that does not depend on the warehouse."""
    return sorted(([str(value) for value in row.values()], row) for row in rows)
