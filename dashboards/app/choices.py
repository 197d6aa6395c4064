"""What a person may choose, and until when the data reaches.

Choices stand in the address, so that a view can be shared.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import streamlit as st

from dashboards.app.period import PRESETS, Period, day_words
from dashboards.app.query import Choice
from dashboards.app.reader import ask, forget, now

STALE_AFTER = timedelta(hours=26)
"""A daily run, and two hours for it to be late."""
CUSTOM = "Custom"
NAMES = {"wistia": "Wistia", "streampulse": "StreamPulse"}
DAYS = {"wistia": "UTC days", "streampulse": "days of the reporting time zone"}


@dataclass(frozen=True, slots=True)
class Currency:
    """Until when the data of a source reaches."""

    first: date
    newest: date
    complete_until: date
    loaded_at: datetime

    def open_from(self, period: Period) -> date | None:
        """Return the first day of a period that is not over; None where all are."""
        return self.newest if self.newest <= period.last else None


def currency(source: str) -> Currency | None:
    """Return until when the data of a source reaches; None where there is none."""
    for row in ask("data_currency"):
        if row["source_name"] == source:
            return Currency(row["first_date"], row["newest_date"], row["complete_until"], row["loaded_at"])
    return None


def tell_currency(source: str) -> Currency | None:
    """Show until when the data is complete, and whether it is stale; or that there is none."""
    found = currency(source)
    if found is None:
        st.info(f"There is no {NAMES[source]} data in the warehouse yet. `reelhouse run` loads what is new.")
        return None
    age = now().replace(tzinfo=None) - found.loaded_at
    loaded = f"{day_words(found.loaded_at.date())}, {found.loaded_at:%H:%M} UTC"
    if age > STALE_AFTER:
        st.warning(
            f"Stale: the newest load is {_age(age)} old ({loaded}). `reelhouse status` says what stopped the runs.",
            icon=":material/history:",
        )
    st.caption(
        f"Complete until {day_words(found.complete_until)} ({DAYS[source]}); {day_words(found.newest)} was not over "
        f"when it was read. Last load: {loaded}."
    )
    return found


def choose(source: str, *, medias: Literal["none", "one", "many"], channels: bool) -> tuple[Choice, Currency]:
    """Show what a person may choose, and return what was chosen; end the page where there is no data to choose from."""
    found = tell_currency(source)
    if found is None:
        st.stop()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        period = _period(found)
        chosen_channels = _channels() if channels else ()
        chosen_medias = _media() if medias == "one" else _medias() if medias == "many" else ()
        if st.button("Reload", icon=":material/refresh:", help="Asks the warehouse anew; it may be woken."):
            forget()
            st.rerun()
    return Choice(period, chosen_medias, chosen_channels), found


def media_names() -> dict[str, str]:
    """Return the medias by id, the most played first, each under a name of its own."""
    rows = list(ask("medias"))
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["media_name"]] = seen.get(row["media_name"], 0) + 1
    return {
        row["media_id"]: row["media_name"]
        if seen[row["media_name"]] == 1
        else f"{row['media_name']} ({row['media_id']})"
        for row in rows
    }


def _period(found: Currency) -> Period:
    preset = st.selectbox("Period", [*PRESETS, CUSTOM], index=1, key="period", bind="query-params", width=140)
    if preset != CUSTOM:
        return Period.ending(found.complete_until, PRESETS[str(preset)])
    usual_last = max(found.first, found.complete_until)
    usual_first = max(found.first, Period.ending(usual_last, PRESETS["30 days"]).first)
    first = st.date_input("From", usual_first, found.first, found.newest, key="from", bind="query-params", width=150)
    last = st.date_input("To", usual_last, found.first, found.newest, key="to", bind="query-params", width=150)
    if not (isinstance(first, date) and isinstance(last, date)) or first > last:
        st.error("The period ends before it begins: choose a day in To that is not before the one in From.")
        st.stop()
    return Period(first, last)


def _channels() -> tuple[str, ...]:
    names = sorted({row["channel_name"] for row in ask("medias")})
    return tuple(
        st.multiselect("Channels", names, key="channel", bind="query-params", placeholder="All channels", width=230)
    )


def _medias() -> tuple[str, ...]:
    names = media_names()
    chosen = st.multiselect(
        "Medias",
        list(names),
        format_func=lambda media: names.get(media, media),
        key="media",
        bind="query-params",
        placeholder="All medias",
        width=330,
    )
    return tuple(chosen)


def _media() -> tuple[str]:
    names = media_names()
    if not names:
        st.info("No media has statistics yet.")
        st.stop()
    chosen = st.selectbox(
        "Media",
        list(names),
        format_func=lambda media: names.get(media, media),
        key="video",
        bind="query-params",
        help="The most played first; type to search.",
        width=420,
    )
    return (str(chosen),)


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours} hours" if hours < 2 * 24 else f"{hours // 24} days"
