"""One job of the pipeline, whichever: its settings, its run, its work, and what it tells while and after it works.

stdout gets the job's report and its metrics, stderr what happens, a JSON line each.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from extract.clock import RunClock, format_instant, new_run_id, parse_instant
from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import open_lake
from extract.manifest import raw_log
from extract.progress import JsonLinesProgress, Progress
from extract.settings import SOURCES, Settings, parse_settings
from extract.sources import STREAM_NAMES
from orchestration.context import Context
from orchestration.glue.arguments import Arguments, read_arguments
from orchestration.glue.metrics import metrics_line, metrics_of
from orchestration.glue.run_properties import AS_OF, REFUSED, RUN_ID, RunProperties
from orchestration.output import json_value
from orchestration.pipeline import SECTIONS, Meter, OthersLanded, Used, do_job, update_report
from orchestration.pipeline_file import load_pipeline
from orchestration.structure import apply_stage, check_stage, failure_of

NO_WORD = "ended without a word: it was stopped, or took longer than it may, or lost its machine"


@dataclass(frozen=True, slots=True)
class Run:
    """A job at work."""

    job: str
    arguments: Arguments
    context: Context
    progress: Progress
    properties: RunProperties


def run_job(job: str, argv: Sequence[str]) -> int:
    """Do the work of a job of ``pipeline.yaml``, and leave the run's report in the lake.

    Args:
        job: its name.
        argv: of the process; ``arguments`` says what is read.

    Returns:
        The exit code, as the command line has it.
    """
    runbook = load_pipeline().jobs[job].runbook
    try:
        run = _opened(job, read_arguments(argv))
    except ReelhouseError as error:
        return _failed(job, error, runbook)
    try:
        found = accounted(run, lambda: _done(run), load_pipeline().jobs[job].dpus)
    except ReelhouseError as error:
        return _failed(job, error, runbook)
    print(json.dumps(found, default=json_value))
    return 0


def accounted(run: Run, work: Callable[[], Any], dpus: int) -> Any:
    """Do the work of a job, and tell what it did and used: in metrics, in the run's report, and to those that follow.

    Args:
        run: the job at work.
        work: does it, and returns its report.
        dpus: what Glue gives it; 0 where it is not Glue.

    Returns:
        The job's report. Where one source refused and another was read, it is the other's, and the run's report says
        so.

    Raises:
        ReelhouseError: the work failed, which was told as well.
    """
    job, meter = run.job, Meter(run.context, dpus)
    run.progress.event("job.started", job=job, job_run=run.arguments.job_run)
    try:
        found, refused = _unless_all_refused(work)
    except ReelhouseError as error:
        used, failure = meter.used(), {"outcome": "failed", "error": str(error), "failed_job": job}
        _print_metrics(run, {"Seconds": used.seconds, "Failed": 1})
        with suppress(ReelhouseError):  # the first failure is the one to tell
            _leave(run, used, lambda report: {**report, **failure})
            run.properties.tell({job: "failed"})
        raise
    used = meter.used()
    _print_metrics(run, {"Seconds": used.seconds, "Failed": 0, **_told(run, found, refused)})
    _leave(run, used, lambda report: _succeeded(job, report, found, refused))
    run.properties.tell({job: REFUSED if refused else "succeeded"})
    run.progress.event("job.ended", job=job, seconds=used.seconds)
    return found


def _unless_all_refused(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return the report of the work, and what one source said that refused while another was read."""
    try:
        return work(), None
    except OthersLanded as stop:
        return stop.report, str(stop)


def _opened(job: str, arguments: Arguments) -> Run:
    """Find the job's settings, and its place in the run that it belongs to; the first job of a run names it."""
    settings = with_secrets_of(job, read_settings(arguments.config, arguments.source))
    properties = RunProperties(arguments.workflow)
    known = properties.read()
    as_of = arguments.as_of or (parse_instant(known[AS_OF]) if AS_OF in known else None)
    clock = RunClock(as_of)
    run_id = arguments.run_id or known.get(RUN_ID) or new_run_id(clock.as_of)
    told = {RUN_ID: run_id, AS_OF: format_instant(clock.as_of)}
    if told.items() - known.items():
        properties.tell(told)
    context = Context.given(settings, clock, run_id)
    return Run(job, arguments, context, JsonLinesProgress(clock, run_id, sys.stderr), properties)


def read_settings(address: str, source: str | None = None) -> Settings:
    """Read the settings at ``s3://BUCKET/KEY``; of the sources the one that is named, or all.

    Raises:
        ConfigurationError: the address is none, or the settings are wrong or lack that source.
        ReelhouseError: the object cannot be read.
    """
    scheme, _, place = address.partition("://")
    bucket, _, key = place.partition("/")
    if scheme != "s3" or not key:
        raise ConfigurationError(f"--config: {address!r} is not the address of an object; write s3://BUCKET/KEY")
    settings = parse_settings(open_lake(f"s3://{bucket}").get(key).decode(), address)
    if source is None:
        return settings
    if source not in SOURCES or getattr(settings, source) is None:
        raise ConfigurationError(f"--source: {address} names no source {source!r}")
    return settings.model_copy(update=dict.fromkeys(SOURCES - {source}))


