"""The ledger held against the lake and against the tables: what a warehouse says that it holds, and what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from extract.lake import Lake
from spark.manifest import StagingManifest
from warehouse_sql.attempts import last_beats
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.ledger import newest_receipt
from warehouse_sql.migration_log import pending_migrations
from warehouse_sql.model import Load, load_models
from warehouse_sql.set_aside import marks

_LEDGER = "select load_sequence, staged_by from audit.load_history order by load_sequence"
_COPIED = "select load_sequence, table_name, copied_count from audit.load_count where copied_count is not null"
_OPEN = "select run_id, host, process_id from audit.load_attempt where finished_at is null order by run_id"


def examine_warehouse(
    target: Target, lake: Lake, warehouse: str, staging: Sequence[StagingManifest], silence: float
) -> list[tuple[str, str, str]]:
    """Return what is not in order, each as kind, place, and what was found.

    Args:
        target: the warehouse.
        lake: where its loads come from.
        warehouse: its address, as the settings write it.
        staging: all staging manifests.
        silence: seconds after which an attempt that does not beat may be dead.

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
            *_attempts(connection, lake, warehouse, timedelta(seconds=silence)),
        ]


def _against_lake(
    lake: Lake, warehouse: str, ledger: Mapping[int, str], staging: Mapping[int, StagingManifest]
) -> Iterator[tuple[str, str, str]]:
    passed, newest, confirmed = marks(lake, warehouse), max(ledger, default=0), newest_receipt(lake, warehouse)
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
        elif sequence < newest or sequence <= confirmed:
            why = "it has later ones" if sequence < newest else "the lake has its receipt"
            again = f"load --retry {sequence}" if sequence < newest else "load"
            says = f"the ledger does not have it, though {why}: `reelhouse {again}` makes it once more"
            yield "ledger", f"load {sequence}", says


def _copied(
    connection: Connection, ledger: Mapping[int, str], staging: Sequence[StagingManifest]
) -> Iterator[tuple[str, str, str]]:
    """Hold the rows that each load took against those that were staged for it."""
    tables = {model.table: model.entity for model in load_models().values() if model.entity}
    counted = {(int(number), str(table)): int(count) for number, table, count in connection.rows(_COPIED)}
    for manifest in staging:
        if manifest.sequence not in ledger:
            continue
        for table, entity in tables.items():
            entry = manifest.entities.get(entity)
            staged, copied = entry.counts.rows if entry else 0, counted.get((manifest.sequence, table), 0)
            erased = manifest.erased_rows.get(entity, 0)
            if copied not in (staged, staged + erased):
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


def _attempts(connection: Connection, lake: Lake, warehouse: str, silence: timedelta) -> Iterator[tuple[str, str, str]]:
    """Look for attempts that have not ended and are silent; one that beats is at work, and all is well with it."""
    # The listing's instants are real, as are those by which doctor tells the age of litter.
    heard, now = last_beats(lake, warehouse), datetime.now(UTC)
    for run_id, host, process_id in connection.rows(_OPEN):
        if run_id not in heard or now - heard[run_id] > silence:
            says = f"process {process_id} on {host} has not ended and is silent; the next `reelhouse load` takes over"
            yield "attempt", f"run {run_id}", says
