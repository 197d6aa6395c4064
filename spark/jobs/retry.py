"""The quarantine judged again: what the rules of today take leaves it as a load of its own, the rest stays.

A record is found where it landed, by the place that the quarantine names; raw has its text, untouched. Its state is as
old as it was, so a newer one that was loaded meanwhile stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extract.clock import RunClock, format_instant
from extract.lake import Lake
from extract.manifest import raw_log
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.settings import Settings
from spark.drift import accumulate
from spark.engine import open_engine
from spark.forgotten import Forgotten, read_forgotten
from spark.jobs.entity import Outcome, Part
from spark.jobs.normalise import (
    commit,
    compute,
    entity_entries,
    folders_of,
    forgotten_counts,
    quarantine_entries,
    refuse_another_key,
    seen_fields,
    somebody_asked,
)
from spark.jobs.publish import Place
from spark.manifest import StagingManifest, staging_log
from spark.quarantine import Held, open_quarantine
from spark.raw import Backlog, RawObject, confirm_bytes
from spark.scratch import scratch_folder


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of the records of a stream: ``taken`` of ``tried`` are staged, the others by reason."""

    tried: int
    taken: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class RetryReport:
    """What a retry did; ``sequence`` of its manifest is None where no record could be taken."""

    sequence: int | None
    streams: dict[str, Retried]


def retry_quarantine(
    lake: Lake, settings: Settings, key: PrivacyKey, clock: RunClock, run_id: str, progress: Progress
) -> RetryReport:
    """Judge all records in quarantine again and stage those that can be taken now.

    Raises:
        ConfigurationError: the engine is not installed, or the privacy key is not the one of the loads before.
        DataRefused: bytes differ from their manifest, or counts do not add up; nothing was published.
        ReelhouseError: the engine or the lake failed; nothing was published.
    """
    while True:
        head, held, forgotten = staging_log(lake).head(), open_quarantine(lake), read_forgotten(lake, key)
        if not held or head is None:
            return RetryReport(None, {})
        refuse_another_key(lake, head, key)
        place = Place(lake, head.sequence + 1, run_id)
        parts = _parts(lake, settings, key, held)
        backlogs = [_backlog(lake, stream, part, head) for stream, part in parts.items()]
        outcomes = compute(settings, key, backlogs, place, progress, forgotten, parts)
        report = {outcome.contract.stream: _retried(outcome) for outcome in outcomes}
        healed = [outcome for outcome in outcomes if report[outcome.contract.stream].taken]
        place.clear([place.quarantine(outcome.contract.stream) for outcome in outcomes if outcome not in healed])
        if not healed:
            return RetryReport(None, report)
        manifest = _publish(place, head, healed, key, forgotten, format_instant(clock.now()))
        if somebody_asked(lake, forgotten):
            place.clear(folders_of(place, healed))
        elif commit(lake, manifest, progress):
            return RetryReport(manifest.sequence, report)


def _parts(lake: Lake, settings: Settings, key: PrivacyKey, held: Mapping[str, Iterable[Held]]) -> dict[str, Part]:
    """Read from the quarantine where the records of each stream stand in raw."""
    keys: dict[str, list[str]] = {}
    for stream, entries in held.items():
        for load, file in ((entry.load, file) for entry in entries for file in entry.files):
            confirm_bytes(lake, file, f"staging manifest {load}")
            keys.setdefault(stream, []).append(file.key)
    with scratch_folder() as scratch, open_engine(settings, lake, scratch, key) as engine:
        return {stream: Part(places=frozenset(engine.places(found))) for stream, found in keys.items()}


def _backlog(lake: Lake, stream: str, part: Part, head: StagingManifest) -> Backlog:
    """The raw objects in which the records stand."""
    objects = sorted({place[:2] for place in part.places or ()})
    manifests = {sequence: raw_log(lake, stream).read(sequence) for sequence in {sequence for sequence, _ in objects}}
    found = tuple(RawObject(sequence, number, manifests[sequence].objects[number]) for sequence, number in objects)
    return Backlog(stream, head.consumed[stream], found)


def _retried(outcome: Outcome) -> Retried:
    counts = outcome.counts
    return Retried(counts.landed, counts.landed - counts.quarantined - counts.forgotten, dict(outcome.reasons))


def _publish(
    place: Place,
    head: StagingManifest,
    healed: Sequence[Outcome],
    key: PrivacyKey,
    forgotten: Forgotten,
    committed_at: str,
) -> StagingManifest:
    """Write the manifest that will name the files."""
    still = {outcome.contract.stream: dict(outcome.reasons) for outcome in healed}
    return StagingManifest(
        sequence=place.sequence,
        run_id=place.run_id,
        committed_at=committed_at,
        consumed=head.consumed,
        entities=entity_entries(place, healed),
        quarantine=quarantine_entries(healed),
        filled=head.filled,
        drift=accumulate(head.drift, seen_fields(healed), place.sequence, committed_at),
        total_quarantined={name: found for name, found in {**head.total_quarantined, **still}.items() if found},
        privacy_key=key.fingerprint,
        forgotten=forgotten_counts(healed),
        forgotten_upto=forgotten.upto,
        retried={outcome.contract.stream: outcome.counts.landed for outcome in healed},
    )
