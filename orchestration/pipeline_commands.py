"""`reelhouse pipeline show`: the declaration, drawn."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import click

from orchestration.context import Options
from orchestration.cron import parse_schedule
from orchestration.options import command_options
from orchestration.output import print_json, print_table
from orchestration.pipeline_file import Pipeline, Workflow, load_pipeline

HORIZON = timedelta(days=366)


@click.group()
def pipeline() -> None:
    """Look at what runs, in which order, and when."""


@pipeline.command()
@command_options
def show(options: Options) -> None:
    """Draw the jobs and workflows of pipeline.yaml, with the next instants at which each begins."""
    from extract.clock import RunClock

    declared = load_pipeline()
    if options.as_json:
        print_json(declared.model_dump())
        return
    now = RunClock(options.as_of).as_of
    for name, workflow in declared.workflows.items():
        click.echo(f"{name}: {workflow.about}")
        for line in draw(declared, workflow):
            click.echo(f"  {line}")
        fires = islice(parse_schedule(workflow.schedule).fires(now, now + HORIZON), 2)
        click.echo(f"  next: {', '.join(f'{instant:%Y-%m-%d %H:%M} UTC' for instant in fires)}\n")
    rows = [
        (name, job.network, f"{job.workers} {job.worker_type}", f"{job.timeout} min", str(job.retries), job.about)
        for name, job in declared.jobs.items()
    ]
    print_table(("job", "network", "workers", "timeout", "retries", "does"), rows)


def draw(declared: Pipeline, workflow: Workflow) -> Iterator[str]:
    """Yield the lines of a drawing of a workflow."""
    starts = f"{workflow.schedule}{' or files that arrive' if workflow.on_files else ''}"
    extra = "".join(f" --{name} {value}" for name, value in workflow.arguments.items())
    yield f"{starts} ──> {' ──> '.join(declared.order(workflow.jobs))}{f'   [{extra.strip()}]' if extra else ''}"
    yield f"{' ' * len(starts)}     └── a failure of any ──> {workflow.on_failure}"
