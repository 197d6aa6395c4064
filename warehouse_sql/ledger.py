"""What the warehouse remembers about loads: the ledger; and the receipts in the lake."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from extract.lake import Lake
from extract.manifest import sequence_name
from warehouse_sql.attempts import address_hash
from warehouse_sql.connection import Connection

RECEIPTS = "staging/_loaded/"
_HISTORY = """
select load_sequence, run_id
from audit.load_history
where load_sequence > :confirmed or run_id = :run_id
order by load_sequence
"""
_NEWEST = "select load_sequence, staged_by from audit.load_history order by load_sequence desc limit 1"
_LOADED = "select count(*) from audit.load_history where load_sequence = :load_sequence"
_RECORD = """
insert into audit.load_history (load_sequence, run_id, staged_by, started_at, committed_at)
values (:load_sequence, :run_id, :staged_by, :started_at, :committed_at)
"""
_FORGET_COUNTS = "delete from audit.load_count where load_sequence = :load_sequence"
_COUNT_COLUMNS = ("copied", "inserted", "updated", "unchanged", "superseded", "deleted")
_COUNTS = """
select table_name, copied_count, inserted_count, updated_count, unchanged_count, superseded_count, deleted_count
from audit.load_count
where load_sequence = :load_sequence
order by table_name
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a load did to a table, in rows.

    ``copied`` is None for tables that are not filled from one staging table; for the others it is the sum of
    ``inserted``, ``updated``, ``unchanged`` and ``superseded``. ``deleted`` are rows that left the table, whichever
    load had brought them: rows that the new state of their group has no more, rows that a retention let go, and rows of
    the days that a stored mart made anew. Rows after a load are the rows before it + ``inserted`` - ``deleted``.
    """

    copied: int | None
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A load as the ledger remembers it; instants are aware, and of the run's clock.

    That clock starts at the run's as-of; the times of attempts and migrations are the warehouse's own.
    """

    sequence: int
    run_id: str
    staged_by: str
    started_at: datetime
    committed_at: datetime


def newest_load(connection: Connection) -> tuple[int, str]:
    """Return the newest load in the ledger and the run that staged it; 0 where there is none."""
    rows = connection.rows(_NEWEST)
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, "")


def is_loaded(connection: Connection, sequence: int) -> bool:
    """Tell whether a load is in the ledger."""
    return bool(connection.rows(_LOADED, {"load_sequence": sequence})[0][0])


def unconfirmed_loads(connection: Connection, confirmed: int, run_id: str) -> dict[int, str]:
    """Return the loads in the ledger above a sequence, and all of one run, each with the run that made it."""
    found = connection.rows(_HISTORY, {"confirmed": confirmed, "run_id": run_id})
    return {int(number): str(by) for number, by in found}


def loads(connection: Connection) -> list[int]:
    """Return all loads in the ledger, in order."""
    return [int(number) for number in unconfirmed_loads(connection, 0, "")]


def record(connection: Connection, load: LedgerEntry, counts: Mapping[str, Counts]) -> None:
    """Write a load and its counts into the ledger, in the transaction of its data.

    Of a load that a replay brought together with others nothing is counted.
    """
    connection.execute(
        _RECORD,
        {
            "load_sequence": load.sequence,
            "run_id": load.run_id,
            "staged_by": load.staged_by,
            "started_at": _naive(load.started_at),
            "committed_at": _naive(load.committed_at),
        },
    )
    # A ledger that was lost is written again; the counts of its first time give way.
    connection.execute(_FORGET_COUNTS, {"load_sequence": load.sequence})
    if counts:
        connection.execute(*_counts_statement(load.sequence, counts))


def counts_of(connection: Connection, sequence: int) -> dict[str, Counts]:
    """Return the counts of a load from the ledger."""
    return {str(table): Counts(*counted) for table, *counted in connection.rows(_COUNTS, {"load_sequence": sequence})}


def newest_receipt(lake: Lake, warehouse: str) -> int:
    """Return the newest load of a warehouse whose receipt is in the lake; 0 where there is none."""
    folder = _receipts(warehouse)
    keys = [info.key for info in lake.list_after(folder)]
    return int(keys[-1].removeprefix(folder).removesuffix(".json")) if keys else 0


def receipts(lake: Lake, warehouse: str) -> dict[int, str]:
    """Return the loads of a warehouse whose receipts are in the lake, each with the run that made it."""
    folder = _receipts(warehouse)
    return {
        int(info.key.removeprefix(folder).removesuffix(".json")): str(json.loads(lake.get(info.key))["run_id"])
        for info in lake.list_after(folder)
    }


def write_receipt(lake: Lake, warehouse: str, sequence: int, run_id: str) -> None:
    """Confirm a load in the lake; one that is confirmed already stays as it is."""
    receipt = json.dumps({"run_id": run_id, "warehouse": warehouse})
    lake.put_if_absent(f"{_receipts(warehouse)}{sequence_name(sequence)}.json", f"{receipt}\n".encode())


def tell_again(lake: Lake, warehouse: str) -> None:
    """Write the newest receipt once more, as it is: whoever listens to receipts hears that tables were made anew."""
    if newest := newest_receipt(lake, warehouse):
        key = f"{_receipts(warehouse)}{sequence_name(newest)}.json"
        lake.put(key, lake.get(key))


def forget_receipts(lake: Lake, warehouse: str, above: int) -> None:
    """Take back what was confirmed of the loads above one."""
    for info in lake.list_after(_receipts(warehouse), f"{_receipts(warehouse)}{sequence_name(above)}.json"):
        lake.delete(info.key)


def _receipts(warehouse: str) -> str:
    return f"{RECEIPTS}{address_hash(warehouse)}/"


def _counts_statement(sequence: int, counts: Mapping[str, Counts]) -> tuple[str, dict[str, object]]:
    """One INSERT for all tables of a load, and its parameters."""
    rows, parameters = [], dict[str, object]({"load_sequence": sequence})
    for number, (table, counted) in enumerate(counts.items()):
        names = [f"{name}_{number}" for name in ("table", *_COUNT_COLUMNS)]
        rows.append(f"(:load_sequence, {', '.join(f':{name}' for name in names)})")
        parameters |= zip(names, (table, *astuple(counted)), strict=True)
    columns = ", ".join(f"{name}_count" for name in _COUNT_COLUMNS)
    return f"insert into audit.load_count (load_sequence, table_name, {columns})\nvalues {', '.join(rows)}", parameters


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
