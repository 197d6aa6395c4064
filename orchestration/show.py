"""What each command prints when it has done its work."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any

import click

from extract.errors import ConfigurationError
from extract.masks import mask_message
from extract.words import counted
from orchestration.output import exact, figure, json_value, print_json, print_json_line, print_table

if TYPE_CHECKING:  # only names of types: `reelhouse --help` should not wait for drivers
    from dashboards.dictionary.site import DocsReport
    from extract.runner import ExtractionReport, StreamReport
    from orchestration.contracts import EntityContract
    from orchestration.doctor import Examination
    from orchestration.forget import ForgetReport, Traces
    from orchestration.pipeline import QuarantineReport, RunReport
    from orchestration.run_counts import RunCounts
    from orchestration.status import Status
    from orchestration.structure import ApplyReport
    from spark.jobs.normalise import NormaliseReport
    from spark.manifest import DriftEntry
    from spark.quarantine import Held
    from warehouse_sql.check_log import LastResult
    from warehouse_sql.checks import Result
    from warehouse_sql.export import ExportReport
    from warehouse_sql.lineage import Origin
    from warehouse_sql.load import LoadReport
    from warehouse_sql.proposal import Plan
    from warehouse_sql.query import Result as QueryResult
    from warehouse_sql.replay import ReplayReport, UndoReport
    from warehouse_sql.set_aside import SetAside

NOTHING_NEW = "nothing new"
NOT_YET = "not yet"
"""Of a stream that the time budget left for the next run."""
FORGOTTEN = "whoever asked to be forgotten is forgotten: "
GOES_ON = "the time budget ended before everything was read: run it again, and it goes on from there"


def run_report(report: "RunReport", *, as_json: bool) -> None:
    """Print what a run did."""
    if as_json:
        print_json(report)
        return
    if report.extraction:
        extraction(report.extraction, as_json=False)
    if report.normalisation and report.normalisation.sequence:
        click.echo()
        normalisation(report.normalisation, as_json=False)
    if report.load:
        click.echo()
        load(report.load, as_json=False)
    click.echo(f"\n{report.run_id}: {report.outcome} ({report.seconds:.1f} s)")
    if report.goes_on:
        click.echo(GOES_ON)


def loaded(report: "RunReport", *, as_json: bool) -> None:
    """Print a load of many in a few lines: what came, what became of it, what could not be taken, what drift is new."""
    if as_json:
        print_json_line(report)
        return
    streams = report.extraction.streams if report.extraction else ()
    if report.load and report.load.forgotten:
        click.echo(f"{FORGOTTEN}{report.load.forgotten}")
    came = _came(streams) or "what had landed before"
    click.echo(f"{report.as_of[:19]}Z  {came}: {_became(report)} ({report.seconds:.1f} s)")
    _print_notes(streams)
    if report.normalisation:
        _print_refused(report.normalisation)
        sequence = report.normalisation.sequence
        _print_drift(entry for entry in report.normalisation.drift if entry.first_sequence == sequence)


def _came(streams: "Iterable[StreamReport]") -> str:
    """Say what came, stream by stream; of some looks together where several were gathered into one load."""
    files, rows = Counter[str](), Counter[str]()
    for item in streams:
        files[item.stream] += item.files or 0
        rows[item.stream] += item.landed
    return ", ".join(f"{stream}: {counted(files[stream], 'file')}, {counted(rows[stream], 'row')}" for stream in files)


def _became(report: "RunReport") -> str:
    loads = report.load.applied if report.load else ()
    if not loads:
        landed = any(item.landed for item in report.extraction.streams) if report.extraction else False
        return "loaded by another run" if landed else "nothing to load"
    tables = [counts for applied in loads for counts in applied.tables.values() if counts.copied is not None]
    inserted, updated = sum(counts.inserted for counts in tables), sum(counts.updated for counts in tables)
    return f"{inserted:,} inserted, {updated:,} updated"


def extraction(report: "ExtractionReport", *, as_json: bool) -> None:
    """Print what landed, stream by stream."""
    if as_json:
        print_json(report)
        return
    asked = [item for item in report.streams if item.files is None]
    dropped = [item for item in report.streams if item.files is not None]
    if asked:
        rows = [(item.stream, item.requests, item.least, _landed(item), item.sequence) for item in asked]
        _print_figures(("stream", "requests", "least", "landed", "manifest"), rows)
    if asked and dropped:
        click.echo()
    if dropped:
        rows = [(item.stream, item.files or 0, len(item.refused), _landed(item), item.sequence) for item in dropped]
        _print_figures(("stream", "files", "refused", "landed", "manifest"), rows)
    for item in report.streams:
        if item.purposes:
            counted = (f"{count:,} {purpose}" for purpose, count in item.purposes.items())
            click.echo(f"{item.stream}: asked for {', '.join(counted)}")
    _print_notes(report.streams)


def _print_notes(streams: "Iterable[StreamReport]") -> None:
    for item in streams:
        for note in (*item.notes, *(f"refused: {file}" for file in item.refused)):
            click.echo(f"{item.stream}: {note}")


def _landed(item: "StreamReport") -> int | str:
    if item.sequence:
        return item.landed
    return NOTHING_NEW if item.complete else NOT_YET


def normalisation(report: "NormaliseReport", *, as_json: bool) -> None:
    """Print the counts of a normalisation, entity by entity."""
    if as_json:
        print_json(report)
        return
    if report.sequence is None:
        click.echo(NOTHING_NEW)
        return
    rows = [
        (entity, counts.landed, counts.normalised, counts.duplicates, counts.quarantined, counts.rows)
        for entity, counts in report.entities.items()
    ]
    heads = (f"load {report.sequence}", "landed", "normalised", "duplicates", "quarantined", "rows")
    _print_figures(heads, rows)
    _print_refused(report)
    _print_drift(report.drift)


def _print_refused(report: "NormaliseReport") -> None:
    """Print which records went to quarantine."""
    for stream, reasons in report.quarantined.items():
        for reason, count in reasons.items():
            click.echo(f"{stream}: {count:,} quarantined ({reason})")


def load(report: "LoadReport", *, as_json: bool) -> None:
    """Print the counts of the loads that were applied, table by table."""
    if as_json:
        print_json(report)
        return
    if report.forgotten:
        click.echo(f"{FORGOTTEN}{report.forgotten}")
    for sequence in report.already:
        click.echo(f"load {sequence} is in the warehouse already")
    if not (report.applied or report.already or report.forgotten):
        click.echo(NOTHING_NEW)
    _print_set_aside(report.set_aside)
    for number, applied in enumerate(report.applied):
        if number:
            click.echo()
        # Of most tables a load of one source says nothing.
        rows = [(table, *astuple(counts)) for table, counts in applied.tables.items() if any(astuple(counts))]
        heads = (f"load {applied.sequence}", "copied", "inserted", "updated", "unchanged", "superseded", "deleted")
        if rows:
            _print_figures(heads, rows)
        else:
            click.echo(f"load {applied.sequence}: no table had anything to take from it")


def export(report: "ExportReport", *, as_json: bool) -> None:
    """Print which days were published."""
    if as_json:
        print_json(report)
        return
    for day in report.written:
        click.echo(f"{day}: written")
    for day in report.removed:
        click.echo(f"{day}: removed, no playback starts on it any more")
    if not report.written and not report.removed:
        click.echo(NOTHING_NEW)
    click.echo(f"published: {counted(report.days, 'closed day')} with {counted(report.rows, 'row')}")


def quarantine(held: "Mapping[str, Sequence[Held]]", *, as_json: bool) -> None:
    """Print what is in quarantine; the texts of the records are persons' data and stay in their files."""
    if as_json:
        print_json(held)
        return
    rows = [
        (stream, entry.load, reason, count)
        for stream, entries in held.items()
        for entry in entries
        for reason, count in entry.reasons.items()
    ]
    if not rows:
        click.echo("quarantine: empty")
        return
    _print_figures(("stream", "load", "reason", "records"), rows)
    click.echo("\nTheir texts and where each stands in raw:")
    for entries in held.values():
        for entry in entries:
            for file in entry.files:
                click.echo(f"  {file.key}")
    click.echo("`reelhouse quarantine replay` judges them again by the rules of today")


