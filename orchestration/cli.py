"""The command line: `reelhouse COMMAND`. Each command is a few lines: read the options, do one thing, print it."""

import signal
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.masks import mask_message
from extract.progress import Progress
from orchestration import show
from orchestration.context import Context, Options
from orchestration.cost_command import cost
from orchestration.deploy.commands import deploy
from orchestration.options import Day, command_options, extraction_options, serving_options
from orchestration.pipeline_commands import pipeline
from orchestration.reporting import shown_progress

if TYPE_CHECKING:  # only names of types: `reelhouse --help` should not wait for drivers
    from orchestration.pipeline import Extract, RunReport

INTERRUPTED = "stopped. What was committed is kept; run the same command again and it continues from there"

Report = TypeVar("Report")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reelhouse")
def reelhouse() -> None:
    """Load video-engagement data into Amazon Redshift and keep it right."""


@reelhouse.command()
@click.option("--only", type=click.Choice(("wistia", "streampulse")), help="One source alone.  [default: both]")
@command_options
def demo(options: Options, only: str | None) -> None:
    """Load a sandbox warehouse from simulated sources: the first load, then seven days."""
    from orchestration.demo import run_demo

    run_demo(options, only)


@reelhouse.command()
@extraction_options
@command_options
def run(options: Options, time_budget: float | None, *, full_sweep: bool) -> None:
    """Extract, normalise and load what is new."""
    from extract.budget import Budget
    from orchestration.pipeline import extract_stage
    from orchestration.pipeline import run as run_all

    extracting = partial(extract_stage, budget=Budget(time_budget), full_sweep=full_sweep)
    _perform(options, partial(run_all, extract=extracting), show.run_report)


@reelhouse.command()
@extraction_options
@command_options
def extract(options: Options, time_budget: float | None, *, full_sweep: bool) -> None:
    """Land what is new at the source as raw JSON in the lake."""
    from extract.budget import Budget
    from orchestration.pipeline import extract_stage

    _perform(options, partial(extract_stage, budget=Budget(time_budget), full_sweep=full_sweep), show.extraction)


@reelhouse.command()
@command_options
def watch(options: Options) -> None:
    """Load files within seconds of their arrival, until Ctrl-C."""
    from orchestration.pipeline import lay_out
    from orchestration.pipeline import run as run_all
    from orchestration.watch import make_watcher, watch_for_good

    def load(context: Context, extract: "Extract") -> "RunReport":
        with shown_progress(context.clock, context.run_id) as progress:
            lay_out(context, progress)
            return run_all(context, progress, extract)

    context = Context(options)
    watcher = make_watcher(context, load, partial(show.loaded, as_json=options.as_json), _say)
    _say(f"watching {watcher.settings.landing} in {context.settings.lake}; Ctrl-C ends it")
    watch_for_good(watcher)
    _say("stopped watching. What was committed is kept")


@reelhouse.command()
@click.option("--from", "start", type=Day(), required=True, help="First day to read again.")
@click.option("--to", "end", type=Day(), required=True, help="Last day to read again.")
@click.option("--stream", help="The one stream to read, such as events.  [default: all that are filtered by date]")
@command_options
def backfill(options: Options, start: date, end: date, stream: str | None) -> None:
    """Read a window of days at the source again and load it; daily runs are not disturbed."""
    from extract.days import Window
    from orchestration.pipeline import backfill_stage
    from orchestration.pipeline import run as run_all

    extracting = partial(backfill_stage, days=Window(start, end), only=stream)
    _perform(options, partial(run_all, extract=extracting), show.run_report)


@reelhouse.command()
@command_options
def normalise(options: Options) -> None:
    """Turn what landed into typed Parquet staging."""
    from orchestration.pipeline import normalise_stage

    _perform(options, normalise_stage, show.normalisation)


@reelhouse.command()
@click.option(
    "--set-aside",
    type=click.IntRange(min=1),
    metavar="LOAD",
    help="Pass this load, which can never succeed, from now on.",
)
@click.option("--reason", help="Why, for whoever sees it in `reelhouse status`.")
@click.option(
    "--retry",
    type=click.IntRange(min=1),
    metavar="LOAD",
    help="Try a load again that was set aside, or that the ledger has lost.",
)
@command_options
def load(options: Options, set_aside: int | None, reason: str | None, retry: int | None) -> None:
    """Load staging into the warehouse; each staging load is all or nothing, once."""
    from orchestration.pipeline import load_stage
    from warehouse_sql.load import ByHand

    if bool(set_aside) != bool(reason) or (set_aside and retry):
        raise click.UsageError("write --set-aside LOAD --reason TEXT, or --retry LOAD")
    number = set_aside or retry
    by_hand = ByHand(number, reason) if number else None
    _perform(options, partial(load_stage, by_hand=by_hand), show.load)


