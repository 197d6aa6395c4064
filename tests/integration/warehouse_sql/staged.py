"""Staging as the stage before would leave it: Parquet by contract, COPY manifests, and the committing manifest."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from extract.lake import DirectoryLake
from extract.manifest import ObjectEntry, sequence_name
from spark.contracts import load_contracts
from spark.engine.duckdb_engine import DIALECT
from spark.manifest import Counts, EntityEntry, RebuildManifest, StagingManifest, staging_log
from spark.proof import read_sums, sums_of

Rows = Sequence[Mapping[str, Any]]


def stage_rows(
    lake: DirectoryLake, sequence: int, entities: Mapping[str, Rows], sweeps: Mapping[str, str] | None = None
) -> StagingManifest:
    """Commit a staging sequence with the given rows; columns that a row does not name are null.

    A row is the ``_raw_line``-th line of the first object of the raw manifest ``sequence`` unless it says otherwise.
    Where a contract fans out, it may be a record: its arrays are lists, and each of their places is a row of that line.
    """
    with duckdb.connect() as engine:
        for entity, rows in entities.items():
            _fill(engine, entity, sequence, rows)
        return stage_selects(lake, sequence, {entity: f"select * from {entity}" for entity in entities}, engine, sweeps)


def stage_selects(
    lake: DirectoryLake,
    sequence: int,
    selects: Mapping[str, str],
    engine: duckdb.DuckDBPyConnection,
    sweeps: Mapping[str, str] | None = None,
) -> StagingManifest:
    """Commit a staging sequence with what DuckDB selects, column by column as the contract has them."""
    entries = {entity: _write(lake, sequence, entity, select, engine) for entity, select in selects.items()}
    manifest = StagingManifest(
        sequence=sequence,
        run_id=f"stage-{sequence}",
        committed_at="2026-01-01T00:00:00.000000Z",
        consumed={},
        entities={name: entry for name, entry in entries.items() if entry.counts.rows},
        quarantine={},
        drift=(),
        total_quarantined={},
        sweeps=dict(sweeps or {}),
    )
    assert staging_log(lake).commit(manifest)
    return manifest


def stage_rebuild(
    lake: DirectoryLake, sequence: int, entities: Mapping[str, Rows], sweeps: Mapping[str, str] | None = None
) -> RebuildManifest:
    """Return the rebuild of all that is staged: the rows of all loads, each of which says where in raw it stands."""
    head = staging_log(lake).head()
    assert head
    with duckdb.connect() as engine:
        for entity, rows in entities.items():
            _fill(engine, entity, 0, rows)
        entries = {
            entity: _write(lake, sequence, entity, f"select * from {entity}", engine, "rebuild") for entity in entities
        }
    return RebuildManifest(
        sequence=sequence,
        run_id=f"rebuild-{sequence}",
        committed_at="2026-01-01T00:00:00.000000Z",
        consumed={},
        entities=entries,
        quarantine={},
        drift=(),
        total_quarantined={},
        sweeps=dict(sweeps or {}),
        upto=head.sequence,
        staged_by=head.run_id,
        rules="those of today",
    )


def typed_columns(entity: str) -> str:
    """Return the columns of an entity as DuckDB declares them."""
    return ", ".join(f"{column.name} {column.type}" for column in load_contracts()[entity].columns)


def _fill(engine: duckdb.DuckDBPyConnection, entity: str, sequence: int, rows: Rows) -> None:
    names = [column.name for column in load_contracts()[entity].columns]
    engine.execute(f"create table {entity} ({typed_columns(entity)})")
    lineage = {"_raw_sequence": sequence, "_raw_part": 0}
    placed = ({**lineage, "_raw_line": line, **row} for line, row in enumerate(rows, start=1))
    records = [row for record in placed for row in _fanned_out(entity, record)]
    for record in records:
        assert set(record) <= set(names), f"{entity}: {set(record) - set(names)} are no columns"
    if records:
        marks = ", ".join("?" for _ in names)
        engine.executemany(
            f"insert into {entity} values ({marks})", [[record.get(name) for name in names] for record in records]
        )


def _fanned_out(entity: str, record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    fan_out = load_contracts()[entity].fan_out
    if fan_out is None or not isinstance(record[fan_out.arrays[0]], list):
        yield record
        return
    for bucket, values in enumerate(zip(*(record[name] for name in fan_out.arrays), strict=True)):
        length = len(record[fan_out.arrays[0]])
        yield {
            **record,
            **dict(zip(fan_out.arrays, values, strict=True)),
            fan_out.position: bucket,
            fan_out.length: length,
        }


def _write(
    lake: DirectoryLake,
    sequence: int,
    entity: str,
    select: str,
    engine: duckdb.DuckDBPyConnection,
    kind: str = "load",
) -> EntityEntry:
    folder = f"staging/{entity}/{kind}={sequence_name(sequence)}"
    key = f"{folder}/part-00000.parquet"
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "part.parquet"
        engine.execute(f"copy ({select}) to '{file}' (format parquet, compression zstd)")
        rows = engine.execute(f"select count(*) from '{file}'").fetchall()[0][0]
        sums = _sums(engine, entity, file) if rows else {}
        data = file.read_bytes()
    lake.put(key, data)
    entry = {"url": lake.url(key), "mandatory": True, "meta": {"content_length": len(data)}}
    lake.put(f"{folder}/copy.manifest", json.dumps({"entries": [entry]}).encode())
    return EntityEntry(
        copy_manifest=f"{folder}/copy.manifest",
        files=(ObjectEntry(key=key, bytes=len(data), rows=rows, sha256=hashlib.sha256(data).hexdigest()),),
        counts=Counts(landed=rows, normalised=rows, rows=rows),
        sums=sums,
    )


def _sums(engine: duckdb.DuckDBPyConnection, entity: str, file: Path) -> dict[str, int]:
    contract = load_contracts()[entity]
    held = {name for name, *_ in engine.execute(f"describe select * from '{file}'").fetchall()}
    if not held >= {column.name for column in contract.columns}:
        return {}  # a file that COPY is to refuse
    (totals,) = engine.execute(sums_of(contract, DIALECT, contract.columns, f"'{file}'")).fetchall()
    return read_sums(contract.columns, totals)