def retried(report: "QuarantineReport", *, as_json: bool) -> None:
    """Print what became of the quarantine."""
    if as_json:
        print_json(report)
        return
    streams = report.retried.streams
    if not streams:
        click.echo("quarantine: empty")
    else:
        rows = [(stream, found.tried, found.taken, found.tried - found.taken) for stream, found in streams.items()]
        _print_figures(("quarantine", "tried", "taken", "still refused"), rows)
    for stream, found in streams.items():
        for reason, count in found.refused.items():
            click.echo(f"{stream}: {count} still refused ({reason})")
    if report.load:
        click.echo()
        load(report.load, as_json=False)


def replay(report: "ReplayReport | None", *, as_json: bool) -> None:
    """Print what a replay published."""
    if as_json:
        print_json(report)
        return
    if report is None:
        click.echo("nothing was normalised yet")
        return
    if report.forgotten:
        click.echo(f"{FORGOTTEN}{report.forgotten}")
    if report.rows:
        rows = [(table, before, after, after - before) for table, (before, after) in report.rows.items()]
        _print_figures((f"rebuild {report.rebuild}", "rows before", "rows now", "difference"), rows)
    later = f", and {len(report.applied)} later loads" if report.applied else ""
    click.echo(f"\npublished: loads 1 to {report.upto} built anew from raw{later}")
    click.echo("`reelhouse replay --undo` takes it back, until the next load")