@reelhouse.command()
@click.option("--undo", is_flag=True, help="Take back the last replay; possible until the next load.")
@command_options
def replay(options: Options, *, undo: bool) -> None:
    """Build staging and warehouse anew from what landed, beside what is read, then publish it whole."""
    from orchestration.pipeline import replay_stage, undo_stage

    if undo:
        _perform(options, undo_stage, show.undo)
    else:
        _perform(options, replay_stage, show.replay)


@reelhouse.command()
@command_options
def export(options: Options) -> None:
    """Publish the closed days of daily engagement that changed as Parquet, for Athena."""
    from orchestration.pipeline import export_stage

    _perform(options, export_stage, show.export)


@reelhouse.command()
@click.option("--run", "run_id", metavar="RUN", help="Show instead what became of one run, count by count.")
@command_options
def status(options: Options, run_id: str | None) -> None:
    """Show where the pipeline stands, from the lake alone: the warehouse is not woken."""
    from orchestration.run_counts import read_run
    from orchestration.status import read_status

    context = Context(options)
    if run_id:
        show.run_counts(read_run(context.lake, context.settings.warehouse, run_id), as_json=options.as_json)
    else:
        show.status(read_status(context), as_json=options.as_json)


@reelhouse.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where it listens on this machine.  [default: 8501 or the next]"
)
@click.option("--headless", is_flag=True, help="Open no browser.")
@command_options
def dashboard(options: Options, port: int | None, *, headless: bool) -> None:
    """Show the marts in a browser, until Ctrl-C; needs the extra `dashboard`."""
    from orchestration.dashboard import serve_dashboard

    serve_dashboard(Context(options), port, headless=headless)


@reelhouse.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder; it is made where it is not.")
@command_options
def docs(options: Options, out: Path) -> None:
    """Write the data dictionary as a site that opens from a file: tables, columns, checks and lineage."""
    from orchestration.docs import write_docs

    show.docs(write_docs(options, out), as_json=options.as_json)


@reelhouse.command()
@click.option("--sweep", is_flag=True, help="Remove old litter and what is kept for no longer: shows both, and asks.")
@click.option("--yes", is_flag=True, help="Sweep without asking.")
@command_options
def doctor(options: Options, *, sweep: bool, yes: bool) -> None:
    """Examine lake and warehouse: objects, counts, gaps, ledger; the exit code is 3 where something is found."""
    from orchestration import doctor as examination

    context = Context(options)
    with shown_progress(context.clock, context.run_id, show_only=True) as progress:
        found = examination.examine(context, progress)
    if not options.as_json:
        show.examination(found)
    if sweep and found.is_to_be_swept and (yes or _is_confirmed(options, "Remove all of this, for good?")):
        with shown_progress(context.clock, context.run_id) as progress:
            found = examination.sweep(context, progress, found)
    show.examined(found, as_json=options.as_json)
    if not found.is_well:
        sys.exit(DataRefused.exit_code)


