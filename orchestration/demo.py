"""The demonstration: a simulated account and a producer of files, the first load and seven days, in one folder.

The folder gets a configuration of its own, so that every other command works in it afterwards. A day that a former
demonstration published is not run again: one that was interrupted goes on where it stopped.
"""

import json
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from extract.errors import ConfigurationError
from extract.progress import Progress, Silent
from extract.runner import ExtractionReport
from extract.settings import load_settings
from orchestration.context import CONFIGURATION_NAME, DEFAULT_HOME, Context, Options
from orchestration.output import figure, print_json, print_table
from orchestration.pipeline import REPORTS, RunReport, extract_stage, lay_out, run
from orchestration.reporting import shown_progress
from orchestration.sandboxes import SCHEME, open_warehouse
from warehouse_sql.query import query

FIRST_DAY = datetime(2026, 1, 8, 2, tzinfo=UTC)
DAYS = 7
CONFIGURATION = """\
# A sandbox: everything lives in this folder. Made by `reelhouse demo`.
{sources}lake: "file:lake"
warehouse: "sandbox:."
"""
SOURCES = {
    "wistia": """\
wistia:
  base_url: "sandbox:."
  # The simulator sets no limit, so none is kept.
  requests_per_minute: 1000000
  channels: {v08dlrgr7v: Facebook, gskhw4w4lm: YouTube}
""",
    "streampulse": """\
streampulse:
  # Each run drops what its producer would have dropped by then; your own files may be dropped beside them.
  landing: "sandbox:.?users=1500&titles=200&playbacks=1500&days=14"
""",
}
MEDIAS = """
select media_name, channel_name, load_count, play_count, play_count_class, play_rate, play_rate_class,
       hours_watched, hours_watched_class
from mart.media_summary
order by play_count desc
"""
TITLES = """
select title, genre, unique_viewers, playback_count, total_watch_hours
from mart.top_title
where period_name = 'last 7 days' and title_rank <= 10
order by title_rank
"""
WATCHED = "select * from mart.watch_hours_by_device order by 1, 2"
SEGMENTS = "select frequency_segment, recency_segment, visitor_count from mart.audience_segment order by 1, 2"
LINE = "{:<17} {:>9} {:>6} {:>9} {:>9} {:>9} {:>8}"
TITLE_LENGTH = 20


def run_demo(options: Options, only: str | None = None) -> None:
    """Run the demonstration and show it; of both sources, or of one alone.

    Raises:
        ConfigurationError: the folder holds a lake that no demonstration made.
    """
    home = options.home or DEFAULT_HOME
    sources = (only,) if only else tuple(SOURCES)
    options = replace(options, config=_configure(home, sources))
    if not options.as_json:
        click.echo(f"{_told(sources)}, a lake and a warehouse in {home}/. The first load, then seven days:\n")
        click.echo(LINE.format("as of", "requests", "files", "landed", "inserted", "updated", "seconds"))
    instants = (FIRST_DAY + timedelta(days=day) for day in range(DAYS + 1))
    lines = [_day(_context(replace(options, as_of=as_of), sources), as_json=options.as_json) for as_of in instants]
    if options.as_json:
        print_json(lines)
        return
    context = _context(options, sources)
    if "wistia" in sources:
        _show_medias(context)
    if "streampulse" in sources:
        _show_titles(context)
    click.echo(_what_next(home, sources))


def _told(sources: Sequence[str]) -> str:
    names = {"wistia": "a simulated Wistia account", "streampulse": "StreamPulse's files"}
    told = " and ".join(names[source] for source in sources)
    return told[0].upper() + told[1:]


def _configure(home: Path, sources: Sequence[str]) -> Path:
    file = home / CONFIGURATION_NAME
    try:
        if not file.exists():
            _make(home, file, sources)
    except OSError as error:
        raise ConfigurationError(f"{home} cannot be used ({error.strerror}); choose another with --home") from None
    settings = load_settings(file)
    addresses = {
        "wistia": settings.wistia and settings.wistia.base_url,
        "streampulse": settings.streampulse and settings.streampulse.landing,
    }
    used = [address for address in (*addresses.values(), settings.warehouse) if address]
    if not all(address.startswith(SCHEME) for address in used):
        raise ConfigurationError(f"{file} is not a sandbox's; choose another folder with --home")
    if missing := [source for source in sources if not addresses[source]]:
        raise ConfigurationError(f"{file} has no {missing[0]}; choose another folder with --home")
    return file


def _make(home: Path, file: Path, sources: Sequence[str]) -> None:
    if (home / "lake").exists():
        raise ConfigurationError(
            f"{home / 'lake'} exists and no demonstration made it; choose another folder with --home"
        )
    home.mkdir(parents=True, exist_ok=True)
    configuration = CONFIGURATION.format(sources="".join(SOURCES[source] for source in sources))
    file.write_text(configuration, encoding="utf-8")