def undo(report: "UndoReport", *, as_json: bool) -> None:
    """Print what an undo restored."""
    if as_json:
        print_json(report)
        return
    click.echo(f"rebuild {report.rebuild} is taken back: the tables are those of load {report.newest_load} again")


def status(found: "Status", *, as_json: bool) -> None:
    """Print the morning look on one screen."""
    if as_json:
        print_json(found)
        return
    from orchestration.status import age_words

    click.echo(_last_run(found.last_run))
    click.echo()
    rows = [
        (item.stream, item.records_landed, item.manifests, item.normalised_up_to, item.committed_at[:19],
         age_words(item.age))
        for item in found.streams
    ]  # fmt: skip
    _print_figures(("stream", "records landed", "manifests", "normalised", "newest commit (UTC)", "age"), rows)
    click.echo(f"\nstaging: {found.staged_loads} loads{', some not loaded yet' if found.waits_for_load else ''}")
    _print_set_aside(found.set_aside)
    _print_checks(found.checks, found.failed_checks)
    _print_reasons(found.quarantined)
    for file in found.refused_files:
        click.echo(f"refused: {file}")
    _print_drift(found.drift)
    click.echo()
    for need in found.needs or ("nothing",):
        click.echo(f"needs a person: {need}")


def _print_checks(asked: int, failed: "Sequence[LastResult]") -> None:
    """Print which checks found something when they were last run, the gravest with what should be so."""
    if not asked:
        click.echo("checks: none were run yet")
        return
    if not failed:
        click.echo(f"checks: all {asked} passed when they were last run")
        return
    click.echo(f"checks: {len(failed)} of {asked} found something when they were last run")
    for check in failed[:MOST_CHECKS]:
        verdict = "failed" if check.is_fatal else "warns"
        click.echo(
            f"  {verdict}: {check.table}: {check.about} ({counted(check.count, 'row')} of {check.rows}, "
            f"{check.checked_at[:16]} UTC)"
        )
    if len(failed) > MOST_CHECKS:
        click.echo(f"  and {len(failed) - MOST_CHECKS} more: `reelhouse docs` and `status --json` have all")


MOST_CHECKS = 3


def _print_reasons(quarantined: "Mapping[str, Mapping[str, int]]") -> None:
    """Print what is in quarantine, a stream a line, the most frequent reasons with it."""
    if not any(quarantined.values()):
        click.echo("quarantine: empty")
        return
    click.echo()
    rows = [(stream, sum(reasons.values()), _most(reasons)) for stream, reasons in quarantined.items() if reasons]
    _print_figures(("quarantine", "records", "most for"), rows)


