"""The normalisation: all that landed and is not yet normalised, of all entities at once, in one manifest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extract.clock import RunClock, format_instant
from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import Lake
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.settings import Settings
from spark.contracts import Contract, load_contracts
from spark.drift import Fillings, Sightings, accumulate, dropped, fill, since_first
from spark.engine import open_engine, using
from spark.forgotten import Forgotten, forgotten_log, read_forgotten
from spark.jobs.entity import WHOLE, Outcome, Part, normalise_entity
from spark.jobs.publish import Place
from spark.manifest import (
    Counts,
    DriftEntry,
    EntityEntry,
    Filling,
    QuarantineEntry,
    StagingManifest,
    newest_key,
    staging_log,
)
from spark.quarantine import most_common
from spark.raw import Backlog, find_backlog
from spark.scratch import scratch_folder


@dataclass(frozen=True, slots=True)
class NormaliseReport:
    """What a normalisation did.

    Attributes:
        sequence: of its manifest; None where there was nothing new.
        entities: counts of each entity of which records landed.
        quarantined: stream -> reason -> records.
        drift: unknown fields seen in this batch and fields that it lacks: their records in this batch, and since when.
    """

    sequence: int | None
    entities: dict[str, Counts]
    quarantined: dict[str, dict[str, int]]
    drift: tuple[DriftEntry, ...]


def normalise(
    lake: Lake, settings: Settings, key: PrivacyKey, clock: RunClock, run_id: str, progress: Progress
) -> NormaliseReport:
    """Turn what landed since the last normalisation into typed staging, and commit it.

    Where another normaliser commits first, the work starts again from what that one left.

    Raises:
        ConfigurationError: the engine is not installed, or the privacy key is not the one of the loads before.
        DataRefused: raw bytes differ from their manifest, counts do not add up, or too many records of a stream would
            be quarantined; nothing was published.
        ReelhouseError: the engine or the lake failed; nothing was published.
    """
    while True:
        head, forgotten = staging_log(lake).head(), read_forgotten(lake, key)
        refuse_another_key(lake, head, key)
        backlogs = find_backlog(lake, by_stream(), head.consumed if head else {})
        if not any(backlog.landed for backlog in backlogs):
            return NormaliseReport(None, {}, {}, ())
        place = Place(lake, head.sequence + 1 if head else 1, run_id)
        outcomes = compute(settings, key, backlogs, place, progress, forgotten)
        manifest = _publish(head, backlogs, outcomes, key, place, forgotten, format_instant(clock.now()))
        if somebody_asked(lake, forgotten):
            place.clear(folders_of(place, outcomes))
        elif commit(lake, manifest, progress):
            return _report(manifest, outcomes, head.filled if head else {})


def by_stream() -> dict[str, Contract]:
    """Return the contracts by the stream that they are about."""
    return {contract.stream: contract for contract in load_contracts().values()}


def refuse_another_key(lake: Lake, head: StagingManifest | None, key: PrivacyKey) -> None:
    """Hashes under two keys never meet in a join, so a warehouse has hashes under one.

    Raises:
        ConfigurationError: the loads so far, or the rebuild that took their place, were made under another.
    """
    before = newest_key(lake, head) if head else None
    if head and before not in (None, key.fingerprint):
        raise ConfigurationError(
            f"the privacy key (fingerprint {key.fingerprint}) is not the one under which the loads up to "
            f"{head.sequence} were made (fingerprint {before}). Nothing was touched; give the old key back, or "
            "leave it behind the new one, after a blank, and type `reelhouse replay` to make everything anew"
        )


def compute(
    settings: Settings,
    key: PrivacyKey,
    backlogs: Iterable[Backlog],
    place: Place,
    progress: Progress,
    forgotten: Forgotten,
    parts: Mapping[str, Part] | None = None,
) -> list[Outcome]:
    """Normalise stream by stream, in one session of the engine; what a batch that stops has written is removed.

    Args:
        settings: which engine, and when a batch stops.
        key: of the keyed hashes.
        backlogs: what to normalise.
        place: where files go.
        progress: told how far it is.
        forgotten: whose records are dropped.
        parts: of some streams not all, or not as one batch.

    Raises:
        DataRefused: raw bytes differ from their manifest, too many records would go to quarantine, or counts do not
            add up.
    """
    contracts = by_stream()
    work = [backlog for backlog in backlogs if backlog.landed]
    folders: list[str] = []
    outcomes = []
    try:
        with (
            scratch_folder() as scratch,
            open_engine(settings, place.lake, scratch, key) as engine,
            using(engine),
        ):
            for number, backlog in enumerate(work):
                progress.advance("normalise", number, "streams", len(work))
                contract = contracts[backlog.stream]
                folders += [place.rows(contract.entity), place.quarantine(backlog.stream)]
                part = (parts or {}).get(backlog.stream, WHOLE)
                outcomes.append(
                    normalise_entity(engine, contract, backlog, place, settings.quarantine, forgotten, part)
                )
    except ReelhouseError:
        place.clear(folders)
        raise
    progress.advance("normalise", len(work), "streams", len(work))
    return outcomes


def _publish(
    head: StagingManifest | None,
    backlogs: Iterable[Backlog],
    outcomes: Sequence[Outcome],
    key: PrivacyKey,
    place: Place,
    forgotten: Forgotten,
    committed_at: str,
) -> StagingManifest:
    """Write the manifest that will name the files."""
    before = head.filled if head else {}
    filled = {**before, **fillings(before, outcomes)}
    return StagingManifest(
        sequence=place.sequence,
        run_id=place.run_id,
        committed_at=committed_at,
        consumed={**(head.consumed if head else {}), **{backlog.stream: backlog.consumed for backlog in backlogs}},
        entities=entity_entries(place, outcomes),
        quarantine=quarantine_entries(outcomes),
        drift=accumulate(head.drift if head else (), _drifted(before, outcomes), place.sequence, committed_at),
        filled=filled,
        total_quarantined=_total(head.total_quarantined if head else {}, outcomes),
        privacy_key=key.fingerprint,
        sweeps={backlog.stream: backlog.sweep for backlog in backlogs if backlog.sweep},
        forgotten=forgotten_counts(outcomes),
        forgotten_upto=forgotten.upto,
    )


def entity_entries(place: Place, outcomes: Iterable[Outcome]) -> dict[str, EntityEntry]:
    """Put the manifests that COPY takes; return what a staging manifest says of the entities that have rows."""
    return {outcome.contract.entity: _entity(place, outcome) for outcome in outcomes if outcome.rows}


def forgotten_counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return the streams of which records of forgotten persons were dropped, with their number."""
    return {outcome.contract.stream: outcome.counts.forgotten for outcome in outcomes if outcome.counts.forgotten}


