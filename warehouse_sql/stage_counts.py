"""What the stage before the warehouse counted, written beside the ledger so that marts can tell how the pipeline is."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from extract.clock import parse_instant
from spark.contracts import load_contracts
from spark.manifest import RebuildManifest, StagingManifest
from warehouse_sql.connection import Connection

_NEWEST = "select max(load_sequence) from audit.load_history"
Row = Mapping[str, Any]


def record_stage(connection: Connection, manifest: StagingManifest) -> None:
    """Write what a staging manifest counted, in the transaction of its load and before its row of the ledger.

    Of a rebuild, which stands for many loads, nothing is counted. What is in quarantine and what drifted is the state
    after the newest load: one that was passed and comes late leaves it alone.
    """
    load = {"load_sequence": manifest.sequence}
    connection.execute("delete from audit.stage_count where load_sequence = :load_sequence", load)
    if not isinstance(manifest, RebuildManifest):
        _insert(connection, "audit.stage_count", _counted(manifest))
    if (connection.rows(_NEWEST)[0][0] or 0) > manifest.sequence:
        return
    for table, rows in (("audit.quarantine_state", _quarantined(manifest)), ("audit.drift_state", _drifted(manifest))):
        connection.execute(f"delete from {table}")
        _insert(connection, table, rows)


def _counted(manifest: StagingManifest) -> Iterator[Row]:
    for entity, entry in sorted(manifest.entities.items()):
        counts = entry.counts
        yield {
            "load_sequence": manifest.sequence,
            "stream_name": load_contracts()[entity].stream,
            "entity_name": entity,
            "landed_count": counts.landed,
            "normalised_count": counts.normalised,
            "duplicate_count": counts.duplicates,
            "quarantined_count": counts.quarantined,
            "forgotten_count": counts.forgotten,
            "row_count": counts.rows,
        }


def _quarantined(manifest: StagingManifest) -> Iterator[Row]:
    for stream, reasons in sorted(manifest.total_quarantined.items()):
        for reason, count in reasons.items():
            yield {
                "load_sequence": manifest.sequence,
                "stream_name": stream,
                "reason": reason,
                "record_count": count,
            }


def _drifted(manifest: StagingManifest) -> Iterator[Row]:
    for entry in manifest.drift:
        yield {
            "load_sequence": manifest.sequence,
            "stream_name": entry.stream,
            "field_name": entry.field,
            "json_kind": entry.kind,
            "record_count": entry.count,
            "first_seen_at": parse_instant(entry.first_seen).replace(tzinfo=None),
        }


def _insert(connection: Connection, table: str, rows: Iterable[Row]) -> None:
    """Insert rows by one statement; none for no rows. There are at most a few hundred."""
    places, parameters = [], dict[str, Any]()
    names: tuple[str, ...] = ()
    for number, row in enumerate(rows):
        names = tuple(row)
        places.append(f"({', '.join(f':{name}_{number}' for name in names)})")
        parameters |= {f"{name}_{number}": value for name, value in row.items()}
    if places:
        connection.execute(f"insert into {table} ({', '.join(names)})\nvalues {', '.join(places)}", parameters)
