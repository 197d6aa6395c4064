"""Figures made of rows: pure, so that a test sees what a person would. Axes of amounts begin at zero."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any, Literal

import plotly.graph_objects as go

from dashboards.app.curve import Mark, clock, position, tick_step
from dashboards.app.figures import worded
from dashboards.app.period import Period
from dashboards.app.table import Row, Table
from dashboards.app.theme import Theme

Unit = Literal["count", "hours", "minutes", "share"]
HEIGHT = 300
FONT = "Source Sans, sans-serif"
"""That of the page around."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "solid")
"""Lines differ by more than their colour."""
_TICKS: dict[Unit, dict[str, Any]] = {
    "count": {"exponentformat": "B", "separatethousands": True},
    "hours": {"exponentformat": "B", "separatethousands": True},
    "minutes": {"exponentformat": "B", "separatethousands": True},
    "share": {"tickformat": ".0%"},
}
"""A billion is B on axes as it is on cards; Plotly's usual letter is G."""
_DAYS = {"tickformat": "%-d %b\n%Y", "hoverformat": "%a, %-d %b %Y"}
"""Days as everywhere on the pages; what stands below a line's end is written where it changes."""
_HOVER: dict[Unit, str] = {"count": ":,.0f", "hours": ":,.1f", "minutes": ":,.1f", "share": ":.1%"}
BAR_HEIGHT = 34
LONGEST_LINE = 22
"""Characters of a line of a name beside a bar; there are two lines."""

LONGEST_HEAD = 8
"""Characters of a line above a column of cells, which are narrow on a telephone."""


@dataclass(frozen=True, slots=True)
class Series:
    """A column that is drawn, and what the legend calls it.

    ``is_sparse``: known on some days only; ``is_before``: of the period before, for comparison.
    """

    column: str
    label: str
    is_sparse: bool = False
    is_before: bool = False


def lines(days: Table, series: Sequence[Series], unit: Unit, axis: str, theme: Theme, open_from: date | None) -> Any:
    """Return lines over days; where nothing is known a line breaks.

    Args:
        days: a row for each day.
        series: what is drawn.
        unit: of all of them.
        axis: what the axis of amounts says.
        theme: the colours.
        open_from: the first day that is not over; its part is marked.
    """
    figure = _figure(theme, HEIGHT)
    at = days.column("activity_date")
    for number, each in enumerate(series):
        colour = theme.muted if each.is_before else theme.series[number]
        figure.add_scatter(
            x=at,
            y=days.column(each.column),
            name=each.label,
            mode="markers" if each.is_sparse else "lines" if each.is_before or len(at) > _FEW else "lines+markers",
            line={"color": colour, "dash": "dot" if each.is_before else DASHES[number],
                  "width": 1.5 if each.is_before else 2.2},
            marker={"size": 6, "symbol": "diamond" if each.is_sparse else "circle", "color": colour},
            hovertemplate=f"%{{y{_HOVER[unit]}}}<extra>{each.label}</extra>",
        )  # fmt: skip
    _amounts(figure, unit, axis)
    figure.update_xaxes(**_DAYS)
    figure.update_layout(hovermode="x unified", showlegend=len(series) > 1)
    _mark_open(figure, at, open_from, theme)
    return figure


_FEW = 31


def stacked(days: Table, member: str, column: str, unit: Unit, axis: str, theme: Theme, period: Period,
            open_from: date | None) -> Any:  # fmt: skip
    """Return bars over the days of a period, each of the parts that add up to it; the greatest part lies below."""
    figure = _figure(theme, HEIGHT)
    members = _by_size(days, member, column)
    for number, name in enumerate(members):
        part = days.where(lambda row, name=name: row[member] == name)  # type: ignore[misc]
        figure.add_bar(
            x=part.column("activity_date"),
            y=part.column(column),
            name=str(name),
            marker={
                "color": theme.series[number % len(theme.series)],
                "pattern": {
                    "shape": ("", "/", ".", "\\", "x", "-")[number % 6],
                    "fillmode": "overlay",
                    "fgcolor": theme.page,
                    "fgopacity": 0.45,
                    "size": 6,
                },
            },
            hovertemplate=f"%{{y{_HOVER[unit]}}}<extra>{name}</extra>",
        )
    _amounts(figure, unit, axis)
    half = timedelta(hours=12)
    figure.update_layout(
        barmode="stack", hovermode="x unified", showlegend=True, bargap=0.15, legend_traceorder="normal",
        xaxis_range=[datetime.combine(day, time.min) + by for day, by in ((period.first, -half), (period.last, half))],
    )  # fmt: skip
    figure.update_xaxes(**_DAYS)
    _mark_open(figure, days.column("activity_date"), open_from, theme)
    return figure


