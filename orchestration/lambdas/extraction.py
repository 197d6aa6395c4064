"""The daily extraction as a function: it ends before Lambda would end it, and starts the workflow for the rest."""

import sys
from collections.abc import Mapping
from typing import Any, Protocol

from extract.budget import Budget
from extract.clock import RunClock, format_instant, new_run_id, parse_instant
from extract.errors import ReelhouseError
from extract.progress import JsonLinesProgress
from extract.settings import function_settings
from orchestration.context import Context
from orchestration.glue.arguments import Arguments
from orchestration.glue.run_job import Run, accounted, read_settings, with_secrets_of
from orchestration.glue.run_properties import AS_OF, RUN_ID, RunProperties
from orchestration.lambdas.starting import start_workflow
from orchestration.pipeline import extract_stage

MARGIN = 240.0
"""Seconds kept for requests on their way when the budget ends (``wistia.timeout``, retried), commits and the start."""


class LambdaContext(Protocol):
    """What is used of what Lambda tells a function."""

    aws_request_id: str
    """The name of this attempt, with which its logs are found."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long it may still run."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an event of an EventBridge schedule; ``time`` is the instant of the run.

    Returns:
        The run's id, that of the workflow's run (None where one is under way, which will take what landed), and whether
        the time ended before everything was read. A source that refuses does not hold up the other.

    Raises:
        ReelhouseError: the extraction stopped; Lambda tries again, twice.
    """
    function = function_settings()
    settings = with_secrets_of("extract", read_settings(function.config))
    clock = RunClock(parse_instant(event["time"]) if "time" in event else None)
    run_id = new_run_id(clock.as_of)
    budget = Budget(max(1.0, context.get_remaining_time_in_millis() / 1000 - MARGIN))
    progress, context_ = JsonLinesProgress(clock, run_id, sys.stderr), Context.given(settings, clock, run_id)
    arguments = Arguments(function.config, function.environment, job_run=context.aws_request_id)
    run = Run("extract", arguments, context_, progress, RunProperties(None))
    try:
        report = accounted(run, lambda: extract_stage(context_, progress, budget), dpus=0)
    except ReelhouseError as error:
        progress.event("extraction.failed", error=str(error), runbook="runbooks/extraction-failed.md")
        raise
    told = {RUN_ID: run_id, AS_OF: format_instant(clock.as_of), **run.properties.told}
    return {"run_id": run_id, "goes_on": report.goes_on, "workflow_run": start_workflow(function.workflow, told)}
