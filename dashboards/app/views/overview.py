"""How the whole account does: the morning's first page."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import Currency, choose, media_names
from dashboards.app.compared import CHANGED, compared, shown
from dashboards.app.figures import Figure, Kind, quotient
from dashboards.app.period import Period
from dashboards.app.period_cards import period_cards
from dashboards.app.query import Choice
from dashboards.app.reader import ask
from dashboards.app.table import Table

TREND = 30
"""Days of the trends: those that end with the period."""


def page() -> None:
    """Draw the page."""
    choice, currency = choose("wistia", medias="many", channels=True)
    days, visitors = ask("day_totals", choice), ask("visitor_days", choice)
    period_cards(choice, days, visitors)
    left, right = st.columns(2)
    with left:
        _plays_and_visitors(choice, currency, days, visitors)
    with right:
        _hours(choice, currency, days)
    _trends(choice, currency)
    _medias(choice)


def _plays_and_visitors(choice: Choice, currency: Currency, days: Table, visitors: Table) -> None:
    period = choice.period
    found = dict(zip(visitors.column("activity_date"), visitors.column("visitor_count"), strict=True))
    plays = days.beside_before("play_count", period)
    both = Table(
        ("activity_date", "play_count", "visitor_count", "previous_play_count"),
        tuple((day, count, found.get(day), before) for day, count, before in plays.rows),
    )
    series = (
        charts.Series("play_count", "Plays"),
        charts.Series("visitor_count", "Visitors"),
        charts.Series("previous_play_count", "Plays before", is_before=True),
    )
    panels.chart(
        "Plays and visitors",
        charts.lines(both, series, "count", "Per day", panels.theme(), currency.open_from(period)),
        both,
        ("day_totals", "visitor_days"),
        f"Lines of plays and of distinct visitors for each day, {period.words}, and of the plays of the period before.",
        f"Visitors of several days cannot be added: the card counts each once. Before: {period.previous.words}.",
    )


def _hours(choice: Choice, currency: Currency, days: Table) -> None:
    period = choice.period
    both = days.beside_before("hours_watched", period)
    series = (
        charts.Series("hours_watched", "Hours watched"),
        charts.Series("previous_hours_watched", "Hours before", is_before=True),
    )
    panels.chart(
        "Hours watched",
        charts.lines(
            both,
            series,
            "hours",
            "Hours per day",
            panels.theme(),
            currency.open_from(period),
        ),
        both,
        ("day_totals",),
        f"Lines of the hours watched on each day, {period.words}, and in the period before.",
        f"As the vendor counts them. Before: {period.previous.words}.",
    )


def _trends(choice: Choice, currency: Currency) -> None:
    period = Period.ending(choice.period.last, TREND)
    chosen = Choice(period, choice.medias, choice.channels)
    days, rates = ask("day_totals", chosen).every_day(period), ask("rate_days", chosen).every_day(period)
    left, right = st.columns(2)
    with left:
        _trend(
            "Engagement trend, 30 days",
            _beside(days, "percent_viewed_total", "measured_session_count", rates, "engagement"),
            ("Sessions of the day", "Since it was made"),
            currency.open_from(period),
            "Mean share of the media viewed by the sessions of the day; as diamonds, the vendor's mean over all plays "
            "since each media was made, on days on which it was asked for.",
        )
    with right:
        _trend(
            "Play rate trend, 30 days",
            _beside(days, "play_count", "load_count", rates, "play_rate"),
            ("Plays per load of the day", "Since it was made"),
            currency.open_from(period),
            "Plays divided by loads of the day; as diamonds, the vendor's play rate (distinct players divided by "
            "visitors) since each media was made, on days on which it was asked for. The two are not the same measure.",
        )


def _beside(days: Table, part: str, whole: str, rates: Table, rate: str) -> Table:
    """Return the quotient of each day beside the rate that was told on it."""
    told = rates.column(rate)
    rows = ((row["activity_date"], quotient(row[part], row[whole]), told[number]) for number, row in enumerate(days))
    return Table(("activity_date", f"{part}_by_{whole}", rate), tuple(rows))


def _trend(title: str, found: Table, labels: tuple[str, str], open_from: object, note: str) -> None:
    _, of_day, told = found.columns
    series = (charts.Series(of_day, labels[0]), charts.Series(told, labels[1], is_sparse=True))
    panels.chart(
        title,
        charts.lines(found, series, "share", "Share", panels.theme(), open_from),  # type: ignore[arg-type]
        found,
        ("rate_days",),
        f"{title}: a line of {labels[0].lower()} and marks of the same since the media was made.",
        note,
    )


MEASURES: dict[str, tuple[str, Kind]] = {
    "play_count": ("Plays", "count"),
    "load_count": ("Loads", "count"),
    "hours_watched": ("Hours watched", "hours"),
    "visitor_count": ("Visitors", "count"),
    "average_percent_viewed": ("Engagement", "share"),
}


def _medias(choice: Choice) -> None:
    medias, names = ask("media_totals", choice), media_names()
    chosen = Choice(choice.period, tuple(medias.column("media_id")), choice.channels)
    visitors: dict[tuple[str, bool], int] = {
        (row["media_id"], bool(row["is_present"])): row["visitor_count"] for row in ask("media_visitors", chosen)
    }
    rows = [
        (
            (names.get(row["media_id"], row["media_name"]), row["channel_name"], row["media_id"]),
            {
                column: Figure(visitors.get((row["media_id"], True), 0), visitors.get((row["media_id"], False)))
                if column == "visitor_count"
                else Figure(row[column], row[f"previous_{column}"], (), kind)
                for column, (_, kind) in MEASURES.items()
            },
        )
        for row in medias
    ]
    period = choice.period
    panels.table(
        "Medias of the period",
        compared(("media_name", "channel_name", "media_id"), rows),
        ("media_totals", "media_visitors"),
        {
            "media_name": st.column_config.TextColumn("Media", width="medium"),
            "channel_name": "Channel",
            **shown(MEASURES),
            "media_id": None,
        },
        f"{'The hundred most played. ' if len(medias) == 100 else ''}{period.words}; {CHANGED}, against "
        f"{period.previous.words}. A media without loads and plays in both is left out.",
    )