def bars(rows: Table, member: str, column: str, unit: Unit, axis: str, theme: Theme) -> Any:
    """Return bars that lie, the longest on top, each with its figure beside it."""
    shown = list(rows)
    figure = _figure(theme, max(120, BAR_HEIGHT * len(shown) + 70))
    figure.add_bar(
        y=[str(number) for number in range(len(shown))],
        x=[row[column] for row in shown],
        orientation="h",
        marker={"color": theme.series[0]},
        text=[worded(row[column], unit) for row in shown],
        textposition="outside",
        cliponaxis=False,
        customdata=[escape(str(row[member]), quote=False) for row in shown],
        hovertemplate=f"%{{customdata}}: %{{x{_HOVER[unit]}}}<extra></extra>",
    )
    greatest = max((row[column] or 0 for row in shown), default=0)
    figure.update_yaxes(
        autorange="reversed",
        tickvals=[str(number) for number in range(len(shown))],
        ticktext=[_in_lines(str(row[member])) for row in shown],
        showgrid=False,
        type="category",
    )
    figure.update_xaxes(title=axis, range=[0, greatest * 1.25 or 1], nticks=5, **_TICKS[unit])
    figure.update_layout(margin_t=4)
    return figure


def curve(rows: Sequence[Row], marks: Sequence[Mark], theme: Theme) -> Any:
    """Return a curve second by second: how many are left, what they watch again, and where most leave."""
    figure = _figure(theme, 380)
    at = [position(row) for row in rows]
    rows_end = at[-1] if at else 0
    told = [(clock(position(row)), _share_of_start(row)) for row in rows]
    for number, (column, label, still) in enumerate(
        (("first_view_count", "First views", " (%{customdata[1]})"), ("rewatch_count", "Rewatches", ""))
    ):
        figure.add_scatter(
            x=at,
            y=[row[column] for row in rows],
            name=label,
            mode="lines",
            line={"color": theme.series[number], "width": 2, "dash": DASHES[number]},
            fill="tozeroy",
            fillcolor=_faint(theme.series[number]),
            customdata=told,
            hovertemplate=f"%{{y:,.0f}}{still}<extra>{label} at %{{customdata[0]}}</extra>",
        )
    figure.add_scatter(
        x=[mark.at for mark in marks],
        y=[_views_at(rows, mark.at) for mark in marks],
        name="Points to look at",
        mode="markers+text",
        text=_apart(marks, rows_end),
        textposition=["top right" if mark.at < 0.6 * rows_end else "bottom left" for mark in marks],
        textfont={"color": theme.text},
        marker={"color": theme.text, "size": 9, "symbol": "triangle-down"},
        hoverinfo="skip",
        cliponaxis=False,
    )
    end = max(at[-1], 1) if at else 1
    ticks = list(range(0, int(end) + 1, tick_step(end)))
    figure.update_xaxes(
        title="Place in the video (minutes:seconds)",
        tickvals=ticks,
        ticktext=[clock(tick) for tick in ticks],
        range=[0, end],
    )
    _amounts(figure, "count", "Views")
    figure.update_layout(hovermode="x", showlegend=True)
    return figure


def grid(rows: Table, across: str, down: str, column: str, orders: tuple[Sequence[str], Sequence[str]],
         theme: Theme) -> Any:  # fmt: skip
    """Return a field of cells, each with its figure in it."""
    values = {(row[across], row[down]): row[column] for row in rows}
    columns, lines_ = ([name for name in order if name in set(rows.column(axis))] for order, axis in
                       zip(orders, (across, down), strict=True))  # fmt: skip
    cells = [[values.get((name, line)) for name in columns] for line in lines_]
    greatest = max((value for line in cells for value in line if value is not None), default=1)
    figure = _figure(theme, 90 + 56 * len(lines_))
    figure.add_heatmap(
        x=columns,
        y=lines_,
        z=[[None if value is None else value**0.5 for value in line] for line in cells],
        colorscale=[[0, theme.scale[0]], [0.5, theme.scale[1]], [1, theme.scale[2]]],
        zmin=0,
        zmax=greatest**0.5,
        showscale=False,
        xgap=3,
        ygap=3,
        customdata=cells,
        hovertemplate="%{y}, %{x}: %{customdata:,.0f}<extra></extra>",
    )
    for place, line in enumerate(cells):
        for number, value in enumerate(line):
            if value is not None:
                figure.add_annotation(
                    x=columns[number],
                    y=lines_[place],
                    text=f"{value:,.0f}",
                    showarrow=False,
                    font={"color": _on_scale(value / greatest, theme), "size": 13},
                )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    in_lines = ["<br>".join(textwrap.wrap(name, LONGEST_HEAD)) for name in columns]
    figure.update_xaxes(showgrid=False, side="top", tickvals=columns, ticktext=in_lines, tickangle=0)
    return figure