@reelhouse.command()
@click.option("--visitor", "visitors", multiple=True, metavar="KEY", help="A visitor of the Wistia account.")
@click.option("--email", "emails", multiple=True, metavar="ADDRESS", help="An address, and all who carry it.")
@click.option("--user", "users", multiple=True, metavar="ID", help="A user of StreamPulse.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@command_options
def forget(
    options: Options, visitors: tuple[str, ...], emails: tuple[str, ...], users: tuple[str, ...], *, yes: bool
) -> None:
    """Erase a person everywhere, for good: shows what holds them, and asks before anything is done."""
    from orchestration import forget as forgetting

    context = Context(options)
    asked = forgetting.asked(visitors, emails, users)
    with shown_progress(context.clock, context.run_id) as progress:
        traces = forgetting.find(context, progress, asked)
    if not (options.as_json and yes):
        show.traces(traces, as_json=options.as_json)
    if not yes and not _is_confirmed(options, "Erase all of this, for good?"):
        return
    try:
        with shown_progress(context.clock, context.run_id) as progress:
            report = forgetting.forget(context, progress, traces)
    except KeyboardInterrupt:
        raise ReelhouseError(forgetting.INTERRUPTED) from None
    show.forgotten(report, as_json=options.as_json)


@reelhouse.command()
@command_options
def privacy(options: Options) -> None:
    """Print, as Markdown, what is kept of persons, where, for how long, who sees it and how it is erased."""
    from orchestration.privacy_page import privacy_page

    page = privacy_page(Context(options).settings)
    show.page(page, as_json=options.as_json)


def _is_confirmed(options: Options, question: str) -> bool:
    """Ask on a terminal; elsewhere, and where a program reads the answer, nobody is there to say yes."""
    if options.as_json or not sys.stdin.isatty():
        _say("nothing was changed; --yes does it")
        return False
    return click.confirm(question, err=True)


@reelhouse.command()
@click.argument("entity", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
def contracts(entity: str | None, *, as_json: bool) -> None:
    """Show what each staging table holds: its columns, where they stand in a raw record, and its DDL."""
    from orchestration.contracts import describe

    show.contracts(describe(entity), as_json=as_json)


@reelhouse.group()
def quarantine() -> None:
    """Look at the records that could not be taken, and try them again."""


@quarantine.command("list")
@command_options
def quarantine_list(options: Options) -> None:
    """Show what is in quarantine, by stream, load and reason, and the files that hold it."""
    from spark.jobs.looked_at import look
    from spark.quarantine import open_quarantine

    lake = Context(options).lake
    held = open_quarantine(lake)
    show.quarantine(held, as_json=options.as_json)
    look(lake, max((entry.load for entries in held.values() for entry in entries), default=0))


@quarantine.command("replay")
@command_options
def quarantine_replay(options: Options) -> None:
    """Judge all of it by the rules of today, and load what can be taken."""
    from orchestration.pipeline import retry_stage

    _perform(options, retry_stage, show.retried)


@reelhouse.group()
def warehouse() -> None:
    """Work with the warehouse."""


@warehouse.command()
@click.option("--sql", "as_sql", is_flag=True, help="Print the statements instead of words.")
@command_options
def plan(options: Options, *, as_sql: bool) -> None:
    """Show what the warehouse lacks of this release, and what bringing it there reads; nothing is changed."""
    from orchestration.structure import plan_stage

    context = Context(options)
    show.plan(plan_stage(context), as_sql=as_sql, as_json=options.as_json)


@warehouse.command()
@click.option("--baseline", type=click.IntRange(min=1), metavar="N", help="Take the tables for those of V0001 to N.")
@command_options
def apply(options: Options, baseline: int | None) -> None:
    """Bring the warehouse to this release: structure, descriptions, roles and rights; tables with new rules."""
    from orchestration.structure import apply_wholly

    _perform(options, partial(apply_wholly, baseline=baseline), show.applied)


@warehouse.command()
@command_options
def check(options: Options) -> None:
    """Run all checks over all rows, and show what offends."""
    from orchestration.structure import check_stage, failure_of

    results = check_stage(Context(options))
    show.checked(results, as_json=options.as_json)
    if failure := failure_of(results):
        raise failure


@warehouse.command()
@click.argument("column")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
def lineage(column: str, *, as_json: bool) -> None:
    """Show the way back of a column (schema.table.column, or all of schema.table) to the fields of the source."""
    from warehouse_sql.lineage import trace

    show.lineage(trace(column), as_json=as_json)


@warehouse.command()
@click.argument("statement")
@command_options
def sql(options: Options, statement: str) -> None:
    """Run one SQL statement in the warehouse and show its rows."""
    from orchestration.sandboxes import open_warehouse
    from warehouse_sql.query import query

    context = Context(options)
    result = query(open_warehouse(context.settings, context.secrets), statement)
    show.query_result(result, as_json=options.as_json)


@reelhouse.group(invoke_without_command=True)
@click.option("--s3", is_flag=True, help="Serve a local S3 as well; needs moto.")
@serving_options
@click.pass_context
def sandbox(context: click.Context, /, s3: bool, **serving: Any) -> None:
    """Serve a simulated Wistia account and a Redshift until Ctrl-C, and print how to connect."""
    from orchestration.sandboxes import serve_sandbox

    if context.invoked_subcommand is None:
        serve_sandbox(s3=s3, say=click.echo, **serving)


@sandbox.command("redshift")
@serving_options
def sandbox_redshift(**serving: Any) -> None:
    """Serve a Redshift alone, for any project, until Ctrl-C."""
    from orchestration.sandboxes import serve_redshift

    serve_redshift(say=click.echo, **serving)


reelhouse.add_command(pipeline)
reelhouse.add_command(deploy)
reelhouse.add_command(cost)


def main() -> None:
    """Run a command; every failure that a person can do something about is one message and an exit code.

    0: done, or nothing new. 1: anything else. 2: usage or configuration. 3: data or source refused. 4: lock held.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        reelhouse(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ConfigurationError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_say(INTERRUPTED))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ReelhouseError.exit_code)
    except OSError as error:
        sys.exit(_say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"))
    except ReelhouseError as error:
        _say(str(error))
        sys.exit(error.exit_code)


def _perform(options: Options, work: Callable[[Context, Progress], Report], shown: Callable[..., None]) -> None:
    context = Context(options)
    with shown_progress(context.clock, context.run_id) as progress:
        report = work(context, progress)
    shown(report, as_json=options.as_json)


def _say(message: str) -> int:
    click.echo(f"reelhouse: {mask_message(message)}", err=True)
    return ReelhouseError.exit_code
