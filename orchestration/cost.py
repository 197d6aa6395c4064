"""What a day and a month cost, from what the last runs used or from given volumes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from extract.clock import parse_instant
from extract.errors import ConfigurationError
from extract.lake import Lake
from orchestration.pipeline import REPORTS
from orchestration.pipeline_file import Pipeline, load_pipeline
from orchestration.standing import standing

PRICES = Path(__file__).parent / "prices.yaml"
DAYS_A_MONTH = 365 / 12
HOUR = 3600
GIB = 1024**3
RUNS_READ = 60
GLUE_STARTS = 60
"""Seconds that Glue bills before our code begins, for runs that were elsewhere: an assumption, not measured."""
WRITES = ("PutObject", "ListObjectsV2", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
WAKES = ("load", "export")
"""The jobs that wake the warehouse."""


@dataclass(frozen=True, slots=True)
class JobUse:
    """A job as it works on one day: how often, how many seconds each time, in how many DPUs."""

    runs: float
    seconds: float
    dpus: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a day uses.

    Attributes:
        jobs: by name; those that wake the warehouse only as often as they have something to do.
        wakes: how often a day the warehouse wakes, and for how many seconds each time.
        rpus: its base capacity.
        s3: requests of a day by operation.
        lake_gb: what the lake holds.
        athena_gb: what queries scan in a day.
        extracts_with_lambda: whether a function extracts.
    """

    jobs: Mapping[str, JobUse]
    wakes: tuple[float, float]
    rpus: int
    s3: Mapping[str, float] = field(default_factory=dict)
    lake_gb: float = 0.0
    athena_gb: float = 0.0
    extracts_with_lambda: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the bill, in dollars a day, and what it follows from."""

    part: str
    day: float
    basis: str


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that could be done otherwise, and what that saves, in dollars a month."""

    what: str
    saves: float


@cache
def load_prices() -> Mapping[str, Any]:
    """Return the price list."""
    found: dict[str, Any] = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    return found


def read_usage(lake: Lake, rpus: int, *, extracts_with_lambda: bool) -> Usage:
    """Return the mean day of the last runs, from the reports that they left.

    Raises:
        ConfigurationError: there is no report that says what a run used.
    """
    reports = [report for report in _reports(lake) if report.get("jobs")]
    if not reports:
        raise ConfigurationError(
            "no run in this lake says what it used: run one, or give volumes (reelhouse cost --job extract=120 …)"
        )
    instants = [parse_instant(report["as_of"]) for report in reports]
    days = max(1, (max(instants).date() - min(instants).date()).days + 1)
    stored = sum(info.bytes for info in lake.list_after("")) / GIB
    return usage_of(reports, days, rpus, stored, load_pipeline(), extracts_with_lambda=extracts_with_lambda)


def usage_of(
    reports: Iterable[Mapping[str, Any]],
    days: int,
    rpus: int,
    stored: float,
    declared: Pipeline,
    *,
    extracts_with_lambda: bool = False,
) -> Usage:
    """Return the mean day of some runs; where one was not on AWS, what it would have used there."""
    seconds: dict[str, list[float]] = {}
    s3: dict[str, float] = {}
    wakes: list[float] = []
    for report in reports:
        for job, used in report["jobs"].items():
            starts = 0 if used["dpus"] or (job == "extract" and extracts_with_lambda) else GLUE_STARTS
            seconds.setdefault(job, []).append(used["seconds"] + starts)
            for operation, count in used["s3"].items():
                s3[operation] = s3.get(operation, 0) + count / days
            if job in WAKES and report.get(job):
                wakes.append(used["seconds"])
    jobs = {
        job: JobUse(len(times) / days, sum(times) / len(times), declared.jobs[job].dpus)
        for job, times in seconds.items()
        if job in declared.jobs
    }
    awake = (len(wakes) / days, sum(wakes) / len(wakes)) if wakes else (0.0, 0.0)
    return Usage(jobs, awake, rpus, s3, stored, extracts_with_lambda=extracts_with_lambda)


def given_usage(
    seconds: Mapping[str, float], runs: float, rpus: int, lake_gb: float, *, extracts_with_lambda: bool = False
) -> Usage:
    """Return a day from given volumes: the seconds of each job, and how often a day all of them run.

    Raises:
        ConfigurationError: there is no job of that name.
    """
    declared = load_pipeline()
    if unknown := sorted(seconds.keys() - declared.jobs.keys()):
        raise ConfigurationError(f"--job: there is no job {unknown[0]}; there are {', '.join(declared.jobs)}")
    jobs = {job: JobUse(runs, each, declared.jobs[job].dpus) for job, each in seconds.items()}
    awake = [each for job, each in seconds.items() if job in WAKES]
    wakes = (runs * len(awake), sum(awake) / len(awake)) if awake else (0.0, 0.0)
    return Usage(jobs, wakes, rpus, lake_gb=lake_gb, extracts_with_lambda=extracts_with_lambda)