def shows_something(figure: Any) -> bool:
    """Tell whether any value of a figure is known: axes without one would be of invented amounts."""
    return any(value is not None for trace in figure.data for value in _values(trace))


def _values(trace: Any) -> Sequence[Any]:
    values = trace.z if trace.type == "heatmap" else trace.x if trace.orientation == "h" else trace.y
    return values if values is not None else ()


def _figure(theme: Theme, height: int) -> Any:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": theme.text, "size": 13, "family": FONT},
        colorway=theme.series,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        hoverlabel={"bgcolor": theme.page, "font": {"color": theme.text}},
    )
    figure.update_xaxes(gridcolor=theme.grid, linecolor=theme.muted, automargin=True, title_font_color=theme.muted)
    figure.update_yaxes(gridcolor=theme.grid, linecolor=theme.muted, automargin=True, title_font_color=theme.muted)
    return figure


def _amounts(figure: Any, unit: Unit, axis: str) -> None:
    figure.update_yaxes(title=axis, rangemode="tozero", nticks=6, **_TICKS[unit])
    if unit == "count" and max((value or 0 for trace in figure.data for value in _values(trace)), default=0) <= _SMALL:
        figure.update_yaxes(dtick=1)


_SMALL = 5
"""Plays up to which an axis would be divided into parts of one."""


def _mark_open(figure: Any, at: Sequence[date], open_from: date | None, theme: Theme) -> None:
    if open_from is None or not at or max(at) < open_from:
        return
    half = timedelta(hours=12)
    figure.add_vrect(
        x0=str(open_from - half) if open_from > min(at) else str(open_from),
        x1=str(max(at) + half),
        fillcolor=theme.muted,
        opacity=0.18,
        line_width=0,
        annotation_text="not over",
        annotation_position="top left",
        annotation_font_color=theme.muted,
    )


def _by_size(rows: Table, member: str, column: str) -> list[Any]:
    sizes: dict[Any, float] = {}
    for row in rows:
        sizes[row[member]] = sizes.get(row[member], 0) + (row[column] or 0)
    return sorted(sizes, key=lambda name: (-sizes[name], str(name)))


def _apart(marks: Sequence[Mark], end: float) -> list[str]:
    """Return the words beside marks: those of marks that lie close together stand at the first of them."""
    words: list[str] = []
    first = 0
    for number, mark in enumerate(marks):
        words.append("")
        if number == 0 or mark.at - marks[first].at > _CLOSE * end:
            first = number
        words[first] = f"{words[first]}<br>{mark.label}" if words[first] else mark.label
    return words


_CLOSE = 0.08
"""A part of the video."""


def _share_of_start(row: Row) -> str:
    share = row["retention_share"]
    return "no one at the start" if share is None else f"{share:.0%} of the start"


def _views_at(rows: Sequence[Row], at: float) -> Any:
    return next(row["first_view_count"] for row in rows if position(row) == at)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _on_scale(share: float, theme: Theme) -> str:
    """Return black or white, whichever is read on the cell's colour: the scale runs by the root of the amount."""
    is_dark = (theme.page == "#ffffff") == (share**0.5 > _MIDDLE)
    return "#ffffff" if is_dark else "#000000"


_MIDDLE = 0.62


def _in_lines(name: str) -> str:
    """Write a name in two lines at most; the rest of a longer one is seen under the mouse and in the CSV."""
    lines_ = textwrap.wrap(name, LONGEST_LINE, max_lines=2, placeholder="…")
    return "<br>".join(escape(line, quote=False) for line in lines_)
