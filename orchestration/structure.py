"""The structure of the warehouse: what it lacks of this release, and bringing it there."""

from dataclasses import dataclass, replace

from extract.errors import DataRefused
from extract.progress import Progress
from orchestration.context import Context
from orchestration.pipeline import replay_stage
from orchestration.sandboxes import check_warehouse, open_warehouse
from warehouse_sql.attempts import Attempt
from warehouse_sql.check_log import note_examination
from warehouse_sql.checks import Result
from warehouse_sql.examine import examine
from warehouse_sql.proposal import Plan, plan
from warehouse_sql.replay import ReplayReport
from warehouse_sql.upgrade import apply
from warehouse_sql.upgrade import baseline as take_baseline


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What was applied: the migrations that an existing warehouse was taken to have, the changes, then the replay.

    ``replayed``: what made facts and dimensions anew; None where none had to be.
    """

    baseline: tuple[str, ...]
    done: Plan
    replayed: ReplayReport | None = None


def plan_stage(context: Context) -> Plan:
    """Tell what the warehouse lacks."""
    check_warehouse(context.settings, context.secrets)
    return plan(open_warehouse(context.settings, context.secrets), context.lake)


def apply_stage(context: Context, progress: Progress, baseline: int | None = None) -> ApplyReport:
    """Bring the warehouse to this release, but for facts and dimensions that a replay has to make anew.

    Args:
        context: the settings.
        progress: told what was applied.
        baseline: take the tables that are there for those of the migrations up to it, before.
    """
    check_warehouse(context.settings, context.secrets)
    target = open_warehouse(context.settings, context.secrets)

    taken = take_baseline(target, baseline) if baseline else ()
    attempt = Attempt(context.lake, context.settings.warehouse, context.run_id, context.settings.load, progress)
    with attempt.beating():
        return ApplyReport(taken, apply(target, context.lake, attempt.lock, progress))


def apply_wholly(context: Context, progress: Progress, baseline: int | None = None) -> ApplyReport:
    """Bring the warehouse to this release, and replay what was loaded where facts or dimensions have other rules.

    Args and what is raised are those of ``apply_stage`` and of ``replay_stage``.
    """
    report = apply_stage(context, progress, baseline)
    return replace(report, replayed=replay_stage(context, progress)) if report.done.rebuilds else report


def check_stage(context: Context) -> tuple[Result, ...]:
    """Run all checks over all rows, and note in the lake what they found."""
    check_warehouse(context.settings, context.secrets)
    results = examine(open_warehouse(context.settings, context.secrets))
    note_examination(context.lake, context.settings.warehouse, results, context.clock.now())
    return results


def failure_of(results: tuple[Result, ...]) -> DataRefused | None:
    """Return what to stop with where a check failed; None where all passed or only warned."""
    failed = [result for result in results if result.count and result.is_fatal]
    if not failed:
        return None
    return DataRefused(
        f"{len(failed)} of {len(results)} checks failed; the rows are shown. Loads check what they touch, so these "
        "were changed otherwise: find out by whom, and `reelhouse replay` builds the tables anew from what landed"
    )
