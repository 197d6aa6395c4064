"""Who watches: devices, browsers, platforms, places, segments, and the visitors with most plays."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import choose
from dashboards.app.figures import Figure, counted, part_worded, quotient, total
from dashboards.app.period import day_words
from dashboards.app.query import Choice, load_queries
from dashboards.app.reader import ask
from dashboards.app.table import Table

SPLITS = (("device_type", "Devices"), ("browser", "Browsers"), ("platform", "Platforms"), ("country", "Countries"))
SHOWN = 10
FREQUENCIES = ("Frequent", "Occasional", "Rare", "Unknown")
RECENCIES = ("0-6 days", "7-29 days", "30-89 days", "90 days and more", "Unknown")


def page() -> None:
    """Draw the page."""
    choice, _ = choose("wistia", medias="many", channels=True)
    _cards(choice)
    for column, splits in zip(st.columns(2), (SPLITS[:2], SPLITS[2:]), strict=True):
        with column:
            for attribute, title in splits:
                _split(choice, attribute, title)
    _split(choice, "region", "Regions")
    _segments()
    _top_visitors()


def _cards(choice: Choice) -> None:
    days = ask("visitor_days", choice).every_day(choice.period)
    periods = ask("visitors_of_periods", choice)
    says = load_queries()["visitors_of_periods"].definition
    visitors, sessions = (
        counted(periods, column, days.column(column)) for column in ("visitor_count", "session_count")
    )
    hours = counted(periods, "watch_hours", days.column("watch_hours"), "hours")
    each = Figure(
        quotient(sessions.value, visitors.value),
        quotient(sessions.previous, visitors.previous),
        tuple(quotient(*pair) for pair in zip(sessions.trend, visitors.trend, strict=True)),
        "mean",
    )
    panels.cards(
        (
            ("Visitors", visitors, says("visitor_count")),
            ("Sessions", sessions, says("session_count")),
            ("Sessions per visitor", each, "Sessions divided by visitors of the period."),
            ("Hours in sessions", hours, f"{says('watch_hours')} The vendor's own hours are on the overview."),
        ),
        f"the {choice.period.length} days before ({choice.period.previous.words})",
    )


def _split(choice: Choice, attribute: str, title: str) -> None:
    found = ask("audience_split", choice, attribute)
    sessions = total(found.column("session_count")) or 0
    shown = Table(found.columns, found.rows[:SHOWN])
    covered = total(shown.column("session_count")) or 0
    rest = (
        f" The {SHOWN} with most sessions, {part_worded(covered, sessions)} of all."
        if len(found) > SHOWN and sessions
        else ""
    )
    panels.chart(
        title,
        charts.bars(shown, "member", "session_count", "count", "Sessions in the period", panels.theme()),
        found,
        ("audience_split",),
        f"Bars of sessions by {attribute.replace('_', ' ')}, {choice.period.words}.",
        f"Sessions, by what the visitor last used on the day.{rest}",
    )


def _segments() -> None:
    found = ask("segments")
    as_of = next((day for day in found.column("as_of_date") if day), None)
    panels.chart(
        "Frequency and recency",
        charts.grid(
            found, "recency_segment", "frequency_segment", "visitor_count", (RECENCIES, FREQUENCIES), panels.theme()
        ),
        found,
        ("segments",),
        "A field of the number of visitors by how often they came and how long ago they were last there.",
        f"All visitors ever, whatever is chosen above; days since the last visit, as of "
        f"{day_words(as_of) if as_of else 'no day'}.",
    )


def _top_visitors() -> None:
    columns = {
        "visitor_rank": "Rank",
        "visitor_id": "Visitor",
        "play_count": st.column_config.NumberColumn("Plays", format="localized"),
        "load_count": st.column_config.NumberColumn("Loads", format="localized"),
        "frequency_segment": "Frequency",
        "browser": "Browser",
        "platform": "Platform",
        "device_type": "Device",
        "first_seen_at": st.column_config.DatetimeColumn("First seen (UTC)", format="D MMM YYYY, HH:mm"),
        "last_active_at": st.column_config.DatetimeColumn("Last active (UTC)", format="D MMM YYYY, HH:mm"),
    }
    panels.table(
        "Top visitors",
        ask("top_visitors"),
        ("top_visitors",),
        columns,
        "Since first seen, over all medias, whatever is chosen above. No key says who a visitor is.",
    )