def bill(usage: Usage, prices: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return the parts of a day's bill."""
    return tuple(_lines(usage, prices))


def _lines(usage: Usage, prices: Mapping[str, Any]) -> Iterator[Line]:
    for job, use in usage.jobs.items():
        if job == "extract" and usage.extracts_with_lambda:
            memory = standing().lambda_gb
            cost = use.runs * use.seconds * memory * prices["lambda_gb_second"]
            yield Line("Lambda: extract", cost, f"{use.runs:.1f} runs of {use.seconds:,.0f} s in {memory:g} GB")
            continue
        billed = max(use.seconds, prices["glue_minimum_seconds"])
        cost = use.runs * billed * use.dpus * prices["glue_dpu_hour"] / HOUR
        yield Line(f"Glue: {job}", cost, f"{use.runs:.1f} runs of {billed:,.0f} s in {use.dpus} DPUs")
    count, each = usage.wakes
    billed = max(each, prices["redshift_minimum_seconds"])
    cost = count * billed * usage.rpus * prices["redshift_rpu_hour"] / HOUR
    yield Line("Redshift: loads", cost, f"{count:.1f} times {billed:,.0f} s of {usage.rpus} RPUs; queries not counted")
    writes = sum(amount for operation, amount in usage.s3.items() if operation in WRITES)
    reads = sum(amount for operation, amount in usage.s3.items() if operation not in (*WRITES, "DeleteObject"))
    cost = (writes * prices["s3_write_or_list_thousand"] + reads * prices["s3_read_thousand"]) / 1000
    yield Line("S3: requests", cost, f"{writes:,.0f} writes and lists, {reads:,.0f} reads")
    cost = usage.lake_gb * prices["s3_storage_gb_month"] / DAYS_A_MONTH
    yield Line("S3: storage", cost, f"{usage.lake_gb:,.2f} GB")
    yield Line("Athena", usage.athena_gb / 1024 * prices["athena_tb_scanned"], f"{usage.athena_gb:,.2f} GB scanned")
    there = standing()
    yield Line("Secrets", there.secrets * prices["secret_month"] / DAYS_A_MONTH, f"{there.secrets} secrets")
    cost = there.endpoints * 24 * prices["endpoint_hour"]
    yield Line("Endpoints", cost, f"{there.endpoints} interfaces, each in one zone")
    watched = there.metrics * prices["metric_month"] + there.alarms * prices["alarm_month"]
    yield Line("Watching", watched / DAYS_A_MONTH, f"{there.metrics} metrics, {there.alarms} alarms")


def levers(usage: Usage, prices: Mapping[str, Any]) -> list[Lever]:
    """Return what could be done otherwise, the greatest saving first; what saves nothing is left out."""
    now = sum(line.day for line in bill(usage, prices))
    found = [
        Lever(what, (now - sum(line.day for line in bill(other, prices))) * DAYS_A_MONTH)
        for what, other in _otherwise(usage)
    ]
    return sorted((lever for lever in found if lever.saves > 0.005), key=lambda lever: -lever.saves)


def _otherwise(usage: Usage) -> Iterator[tuple[str, Usage]]:
    most = max((use.runs for use in usage.jobs.values()), default=0.0)
    if most > 1:
        once = {job: replace(use, runs=use.runs / most) for job, use in usage.jobs.items()}
        fewer = (usage.wakes[0] / most, usage.wakes[1])
        yield "run once a day: gather files, one schedule for all sources", replace(usage, jobs=once, wakes=fewer)
    extract = usage.jobs.get("extract")
    if extract and not usage.extracts_with_lambda and extract.seconds < standing().lambda_seconds:
        yield "extract with a function: `extract_with: lambda`", replace(usage, extracts_with_lambda=True)
    if usage.rpus > 4:
        yield "the smallest warehouse: `base_capacity: 4`", replace(usage, rpus=4)
    smaller = {job: replace(use, dpus=2) for job, use in usage.jobs.items()}
    yield "two workers of G.1X for every job", replace(usage, jobs=smaller)


def _reports(lake: Lake) -> Iterator[dict[str, Any]]:
    """Yield the newest reports; the name of a run begins with its instant."""
    keys = [info.key for info in lake.list_after(REPORTS) if info.key.endswith(".json")]
    for key in sorted(keys)[-RUNS_READ:]:
        with suppress(ValueError):
            found = json.loads(lake.get(key))
            if isinstance(found, dict):
                yield found
