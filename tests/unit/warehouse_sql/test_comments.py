"""Every table and every column is described, and the descriptions are those of the files."""

import pytest

from spark.contracts import load_contracts
from warehouse_sql.catalog import load_catalog
from warehouse_sql.comments import comment_statements, descriptions
from warehouse_sql.model import Load, load_models
from warehouse_sql.staging import definition, staging_table


def columns() -> dict[str, set[str]]:
    """Return the columns of every table and view that there is."""
    staged = {staging_table(contract): set(definition(contract)) for contract in load_contracts().values()}
    views = {
        model.table: {name for name, _ in model.columns} for model in load_models().values() if model.load is Load.VIEW
    }
    stored = {table: {column.name for column in held} for table, held in load_catalog().items()}
    return {**stored, **staged, **views}


@pytest.mark.parametrize("table", columns())
def test_a_table_and_each_of_its_columns_is_described(table: str) -> None:
    described = descriptions()[table]
    assert described.about.startswith(("One row per ", "Holds no rows", "The "))
    assert set(described.columns) == columns()[table]
    assert all(len(about) > 3 and about.endswith(".") for about in described.columns.values())


def test_nothing_is_described_that_is_not_there() -> None:
    assert set(descriptions()) == set(columns())


def test_a_mart_tells_its_grain_and_what_each_figure_means() -> None:
    (statement,) = comment_statements("mart.media_summary")
    assert statement.startswith("comment on view mart.media_summary is 'One row per media")
    assert "\nplay_rate: Distinct players divided by visitors" in statement


def test_each_column_of_a_table_is_described_by_a_statement_of_its_own() -> None:
    statements = list(comment_statements("core.dim_channel"))
    assert statements[0].startswith("comment on table core.dim_channel is 'One row per channel.")
    assert statements[2] == (
        "comment on column core.dim_channel.channel_name is "
        "'Where the media is shown: Facebook, YouTube, or as the configuration calls it.'"
    )
