"""Channels against each other, and each against itself in the period before."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import Currency, choose
from dashboards.app.compared import CHANGED, compared, shown
from dashboards.app.figures import Figure, Kind, newest
from dashboards.app.query import Choice
from dashboards.app.reader import ask
from dashboards.app.table import Table

MEASURES: dict[str, tuple[str, Kind]] = {
    "play_count": ("Plays", "count"),
    "load_count": ("Loads", "count"),
    "visitor_count": ("Visitors", "count"),
    "play_rate": ("Play rate", "share"),
    "hours_watched": ("Hours watched", "hours"),
    "average_percent_viewed": ("Engagement", "share"),
    "session_count": ("Sessions", "count"),
}
DRAWN = (
    ("play_count", "Plays", "count", "Plays in the period"),
    ("visitor_count", "Visitors", "count", "Distinct visitors"),
    ("hours_watched", "Hours watched", "hours", "Hours in the period"),
    ("average_percent_viewed", "Engagement", "share", "Mean share viewed"),
)
QUESTIONS = ("channel_totals", "channel_visitors", "channel_rate_days")


def page() -> None:
    """Draw the page."""
    choice, currency = choose("wistia", medias="many", channels=True)
    channels = _channels(choice)
    _table(choice, channels)
    for pair in (DRAWN[:2], DRAWN[2:]):
        for place, (column, title, unit, axis) in zip(st.columns(2), pair, strict=True):
            with place:
                panels.chart(
                    f"{title} by channel",
                    charts.bars(channels, "channel_name", column, unit, axis, panels.theme()),  # type: ignore[arg-type]
                    channels,
                    QUESTIONS,
                    f"Bars of {title.lower()} of each channel, {choice.period.words}.",
                )
    _days(choice, currency)


def _channels(choice: Choice) -> Table:
    """Return a row for each channel of either period, the most played first: its figures, and how they changed."""
    told: dict[tuple[str, bool], dict[str, float]] = {}
    for row in (*ask("channel_totals", choice), *ask("channel_visitors", choice)):
        told.setdefault((row["channel_name"], bool(row["is_present"])), {}).update(row)
    rates = ask("channel_rate_days", choice)

    def figure(channel: str, column: str, kind: Kind) -> Figure:
        if column == "play_rate":
            return newest(rates.where(lambda row: row["channel_name"] == channel), column, choice.period)
        now, before = (told.get((channel, is_present), {}) for is_present in (True, False))
        usual = 0 if column == "visitor_count" else None
        return Figure(now.get(column, usual), before.get(column), (), kind)

    names = dict.fromkeys(channel for channel, _ in told)
    rows = [((name,), {column: figure(name, column, kind) for column, (_, kind) in MEASURES.items()}) for name in names]
    return compared(("channel_name",), sorted(rows, key=lambda row: -(row[1]["play_count"].value or 0)))


def _table(choice: Choice, channels: Table) -> None:
    panels.table(
        "Channels compared",
        channels,
        QUESTIONS,
        {"channel_name": "Channel", **shown(MEASURES)},
        f"{choice.period.words}; {CHANGED}, against {choice.period.previous.words}. The play rate is since the medias "
        "were made, the newest of the period. A visitor of two channels is counted in both.",
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
            choice.period,
            currency.open_from(choice.period),
        ),
        days,
        ("channel_days",),
        f"Stacked bars of the plays of each channel for each day, {choice.period.words}.",
    )