MOST_REASONS, MOST_FIELDS = 3, 6
"""So many stand on the morning's screen; `reelhouse quarantine list` and `status --json` have all."""


def _most(counts: "Mapping[str, int]") -> str:
    """Name the most frequent, and how many more there are."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    rest = f" and {len(names) - MOST_REASONS} more" if len(names) > MOST_REASONS else ""
    return f"{', '.join(names[:MOST_REASONS])}{rest}"


def contracts(described: "Sequence[EntityContract]", *, as_json: bool) -> None:
    """Print what staging holds, entity by entity: where each column comes from, and the statement that makes it."""
    if as_json:
        print_json(list(described))
        return
    for number, entity in enumerate(described):
        if number:
            click.echo()
        newest = ", ".join((*entity.version, "the latest request"))
        click.echo(f"{entity.entity}: {entity.grain}")
        click.echo(f"of {entity.stream}; key {', '.join(entity.key)}; of several states the newest by {newest}\n")
        rows = [
            (column.name, column.type, "required" if column.required else "", column.path, column.about)
            for column in entity.columns
        ]
        print_table(("column", "type", "", "path in the record", "about"), rows)
        click.echo(f"\n{entity.ddl};")


def _print_drift(entries: "Iterable[DriftEntry]") -> None:
    """Print the fields that contracts do not know, which are kept in ``_extra``, and those that records have no more.

    Those that were seen last come first.
    """
    from spark.manifest import DROPPED

    newest = sorted(entries, key=lambda entry: (-entry.first_sequence, entry.stream, -entry.count, entry.field))
    if not newest:
        return
    click.echo()
    rows = [
        (entry.stream, entry.field, DROPPED if entry.kind == DROPPED else f"unknown, {entry.kind}", entry.count,
         entry.first_seen[:19])
        for entry in newest[:MOST_FIELDS]
    ]  # fmt: skip
    _print_figures(("drift of", "field", "it is", "records", "first seen (UTC)"), rows)
    if len(newest) > MOST_FIELDS:
        click.echo(f"and {counted(len(newest) - MOST_FIELDS, 'field')} more: `status --json` has all")


def plan(found: "Plan", *, as_sql: bool, as_json: bool) -> None:
    """Print what a warehouse lacks, in words or as a script."""
    if as_json:
        print_json(found)
        return
    if as_sql:
        for change in found.changes:
            click.echo(f"-- {change.kind} {change.name}: {change.words}")
            click.echo("".join(f"{statement};\n\n" for statement in change.statements), nl=False)
        return
    if not found.changes and not found.drift:
        click.echo("the warehouse is as this release makes it")
    _print_changes(found)
    for problem in found.drift:
        click.echo(f"changed by hand, and in the way: {problem}")
    for name in found.strangers:
        click.echo(f"not ours, left alone: {name}")
    if found.changes and not found.drift:
        click.echo("\n`reelhouse warehouse apply` does it; `reelhouse warehouse plan --sql` shows the statements")


def applied(report: "ApplyReport", *, as_json: bool) -> None:
    """Print what was brought to the release."""
    if as_json:
        print_json(report)
        return
    for file in report.baseline:
        click.echo(f"taken as applied: {file}")
    if not report.done.changes:
        click.echo("nothing to do: the warehouse is as this release makes it")
    _print_changes(report.done)
    if report.replayed:
        click.echo()
        replay(report.replayed, as_json=False)


def checked(results: "Sequence[Result]", *, as_json: bool) -> None:
    """Print what the checks of a warehouse found: those that found nothing as one line."""
    if as_json:
        print_json(list(results))
        return
    for result in results:
        if result.count:
            click.echo(
                f"{'failed' if result.is_fatal else 'warning'}: {result.table}: {result.about}: {result.count:,}"
            )
            for row in result.rows:
                click.echo(f"  {', '.join(f'{name}={value}' for name, value in row.items())}")
    passed = sum(not result.count for result in results)
    click.echo(f"{passed} of {len(results)} checks passed")


def lineage(origins: "Sequence[Origin]", *, as_json: bool) -> None:
    """Print the ways back of columns, each step further in than the one that it feeds."""
    if as_json:
        print_json([asdict(origin) for origin in origins])
        return
    for origin in origins:
        _print_origin(origin, 0)


def _print_origin(origin: "Origin", depth: int) -> None:
    about = f"  ({origin.about})" if origin.about else ""
    click.echo(f"{'  ' * depth}{origin.name}{about}")
    for source in origin.origins:
        _print_origin(source, depth + 1)


def _print_changes(found: "Plan") -> None:
    if found.changes:
        print_table(("change", "of", "what"), [(change.kind, change.name, change.words) for change in found.changes])


def _print_set_aside(passed: Iterable["SetAside"]) -> None:
    for mark in passed:
        click.echo(
            f"load {mark.sequence} was set aside on {mark.set_aside_at[:10]} ({mark.reason}); "
            f"`reelhouse load --retry {mark.sequence}` tries it again"
        )


def run_counts(found: "RunCounts", *, as_json: bool) -> None:
    """Print the counts of a run, hop by hop."""
    if as_json:
        print_json(found)
        return
    click.echo(
        _last_run(found.report).removeprefix("last ") if found.report else f"run: {found.run_id}: left no report"
    )
    if found.landed:
        click.echo()
        heads = ("stream", "manifest", "requests", "received", "unchanged", "landed", "in load")
        _print_figures(heads, [astuple(item) for item in found.landed])
    for sequence, loaded_by in found.loaded.items():
        counts = [(item.entity, item.counts) for item in found.staged if item.sequence == sequence]
        rows = [
            (entity, each.landed, each.normalised, each.duplicates, each.quarantined, each.rows)
            for entity, each in counts
        ]
        click.echo()
        _print_figures((f"load {sequence}", "landed", "normalised", "duplicates", "quarantined", "rows"), rows)
        _print_tables(found, sequence, loaded_by)


def _print_tables(found: "RunCounts", sequence: int, loaded_by: str | None) -> None:
    if loaded_by is None:
        click.echo(f"load {sequence} is not in the warehouse yet")
        return
    tables = found.tables.get(sequence)
    if tables is None:
        click.echo(f"load {sequence} was brought to the warehouse by run {loaded_by}, which left no report")
        return
    click.echo()
    rows = [(table, *counts.values()) for table, counts in tables.items()]
    heads = (f"load {sequence}", "copied", "inserted", "updated", "unchanged", "superseded", "deleted")
    _print_figures(heads, rows)


def examination(found: "Examination") -> None:
    """Print what an examination found."""
    if found.findings:
        print_table(("found", "where", "what"), [(item.kind, item.where, item.says) for item in found.findings])
    if found.litter:
        rows = [(info.key, info.bytes, f"{info.modified_at:%Y-%m-%d %H:%M}") for info in found.litter]
        _print_figures(("litter that no manifest names", "bytes", "written (UTC)"), rows)
    if objects := list(found.outlived.objects()):
        _print_figures(("older than it is kept", "stream", "objects", "bytes", "from (UTC)"), objects)
    if tables := list(found.outlived.tables()):
        _print_figures(("older than it is kept", "stream", "rows", "from (UTC)", "kept from (UTC)"), tables)


def examined(found: "Examination", *, as_json: bool) -> None:
    """Print the result of an examination."""
    if as_json:
        print_json(found)
        return
    count = len(found.findings)
    outlived = sum(objects for _, _, objects, _, _ in found.outlived.objects())
    rows = sum(old.rows for old in found.outlived.old_rows)
    more = f", {outlived} older than they are kept" if outlived else ""
    more += f", {rows:,} rows older than they are kept" if rows else ""
    click.echo("all is well" if found.is_well else f"{count} findings, {len(found.litter)} objects of litter{more}")
    if found.swept:
        removed = f"{len(found.litter) + outlived} objects"
        click.echo(f"{removed} and {rows:,} rows were removed" if rows else f"{removed} were removed")
    elif found.is_to_be_swept:
        click.echo("`reelhouse doctor --sweep` removes them; no run can still need litter that is older than 24 hours")


def traces(found: "Traces", *, as_json: bool) -> None:
    """Print what holds a person, and nothing by which they are known."""
    from orchestration.forget import preview_rows

    rows = list(preview_rows(found))
    known = Counter(subject for subject, _ in found.persons)
    if as_json:
        refused = [mask_message(key) for key in sorted(found.refused)]
        found_in = [{"where": a, "objects": b, "rows": c} for a, b, c in rows]
        print_json({"known_by": known, "found": found_in, "refused_files": refused})
        return
    click.echo(f"known by {', '.join(f'{count} {subject}' for subject, count in sorted(known.items()))}")
    if rows:
        _print_figures(("what holds them", "objects", "records or rows"), rows)
    else:
        click.echo("nothing is known of them; a request is recorded all the same, so that they do not enter later")
    for key in sorted(found.refused):
        click.echo(f"{mask_message(key)} goes whole, as nobody can read it; mend it first to keep what is not theirs")


def forgotten(report: "ForgetReport", *, as_json: bool) -> None:
    """Print the receipt of an erasure."""
    if as_json:
        print_json(report)
        return
    receipt = report.receipt
    if receipt is None:
        click.echo(f"request {report.request} is recorded; another process does it, and leaves the receipt")
        return
    figures = [
        *((f"{stream}: records taken out of raw", count) for stream, count in receipt.records.items()),
        *((f"{stream}: rows taken out of staging and quarantine", count) for stream, count in receipt.rows.items()),
        *((f"objects of {area} rewritten, the old ones deleted", count) for area, count in receipt.objects.items()),
        *([("landing files deleted", receipt.landing)] if receipt.landing else []),
        *([("refused landing files deleted", receipt.refused)] if receipt.refused else []),
        *((f"rows deleted from {table}", count) for table, count in receipt.deleted.items()),
        *((f"days of {table} made anew", count) for table, count in receipt.restated.items()),
        *([("days published again", receipt.exported)] if receipt.exported else []),
    ]
    first, last = receipt.requests
    about = f"request {last}" if first == last else f"requests {first} to {last}"
    _print_figures((f"{about}: forgotten", "count"), figures)
    click.echo("not reached:")
    for said in receipt.not_reached:
        click.echo(f"  {said}")
    click.echo(f"receipt: forgotten/receipts/ in the lake, of run {receipt.run_id}")


def docs(report: "DocsReport", *, as_json: bool) -> None:
    """Print where the data dictionary begins."""
    if as_json:
        print_json(report)
        return
    checks = f", with the last results of {report.checks:,} checks" if report.checks else ""
    click.echo(f"{report.pages} pages{checks}: {report.start}")


def page(markdown: str, *, as_json: bool) -> None:
    """Print a page."""
    if as_json:
        print_json({"markdown": markdown})
    else:
        click.echo(markdown, nl=False)


def query_result(result: "QueryResult", *, as_json: bool) -> None:
    """Print the rows of a query: a table, or a list of objects.

    Raises:
        ConfigurationError: objects cannot hold two columns of one name.
    """
    if as_json:
        _refuse_repeated(result.columns)
        print_json([dict(zip(result.columns, map(json_value, row), strict=True)) for row in result.rows])
    elif result.columns:
        print_table(result.columns, [[exact(value) for value in row] for row in result.rows])
    else:
        click.echo("done")


def _refuse_repeated(columns: Sequence[str]) -> None:
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise ConfigurationError(f"--json: more than one column is called {repeated[0]}; give them names with AS")


def _print_figures(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print_table(columns, [[figure(value) for value in row] for row in rows])


def _last_run(report: Mapping[str, Any] | None) -> str:
    if report is None:
        return "no run yet"
    text = f"last run: {report['run_id']}: {report['outcome']} ({report['seconds']:.1f} s)"
    return f"{text}\n  {report['error']}" if report["error"] else text
