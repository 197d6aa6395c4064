"""Drift: fields that records have and contracts do not know. They are kept in ``_extra`` and told, never lost."""

from collections.abc import Iterable, Mapping

from spark.engine import DataFrame
from spark.engine import functions as F
from spark.leaves import UNKNOWN
from spark.manifest import DriftEntry

Sightings = Mapping[tuple[str, str, str], int]
"""(Stream, field, JSON kind) -> records that had it."""


def unknown_fields(judged: DataFrame) -> DataFrame:
    """Return ``kind path`` and the number of records, for each unknown field."""
    seen = judged.select(F.explode(UNKNOWN).alias("seen"))
    return seen.groupBy("seen").agg(F.count("*").alias("records"))


def sightings(stream: str, rows: Iterable[tuple[str, int]]) -> dict[tuple[str, str, str], int]:
    """Take apart the rows of ``unknown_fields``."""
    split = ((seen.partition(" "), count) for seen, count in rows)
    return {(stream, field, kind): count for (kind, _, field), count in split}


def accumulate(before: Iterable[DriftEntry], seen: Sightings, sequence: int) -> tuple[DriftEntry, ...]:
    """Add the sightings of one normalisation to those before it."""
    entries = {(entry.stream, entry.field, entry.kind): entry for entry in before}
    for (stream, field, kind), count in seen.items():
        known = entries.get((stream, field, kind))
        entries[stream, field, kind] = DriftEntry(
            stream=stream,
            field=field,
            kind=kind,
            count=count + (known.count if known else 0),
            first_sequence=known.first_sequence if known else sequence,
        )
    return tuple(entry for _, entry in sorted(entries.items()))
