"""The OTT platform: titles, active users, watch hours by device, regions, genres."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import Currency, choose
from dashboards.app.figures import Figure, newest, total
from dashboards.app.period import Period
from dashboards.app.query import Choice, load_queries
from dashboards.app.reader import ask
from dashboards.app.table import Table

LISTS = ("last 7 days", "last 30 days", "all time")


def page() -> None:
    """Draw the page."""
    choice, currency = choose("streampulse", medias="none", channels=False)
    users, watched = ask("active_users", choice), ask("watch_days", choice)
    _cards(choice.period, users, watched)
    left, right = st.columns(2)
    with left:
        _users(choice, currency, users)
    with right:
        _devices(choice, currency, watched)
    _titles()
    left, right = st.columns(2)
    with left:
        _watched_by(choice, "regions", "region", "Regions")
    with right:
        _watched_by(choice, "genres", "genre", "Genres")


def _cards(period: Period, users: Table, watched: Table) -> None:
    of_users, of_watching = load_queries()["active_users"].definition, load_queries()["watch_days"].definition
    added = "Sum over the period."
    panels.cards(
        (
            ("Watch hours", _added(watched, "total_watch_hours", period, "hours"),
             f"{added} {of_watching('total_watch_hours')}"),
            ("Playbacks", _added(watched, "playback_count", period), f"{added} {of_watching('playback_count')}"),
            ("Daily active", newest(users, "daily_active_users", period, "count"),
             f"Users on the last day of the period. {of_users('daily_active_users')}"),
            ("Weekly active", newest(users, "weekly_active_users", period, "count"),
             f"Users on the last day of the period. {of_users('weekly_active_users')}"),
            ("Monthly active", newest(users, "monthly_active_users", period, "count"),
             f"Users on the last day of the period. {of_users('monthly_active_users')}"),
            ("Stickiness", newest(users, "stickiness", period),
             f"On the last day of the period. {of_users('stickiness')}"),
        ),
        f"the {period.length} days before ({period.previous.words})",
    )  # fmt: skip


def _added(watched: Table, column: str, period: Period, kind: str = "count") -> Figure:
    """Return a sum over days and devices; the trend is of the days."""
    days = [total(row[column] for row in watched if row["activity_date"] == day) for day in period.days]
    previous = total(watched.within(period.previous).column(column))
    return Figure(total(days), previous, tuple(days), kind)  # type: ignore[arg-type]


def _users(choice: Choice, currency: Currency, users: Table) -> None:
    shown = users.every_day(choice.period)
    series = (
        charts.Series("daily_active_users", "Daily"),
        charts.Series("weekly_active_users", "Weekly"),
        charts.Series("monthly_active_users", "Monthly"),
    )
    panels.chart(
        "Active users",
        charts.lines(shown, series, "count", "Users", panels.theme(), currency.open_from(choice.period)),
        shown,
        ("active_users",),
        f"Lines of daily, weekly and monthly active users for each day, {choice.period.words}.",
        "Weekly and monthly: of the 7 and 30 days that end with the day.",
    )


def _devices(choice: Choice, currency: Currency, watched: Table) -> None:
    shown = watched.within(choice.period)
    panels.chart(
        "Watch hours by device",
        charts.stacked(
            shown, "device_type", "total_watch_hours", "hours", "Hours per day", panels.theme(), choice.period,
            currency.open_from(choice.period),
        ),
        shown,
        ("watch_days",),
        f"Stacked bars of the hours watched on each kind of device for each day, {choice.period.words}.",
    )  # fmt: skip


def _titles() -> None:
    title = "Top ten titles"
    with panels.framed(title):
        listed = st.segmented_control(
            "Of the", LISTS, default=LISTS[0], required=True, key="titles", bind="query-params"
        )
        titles = ask("top_titles", period_name=str(listed))
        panels.plot(
            title,
            charts.bars(titles, "title", "total_watch_hours", "hours", "Hours watched", panels.theme()),
            titles,
            ("top_titles",),
            f"Bars of the hours watched of the ten titles that were watched most, {listed}.",
            f"Of the {listed}, up to the newest day with a playback, whatever period is chosen above.",
        )


def _watched_by(choice: Choice, question: str, member: str, title: str) -> None:
    found = ask(question, choice)
    panels.chart(
        title,
        charts.bars(found, member, "total_watch_hours", "hours", "Hours in the period", panels.theme()),
        found,
        (question,),
        f"Bars of the hours watched by {member}, {choice.period.words}.",
    )
