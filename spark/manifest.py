"""The commit points of normalisation: one manifest for all entities."""

import json
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import Manifest, ManifestLog, ObjectEntry, sequence_name

DRIFT_LIMIT = 100
"""Unknown fields of a stream that manifests carry one by one, because every later manifest carries them too."""
OTHER_FIELDS = "(other fields)"
DROPPED = "dropped"
"""In place of a JSON kind: a field that records used to have."""
STAGING_LOG = "staging/_manifests/"
REBUILD_LOG = "staging/_rebuilds/"
PUBLISHED_REBUILDS = "staging/_rebuilt/"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(_Entry):
    """What became of the records of a stream, and the rows that came of them.

    ``landed`` is the sum of the other counts of records, or nothing is committed.
    """

    landed: Annotated[int, Field(ge=0)]
    """Records in the raw objects, as their manifests say."""
    normalised: Annotated[int, Field(ge=0)] = 0
    """Records that are in Parquet: the newest good one of each key."""
    quarantined: Annotated[int, Field(ge=0)] = 0
    """Records that could not be taken, with their reasons in the quarantine."""
    duplicates: Annotated[int, Field(ge=0)] = 0
    """Records of which the batch holds a newer or equal state."""
    forgotten: Annotated[int, Field(ge=0)] = 0
    """Records of persons who asked to be forgotten."""
    rows: Annotated[int, Field(ge=0)] = 0
    """Rows in Parquet: one for each normalised record, or as many as its arrays are long where a record fans out."""

    @property
    def balanced(self) -> bool:
        """Whether every record is accounted for."""
        return self.landed == self.normalised + self.quarantined + self.duplicates + self.forgotten


class EntityEntry(_Entry):
    """The new rows of one entity."""

    copy_manifest: str
    """Key of the manifest that COPY takes."""
    files: tuple[ObjectEntry, ...]
    counts: Counts
    sums: dict[str, int] = Field(default_factory=dict)
    """Column -> its sum over all rows (see ``spark.proof``). Manifests have none: ``with_sums`` reads them."""
    sums_at: str = ""
    """Key of the object that holds the sums. It goes when a person is erased, and a manifest stays: what the sums of
    before and after differ by would be that person's values."""

    @property
    def beside(self) -> tuple[str, ...]:
        """Keys of the objects that stand beside the files."""
        return tuple(key for key in (self.copy_manifest, self.sums_at) if key)


def with_sums(lake: Lake, entry: EntityEntry) -> EntityEntry:
    """Return an entry with its sums; one of before they had an object of their own as it is.

    Raises:
        DataRefused: the object that holds them is not there, or holds something else.
    """
    if not entry.sums_at:
        return entry
    try:
        return EntityEntry.model_validate({**entry.model_dump(), "sums": json.loads(lake.get(entry.sums_at))})
    except ValueError:
        raise DataRefused(f"{lake.url(entry.sums_at)} does not hold the sums of columns; nothing was loaded") from None


class QuarantineEntry(_Entry):
    """The records of one stream that could not be taken."""

    files: tuple[ObjectEntry, ...]
    rows: int
    reasons: dict[str, int]
    """Records by reason, the most frequent first."""


class DriftEntry(_Entry):
    """A field that good records of a stream have and their contract does not know, or that they have no more.

    At most ``DRIFT_LIMIT`` of a stream are told one by one; those beyond are one entry, ``OTHER_FIELDS`` of any kind.
    """

    stream: str
    field: str
    """Its path in the record, cut to 256 characters."""
    kind: str
    """The JSON kind of its value: string, number, boolean, object, array or null; ``any`` for other fields; ``dropped``
    for one that an optional column takes, that records used to have and that none has any more."""
    count: int
    """Records that had it so, or went without it, in all normalisations up to this one; a record may have several of
    the other fields."""
    first_sequence: int
    """The normalisation that saw it first."""
    first_seen: str
    """When that was committed (UTC)."""


class Filling(_Entry):
    """How often good records had a value in an optional column, from which it is told when a source drops a field."""

    records: Annotated[int, Field(ge=0)]
    """Good records up to the last batch in which one had a value."""
    values: Annotated[int, Field(ge=0)]
    """Those of them that had one."""
    without: Annotated[int, Field(ge=0)] = 0
    """Good records since then, of which none had."""


