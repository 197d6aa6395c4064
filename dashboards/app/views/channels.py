"""Channels against each other."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import Currency, choose
from dashboards.app.figures import Figure
from dashboards.app.query import Choice
from dashboards.app.reader import ask
from dashboards.app.table import Table

MEASURES = (
    ("play_count", "Plays", "count", "Plays in the period"),
    ("hours_watched", "Hours watched", "hours", "Hours in the period"),
    ("average_percent_viewed", "Engagement", "share", "Mean share viewed"),
    ("visitor_count", "Visitors", "count", "Distinct visitors"),
)


def page() -> None:
    """Draw the page."""
    choice, currency = choose("wistia", medias=True, channels=True)
    compared = _compared(choice)
    _table(choice, compared)
    for pair in (MEASURES[:2], MEASURES[2:]):
        for place, (column, title, unit, axis) in zip(st.columns(2), pair, strict=True):
            with place:
                panels.chart(
                    f"{title} by channel",
                    charts.bars(compared, "channel_name", column, unit, axis, panels.theme()),  # type: ignore[arg-type]
                    compared,
                    ("channel_totals", "channel_visitors"),
                    f"Bars of {title.lower()} of each channel, {choice.period.words}.",
                )
    _days(choice, currency)


def _compared(choice: Choice) -> Table:
    """Return a row for each channel: its figures, and how plays changed."""
    totals = ask("channel_totals", choice)
    visitors = {row["channel_name"]: row["visitor_count"] for row in ask("channel_visitors", choice)}
    before = {row["channel_name"]: row["play_count"] for row in totals if not row["is_present"]}
    rows = [
        (
            row["channel_name"],
            row["play_count"],
            before.get(row["channel_name"]),
            Figure(row["play_count"], before.get(row["channel_name"])).change,
            row["load_count"],
            row["hours_watched"],
            row["session_count"],
            visitors.get(row["channel_name"], 0),
            row["average_percent_viewed"],
        )
        for row in totals
        if row["is_present"]
    ]
    names = (
        "channel_name",
        "play_count",
        "previous_play_count",
        "play_change",
        "load_count",
        "hours_watched",
        "session_count",
        "visitor_count",
        "average_percent_viewed",
    )
    return Table(names, tuple(sorted(rows, key=lambda row: -(row[1] or 0))))


def _table(choice: Choice, compared: Table) -> None:
    columns = {
        "channel_name": "Channel",
        "play_count": st.column_config.NumberColumn("Plays", format="localized"),
        "previous_play_count": st.column_config.NumberColumn("Plays before", format="localized"),
        "play_change": "Change",
        "load_count": st.column_config.NumberColumn("Loads", format="localized"),
        "hours_watched": st.column_config.NumberColumn("Hours watched", format="%.1f"),
        "session_count": st.column_config.NumberColumn("Sessions", format="localized"),
        "visitor_count": st.column_config.NumberColumn("Visitors", format="localized"),
        "average_percent_viewed": st.column_config.NumberColumn("Engagement", format="percent"),
    }
    panels.table(
        "Channels compared",
        compared,
        ("channel_totals", "channel_visitors"),
        columns,
        f"{choice.period.words}; before: {choice.period.previous.words}. A visitor of two channels is counted in both.",
    )


def _days(choice: Choice, currency: Currency) -> None:
    days = ask("channel_days", choice)
    panels.chart(
        "Plays by channel and day",
        charts.stacked(
            days,
            "channel_name",
            "play_count",
            "count",
            "Plays per day",
            panels.theme(),
            currency.open_from(choice.period),
        ),
        days,
        ("channel_days",),
        f"Stacked bars of the plays of each channel for each day, {choice.period.words}.",
    )