def with_secrets_of(job: str, settings: Settings) -> Settings:
    """Leave the names of those secrets that the job declares: the others it may not read."""
    declared = set(load_pipeline().jobs[job].secrets)
    others = dict.fromkeys(type(settings.secrets).model_fields.keys() - declared)
    return settings.model_copy(update={"secrets": settings.secrets.model_copy(update=others)})


def _done(run: Run) -> Any:
    """Do the work; return what it did."""
    match run.job:
        case "warehouse":
            return _warehouse(run)
        case "report":
            return None
        case "normalise" if run.context.settings.engine == "spark":
            from spark.engine.spark_session import submitted_session  # pyspark is there where Glue started this

            submitted_session()
    return do_job(run.job, run.context, run.progress)


def _warehouse(run: Run) -> dict[str, Any]:
    """Bring the warehouse to this release and check all of it; a failed check fails the job, and so the deployment."""
    applied = apply_stage(run.context, run.progress)
    results = check_stage(run.context)
    if failure := failure_of(results):
        raise failure
    done = applied.done.changes
    return {"applied": [f"{change.name}: {change.words}" for change in done], "checks": len(results)}


def _told(run: Run, found: Any, refused: str | None) -> dict[str, float]:
    metrics = metrics_of(run.job, found)
    if run.job == "extract":
        metrics["RefusedSources"] = int(bool(refused))
    if run.job == "load":
        metrics |= _freshness(run.context)
    return metrics


def _freshness(context: Context) -> dict[str, float]:
    """Return how old the newest commit of the source is that is furthest behind; nothing where nothing ever landed."""
    newest: dict[str, datetime] = {}
    for name in STREAM_NAMES:
        source = name.partition("/")[0]
        if getattr(context.settings, source, None) and (head := raw_log(context.lake, name).head()):
            committed = parse_instant(head.committed_at)
            newest[source] = max(committed, newest.get(source, committed))
    if not newest:
        return {}
    age = context.clock.now() - min(newest.values())
    return {"FreshnessHours": round(age.total_seconds() / 3600, 2)}


def _leave(run: Run, used: Used, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Bring the run's report to what is known now; a job of its own has none."""
    if run.job == "warehouse":
        return

    def changed(report: dict[str, Any]) -> dict[str, Any]:
        base = {"run_id": run.context.run_id, "as_of": format_instant(run.context.clock.as_of), "outcome": "under way"}
        jobs = {**report.get("jobs", {}), run.job: {**asdict(used), "job_run": run.arguments.job_run}}
        seconds = round(sum(job["seconds"] for job in jobs.values()), 3)
        return change({**base, **report, "jobs": jobs, "seconds": seconds})

    update_report(run.context.lake, run.context.run_id, changed)


def _succeeded(job: str, report: dict[str, Any], found: Any, refused: str | None) -> dict[str, Any]:
    """Return the report of a run after a job that succeeded; an attempt that failed before it is forgotten."""
    if job == "report":
        return _closed(report)
    if report.get("failed_job") == job:
        report = {**report, "outcome": "under way", "error": None, "failed_job": None}
    if refused:
        report = {**report, "refused": refused}
    if found is not None:
        report = {**report, SECTIONS[job]: json.loads(json.dumps(found, default=json_value))}
    if job == "load":
        outcome = "failed" if report.get("refused") else "published" if found is not None else "nothing new"
        report = {**report, "outcome": outcome, "error": report.get("refused")}
    return report


def _closed(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a run in which a job failed; where that could not say so itself, it is said here."""
    if report["outcome"] == "failed":
        return report
    declared = load_pipeline()
    flow = next(iter(declared.workflows.values()))
    silent = next((job for job in declared.order(flow.jobs) if job not in report["jobs"]), flow.jobs[-1])
    runbook = declared.jobs[silent].runbook
    return {
        **report,
        "outcome": "failed",
        "failed_job": silent,
        "error": f"{silent} {NO_WORD}. What was committed is kept, and the next run goes on; see runbooks/{runbook}.md",
    }


def _print_metrics(run: Run, metrics: Mapping[str, float]) -> None:
    # CloudWatch takes no metric that is older than two weeks, and a run may live at another instant.
    now, environment = datetime.now(UTC), run.arguments.environment
    print(metrics_line(now, {"Environment": environment, "Job": run.job}, metrics, run.context.run_id), flush=True)
    if run.job == "load" and run.arguments.workflow and not metrics["Failed"]:
        dimensions = {"Environment": environment, "Workflow": run.arguments.workflow[0]}
        print(metrics_line(now, dimensions, {"Finished": 1}, run.context.run_id), flush=True)


def _failed(job: str, error: ReelhouseError, runbook: str) -> int:
    said = {"event": "job.failed", "job": job, "error": str(error), "runbook": f"runbooks/{runbook}.md"}
    print(json.dumps(said), file=sys.stderr)
    return error.exit_code
