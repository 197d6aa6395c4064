"""How the pipeline is: loads, freshness, counts at every hop, quarantine, drift, and what it costs."""

from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import NAMES, currency, tell_currency
from dashboards.app.figures import total
from dashboards.app.period import Period
from dashboards.app.query import Choice
from dashboards.app.reader import ask
from dashboards.app.table import Row, Table

RECONCILED = 30
"""Days that are held against the vendor's counts."""


def page() -> None:
    """Draw the page."""
    loaded = [source for source in NAMES if currency(source)] or list(NAMES)
    for column, source in zip(st.columns(len(loaded)), loaded, strict=True):
        with column, panels.framed(NAMES[source]):
            tell_currency(source)
    loads = ask("loads")
    _cards(loads)
    _freshness()
    _hops()
    left, right = st.columns(2)
    with left:
        _quarantine()
    with right:
        _drift()
    _reconciled()
    _loads(loads)
    _cost()


def _cards(loads: Table) -> None:
    last: Row = next(iter(loads), {})
    waiting = total(ask("quarantine").column("record_count")) or 0
    unended = sum(row["finished_at"] is None for row in ask("attempts"))
    shown = (
        ("Newest load", f"{last.get('load_sequence', '—')}", "The number of the newest load of the ledger."),
        ("It took", _seconds(last.get("load_seconds")), "From the beginning of the load to its commit."),
        ("In quarantine", f"{waiting:,.0f}", "Records that wait for a person; see the list below."),
        ("Drifted fields", f"{len(ask('drift')):,}", "Unknown fields, and known ones that come no more."),
        ("Sessions short", _short(), "Sessions that the vendor counted as plays and that did not come; see below."),
        ("Attempts not ended", f"{unended:,}", "Loads at work, or dead ones whose lock another takes over."),
    )
    with panels.card_row("health"):
        for label, value, definition in shown:
            st.metric(label, value, help=definition, border=True, height="stretch")


def _freshness() -> None:
    panels.table(
        "Freshness by stream",
        ask("freshness"),
        ("freshness",),
        {
            "stream_name": "Stream",
            "newest_at": st.column_config.DatetimeColumn("Newest records loaded (UTC)", format="D MMM YYYY, HH:mm"),
            "newest_landed_count": _count("Records then"),
            "total_landed_count": _count("Records in all"),
            "total_quarantined_count": _count("Quarantined when they came"),
            "entity_name": "Entity",
        },
        "A stream of which nothing was new keeps the load before.",
    )


def _hops() -> None:
    panels.table(
        "Counts at every hop, newest load",
        ask("hops"),
        ("hops",),
        {
            "entity_name": "Entity",
            "stream_name": "Stream",
            "landed_count": _count("Landed"),
            "normalised_count": _count("Normalised"),
            "duplicate_count": _count("Duplicates"),
            "quarantined_count": _count("Quarantined"),
            "forgotten_count": _count("Forgotten"),
            "row_count": _count("Rows loaded"),
            "load_sequence": "Load",
        },
        "Landed = normalised + duplicates + quarantined + forgotten, or nothing would have been published.",
    )


def _quarantine() -> None:
    panels.table(
        "Quarantine",
        ask("quarantine"),
        ("quarantine",),
        {"stream_name": "Stream", "reason": "Reason", "record_count": _count("Records")},
        "`reelhouse quarantine list` names the files; after a fix, `reelhouse quarantine replay` loads what can be.",
    )


def _drift() -> None:
    panels.table(
        "Drift",
        ask("drift"),
        ("drift",),
        {
            "stream_name": "Stream",
            "field_name": "Field",
            "json_kind": "Kind",
            "record_count": _count("Records"),
            "first_seen_at": st.column_config.DatetimeColumn("First seen (UTC)", format="D MMM YYYY"),
        },
        "Fields that the source tells and no contract knows; their values are kept.",
    )


def _short() -> str:
    found = currency("wistia")
    if found is None:
        return "—"
    rows = ask("reconciled", Choice(Period.ending(found.complete_until, RECONCILED)))
    return f"{total(row['missing_count'] for row in rows if row['session_status'] == 'short') or 0:,.0f}"


def _reconciled() -> None:
    found = currency("wistia")
    if found is None:
        return
    period = Period.ending(found.complete_until, RECONCILED)
    panels.table(
        "Sessions against the vendor's plays",
        ask("reconciled", Choice(period)),
        ("reconciled",),
        {"session_status": "Status", "media_days": _count("Media days"), "missing_count": _count("Missing sessions")},
        f"{period.words}. `short` is what to look at: the next patrol may bring what is missing.",
    )


def _loads(loads: Table) -> None:
    panels.table(
        "Loads",
        loads,
        ("loads",),
        {
            "load_sequence": "Load",
            "run_id": "Run",
            "committed_at": st.column_config.DatetimeColumn("Published (UTC)", format="D MMM YYYY, HH:mm"),
            "load_seconds": _count("Seconds"),
            "landed_count": _count("Landed"),
            "quarantined_count": _count("Quarantined"),
            "copied_count": _count("Copied"),
            "inserted_count": _count("Inserted"),
            "updated_count": _count("Updated"),
            "deleted_count": _count("Deleted"),
        },
        "The newest fifty. A load that failed left nothing and is not here: see the attempts in the CSV of the cost.",
    )


def _cost() -> None:
    attempts = ask("attempts")
    days: dict[date, float] = {}
    for row in attempts:
        day = row["started_at"].date()
        days[day] = days.get(day, 0) + (row["billed_seconds"] or 0) / 60
    shown = Table(("activity_date", "billed_minutes"), tuple(sorted(days.items())))
    filled = shown.every_day(Period(min(days), max(days) + timedelta(0))) if days else shown
    minutes = Table(("day", "billed_minutes"), tuple(sorted(days.items(), reverse=True)))
    figure = charts.lines(
        filled, (charts.Series("billed_minutes", "Minutes"),), "minutes", "Minutes per day", panels.theme(), None
    )
    if len(minutes) < 3:
        figure = charts.bars(minutes, "day", "billed_minutes", "minutes", "Minutes", panels.theme())
    panels.chart(
        "Cost of loads",
        figure,
        attempts,
        ("attempts",),
        "Minutes of the warehouse that the loads of each day are billed for at least.",
        "Minutes that a serverless warehouse bills for loads at least; times its RPUs and the price of an RPU hour it "
        "is their cost. Questions of people come on top.",
    )


def _count(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="localized")


def _seconds(seconds: int | None) -> str:
    return "—" if seconds is None else f"{seconds:,} s"
