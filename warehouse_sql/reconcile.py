"""The ledger held against the lake and against the tables: what a warehouse says that it holds, and what it holds."""

from collections.abc import Iterator, Mapping, Sequence

from extract.lake import Lake
from spark.manifest import StagingManifest
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.ledger import counts_of, newest_receipt
from warehouse_sql.migration_log import pending_migrations
from warehouse_sql.model import Load, load_models
from warehouse_sql.set_aside import marks

_LEDGER = "select load_sequence, staged_by from audit.load_history order by load_sequence"
_OPEN = "select run_id, host, process_id from audit.load_attempt where finished_at is null order by run_id"


def examine_warehouse(
    target: Target, lake: Lake, warehouse: str, staging: Sequence[StagingManifest]
) -> list[tuple[str, str, str]]:
    """Return what is not in order, each as kind, place, and what was found.

    Args:
        target: the warehouse.
        lake: where its loads come from.
        warehouse: its address, as the settings write it.
        staging: all staging manifests.

    Raises:
        ReelhouseError: the warehouse cannot be asked. What cannot be counted is an error, not a zero.
    """
    with connect(target) as connection:
        if pending_migrations(connection):
            return [("warehouse", warehouse, "it is of an earlier release: `reelhouse load` brings it to this one")]
        ledger: dict[int, str] = {int(number): str(by) for number, by in connection.rows(_LEDGER)}
        return [
            *_against_lake(lake, warehouse, ledger, {manifest.sequence: manifest for manifest in staging}),
            *_copied(connection, ledger, staging),
            *_against_tables(connection, ledger),
            *_attempts(connection),
        ]


def _against_lake(
    lake: Lake, warehouse: str, ledger: Mapping[int, str], staging: Mapping[int, StagingManifest]
) -> Iterator[tuple[str, str, str]]:
    passed = marks(lake, warehouse)
    for sequence, staged_by in ledger.items():
        if sequence not in staging:
            yield "ledger", f"load {sequence}", f"it is in the ledger, staged by {staged_by}, and not in {lake.url('')}"
        elif staging[sequence].run_id != staged_by:
            other = staging[sequence].run_id
            yield "ledger", f"load {sequence}", f"the ledger says that {staged_by} staged it, the lake {other}"
    for sequence in sorted(set(staging) - set(ledger)):
        if sequence in passed:
            says = f"it was set aside ({passed[sequence].reason}): `reelhouse load --retry {sequence}` tries it again"
            yield "set aside", f"load {sequence}", says
        elif sequence < max(ledger, default=0) or sequence <= newest_receipt(lake, warehouse):
            yield "ledger", f"load {sequence}", "the ledger does not have it, though it has later ones or a receipt"


def _copied(
    connection: Connection, ledger: Mapping[int, str], staging: Sequence[StagingManifest]
) -> Iterator[tuple[str, str, str]]:
    """Hold the rows that each load took against those that were staged for it."""
    tables = {model.table: model.entity for model in load_models().values() if model.entity}
    for manifest in staging:
        if manifest.sequence not in ledger:
            continue
        counts = counts_of(connection, manifest.sequence)
        for table, entity in tables.items():
            entry = manifest.entities.get(entity)
            staged, copied = entry.counts.rows if entry else 0, counts[table].copied if table in counts else 0
            erased = manifest.erased_rows.get(entity, 0)
            if (copied or 0) not in (staged, staged + erased):
                yield "counts", f"load {manifest.sequence} {table}", f"{staged} rows were staged, {copied} copied"


def _against_tables(connection: Connection, ledger: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    """Look for rows that came with a load of which the ledger knows nothing."""
    loaded = [model.table for model in load_models().values() if model.load not in (Load.VIEW, Load.CALENDAR)]
    statement = "\nunion all\n".join(
        f"select '{table}' as table_name, _load_sequence, count(*) as row_count\nfrom {table}\n"
        "where _load_sequence > 0\ngroup by _load_sequence"
        for table in loaded
    )
    for table, sequence, count in connection.rows(statement):
        if int(sequence) not in ledger:
            yield "ledger", table, f"{count} rows are of load {sequence}, which the ledger does not have"


def _attempts(connection: Connection) -> Iterator[tuple[str, str, str]]:
    for run_id, host, process_id in connection.rows(_OPEN):
        yield "attempt", f"run {run_id}", f"process {process_id} on {host} has not ended; it loads, or it died"
