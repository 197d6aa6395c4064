"""One video: what it did in the period and ever, and its engagement curve second by second."""

import streamlit as st

from dashboards.app import charts, panels
from dashboards.app.choices import choose, media_names
from dashboards.app.curve import clock, marks
from dashboards.app.figures import Figure
from dashboards.app.period import day_words
from dashboards.app.period_cards import period_cards
from dashboards.app.query import load_queries
from dashboards.app.reader import ask
from dashboards.app.table import Row


def page() -> None:
    """Draw the page."""
    one, currency = choose("wistia", medias="one", channels=False)
    (media,) = one.medias
    _ever(media)
    st.subheader("In the period")
    both = ask("day_totals", one)
    period_cards(one, both, ask("visitor_days", one))
    days = both.every_day(one.period)
    _curve(media)
    panels.chart(
        "Plays and loads",
        charts.lines(
            days,
            (charts.Series("play_count", "Plays"), charts.Series("load_count", "Loads")),
            "count",
            "Per day",
            panels.theme(),
            currency.open_from(one.period),
        ),
        days,
        ("day_totals",),
        f"Lines of plays and loads of {media_names()[media]} for each day, {one.period.words}.",
    )


def _ever(media: str) -> None:
    for row in ask("media_summary", media_id=media):
        length = "unknown length" if row["duration_seconds"] is None else clock(row["duration_seconds"])
        st.caption(
            f"{row['channel_name']} · {row['project_name']} · {length} · "
            f"statistics of {day_words(row['snapshot_date'])}"
        )
        st.subheader("Since it was made")
        _cards_of(row)


def _cards_of(row: Row) -> None:
    says = load_queries()["media_summary"].definition
    shown = (
        ("Plays ever", "play_count", "count"),
        ("Loads ever", "load_count", "count"),
        ("Visitors ever", "visitor_count", "count"),
        ("Play rate ever", "play_rate", "share"),
        ("Hours ever", "hours_watched", "hours"),
        ("Engagement ever", "engagement", "share"),
    )
    with panels.card_row("ever"):
        for label, column, kind in shown:
            figure = Figure(row[column], None, (), kind)  # type: ignore[arg-type]
            classed = row.get(f"{column}_class")
            st.metric(
                label,
                figure.text,
                classed,
                delta_color="off",
                delta_arrow="off",
                help=says(column),
                border=True,
                height="stretch",
            )


def _curve(media: str) -> None:
    curve = ask("curve", media_id=media)
    rows = list(curve)
    marked = marks(rows)
    told = "; ".join(mark.label for mark in marked)
    since = f"Views since the media was made; the curve is of {day_words(rows[0]['snapshot_date'])}. " if rows else ""
    panels.chart(
        "Engagement curve",
        charts.curve(rows, marked, panels.theme()),
        curve,
        ("curve",),
        f"First views and rewatches at each place of the video. Points to look at: {told or 'none'}.",
        f"{since}Marked is where five of a hundred first viewers or more leave at once, and where a half and a quarter "
        "of them are still there.",
    )
