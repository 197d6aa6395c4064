"""The examination: manifests, objects, counts, ledger and tables held against each other; and the sweep of litter."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from extract.lake import ObjectInfo
from extract.progress import Progress
from orchestration.context import Context
from orchestration.lake_findings import Finding, examine_lake, litter, older_than, read_manifests
from orchestration.retention import NOTHING, Outlived, let_go, outlived
from orchestration.sandboxes import open_warehouse
from warehouse_sql.reconcile import examine_warehouse

OLD = timedelta(hours=24)
"""So old an object that no manifest names belongs to no run that is at work."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found.

    Attributes:
        findings: what is not in order.
        litter: old objects that no manifest names.
        outlived: what is older than the settings keep it.
        swept: whether both were removed.
    """

    findings: tuple[Finding, ...]
    litter: tuple[ObjectInfo, ...]
    outlived: Outlived
    swept: bool

    @property
    def is_to_be_swept(self) -> bool:
        """Whether there is something that may go."""
        return bool(self.litter) or not self.outlived.is_empty

    @property
    def is_well(self) -> bool:
        """Whether there is nothing for anybody to do."""
        return not self.findings and (self.swept or not self.is_to_be_swept)


def examine(context: Context, progress: Progress) -> Examination:
    """Look at everything; every object of the lake is read, and the warehouse is woken.

    Raises:
        ReelhouseError: the lake or the warehouse cannot be asked.
    """
    lake, warehouse = context.lake, context.settings.warehouse
    manifests = read_manifests(lake)
    findings = examine_lake(lake, manifests, progress)
    target = open_warehouse(context.settings, context.secrets)
    silence = context.settings.load.lock_wait
    findings += [Finding(*found) for found in examine_warehouse(target, lake, warehouse, manifests.staging, silence)]
    # Ages are of the lake's own clock, which is real, and not of --as-of.
    old = older_than(litter(lake, manifests), OLD, datetime.now(UTC))
    # Where a manifest cannot be read, nobody can tell what else names an object: nothing is let go then.
    past = NOTHING if manifests.unreadable else outlived(context)
    return Examination(tuple(findings), tuple(old), past, swept=False)


def sweep(context: Context, progress: Progress, found: Examination) -> Examination:
    """Remove the litter that was found, and what is not kept for longer, with all versions: persons may stand in it."""
    for info in found.litter:
        context.lake.erase(info.key)
    let_go(context, progress, found.outlived)
    return replace(found, swept=True)
