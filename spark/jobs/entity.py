"""Normalising the backlog of one stream: from raw objects to Parquet objects that no manifest names yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from extract.errors import DataRefused
from extract.manifest import ObjectEntry
from extract.settings import Quarantine
from spark.contracts import Contract
from spark.drift import Sightings, count_values, optional_paths, sightings, unknown_fields
from spark.engine import DataFrame, Engine, Question
from spark.engine import functions as F
from spark.forgotten import NOBODY, Forgotten, subject_columns
from spark.jobs.prove import prove_values
from spark.jobs.publish import Place
from spark.leaves import FORGOTTEN, POSITION, RawPlace
from spark.manifest import Counts
from spark.proof import REASON
from spark.quarantine import COLUMNS, ORDER, Refusals, refuse_if_too_many, refused_records
from spark.raw import Backlog
from spark.transforms.forget import forget
from spark.transforms.registry import TRANSFORMS
from spark.transforms.steps import BATCH, Step, batch_of, fan_out, good, newest, only, refused, row_count


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
        good: records that can be loaded.
        values: path of an optional column -> good records that have a value there.
    """

    contract: Contract
    counts: Counts
    rows: Sequence[ObjectEntry]
    quarantined: Sequence[ObjectEntry]
    reasons: dict[str, int]
    drift: Sightings
    sums: dict[str, int]
    good: int
    values: dict[str, int]


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
    engine.judge(contract, TRANSFORMS[contract.entity])
    asked = _Questions(contract, part, forgotten)
    landed = backlog.landed if part.places is None else len(part.places)
    tally = _tally(engine, asked)
    if not contract.tolerant and part.places is None:
        refuse_if_too_many(_refusals(engine, asked, backlog, tally), limits)
    rows: Sequence[ObjectEntry] = ()
    quarantined: Sequence[ObjectEntry] = ()
    if tally.rows:
        order = (*contract.key, *POSITION[:1]) if part.ends else contract.key
        rows = engine.write_answer(asked.rows(), contract.columns, order, place.rows(contract.entity))
    if tally.reasons:
        quarantined = engine.write_answer(asked.refused(), COLUMNS, ORDER, place.quarantine(backlog.stream))
    counts = _prove(backlog.stream, landed, tally, rows, quarantined)
    sums = prove_values(engine, place.lake, contract, rows, backlog) if rows else {}
    drift = sightings(backlog.stream, [(seen, count) for seen, count in engine.ask(asked.unknown())])
    ((_, *values),) = engine.ask(asked.values())
    filled = dict(zip(optional_paths(contract), values, strict=True))
    return Outcome(contract, counts, rows, quarantined, tally.reasons, drift, sums, tally.good, filled)


@dataclass(frozen=True, slots=True)
class _Questions:
    """What is asked about the records of a contract."""

    contract: Contract
    part: Part
    forgotten: Forgotten

    def reasons(self) -> Question:
        """Records by reason; null for the good ones."""
        return self._about("reasons", lambda judged: judged.groupBy(REASON).agg(F.count("*").alias("records")))

    def keys(self) -> Question:
        """Distinct keys of the good records, of each batch for itself."""
        key = self.contract.record_key

        def keys(judged: DataFrame) -> DataFrame:
            told = judged.transform(good).select(*key, batch_of(self.part.ends).alias(BATCH)).distinct()
            return told.agg(F.count("*").alias("keys"))

        return self._about("keys", keys)

    def lengths(self) -> Question:
        """Records that are the newest of their key, and the rows that they become, by the lengths of their arrays."""

        def lengths(judged: DataFrame) -> DataFrame:
            told = judged.transform(self._kept).select(row_count(self.contract).alias("length"))
            return told.agg(F.count("*").alias("records"), F.sum("length").alias("rows"))

        return self._about("lengths", lengths)

    def rows(self) -> Question:
        """The rows of the entity."""
        return self._about("rows", lambda judged: judged.transform(self._kept).transform(fan_out(self.contract)))

    def refused(self) -> Question:
        """The records that cannot be loaded."""
        return self._about("refused", lambda judged: refused_records(judged, self.contract.stream))

    def first_refused(self) -> Question:
        """Where the first of them stands, and its reason."""

        def first(judged: DataFrame) -> DataFrame:
            return judged.transform(refused).select(*POSITION, REASON).orderBy(*POSITION).limit(1)

        return self._about("first_refused", first)

    def unknown(self) -> Question:
        """Fields that the contract does not know, of good records."""
        return self._about("unknown", lambda judged: unknown_fields(judged.transform(good)))

    def values(self) -> Question:
        """Good records, and how many of them have a value in each optional column."""
        return self._about("values", lambda judged: count_values(judged.transform(good), self.contract))

    def _kept(self, judged: DataFrame) -> DataFrame:
        return judged.transform(good).transform(newest(self.contract, self.part.ends))

    def _about(self, name: str, step: Step) -> Question:
        """A question about the records that are looked at; kept where it is the same in the next run."""
        places, forgotten = self.part.places, forget(self.contract, self.forgotten)
        some_are_forgotten = any(subject in self.forgotten.hashes for _, subject in subject_columns(self.contract))
        kept = places is None and not self.part.ends and not some_are_forgotten

        def of(judged: DataFrame) -> DataFrame:
            looked_at = judged.transform(forgotten)
            return (looked_at if places is None else looked_at.transform(only(places))).transform(step)

        return Question(name if kept else None, of)


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


def _tally(engine: Engine, asked: _Questions) -> _Tally:
    reasons = dict(engine.ask(asked.reasons()))
    forgotten = reasons.pop(FORGOTTEN, 0)
    ((distinct,),) = engine.ask(asked.keys())
    # Where a record is a row, the rows of the files are enough to tell whether the newest were found.
    records = rows = distinct
    if asked.contract.fan_out:
        ((records, rows),) = engine.ask(asked.lengths())
    good_ones = reasons.pop(None, 0)
    return _Tally(good_ones, distinct, records, int(rows or 0), reasons, forgotten)


def _refusals(engine: Engine, asked: _Questions, backlog: Backlog, tally: _Tally) -> Refusals:
    return Refusals(backlog.stream, backlog.landed, tally.reasons, _example(engine, asked, backlog, tally))


def _example(engine: Engine, asked: _Questions, backlog: Backlog, tally: _Tally) -> str:
    if not tally.reasons:
        return ""
    ((sequence, part, line, reason),) = engine.ask(asked.first_refused())
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
