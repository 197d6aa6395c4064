"""Normalising the backlog of one stream: from raw objects to Parquet objects that no manifest names yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from extract.errors import DataRefused
from extract.manifest import ObjectEntry
from extract.settings import Quarantine
from spark.contracts import Contract
from spark.drift import Sightings, sightings, unknown_fields
from spark.engine import DataFrame, Engine
from spark.engine import functions as F
from spark.forgotten import NOBODY, Forgotten
from spark.jobs.prove import prove_values
from spark.jobs.publish import Place
from spark.leaves import FORGOTTEN, POSITION
from spark.manifest import Counts
from spark.proof import REASON
from spark.quarantine import COLUMNS, ORDER, Refusals, refuse_if_too_many, refused_records
from spark.raw import Backlog
from spark.transforms.forget import forget
from spark.transforms.registry import TRANSFORMS
from spark.transforms.steps import BATCH, RawPlace, batch_of, fan_out, good, newest, only, refused, row_count


@dataclass(frozen=True, slots=True)
class Part:
    """Which records of a backlog are normalised, and as which batches.

    Attributes:
        ends: the last raw sequence of each batch, ascending, the newest of each key to be kept of each; nothing where
            all is one batch.
        places: the only records to be looked at, of which any number may be refused; None for all.
    """

    ends: Sequence[int] = ()
    places: frozenset[RawPlace] | None = None


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the backlog of a stream.

    Attributes:
        rows: files of the entity; none where no record was good or the good ones have no rows.
        quarantined: files of the quarantine; none where every record was good.
        reasons: records in the quarantine by reason.
        sums: of each column of the rows.
    """

    contract: Contract
    counts: Counts
    rows: Sequence[ObjectEntry]
    quarantined: Sequence[ObjectEntry]
    reasons: dict[str, int]
    drift: Sightings
    sums: dict[str, int]


def normalise_entity(
    engine: Engine,
    contract: Contract,
    backlog: Backlog,
    place: Place,
    limits: Quarantine,
    forgotten: Forgotten = NOBODY,
    part: Part = WHOLE,
) -> Outcome:
    """Normalise what a stream holds, or a part of it.

    Raises:
        DataRefused: an object is not readable, too many records would go to quarantine, or the counts do not add up.
    """
    engine.open_stream(backlog)
    judged = engine.judged(contract, TRANSFORMS[contract.entity]).transform(forget(contract, forgotten))
    landed = backlog.landed
    if part.places is not None:
        judged, landed = judged.transform(only(part.places)), len(part.places)
    kept = judged.transform(good).transform(newest(contract, part.ends))
    tally = _tally(engine, judged, kept, contract, part.ends)
    if not contract.tolerant and part.places is None:
        refuse_if_too_many(_refusals(engine, judged, backlog, tally), limits)
    rows: Sequence[ObjectEntry] = ()
    quarantined: Sequence[ObjectEntry] = ()
    if tally.rows:
        made = kept.transform(fan_out(contract))
        order = (*contract.key, *POSITION[:1]) if part.ends else contract.key
        rows = engine.write(made, contract.columns, order, place.rows(contract.entity))
    if tally.reasons:
        bad = refused_records(judged, backlog.stream)
        quarantined = engine.write(bad, COLUMNS, ORDER, place.quarantine(backlog.stream))
    counts = _prove(backlog.stream, landed, tally, rows, quarantined)
    sums = prove_values(engine, place.lake, contract, rows, backlog) if rows else {}
    drift = sightings(
        backlog.stream, [(seen, count) for seen, count in engine.rows(unknown_fields(judged.transform(good)))]
    )
    return Outcome(contract, counts, rows, quarantined, tally.reasons, drift, sums)


@dataclass(frozen=True, slots=True)
class _Tally:
    """What is to be expected of the files, counted apart from writing them.

    Attributes:
        good: records that can be loaded.
        keys: distinct keys of those, of each batch for itself.
        kept: records that are the newest of their key in their batch.
        rows: rows that these become, by the lengths of their arrays.
        reasons: the records that go to quarantine, by reason.
        forgotten: records of persons who asked to be forgotten.
    """

    good: int
    keys: int
    kept: int
    rows: int
    reasons: dict[str, int]
    forgotten: int


def _tally(engine: Engine, judged: DataFrame, kept: DataFrame, contract: Contract, ends: Sequence[int]) -> _Tally:
    counted = engine.rows(judged.groupBy(REASON).agg(F.count("*").alias("records")))
    reasons = dict(counted)
    forgotten = reasons.pop(FORGOTTEN, 0)
    keys = judged.transform(good).select(*contract.record_key, batch_of(ends).alias(BATCH)).distinct()
    ((distinct,),) = engine.rows(keys.agg(F.count("*").alias("keys")))
    # Where a record is a row, the rows of the files are enough to tell whether the newest were found.
    records = rows = distinct
    if contract.fan_out:
        lengths = kept.select(row_count(contract).alias("length"))
        ((records, rows),) = engine.rows(lengths.agg(F.count("*").alias("records"), F.sum("length").alias("rows")))
    good_ones = reasons.pop(None, 0)
    return _Tally(good_ones, distinct, records, int(rows or 0), reasons, forgotten)


def _refusals(engine: Engine, judged: DataFrame, backlog: Backlog, tally: _Tally) -> Refusals:
    return Refusals(backlog.stream, backlog.landed, tally.reasons, _example(engine, judged, backlog, tally))


def _example(engine: Engine, judged: DataFrame, backlog: Backlog, tally: _Tally) -> str:
    if not tally.reasons:
        return ""
    first = judged.transform(refused).select(*POSITION, REASON).orderBy(*POSITION).limit(1)
    ((sequence, part, line, reason),) = engine.rows(first)
    key = next(raw.entry.key for raw in backlog.objects if (raw.sequence, raw.part) == (sequence, part))
    return f"line {line} of {key} ({reason})"


def _prove(
    stream: str, landed: int, tally: _Tally, rows: Sequence[ObjectEntry], quarantined: Sequence[ObjectEntry]
) -> Counts:
    """Count what the footers of the written files say, beside what the manifests of the raw objects say."""
    counts = Counts(
        landed=landed,
        normalised=tally.kept,
        quarantined=sum(file.rows for file in quarantined),
        duplicates=tally.good - tally.keys,
        forgotten=tally.forgotten,
        rows=sum(file.rows for file in rows),
    )
    if counts.rows != tally.rows:
        raise DataRefused(
            f"{stream}: {counts.normalised} records become {tally.rows} rows, but {counts.rows} were written. "
            "Nothing was published; this is a fault of reelhouse: please report it with these numbers"
        )
    if not counts.balanced:
        raise DataRefused(
            f"{stream}: {counts.landed} records landed, but {counts.normalised} were normalised, "
            f"{counts.quarantined} quarantined, {counts.forgotten} forgotten and {counts.duplicates} are duplicates. "
            "Nothing was published; this is a fault of reelhouse: please report it with these numbers"
        )
    return counts
