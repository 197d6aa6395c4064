"""Bringing requests to forget somebody to their end: in the lake, in the warehouse, in what is published.

A request is recorded first; from then on nobody of it enters any more. What is done after that needs nothing but the
record, so whatever is killed is completed by the next command that loads, whoever gives it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from extract.clock import format_instant
from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import raw_log, sequence_name
from extract.privacy import PrivacyKey
from extract.progress import Progress
from extract.sources.streampulse.taken import Taken
from orchestration.context import Context
from orchestration.lake_findings import litter, older_than, read_manifests
from orchestration.refused_files import erase_refused
from orchestration.sandboxes import open_privacy_key, open_warehouse
from spark.forgotten import (
    Forgotten,
    Freed,
    forgotten_log,
    personal_contracts,
    read_forgotten,
    read_freed,
    write_freed,
)
from spark.jobs.erase import Eraser, erased, reason_of
from spark.jobs.succession import Succession
from spark.manifest import staging_log
from warehouse_sql.attempts import address_hash
from warehouse_sql.connection import Target
from warehouse_sql.erase import erase, erased_rows
from warehouse_sql.export import changed_days, export, export_log

T = TypeVar("T")
RECEIPTS = "forgotten/receipts/"
REFRESH = "analytics/_refresh/"
YOUNG = timedelta(hours=24)
"""Objects that no manifest names and that are younger may belong to a run that is at work."""
BEYOND = (
    "snapshots and recovery points of the warehouse, until they expire; deleted rows in its blocks, until a VACUUM",
    "what others copied: downloads, extracts of dashboards until their next refresh, results of earlier Athena queries",
    "backups and replicas of the lake's bucket, and logs of the storage",
    "landing files refused later, dropped again as they were, or packed by other means than gzip and zip, until swept",
    "the sources: the person is still there, and is dropped whenever a source tells of them; ask the source as well",
)
"""What no erasure reaches."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done about requests to forget somebody, by all runs that took part; it names nobody.

    Attributes:
        requests: first and last request that it is about.
        run_id: the run that brought them to their end.
        runs: all runs of whose work it tells: those that were killed before, too, and those that worked beside it.
        completed_at: when (UTC).
        records: stream -> records taken out of raw.
        objects: area -> objects that were rewritten without them, the old ones deleted with all their versions.
        rows: stream -> rows taken out of staging and quarantine.
        landing: landing files that were deleted: what else they held is in raw.
        refused: landing files that were deleted and of which nothing had been taken.
        deleted: table -> rows deleted.
        restated: stored mart -> days made anew.
        exported: days of daily engagement that were published again.
        refresh: object by which dashboards are asked to refresh.
        not_reached: what could not be reached, and until when.
    """

    requests: tuple[int, int]
    run_id: str
    runs: tuple[str, ...]
    completed_at: str
    records: Mapping[str, int]
    objects: Mapping[str, int]
    rows: Mapping[str, int]
    landing: int
    refused: int
    deleted: Mapping[str, int]
    restated: Mapping[str, int]
    exported: int
    refresh: str
    not_reached: tuple[str, ...] = field(default=BEYOND)

    @property
    def key(self) -> str:
        """The object of the lake that holds the receipt."""
        return f"{RECEIPTS}{sequence_name(self.requests[1])}-{self.run_id}.json"

    @property
    def is_empty(self) -> bool:
        """Whether nothing of anybody was found."""
        return not (self.records or self.rows or self.landing or self.refused or self.deleted)


def complete(context: Context, progress: Progress) -> Receipt | None:
    """Bring all requests to their end; None where there is nothing to be done.

    Raises:
        ConfigurationError: there is no privacy key, or it is not the one of the requests.
        LockHeld: a load holds the lock of the warehouse for too long.
        ReelhouseError: lake or warehouse failed; the next command that loads goes on.
    """
    lake = context.lake
    if not are_wanting(lake, context.settings.warehouse):
        return None
    key = open_privacy_key(context.settings, context.secrets)
    forgotten = read_forgotten(lake, key)
    progress.event("forget.begin", requests=forgotten.upto)
    work = _Work(context, progress, key, forgotten, read_freed(lake))
    done = beside_others(lake, context.run_id, work.do)
    # In this order: of the two it is the mark after which nobody would write the receipt any more.
    _leave(lake, done)
    _remember(lake, context.settings.warehouse, forgotten.upto)
    progress.event("forget.completed", requests=forgotten.upto)
    return done


def beside_others(lake: Lake, run_id: str, work: Callable[[], T]) -> T:
    """Do some work, and once more from its beginning where an erasure of another run took away what it was to read.

    Raises:
        DataRefused: something that the lake should have is missing or harmed, and nobody else erased meanwhile.
    """
    while True:
        before = erased(lake, (run_id,)).objects
        try:
            return work()
        except DataRefused:
            if erased(lake, (run_id,)).objects == before:
                raise


def are_wanting(lake: Lake, warehouse: str) -> bool:
    """Tell from the lake alone whether a request to forget somebody is not at its end.

    Args:
        lake: the lake.
        warehouse: the address of the warehouse, as the settings write it.
    """
    head = forgotten_log(lake).head()
    if head is None:
        return False
    return _is_lake_wanting(lake, read_freed(lake), head.sequence) or _erased_upto(lake, warehouse) < head.sequence


def receipts(lake: Lake) -> list[dict[str, Any]]:
    """Return all receipts, in order."""
    return [json.loads(lake.get(info.key)) for info in lake.list_after(RECEIPTS)]


def receipt_of(lake: Lake, request: int) -> Receipt | None:
    """Return the newest receipt that is about a request; None where there is none yet."""
    found = [made for made in receipts(lake) if made["requests"][0] <= request <= made["requests"][1]]
    return Receipt(**found[-1]) if found else None


def _is_lake_wanting(lake: Lake, freed: Freed, upto: int) -> bool:
    if freed.upto < upto:
        return True
    # Whom a source tells of again lands, and is dropped there: such loads say that raw has something to be taken out.
    return any(
        manifest.forgotten or not freed.covers(manifest, upto) for manifest in staging_log(lake).after(freed.staging)
    )


@dataclass(frozen=True, slots=True)
class _Work:
    context: Context
    progress: Progress
    key: PrivacyKey
    forgotten: Forgotten
    freed: Freed

    def do(self) -> Receipt:
        context, lake = self.context, self.context.lake
        begun, told = self._heads(), receipts(lake)
        self._free_lake()
        young = self._sweep()
        write_freed(lake, begun)
        target = open_warehouse(context.settings, context.secrets)
        self._erase_rows(target)
        self._export(target)
        return self._receipt(told, target, young)

    def _free_lake(self) -> None:
        context, lake = self.context, self.context.lake
        succession = Succession(lake, context.clock, context.run_id, reason_of(self.forgotten.upto))
        looked_into = self.freed.raw if self.freed.upto >= self.forgotten.upto else {}
        Eraser(succession, self.key, self.forgotten, self.progress).erase(context.settings, looked_into)
        for source in sorted(erased(lake).sources):
            _erase_landing(lake, source)
        for key, content in sorted(self.forgotten.refused):
            erase_refused(lake, key, content)

    def _receipt(self, earlier: Sequence[Mapping[str, Any]], target: Target, young: tuple[str, ...]) -> Receipt:
        """Return the receipt: what lake and warehouse remember of the work, and no earlier receipt has told."""
        context, lake, last = self.context, self.context.lake, self.forgotten.upto
        before = max((made["requests"][1] for made in earlier), default=0)
        told = frozenset(run for made in earlier for run in made["runs"])
        lakes, rows = erased(lake, told), erased_rows(target, told)
        runs = {context.run_id, *lakes.runs, *rows.runs}
        return Receipt(
            requests=(min(before + 1, last), last),
            run_id=context.run_id,
            runs=tuple(sorted(runs)),
            completed_at=format_instant(context.clock.now()),
            records=dict(+lakes.records),
            objects=dict(+lakes.objects),
            rows=dict(+lakes.rows),
            landing=sum(not _is_there(lake, source) for source in lakes.sources),
            refused=sum(erase_refused(lake, *file) for file in self._refused_since(before)),
            deleted=dict(rows.deleted),
            restated=dict(rows.restated),
            exported=changed_days(lake, runs),
            refresh=self._ask_for_refresh(),
            not_reached=(*young, *BEYOND),
        )

    def _refused_since(self, request: int) -> set[tuple[str, str]]:
        """Return the refused files that requests after one have named."""
        return {
            file for manifest in forgotten_log(self.context.lake).after(request) for file in manifest.refused.items()
        }

    def _heads(self) -> Freed:
        """What there is now; what comes later is made by those who know of the requests, or is looked into then."""
        lake = self.context.lake
        heads = {contract.stream: raw_log(lake, contract.stream).head() for contract in personal_contracts()}
        staged = staging_log(lake).head()
        return Freed(
            upto=self.forgotten.upto,
            raw={stream: head.sequence for stream, head in heads.items() if head},
            staging=staged.sequence if staged else 0,
        )

    def _erase_rows(self, target: Target) -> None:
        context, lake = self.context, self.context.lake
        erase(target, lake, context.settings, self.forgotten, context.clock, context.run_id, self.progress)

    def _export(self, target: Target) -> None:
        """Publish daily engagement again where it was published before.

        Whoever is killed behind the warehouse's commit leaves days that only the warehouse has anew: they are compared.
        """
        context = self.context
        if export_log(context.lake).head() is not None:
            export(target, context.lake, context.clock, context.run_id, self.progress)

    def _sweep(self) -> tuple[str, ...]:
        """Remove what no manifest names; return what is said of the objects that are too young for that."""
        lake = self.context.lake
        found = litter(lake, read_manifests(lake))
        old = older_than(found, YOUNG, datetime.now(UTC))
        for info in old:
            lake.erase(info.key)
        young = len(found) - len(old)
        says = (
            f"{young} objects of runs that are at work or were killed; `reelhouse doctor --sweep` removes them in a day"
        )
        return (says,) if young else ()

    def _ask_for_refresh(self) -> str:
        key = f"{REFRESH}{sequence_name(self.forgotten.upto)}-{self.context.run_id}.json"
        asked = {"asked_at": format_instant(self.context.clock.now()), "because": "persons were erased"}
        self.context.lake.put(key, json.dumps(asked).encode())
        return key


def _erase_landing(lake: Lake, key: str) -> None:
    """Delete a landing file whose content has landed: raw has its other records. One that changed since stays."""
    stream = next((c.stream for c in personal_contracts() if f"/{c.stream.rpartition('/')[2]}/" in key), None)
    head = raw_log(lake, stream).head() if stream else None
    if stream is None or head is None:
        return
    with lake.open_version(key) as version:
        if version is not None and not Taken(lake, stream, head).knows_content(key, version.etag):
            return
    lake.erase(key)


def _is_there(lake: Lake, key: str) -> bool:
    return any(info.key == key for info in islice(lake.list_after(key), 1))


def _mark(warehouse: str) -> str:
    return f"forgotten/_warehouses/{address_hash(warehouse)}.json"


def _erased_upto(lake: Lake, warehouse: str) -> int:
    """Return the last request that a warehouse has done, as the lake knows it without waking it."""
    with suppress(DataRefused, ValueError, KeyError, TypeError):
        return int(json.loads(lake.get(_mark(warehouse)))["upto"])
    return 0


def _remember(lake: Lake, warehouse: str, upto: int) -> None:
    lake.put(_mark(warehouse), json.dumps({"upto": upto}).encode())


def _leave(lake: Lake, receipt: Receipt) -> None:
    lake.put(receipt.key, json.dumps(asdict(receipt), indent=1).encode())
