"""How pages show things: cards, charts and tables, each with its definitions and its data."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboards.app import charts
from dashboards.app.figures import Figure
from dashboards.app.query import load_queries
from dashboards.app.table import Table
from dashboards.app.theme import PAGES, Theme

PLOTLY = {"displayModeBar": False, "responsive": True}
MOST_ROWS, FEWER_ROWS = 20, 12
"""A table of at most so many rows is shown whole; of a longer one fewer are seen at a time."""
ROW_HEIGHT = 35
"""Pixels, as Streamlit draws a row."""


def theme() -> Theme:
    """Return the colours of the page that the reader sees."""
    return PAGES["dark" if st.context.theme.type == "dark" else "light"]


def card_row(key: str) -> Any:
    """Return a row of cards that share its width; on a telephone two stand side by side."""
    return st.container(key=f"cards_{'_'.join(key.lower().split())}")


def cards(shown: Sequence[tuple[str, Figure, str]], against: str) -> None:
    """Show figures side by side: a name, the figure, its definition. ``against``: what changes are measured against."""
    with card_row(shown[0][0]):
        for label, figure, definition in shown:
            st.metric(
                label,
                figure.text,
                figure.change or "no comparison",
                delta_color="normal" if figure.change else "off",
                delta_arrow="auto" if figure.change else "off",
                help=definition,
                border=True,
                height="stretch",
                chart_data=figure.sparkline,
            )
    st.caption(f"Changes are against {against}. The question mark of a card says how its figure is defined.")


@contextmanager
def framed(title: str) -> Iterator[None]:
    """Draw a frame with a title, as high as what stands beside it."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"#### {title}")
        yield


def chart(title: str, figure: Any, data: Table, questions: Iterable[str], alt: str, note: str = "") -> None:
    """Show a chart in a frame, with what its columns mean and its data as CSV; see ``plot``."""
    with framed(title):
        plot(title, figure, data, questions, alt, note)


def plot(title: str, figure: Any, data: Table, questions: Iterable[str], alt: str, note: str = "") -> None:
    """Show a chart with what its columns mean and its data as CSV.

    Args:
        title: what it shows.
        figure: the chart.
        data: what it is drawn from.
        questions: the queries whose columns it shows.
        alt: what a person is told who cannot see it.
        note: what one should know when reading it.
    """
    if len(data) and charts.shows_something(figure):
        st.plotly_chart(figure, width="stretch", theme=None, config=PLOTLY, key=f"chart_{title}", alt=alt)
    else:
        st.info("Nothing to show for this choice.")
    if note:
        st.caption(note)
    _foot(title, data, questions)


def table(title: str, data: Table, questions: Iterable[str], columns: dict[str, Any], note: str = "") -> None:
    """Show rows as they are, under readable names."""
    with framed(title):
        if len(data):
            rows = {name: _shown(data.column(name), columns.get(name)) for name in data.columns}
            st.dataframe(
                rows,
                hide_index=True,
                width="stretch",
                height="content" if len(data) <= MOST_ROWS else (FEWER_ROWS + 1) * ROW_HEIGHT,
                column_config=columns,
                key=f"table_{title}",
                alt=title,
                placeholder="—",
            )
        else:
            st.info("There are no rows.")
        if note:
            st.caption(note)
        _foot(title, data, questions)


def _shown(values: list[Any], config: Any) -> list[Any]:
    """Return values as a table shows them: shares in tenths of a percent, as on cards. The CSV has them in full."""
    is_share = isinstance(config, dict) and (config.get("type_config") or {}).get("format") == "percent"
    return [round(value, 3) if is_share and value is not None else value for value in values]


def definitions(questions: Iterable[str], columns: Sequence[str]) -> str:
    """Return what columns mean, as a list; a column that two questions have means the same in both."""
    found: dict[str, str] = {}
    for name in questions:
        query = load_queries()[name]
        found |= {column: query.definition(column) for column in columns if column in query.columns}
    return "\n".join(f"- **{column}**: {words}" for column, words in found.items())


def _foot(title: str, data: Table, questions: Iterable[str]) -> None:
    asked = list(questions)
    with st.container(horizontal=True, gap="small"):
        with st.popover("Definitions", icon=":material/menu_book:", key=f"definitions_{title}"):
            st.markdown(definitions(asked, data.columns))
            st.caption("; ".join(f"{name}: {load_queries()[name].grain}" for name in asked))
        st.download_button(
            f"CSV: {title}",
            data.csv(),
            f"{'_'.join(title.lower().replace(',', '').split())}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"csv_{title}",
            disabled=not len(data),
        )
