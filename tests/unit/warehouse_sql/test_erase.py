"""Whoever is erased is erased from every table that names persons."""

from spark.contracts import load_contracts
from warehouse_sql.catalog import load_catalog
from warehouse_sql.erase import ERASED_FROM
from warehouse_sql.model import Load, load_models
from warehouse_sql.staging import staging_table

NAMES = {"visitor_id", "visitor_key", "user_id", "user_key", "session_id", "playback_id", "viewer_email"}


def test_every_table_that_names_persons_is_erased_from_or_made_anew() -> None:
    tables = {table: {column.name for column in columns} for table, columns in load_catalog().items()}
    tables |= {
        staging_table(contract): {column.name for column in contract.columns} for contract in load_contracts().values()
    }
    naming = {table for table, columns in tables.items() if columns & NAMES and not table.startswith("audit.")}
    stored = {model.table for model in load_models().values() if model.load is Load.PARTITIONS}
    assert naming - stored == set(ERASED_FROM)
    for table, (column, _) in ERASED_FROM.items():
        assert column in tables[table]
