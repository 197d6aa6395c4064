"""Drift: fields that good records have and contracts do not know, and those that they have no more.

The former are kept in ``_extra`` and told, never lost. Records in quarantine do not count: they stand there in full,
and one of them may have any number of fields. A required field that is dropped sends records to quarantine; of an
optional one a record tells nothing, as it may always be absent. So it is told from how often it had a value before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from spark.contracts import META, Column, Contract
from spark.engine import DataFrame, Expression
from spark.engine import functions as F
from spark.leaves import UNKNOWN
from spark.manifest import DRIFT_LIMIT, DROPPED, OTHER_FIELDS, DriftEntry, Filling

_ANY = "any"
EXPECTED = 20
"""Values that would have been expected before an optional field counts as dropped: that none comes by chance, where
each record has one independently of the others, happens once in 500 million (e to the power of -20)."""
_NAME_LIMIT = 256

Fillings = Mapping[str, Mapping[str, Filling]]
"""Stream -> path of an optional column -> how often it had a value."""
Sightings = Mapping[tuple[str, str, str], int]
"""(Stream, field, JSON kind) -> records that had it."""


def unknown_fields(judged: DataFrame) -> DataFrame:
    """Return ``kind path`` and the number of records, for each unknown field."""
    seen = judged.select(F.explode(UNKNOWN).alias("seen"))
    return seen.groupBy("seen").agg(F.count("*").alias("records"))


def sightings(stream: str, rows: Iterable[tuple[str, int]]) -> dict[tuple[str, str, str], int]:
    """Take apart the rows of ``unknown_fields``."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for kind_path, count in rows:
        kind, _, field = kind_path.partition(" ")
        seen[stream, field[:_NAME_LIMIT], kind] += count
    return dict(seen)


def optional_paths(contract: Contract) -> dict[str, Column]:
    """Return the optional columns that a source fills, by the path at which it does."""
    columns = (column for column in contract.record_columns if column.path and not column.required)
    return {column.path[0]: column for column in columns if not column.path[0].startswith(META)}


def count_values(judged: DataFrame, contract: Contract) -> DataFrame:
    """Return the number of records, and of the values that they have at each of ``optional_paths``."""
    counts = (F.count(_told(column)).alias(f"values_{column.name}") for column in optional_paths(contract).values())
    return judged.agg(F.count("*").alias("records"), *counts)


def _told(column: Column) -> Expression:
    value = F.col(column.name)
    return value if column.otherwise is None else F.when(value != column.otherwise, value)


def fill(before: Mapping[str, Filling], records: int, values: Mapping[str, int]) -> dict[str, Filling]:
    """Add one batch to how often the optional columns of a stream had a value before it."""
    filled = dict(before)
    for path, count in values.items():
        known = before.get(path, Filling(records=0, values=0))
        if count:
            seen = known.records + known.without + records
            filled[path] = Filling(records=seen, values=known.values + count)
        elif known.values:
            filled[path] = known.model_copy(update={"without": known.without + records})
    return filled


def dropped(
    stream: str, before: Mapping[str, Filling], after: Mapping[str, Filling]
) -> dict[tuple[str, str, str], int]:
    """Return the fields of a stream that are missed, with the records that are new without them."""
    found = {}
    for path, filling in after.items():
        known = before.get(path)
        if known and filling.without > known.without and _is_missed(filling):
            found[stream, path, DROPPED] = filling.without - (known.without if _is_missed(known) else 0)
    return found


def _is_missed(filling: Filling) -> bool:
    return filling.without * filling.values >= EXPECTED * filling.records


def accumulate(before: Iterable[DriftEntry], seen: Sightings, sequence: int, at: str) -> tuple[DriftEntry, ...]:
    """Add the sightings of one normalisation, and the instant of its commit, to those before it.

    A field that is listed stays so. Of the new ones the most frequent are listed first, as long as there is room.
    """
    entries = {(entry.stream, entry.field, entry.kind): entry for entry in before}
    listed = Counter(stream for stream, _, kind in entries if kind != _ANY)
    for (stream, field, kind), count in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
        place = stream, field, kind
        if place not in entries:
            place = place if listed[stream] < DRIFT_LIMIT else (stream, OTHER_FIELDS, _ANY)
            listed[stream] += 1
        entries[place] = _added(entries.get(place), place, count, sequence, at)
    return tuple(entry for _, entry in sorted(entries.items()))


def since_first(entries: Iterable[DriftEntry], known: Iterable[DriftEntry]) -> tuple[DriftEntry, ...]:
    """Let the entries of one normalisation tell when their fields were first seen, as the cumulative ones know it."""
    first = {(entry.stream, entry.field, entry.kind): entry for entry in known}
    return tuple(_since(entry, first.get((entry.stream, entry.field, entry.kind), entry)) for entry in entries)


def _since(entry: DriftEntry, first: DriftEntry) -> DriftEntry:
    return entry.model_copy(update={"first_sequence": first.first_sequence, "first_seen": first.first_seen})


def _added(known: DriftEntry | None, place: tuple[str, str, str], count: int, sequence: int, at: str) -> DriftEntry:
    if known:
        return known.model_copy(update={"count": known.count + count})
    stream, field, kind = place
    return DriftEntry(stream=stream, field=field, kind=kind, count=count, first_sequence=sequence, first_seen=at)