class StagingManifest(Manifest):
    """The commit point of a normalisation.

    ``consumed``, ``total_quarantined`` and ``drift`` are cumulative: the newest manifest tells where normalisation
    stands. An entity without new rows is absent from ``entities``, also where its good records have none; a load may
    consist of quarantined records alone.
    """

    consumed: dict[str, int]
    """Stream -> sequence of the last raw manifest that is in this or an earlier load."""
    entities: dict[str, EntityEntry]
    quarantine: dict[str, QuarantineEntry]
    drift: tuple[DriftEntry, ...]
    total_quarantined: dict[str, dict[str, int]]
    """Stream -> reason -> records that are in quarantine after this load."""
    privacy_key: str | None = None
    """Fingerprint of the key under which the keyed hashes were made; None in manifests that have none."""
    sweeps: dict[str, str] = Field(default_factory=dict)
    """Stream -> instant at which the last full sweep of its list began that ends in this load: whoever was last
    extracted before that is in the list no more."""
    forgotten: dict[str, int] = Field(default_factory=dict)
    """Stream -> records of persons who asked to be forgotten that landed in spite of it, and were dropped."""
    erased_rows: dict[str, int] = Field(default_factory=dict)
    """Entity -> rows that left it after it was staged, because persons asked to be forgotten."""
    forgotten_upto: int = 0
    """The last request to forget somebody that was known when this load was made."""
    filled: dict[str, dict[str, Filling]] = Field(default_factory=dict)
    """Stream -> path of an optional column -> how often it had a value so far; those that never had are not in it."""
    retried: dict[str, int] = Field(default_factory=dict)
    """Stream -> records that an earlier load had put into quarantine and that were judged again in this one: the
    quarantine of the stream is that of this load and of later ones. Such records are counted as landed once more."""


class RebuildManifest(StagingManifest):
    """The commit point of a rebuild: all raw that staging consumed up to a load, normalised once more.

    ``sequence`` counts rebuilds, in a log of their own; what loads have in common with them means the same.
    """

    upto: int = Field(ge=1)
    """The load up to which it stands for all loads."""
    staged_by: str
    """The run that staged that load."""
    rules: str
    """Hash of the rules by which it was normalised; equal rules would make it again as it is."""

    def as_load(self) -> Self:
        """Return it as the load for which, and for all before which, it stands."""
        return self.model_copy(update={"sequence": self.upto, "run_id": self.staged_by})


def staging_log(lake: Lake) -> ManifestLog[StagingManifest]:
    """Return the log of normalisations."""
    return ManifestLog(lake, STAGING_LOG, StagingManifest)


def rebuild_log(lake: Lake) -> ManifestLog[RebuildManifest]:
    """Return the log of rebuilds."""
    return ManifestLog(lake, REBUILD_LOG, RebuildManifest)


def publish_rebuild(lake: Lake, sequence: int) -> None:
    """Say in the lake that the tables were built anew from a rebuild, and that it stands for its loads from now on."""
    lake.put(_published(sequence), b"{}\n")


def withdraw_rebuild(lake: Lake, sequence: int) -> None:
    """Take that back."""
    lake.delete(_published(sequence))


def published_rebuild(lake: Lake) -> RebuildManifest | None:
    """Return the newest rebuild from which tables were built anew, and that was not undone."""
    marks = [info.key for info in lake.list_after(PUBLISHED_REBUILDS)]
    sequences = [int(key.removeprefix(PUBLISHED_REBUILDS).removesuffix(".json")) for key in marks]
    return rebuild_log(lake).read(max(sequences)) if sequences else None


def newest_key(lake: Lake, head: StagingManifest) -> str | None:
    """Return the fingerprint of the privacy key that the tables have their hashes from, as the lake knows it."""
    rebuilt = published_rebuild(lake)
    return rebuilt.privacy_key if rebuilt and rebuilt.upto >= head.sequence else head.privacy_key


def _published(sequence: int) -> str:
    return f"{PUBLISHED_REBUILDS}{sequence_name(sequence)}.json"
