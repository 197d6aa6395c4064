"""The rebuild: all raw that staging has consumed, normalised once more by the rules of today.

What it writes stands for all loads up to one of them. Of each key it keeps the newest state of each of these loads, not
the newest alone, so that a warehouse ends as the loads one after the other would have made it: with the members of
dimensions, too, that only a state of then had named.
"""

import hashlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from extract.clock import RunClock, format_instant
from extract.lake import Lake
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.settings import Settings
from spark.drift import accumulate
from spark.forgotten import Forgotten, read_forgotten
from spark.jobs.entity import Outcome, Part
from spark.jobs.normalise import (
    by_stream,
    compute,
    entity_entries,
    folders_of,
    forgotten_counts,
    quarantine_entries,
    seen_fields,
    somebody_asked,
)
from spark.jobs.publish import Place
from spark.manifest import RebuildManifest, StagingManifest, rebuild_log, staging_log
from spark.raw import Backlog, find_backlog

_PACKAGE = Path(__file__).parents[1]


def rebuild(
    lake: Lake, settings: Settings, key: PrivacyKey, clock: RunClock, run_id: str, progress: Progress
) -> RebuildManifest | None:
    """Normalise all raw that staging has consumed; None where there is nothing.

    A rebuild of the same loads by the same rules, under the same privacy key, that is in the lake already is returned
    as it is, if nothing of it was let go since. The key may be another than that of the loads.

    Raises:
        ConfigurationError: the engine is not installed.
        DataRefused: raw bytes differ from their manifest, counts do not add up, or too many records of a stream would
            be quarantined; nothing was published.
        ReelhouseError: the engine or the lake failed; nothing was published.
    """
    while True:
        newest, loads = rebuild_log(lake).head(), list(staging_log(lake).after(0))
        forgotten = read_forgotten(lake, key)
        if not loads:
            return None
        wanted = (loads[-1].sequence, rules(), key.fingerprint, forgotten.upto)
        if newest and _made_of(newest) == wanted and not newest.times_superseded:
            return newest
        place = Place(lake, newest.sequence + 1 if newest else 1, run_id, "rebuild")
        backlogs = find_backlog(lake, by_stream(), {}, loads[-1].consumed)
        outcomes = compute(settings, key, backlogs, place, progress, forgotten, _parts(loads))
        manifest = _publish(place, loads[-1], backlogs, outcomes, key, forgotten, format_instant(clock.now()))
        if somebody_asked(lake, forgotten):
            place.clear(folders_of(place, outcomes))
            continue
        progress.event("rebuild.commit", sequence=manifest.sequence)
        if rebuild_log(lake).commit(manifest):
            progress.event("rebuild.committed", sequence=manifest.sequence)
            return manifest
        # Another run was first; by equal rules it did the same.


def _made_of(made: RebuildManifest) -> tuple[int, str, str | None, int]:
    return made.upto, made.rules, made.privacy_key, made.forgotten_upto


def rules() -> str:
    """Return the hash of all that decides what becomes of a raw record: contracts, grammar, transforms, engines."""
    digest = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*")):
        if file.suffix in {".py", ".yaml"}:
            digest.update(f"{file.relative_to(_PACKAGE)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _parts(loads: Sequence[StagingManifest]) -> dict[str, Part]:
    """Where each load ended in each stream."""
    ends = {stream: [load.consumed.get(stream, 0) for load in loads] for stream in loads[-1].consumed}
    return {stream: Part(ends=[end for end, _ in groupby(found) if end]) for stream, found in ends.items()}


def _publish(
    place: Place,
    last: StagingManifest,
    backlogs: Sequence[Backlog],
    outcomes: Sequence[Outcome],
    key: PrivacyKey,
    forgotten: Forgotten,
    committed_at: str,
) -> RebuildManifest:
    """Write the manifest that will name the files."""
    quarantine = quarantine_entries(outcomes)
    return RebuildManifest(
        sequence=place.sequence,
        run_id=place.run_id,
        committed_at=committed_at,
        consumed=last.consumed,
        entities=entity_entries(place, outcomes),
        quarantine=quarantine,
        drift=accumulate((), seen_fields(outcomes), place.sequence, committed_at),
        total_quarantined={stream: entry.reasons for stream, entry in quarantine.items()},
        privacy_key=key.fingerprint,
        sweeps={backlog.stream: backlog.sweep for backlog in backlogs if backlog.sweep},
        forgotten=forgotten_counts(outcomes),
        forgotten_upto=forgotten.upto,
        upto=last.sequence,
        staged_by=last.run_id,
        rules=rules(),
    )