def _context(options: Options, sources: Sequence[str]) -> Context:
    """Return what a command works with, less the sources that are not to be shown."""
    context = Context(options)
    context.settings = context.settings.model_copy(update=dict.fromkeys(SOURCES.keys() - set(sources)))
    return context


def _day(context: Context, *, as_json: bool) -> dict[str, object]:
    day = f"{context.clock.as_of:%Y-%m-%d %H:%M}"
    if _published(context):
        line: dict[str, object] = {"as_of": day, "outcome": "loaded before"}
    else:
        with shown_progress(context.clock, context.run_id, show_only=True) as progress:
            line = {"as_of": day, **_figures(run(context, progress, _extract))}
    if not as_json:
        _show_day(line)
    return line


def _extract(context: Context, progress: Progress) -> ExtractionReport:
    """Extract; before the first load, the warehouse is started and its tables are made while that goes on."""
    with ThreadPoolExecutor(1) as beside:
        # Whatever stops it stops the load that follows, which tells.
        beside.submit(lay_out, context, Silent())
        return extract_stage(context, progress)


def _published(context: Context) -> bool:
    """Whether the day was published, with all sources that are to be shown."""
    lake, prefix = context.lake, f"{REPORTS}{context.clock.as_of:%Y%m%dT%H%M%SZ}-"
    reports = [json.loads(lake.get(info.key)) for info in lake.list_after(prefix)]
    told = {
        entry["stream"].partition("/")[0]
        for report in reports
        if report["outcome"] != "failed" and report["extraction"]
        for entry in report["extraction"]["streams"]
    }
    return all(source in told for source in SOURCES if getattr(context.settings, source))


def _figures(report: RunReport) -> dict[str, object]:
    streams = report.extraction.streams if report.extraction else ()
    loads = report.load.applied if report.load else ()
    fed = [counts for applied in loads for counts in applied.tables.values() if counts.copied is not None]
    return {
        "outcome": report.outcome,
        "requests": sum(stream.requests for stream in streams),
        "files": sum(stream.files or 0 for stream in streams),
        "landed": sum(stream.landed for stream in streams if stream.sequence),
        "inserted": sum(counts.inserted for counts in fed),
        "updated": sum(counts.updated for counts in fed),
        "seconds": report.seconds,
    }


def _show_day(line: dict[str, object]) -> None:
    if "requests" not in line:
        click.echo(f"{line['as_of']!s:<17} loaded before")
        return
    counts = [f"{line[name]:,}" for name in ("requests", "files", "landed", "inserted", "updated")]
    click.echo(LINE.format(str(line["as_of"]), *counts, f"{line['seconds']:.1f}"))


def _show_titles(context: Context) -> None:
    result = query(open_warehouse(context.settings, context.secrets), TITLES)
    click.echo("\nThe ten titles that were watched most in the last seven days:\n")
    rows = [[_short(title), genre, *map(figure, measures)] for title, genre, *measures in result.rows]
    print_table(("title", "genre", "viewers", "playbacks", "hours"), rows)


def _short(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"


def _show_medias(context: Context) -> None:
    result = query(open_warehouse(context.settings, context.secrets), MEDIAS)
    click.echo("\nThe medias now, classed by plays, play rate and hours watched:\n")
    print_table(
        ("media", "channel", "loads", "plays", "play rate", "hours"), [_media_cells(row) for row in result.rows]
    )


def _media_cells(row: Sequence[Any]) -> list[str]:
    """Fit a media into eighty columns: a short title, and each class beside its figure."""
    title, channel, loads, *measures = row
    classed = [f"{figure(value)} {name}" for value, name in zip(measures[::2], measures[1::2], strict=True)]
    return [_short(title), channel, figure(loads), *classed]


def _what_next(home: Path, sources: Sequence[str]) -> str:
    at = "" if home == DEFAULT_HOME else f" --home {shlex.quote(str(home))}"
    command = _own_name()
    return f"""
What next:
  {command} run{at} --as-of 2026-01-16T02:00:00Z         one more day; type it twice, and the second has nothing new
  {command} status{at}                                   where the pipeline stands
  {command} dashboard{at} --as-of 2026-01-15T09:00:00Z   all of it in a browser (`make dashboard` installs it)
  {command} docs{at} --out dictionary                    what each table and column means, and where it comes from
  {command} warehouse sql{at} "{SEGMENTS if "wistia" in sources else WATCHED}"
"""


def _own_name() -> str:
    called = Path(sys.argv[0])
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