def somebody_asked(lake: Lake, forgotten: Forgotten) -> bool:
    """Whether somebody asked to be forgotten since the list of those who did was read."""
    return forgotten_log(lake).head(forgotten.upto) is not None


def folders_of(place: Place, outcomes: Iterable[Outcome]) -> list[str]:
    """Return the folders in which outcomes were written."""
    contracts = [outcome.contract for outcome in outcomes]
    rows = [place.rows(contract.entity) for contract in contracts]
    return [*rows, *(place.quarantine(contract.stream) for contract in contracts)]


def quarantine_entries(outcomes: Iterable[Outcome]) -> dict[str, QuarantineEntry]:
    """Return what a staging manifest says of the streams that have records in quarantine."""
    return {outcome.contract.stream: _quarantine(outcome) for outcome in outcomes if outcome.quarantined}


def _entity(place: Place, outcome: Outcome) -> EntityEntry:
    files = tuple(outcome.rows)
    folder = place.rows(outcome.contract.entity)
    return EntityEntry(
        copy_manifest=place.put_copy_manifest(folder, files),
        files=files,
        counts=outcome.counts,
        sums_at=place.put_sums(folder, outcome.sums),
    )


def _quarantine(outcome: Outcome) -> QuarantineEntry:
    return QuarantineEntry(
        files=tuple(outcome.quarantined),
        rows=outcome.counts.quarantined,
        reasons=dict(most_common(outcome.reasons)),
    )


def commit(lake: Lake, manifest: StagingManifest, progress: Progress) -> bool:
    """Commit a staging manifest; False where another normaliser was first."""
    progress.event("normalise.commit", sequence=manifest.sequence)
    if not staging_log(lake).commit(manifest):
        progress.event("normalise.overtaken", sequence=manifest.sequence)
        return False
    rows = sum(entry.counts.rows for entry in manifest.entities.values())
    progress.event("normalise.committed", sequence=manifest.sequence, rows=rows)
    return True


def seen_fields(outcomes: Iterable[Outcome]) -> dict[tuple[str, str, str], int]:
    """Return the unknown fields that good records had, with the number of these."""
    return {field: count for outcome in outcomes for field, count in outcome.drift.items()}


def fillings(before: Fillings, outcomes: Iterable[Outcome]) -> dict[str, dict[str, Filling]]:
    """Return how often the optional columns of the streams that were normalised had a value up to now."""
    return {
        outcome.contract.stream: fill(before.get(outcome.contract.stream, {}), outcome.good, outcome.values)
        for outcome in outcomes
    }


def _drifted(before: Fillings, outcomes: Sequence[Outcome]) -> Sightings:
    """The fields that good records had and nobody knows, and those that they went without."""
    missed = [dropped(stream, before.get(stream, {}), after) for stream, after in fillings(before, outcomes).items()]
    return seen_fields(outcomes) | {field: count for some in missed for field, count in some.items()}


def _total(before: Mapping[str, Mapping[str, int]], outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    total = {stream: dict(reasons) for stream, reasons in before.items()}
    for outcome in outcomes:
        for reason, count in outcome.reasons.items():
            reasons = total.setdefault(outcome.contract.stream, {})
            reasons[reason] = reasons.get(reason, 0) + count
    return total


def _report(manifest: StagingManifest, outcomes: Sequence[Outcome], before: Fillings) -> NormaliseReport:
    drift = accumulate((), _drifted(before, outcomes), manifest.sequence, manifest.committed_at)
    return NormaliseReport(
        sequence=manifest.sequence,
        entities={outcome.contract.entity: outcome.counts for outcome in outcomes},
        quarantined={stream: entry.reasons for stream, entry in manifest.quarantine.items()},
        drift=since_first(drift, manifest.drift),
    )
