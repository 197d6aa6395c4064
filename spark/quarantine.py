"""Records that could not be taken: kept with their reason, counted, and too many of them stop a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import ObjectEntry
from extract.settings import Quarantine
from spark.contracts import Column
from spark.engine import DataFrame, current
from spark.engine import functions as F
from spark.leaves import POSITION, RAW_OBJECT, RECORD
from spark.manifest import staging_log
from spark.proof import REASON
from spark.transforms.steps import refused

COLUMNS = (
    # Text of any length: these files are not loaded by COPY.
    Column(name="record", type="varchar(65535)", about="The source's own text; base64 where it is not UTF-8 JSON."),
    Column(name="reason", type="varchar(256)", about="The first reason in the order of the contract."),
    Column(name="stream", type="varchar(256)", about="The raw stream."),
    Column(name="raw_object", type="varchar(1024)", about="Key of the raw object."),
    Column(name="raw_sequence", type="bigint", about="Sequence of the raw manifest."),
    Column(name="raw_part", type="integer", about="Position of the object in that manifest, from 0."),
    Column(name="raw_line", type="bigint", about="Line in that object, from 1."),
)
"""What stands in a quarantine file."""
ORDER = ("raw_sequence", "raw_part", "raw_line")


def refused_records(judged: DataFrame, stream: str) -> DataFrame:
    """Return the records of a judged frame that have a reason, with their text."""
    places = judged.transform(refused).select(*POSITION, REASON)
    return (
        current()
        .records(places)
        .select(
            F.col(RECORD).alias("record"),
            F.col(REASON).alias("reason"),
            F.lit(stream).alias("stream"),
            F.col(RAW_OBJECT).alias("raw_object"),
            *(F.col(name).alias(name.removeprefix("_")) for name in POSITION),
        )
    )


@dataclass(frozen=True, slots=True)
class Held:
    """Records of a stream that one load put into quarantine and none has taken since.

    Attributes:
        load: the staging sequence.
        files: where their texts, reasons and places are.
        reasons: records by reason, the most frequent first.
    """

    load: int
    files: tuple[ObjectEntry, ...]
    reasons: Mapping[str, int]


def open_quarantine(lake: Lake) -> dict[str, list[Held]]:
    """Return what is in quarantine, by stream and load.

    A load that judged the quarantine of a stream again has in its own what stays of it.
    """
    head = staging_log(lake).head()
    held: dict[str, list[Held]] = {}
    for manifest in staging_log(lake).after(0) if head and head.total_quarantined else ():
        for stream in manifest.retried:
            held.pop(stream, None)
        for stream, entry in manifest.quarantine.items():
            held.setdefault(stream, []).append(Held(manifest.sequence, entry.files, entry.reasons))
    return held


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many records of a stream have which reason.

    Attributes:
        landed: all records of the stream in the batch.
        reasons: records by reason.
        example: where the first of them stands, for a message.
    """

    stream: str
    landed: int
    reasons: Mapping[str, int]
    example: str

    @property
    def records(self) -> int:
        """Records with a reason."""
        return sum(self.reasons.values())


def refuse_if_too_many(refusals: Refusals, limits: Quarantine) -> None:
    """Stop a batch of which too much would go to quarantine: then it is the source that changed, not a record.

    Raises:
        DataRefused: more than ``max_records`` records and more than ``max_share`` of the stream have a reason.
    """
    if refusals.records <= limits.max_records or refusals.records <= limits.max_share * refusals.landed:
        return
    common = ", ".join(f"{reason} ({count})" for reason, count in most_common(refusals.reasons)[:3])
    raise DataRefused(
        f"{refusals.stream}: {refusals.records} of {refusals.landed} records cannot be taken, which is more than "
        f"quarantine.max_records ({limits.max_records}) and quarantine.max_share ({limits.max_share:g}). "
        f"Most often: {common}; for example {refusals.example}. Nothing was published and what landed is kept: look at "
        "that record, correct the contract if the source has changed, or raise the limits, and run again"
    )


def most_common(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return reasons and counts, the most frequent first."""
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
