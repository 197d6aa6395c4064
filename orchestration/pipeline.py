"""The stages of a run in their order, and the report that a run leaves in the lake."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from extract.budget import Budget
from extract.clock import format_instant
from extract.days import Window
from extract.errors import ConfigurationError, DataRefused, ReelhouseError, RefusedError
from extract.lake import Lake
from extract.masks import mask_message
from extract.origin import claim, refuse_foreign
from extract.progress import Progress
from extract.runner import ExtractionReport, run_backfill, run_extraction
from extract.settings import Settings, StreamPulse, account_of
from extract.sources.streampulse.source import FileSource
from orchestration.context import Context
from orchestration.erasures import are_wanting, complete
from orchestration.pipeline_file import load_pipeline
from orchestration.sandboxes import check_warehouse, open_account, open_landing, open_privacy_key, open_warehouse
from spark.jobs.normalise import NormaliseReport, normalise
from spark.jobs.rebuild import rebuild
from spark.jobs.retry import RetryReport, retry_quarantine
from warehouse_sql.export import ExportReport, export, export_log
from warehouse_sql.ledger import newest_receipt
from warehouse_sql.load import ByHand, LoadReport, load, pending
from warehouse_sql.replay import ReplayReport, UndoReport, replay, undo

Outcome = Literal["under way", "published", "nothing new", "failed"]
Extract = Callable[[Context, Progress], ExtractionReport]
REPORTS = "runs/"
WISTIA = "wistia"
SECTIONS = {"extract": "extraction", "normalise": "normalisation", "load": "load", "export": "export"}
"""Where in a run's report each job of ``pipeline.yaml`` leaves what it did."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a job used: seconds, processing units of Glue (0 on a machine of one's own), requests to S3 by operation."""

    started_at: str
    seconds: float
    dpus: int
    s3: dict[str, int]


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
    replay: ReplayReport | None = None
    error: str | None = None
    jobs: dict[str, Used] = field(default_factory=dict)


class OthersLanded(RefusedError):
    """A source refused, and another was read: what landed of it need not wait for the first."""

    def __init__(self, report: ExtractionReport, refused: RefusedError) -> None:
        """Say what ``refused`` says; ``report`` is of the others."""
        super().__init__(str(refused))
        self.report = report


@dataclass(frozen=True, slots=True)
class QuarantineReport:
    """What became of the quarantine, and what was loaded; None where there was nothing to load."""

    retried: RetryReport
    load: LoadReport | None


def extract_stage(
    context: Context, progress: Progress, budget: Budget | None = None, *, full_sweep: bool = False
) -> ExtractionReport:
    """Land what is new at each source that is configured.

    Raises:
        ConfigurationError: none is, or one cannot be reached as it is configured; nothing was touched.
        OthersLanded: one source refused, and the other was read.
        RefusedError: every source refused.
    """
    work = _extractions(context, progress, budget or Budget(), full_sweep=full_sweep)
    reports: list[ExtractionReport] = []
    failures: list[RefusedError] = []
    for extract in work:
        try:
            reports.append(extract())
        except RefusedError as refused:
            failures.append(refused)
    streams = tuple(stream for report in reports for stream in report.streams)
    report = ExtractionReport(streams, goes_on=any(report.goes_on for report in reports))
    if not failures:
        return report
    raise OthersLanded(report, failures[0]) if reports else failures[0]


def _extractions(
    context: Context, progress: Progress, budget: Budget, *, full_sweep: bool
) -> list[Callable[[], ExtractionReport]]:
    """Return what extracts each configured source, opened and checked; files come first, as they wait for nobody."""
    work: list[Callable[[], ExtractionReport]] = []
    if context.settings.streampulse:
        work.append(partial(_extract_files, context, context.settings.streampulse, progress, budget))
    if context.settings.wistia:
        refuse_foreign(context.lake, WISTIA, context.settings.wistia.base_url)
        opened = open_account(context.settings, context.secrets, context.clock)
        work.append(partial(_extract_account, context, *opened, progress, budget, full_sweep=full_sweep))
    if not work:
        raise ConfigurationError(
            "no source is configured; write a section wistia: or streampulse:, or both, into the configuration"
        )
    return work


def _extract_files(context: Context, streampulse: StreamPulse, progress: Progress, budget: Budget) -> ExtractionReport:
    opened = open_landing(streampulse, context.lake, context.clock)
    source = FileSource(context.lake, opened, context.settings.quarantine)
    found = source.extract(context.clock, context.run_id, progress, budget)
    first, *others = found.streams
    if found.astray:
        first = replace(first, notes=(*first.notes, found.astray))
    return ExtractionReport((first, *others), goes_on=found.goes_on)


def _extract_account(
    context: Context,
    settings: Settings,
    token: SecretStr,
    progress: Progress,
    budget: Budget,
    *,
    full_sweep: bool,
) -> ExtractionReport:
    report = run_extraction(
        context.lake, settings, token, context.clock, context.run_id, progress, budget, full_sweep=full_sweep
    )
    claim(context.lake, WISTIA, account_of(context.settings).base_url)
    return report


def backfill_stage(context: Context, progress: Progress, days: Window, only: str | None) -> ExtractionReport:
    """Land once more what the source has of some days."""
    refuse_foreign(context.lake, WISTIA, account_of(context.settings).base_url)
    settings, token = open_account(context.settings, context.secrets, context.clock)
    return run_backfill(context.lake, settings, token, context.clock, context.run_id, progress, days, only)


def normalise_stage(context: Context, progress: Progress) -> NormaliseReport:
    """Turn what landed since the last normalisation into typed staging."""
    key = open_privacy_key(context.settings, context.secrets)
    return normalise(context.lake, context.settings, key, context.clock, context.run_id, progress)


def retry_stage(context: Context, progress: Progress) -> QuarantineReport:
    """Judge the quarantine again, and load what can be taken now."""
    lake, key = context.lake, open_privacy_key(context.settings, context.secrets)
    retried = retry_quarantine(lake, context.settings, key, context.clock, context.run_id, progress)
    waits = retried.sequence is not None or is_load_wanting(context)
    return QuarantineReport(retried, load_stage(context, progress) if waits else None)


def load_stage(context: Context, progress: Progress, by_hand: ByHand | None = None) -> LoadReport:
    """Load what the warehouse does not have yet; before that, do with one load what a person wants.

    Whoever asked to be forgotten is forgotten first, where that is not done yet.
    """
    receipt = complete(context, progress)
    target = open_warehouse(context.settings, context.secrets)
    report = load(target, context.lake, context.settings, context.clock, context.run_id, progress, by_hand)
    return replace(report, forgotten=receipt.key) if receipt else report


def is_load_wanting(context: Context) -> bool:
    """Tell from the lake alone whether a load has something to do, or somebody to forget."""
    lake, warehouse = context.lake, context.settings.warehouse
    return pending(lake, warehouse) or are_wanting(lake, warehouse)


def lay_out(context: Context, progress: Progress) -> None:
    """Start a warehouse into which nothing was loaded yet, and make its tables; the first load finds them there."""
    if not newest_receipt(context.lake, context.settings.warehouse) and not is_load_wanting(context):
        load_stage(context, progress)


def export_stage(context: Context, progress: Progress) -> ExportReport:
    """Publish the closed days of daily engagement that changed."""
    target = open_warehouse(context.settings, context.secrets)
    return export(target, context.lake, context.clock, context.run_id, progress)


def replay_stage(context: Context, progress: Progress) -> ReplayReport | None:
    """Build everything behind raw anew, as far as it was normalised, and publish it; None where nothing was.

    What landed since waits for the next run, as it does for any stage. A report is left in the lake whatever happens.
    """
    report = _reported(context, lambda done: done.update(replay=_replayed(context, progress)))
    return report.replay


def _replayed(context: Context, progress: Progress) -> ReplayReport | None:
    receipt = complete(context, progress)
    key = open_privacy_key(context.settings, context.secrets)
    rebuilt = rebuild(context.lake, context.settings, key, context.clock, context.run_id, progress)
    if rebuilt is None:
        return None
    target = open_warehouse(context.settings, context.secrets)
    report = replay(target, context.lake, context.settings, context.clock, context.run_id, progress, rebuilt)
    return replace(report, forgotten=receipt.key) if receipt else report


def undo_stage(context: Context, progress: Progress) -> UndoReport:
    """Give their names back to the tables from before the last replay."""
    target = open_warehouse(context.settings, context.secrets)
    return undo(target, context.lake, context.settings, context.clock, context.run_id, progress)


def run(context: Context, progress: Progress, extract: Extract = extract_stage) -> RunReport:
    """Extract, normalise and load; leave a report in the lake whatever happens.

    ``extract`` is what lands something first: what is new, or a window that somebody asks for.

    The warehouse is asked only where the lake knows of something that it has not confirmed: a serverless warehouse
    bills at least 60 seconds for every time that it wakes (AWS, "Billing for Amazon Redshift Serverless").

    Raises:
        ConfigurationError: something is wrong with the settings; before the first stage has ended nothing was touched.
        ReelhouseError: a stage stopped; the report says which, and what the stages before it did is kept.
    """
    return _reported(context, lambda done: _do_stages(context, progress, extract, done))


def _reported(context: Context, work: Callable[[dict[str, Any]], None]) -> RunReport:
    """Do some work, which notes what it did, and leave a report of it."""
    started = time.monotonic()
    report = RunReport(context.run_id, format_instant(context.clock.as_of), "failed")
    check_warehouse(context.settings, context.secrets)
    done: dict[str, Any] = {}
    try:
        work(done)
    except BaseException as stop:
        # Where settings are wrong before anything was read, nothing was touched, and nothing is written.
        if done.get("extraction") or not isinstance(stop, ConfigurationError):
            with suppress(ReelhouseError):
                _leave(context, replace(report, error=_reason(stop), seconds=_since(started), **done))
        raise
    outcome: Outcome = "published" if done.get("load") or done.get("replay") else "nothing new"
    report = replace(report, outcome=outcome, seconds=_since(started), **done)
    _leave(context, report)
    return report


def _reason(stop: BaseException) -> str:
    match stop:
        case ReelhouseError():
            return mask_message(str(stop))
        case KeyboardInterrupt():
            return "stopped by the user"
        case _:
            return f"a fault of reelhouse itself: {type(stop).__name__}"


def _do_stages(context: Context, progress: Progress, extract: Extract, done: dict[str, Any]) -> None:
    """Do what ``pipeline.yaml`` declares as far as the load, each job after those that it needs."""
    refused: OthersLanded | None = None
    used = done["jobs"] = {}
    for job in load_pipeline().up_to("load"):
        meter = Meter(context)
        try:
            found = do_job(job, context, progress, extract)
        except OthersLanded as stop:
            found, refused = stop.report, stop
        used[job] = meter.used()
        if found is not None:
            done[SECTIONS[job]] = found
        if job == "extract":
            done["goes_on"] = found.goes_on
    if refused:
        raise refused


def do_job(job: str, context: Context, progress: Progress, extract: Extract = extract_stage) -> Any:
    """Do the work of one job of a workflow; return its report, None where nothing asks for it.

    Raises:
        ReelhouseError: as the stage itself.
    """
    match job:
        case "extract":
            return extract(context, progress)
        case "normalise":
            return normalise_stage(context, progress)
        case "load":
            return load_stage(context, progress) if is_load_wanting(context) else None
        case "export":
            return export_stage(context, progress) if _may_export(context) else None
    raise ConfigurationError(f"pipeline.yaml: nothing is known of a job {job}")


def _may_export(context: Context) -> bool:
    """Tell from the lake alone whether a day may be over, or changed, that is not exported as it is."""
    streampulse, head = context.settings.streampulse, export_log(context.lake).head()
    if streampulse is None:
        return False
    today = context.clock.as_of.astimezone(ZoneInfo(streampulse.reporting_time_zone)).date()
    loaded = newest_receipt(context.lake, context.settings.warehouse)
    made_of = (head.load_sequence, head.closed_before) if head else (0, "")
    return loaded > 0 and made_of != (loaded, today.isoformat())


class Meter:
    """Measures what a job uses, from now on."""

    def __init__(self, context: Context, dpus: int = 0) -> None:
        """Begin."""
        self._context, self._dpus = context, dpus
        self._started, self._at = time.monotonic(), format_instant(context.clock.now())

    def used(self) -> Used:
        """Return what was used until now."""
        return Used(self._at, _since(self._started), self._dpus, self._context.lake_requests())


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _leave(context: Context, report: RunReport) -> None:
    document = json.dumps(asdict(report), indent=1, default=str)
    context.lake.put(f"{REPORTS}{report.run_id}.json", document.encode())


def update_report(lake: Lake, run_id: str, changes: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Change the report of a run whose jobs are processes of their own, which write it one after the other.

    Args:
        lake: the lake.
        run_id: of the run.
        changes: given what the jobs before left (nothing at first), returns what stands there from now on.
    """
    key = f"{REPORTS}{run_id}.json"
    known: dict[str, Any] = {}
    with suppress(DataRefused, ValueError):
        known = json.loads(lake.get(key))
    report = changes(known)
    lake.put(key, json.dumps(report, indent=1, default=str).encode())
    return report


def newest_report(lake: Lake) -> dict[str, Any] | None:
    """Return the report of the run that finished last; None where there was none."""
    reports = [info for info in lake.list_after(REPORTS) if info.key.endswith(".json")]
    for info in sorted(reports, key=lambda info: info.modified_at, reverse=True):
        with suppress(ValueError):  # a report that was cut is no report
            found = json.loads(lake.get(info.key))
            if isinstance(found, dict):
                return found
    return None
