"""The stages of a run in their order, and the report that a run leaves in the lake."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from extract.budget import Budget
from extract.clock import format_instant
from extract.days import Window
from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import Lake
from extract.origin import claim, refuse_foreign
from extract.progress import Progress
from extract.runner import ExtractionReport, run_backfill, run_extraction
from orchestration.context import Context
from orchestration.sandboxes import check_warehouse, open_source, open_warehouse
from spark.jobs.normalise import NormaliseReport, normalise
from warehouse_sql.load import LoadReport, load, pending

Outcome = Literal["published", "nothing new", "failed"]
Extract = Callable[[Context, Progress], ExtractionReport]
REPORTS = "runs/"
WISTIA = "wistia"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, stage by stage; a stage that was not reached or not needed is None.

    ``goes_on``: the time budget ended before everything was read. Nothing failed: what was read is published, and the
    next run goes on from there.
    """

    run_id: str
    as_of: str
    outcome: Outcome
    goes_on: bool = False
    seconds: float = 0.0
    extraction: ExtractionReport | None = None
    normalisation: NormaliseReport | None = None
    load: LoadReport | None = None
    error: str | None = None


def extract_stage(
    context: Context, progress: Progress, budget: Budget | None = None, *, full_sweep: bool = False
) -> ExtractionReport:
    """Land what is new at the source."""
    lake, address = context.lake, context.settings.wistia.base_url
    refuse_foreign(lake, WISTIA, address)
    settings, token = open_source(context.settings, context.secrets, context.clock)
    report = run_extraction(
        lake, settings, token, context.clock, context.run_id, progress, budget, full_sweep=full_sweep
    )
    claim(lake, WISTIA, address)
    return report


def backfill_stage(context: Context, progress: Progress, days: Window, only: str | None) -> ExtractionReport:
    """Land once more what the source has of some days."""
    refuse_foreign(context.lake, WISTIA, context.settings.wistia.base_url)
    settings, token = open_source(context.settings, context.secrets, context.clock)
    return run_backfill(context.lake, settings, token, context.clock, context.run_id, progress, days, only)


def normalise_stage(context: Context, progress: Progress) -> NormaliseReport:
    """Turn what landed since the last normalisation into typed staging."""
    return normalise(context.lake, context.settings, context.clock, context.run_id, progress)


def load_stage(context: Context, progress: Progress) -> LoadReport:
    """Load what the warehouse does not have yet."""
    target = open_warehouse(context.settings, context.secrets)
    return load(target, context.lake, context.settings, context.clock, context.run_id, progress)


def run(context: Context, progress: Progress, extract: Extract = extract_stage) -> RunReport:
    """Extract, normalise and load; leave a report in the lake whatever happens.

    ``extract`` is what lands something first: what is new, or a window that somebody asks for.

    The warehouse is asked only where the lake knows of something that it has not confirmed: a serverless warehouse
    bills at least 60 seconds for every time that it wakes (AWS, "Billing for Amazon Redshift Serverless").

    Raises:
        ConfigurationError: something is wrong with the settings; before the first stage has ended nothing was touched.
        ReelhouseError: a stage stopped; the report says which, and what the stages before it did is kept.
    """
    started = time.monotonic()
    report = RunReport(context.run_id, format_instant(context.clock.as_of), "failed")
    check_warehouse(context.settings, context.secrets)
    done: dict[str, Any] = {}
    try:
        _do_stages(context, progress, extract, done)
    except BaseException as stop:
        if done or not isinstance(stop, ConfigurationError):  # else nothing was touched, and nothing is written
            with suppress(ReelhouseError):
                _leave(context, replace(report, error=_reason(stop), seconds=_since(started), **done))
        raise
    outcome: Outcome = "published" if "load" in done else "nothing new"
    report = replace(report, outcome=outcome, seconds=_since(started), **done)
    _leave(context, report)
    return report


def _reason(stop: BaseException) -> str:
    match stop:
        case ReelhouseError():
            return str(stop)
        case KeyboardInterrupt():
            return "stopped by the user"
        case _:
            return f"a fault of reelhouse itself: {type(stop).__name__}"


def _do_stages(context: Context, progress: Progress, extract: Extract, done: dict[str, Any]) -> None:
    done["extraction"] = extract(context, progress)
    done["goes_on"] = done["extraction"].goes_on
    done["normalisation"] = normalise_stage(context, progress)
    if pending(context.lake, context.settings.warehouse):
        done["load"] = load_stage(context, progress)


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _leave(context: Context, report: RunReport) -> None:
    document = json.dumps(asdict(report), indent=1, default=str)
    context.lake.put(f"{REPORTS}{report.run_id}.json", document.encode())


def newest_report(lake: Lake) -> dict[str, Any] | None:
    """Return the report of the run that finished last; None where there was none."""
    reports = [info for info in lake.list_after(REPORTS) if info.key.endswith(".json")]
    for info in sorted(reports, key=lambda info: info.modified_at, reverse=True):
        with suppress(ValueError):  # a report that was cut is no report
            found = json.loads(lake.get(info.key))
            if isinstance(found, dict):
                return found
    return None
