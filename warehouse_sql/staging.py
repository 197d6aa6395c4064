"""The staging schema: tables made from the contracts, and the bytes that are copied into them.

Parquet is copied by position (Database Developer Guide, "COPY from columnar data formats"), so COPY names the columns
in the contract's order, whatever the order in which the table came to have them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping

from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from spark.contracts import Contract, load_contracts
from spark.manifest import EntityEntry
from spark.proof import read_sums
from warehouse_sql.connection import Connection, StatementRefused
from warehouse_sql.proof import differing, staged_sums

SCHEMA, RESTRICTED = "staging", "restricted"
"""Where the last load stands as it came; of records that hold personal values, whoever else may read staging."""
TYPES = {"double": "double precision"}
"""Types of contracts that SQL writes otherwise."""


class CopyRefused(ReelhouseError):
    """COPY failed; the transaction is undone.

    Attributes:
        is_of_data: whether the warehouse said that the data is to blame.
    """

    def __init__(self, table: str, where: str, error: StatementRefused) -> None:
        super().__init__(f"{table}: COPY refused {where} ({error.code}): {error.reason}")
        self.is_of_data = error.is_of_data


def staging_table(contract: Contract) -> str:
    """Return the name of an entity's staging table; personal values are staged where the others may not be read."""
    return f"{RESTRICTED if contract.is_personal else SCHEMA}.{contract.table}"


def is_staging(table: str) -> bool:
    """Tell whether a table shows the last load and nothing else."""
    schema, _, name = table.partition(".")
    return schema == SCHEMA or (schema == RESTRICTED and name.startswith("stg_"))


def definition(contract: Contract) -> dict[str, str]:
    """Return the columns of an entity's staging table with their types, in the contract's order."""
    return {column.name: TYPES.get(column.type, column.type) for column in contract.columns}


def extension(contract: Contract, existing: dict[str, str] | None) -> Iterator[str]:
    """Yield the statements that bring a staging table to its contract.

    A staging table shows one load only, so it costs nothing to make it again when a column left or changed its type.
    Otherwise columns are added.

    Args:
        contract: the contract of the entity.
        existing: the columns of the table as it is; None where there is none.
    """
    wanted = definition(contract)
    table = staging_table(contract)
    if existing is not None and existing.items() <= wanted.items():
        yield from (
            f"alter table {table} add column {name} {kind}" for name, kind in wanted.items() if name not in existing
        )
        return
    if existing is not None:
        yield f"drop table if exists {table}"
    columns = ",\n    ".join(f"{name} {kind}" for name, kind in wanted.items())
    yield f"create table {table} (\n    {columns}\n) diststyle even"


def verify_bytes(lake: Lake, entry: EntityEntry) -> None:
    """Compare the objects of an entity with what its manifest says of them.

    Raises:
        DataRefused: an object differs in size or hash, or COPY would read others than the manifest names.
    """
    for file in entry.files:
        data = lake.get(file.key)
        if len(data) != file.bytes or hashlib.sha256(data).hexdigest() != file.sha256:
            raise DataRefused(
                f"{lake.url(file.key)} is not the object that its manifest vouches for ({len(data)} bytes, expected "
                f"{file.bytes}); nothing was loaded. Restore the object from its older version and run again"
            )
    _verify_copy_manifest(lake, entry)


def copy_entity(connection: Connection, lake: Lake, contract: Contract, entry: EntityEntry | None) -> None:
    """Replace what a staging table holds by one load.

    Raises:
        CopyRefused: COPY failed.
    """
    table = staging_table(contract)
    # DELETE, because TRUNCATE commits the transaction (Database Developer Guide, "TRUNCATE").
    connection.execute(f"delete from {table}")
    if entry is None:
        return
    try:
        connection.execute(copy_statement(contract, lake.url(entry.copy_manifest)))
    except StatementRefused as error:
        raise CopyRefused(table, lake.url(entry.copy_manifest), error) from None


def prove_copied(connection: Connection, lake: Lake, entries: Mapping[str, EntityEntry]) -> None:
    """Hold what was copied against the manifest, in one query: rows, and the sum of each column.

    Raises:
        DataRefused: a table has another number of rows than its files, or a column holds other values.
        ReelhouseError: the warehouse did not tell.
    """
    if not entries:
        return
    tables = {staging_table(contract): contract for contract in (load_contracts()[entity] for entity in entries)}
    told = {str(entity): (count, totals) for entity, count, *totals in connection.rows(staged_sums(tables))}
    if set(told) != set(entries):
        raise ReelhouseError("the warehouse did not count each of the staging tables; nothing was loaded")
    for entity, entry in entries.items():
        contract, (held, totals) = load_contracts()[entity], told[entity]
        if held != entry.counts.rows:
            raise DataRefused(
                f"{staging_table(contract)}: the files of {lake.url(entry.copy_manifest)} hold {entry.counts.rows} "
                f"rows and the table has {held}; nothing was loaded"
            )
        if entry.sums and (wrong := differing(entry.sums, read_sums(contract.columns, totals))):
            raise DataRefused(
                f"{staging_table(contract)}: {', '.join(wrong)} hold other values than the files of "
                f"{lake.url(entry.copy_manifest)}; nothing was loaded"
            )


def copy_statement(contract: Contract, manifest_url: str) -> str:
    """Return the COPY of one load of an entity."""
    columns = ", ".join(definition(contract))
    url = manifest_url.replace("'", "''")
    return f"copy {staging_table(contract)} ({columns})\nfrom '{url}'\niam_role default\nformat as parquet\nmanifest"


def _verify_copy_manifest(lake: Lake, entry: EntityEntry) -> None:
    where = lake.url(entry.copy_manifest)
    try:
        entries = json.loads(lake.get(entry.copy_manifest))["entries"]
        named = sorted((item["url"], item["mandatory"], item["meta"]["content_length"]) for item in entries)
    except (ValueError, KeyError, TypeError):
        raise DataRefused(f"{where} is not a manifest that COPY takes; nothing was loaded") from None
    if named != sorted((lake.url(file.key), True, file.bytes) for file in entry.files):
        raise DataRefused(
            f"{where} names other files than the staging manifest, or one twice (COPY would load it twice); nothing "
            "was loaded"
        )
