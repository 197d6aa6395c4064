"""Letting objects of the lake give way: a superseding manifest in one atomic act, and only after it they are deleted.

The storage's versions of them go too. Whatever is killed in between, the same done again completes it; of two at once
one is first, and the other begins again from what that one left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extract.clock import RunClock, format_instant
from extract.lake import Lake
from extract.manifest import Manifest, ManifestLog, ObjectEntry, Successor, Superseding


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in a manifest.

    Attributes:
        replaced: path of a part, and what stands there now; None: the part is gone.
        objects: what gives way to what.
        places: of raw objects, part and line of the records that are gone.
        sources: landing files from which such records were.
        rows: stream -> rows that are gone of staging and quarantine.
    """

    replaced: Mapping[str, Any]
    objects: Sequence[Successor] = ()
    places: tuple[tuple[int, int], ...] = ()
    sources: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Succession:
    """One process that lets objects give way.

    Attributes:
        lake: where.
        clock: of the run.
        run_id: of the run.
        reason: stands in superseding manifests, for whoever finds them.
    """

    lake: Lake
    clock: RunClock
    run_id: str
    reason: str

    def commit(self, log: ManifestLog[Any], manifest: Manifest, change: Change) -> bool:
        """Supersede parts of a manifest; the objects stay until they are deleted.

        Args:
            log: of the manifest.
            manifest: as it was read, and as ``change`` takes it to be.
            change: what changes.

        Returns:
            False where another process was first: the manifest is another now.
        """
        return log.supersede(
            Superseding(
                manifest=manifest.sequence,
                number=manifest.times_superseded + 1,
                run_id=self.run_id,
                committed_at=format_instant(self.clock.now()),
                reason=self.reason,
                objects=tuple(change.objects),
                replaced=dict(change.replaced),
                places=change.places,
                sources=change.sources,
                rows=dict(change.rows),
            )
        )

    def delete_old(self, objects: Iterable[Successor]) -> None:
        """Delete what gave way, with all versions that the storage keeps."""
        for gone in objects:
            self.lake.erase(gone.old_key)


def successor(old: ObjectEntry, new: Sequence[ObjectEntry] = ()) -> Successor:
    """Return that an object gives way to the first of others, or to none."""
    key, digest = (new[0].key, new[0].sha256) if new else (None, None)
    return Successor(old_key=old.key, old_sha256=old.sha256, key=key, sha256=digest)
