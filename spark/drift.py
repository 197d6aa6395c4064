"""Drift: fields that good records have and contracts do not know. They are kept in ``_extra`` and told, never lost.

Records in quarantine do not count: they stand there in full, and one of them may have any number of fields.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from spark.engine import DataFrame
from spark.engine import functions as F
from spark.leaves import UNKNOWN
from spark.manifest import DRIFT_LIMIT, OTHER_FIELDS, DriftEntry

_ANY = "any"
_NAME_LIMIT = 256

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


def _added(known: DriftEntry | None, place: tuple[str, str, str], count: int, sequence: int, at: str) -> DriftEntry:
    if known:
        return known.model_copy(update={"count": known.count + count})
    stream, field, kind = place
    return DriftEntry(stream=stream, field=field, kind=kind, count=count, first_sequence=sequence, first_seen=at)
