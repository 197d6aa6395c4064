"""Charts are honest: amounts begin at zero, what is not known breaks a line, what is not over is marked."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from dashboards.app import charts
from dashboards.app.curve import clock, drop_offs, left, marks, tick_step
from dashboards.app.period import Period
from dashboards.app.table import Row, Table
from dashboards.app.theme import DARK, LIGHT, Theme

WEEK = Period(date(2026, 1, 8), date(2026, 1, 14))
PLAYS = Table.of(("activity_date", "play_count"), [(date(2026, 1, 8), 5), (date(2026, 1, 14), 7)]).every_day(WEEK)
both_themes = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def curve_of(shares: Sequence[float | None], seconds: float = 1, points: dict[int, float] | None = None) -> list[Row]:
    """Return the rows of a curve; ``points``: what is lost at its points of drop-off."""
    return [
        {"bucket": place, "starts_at_second": place * seconds, "retention_share": share,
         "first_view_count": 0 if share is None else round(1000 * share), "rewatch_count": 1,
         "drop_off_point_share": (points or {}).get(place)}
        for place, share in enumerate(shares)
    ]  # fmt: skip


@both_themes
def test_lines_begin_at_zero_and_break_where_nothing_is_known(theme: Theme) -> None:
    figure = charts.lines(PLAYS, (charts.Series("play_count", "Plays"),), "count", "Plays per day", theme, None)
    assert figure.layout.yaxis.rangemode == "tozero"
    assert figure.layout.yaxis.title.text == "Plays per day"
    assert figure.data[0].y == (5, None, None, None, None, None, 7)
    assert figure.data[0].connectgaps is None
    assert not figure.layout.shapes


def test_a_day_that_is_not_over_is_marked() -> None:
    figure = charts.lines(PLAYS, (charts.Series("play_count", "Plays"),), "count", "", LIGHT, date(2026, 1, 14))
    assert figure.layout.annotations[0].text == "not over"


@both_themes
def test_bars_have_room_for_their_figures(theme: Theme) -> None:
    rows = Table.of(("member", "n"), [("US", 100), ("A name that is much longer than an axis has room for", 1)])
    figure = charts.bars(rows, "member", "n", "count", "Sessions", theme)
    assert figure.layout.xaxis.range[0] == 0
    assert figure.layout.xaxis.range[1] > 110
    assert figure.layout.yaxis.ticktext == ("US", "A name that is much<br>longer than an axis…")
    assert figure.data[0].text == ("100", "1")


def test_a_title_is_no_markup() -> None:
    figure = charts.bars(Table.of(("member", "n"), [("<b>Q&A</b>", 1)]), "member", "n", "count", "", LIGHT)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;Q&amp;A&lt;/b&gt;",)
    assert figure.data[0].customdata == ("&lt;b&gt;Q&amp;A&lt;/b&gt;",)


@pytest.mark.parametrize("unit", ["count", "hours"])
def test_a_billion_is_b_on_axes_as_on_cards(unit: charts.Unit) -> None:
    days = Table.of(("activity_date", "n"), [(WEEK.first, 1_500_000_000)])
    for axis in (
        charts.lines(days, (charts.Series("n", "N"),), unit, "", LIGHT, None).layout.yaxis,
        charts.bars(days, "activity_date", "n", unit, "", LIGHT).layout.xaxis,
    ):
        assert (axis.exponentformat, axis.tickformat) == ("B", None)
    assert charts.bars(days, "activity_date", "n", "count", "", LIGHT).data[0].text == ("1.50 B",)


def test_the_period_before_is_drawn_in_the_background() -> None:
    days = PLAYS.beside_before("play_count", WEEK)
    series = (charts.Series("play_count", "Plays"), charts.Series("previous_play_count", "Before", is_before=True))
    now, before = charts.lines(days, series, "count", "", LIGHT, None).data
    assert (before.line.color, before.line.dash, before.mode) == (LIGHT.muted, "dot", "lines")
    assert now.line.color == LIGHT.series[0]


def test_plays_are_whole_on_the_axis_of_few() -> None:
    def of(count: int) -> int | None:
        days = Table.of(("activity_date", "n"), [(WEEK.first, count)])
        found = charts.lines(days, (charts.Series("n", "N"),), "count", "", LIGHT, None).layout.yaxis.dtick
        return None if found is None else int(found)

    assert [of(count) for count in (1, 5, 6)] == [1, 1, None]


def test_a_chart_of_which_nothing_is_known_shows_nothing() -> None:
    unknown = Table.of(("activity_date", "n"), [(WEEK.first, None), (WEEK.last, None)])
    assert not charts.shows_something(charts.lines(unknown, (charts.Series("n", "N"),), "share", "", LIGHT, None))
    assert not charts.shows_something(charts.bars(unknown, "activity_date", "n", "share", "", LIGHT))
    assert charts.shows_something(charts.lines(PLAYS, (charts.Series("play_count", "N"),), "count", "", LIGHT, None))
    cells = Table.of(("r", "f", "n"), [("a", "b", 4)])
    assert charts.shows_something(charts.grid(cells, "r", "f", "n", (("a",), ("b",)), LIGHT))


def test_bars_of_nothing_are_drawn() -> None:
    assert charts.bars(Table(("member", "n"), ()), "member", "n", "count", "", LIGHT).layout.xaxis.range == (0, 1)


def test_stacked_bars_have_the_greatest_below_and_differ_by_more_than_colour() -> None:
    rows = Table.of(("activity_date", "device", "n"), [(WEEK.first, "tv", 1), (WEEK.first, "mobile", 9)])
    figure = charts.stacked(rows, "device", "n", "count", "", LIGHT, WEEK, None)
    whole = ("2026-01-07T12:00", "2026-01-14T12:00")
    assert figure.layout.xaxis.range == tuple(map(datetime.fromisoformat, whole)), "the whole period"
    assert [bar.name for bar in figure.data] == ["mobile", "tv"]
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape


def test_a_field_has_its_figures_in_it_and_leaves_out_what_nobody_is() -> None:
    rows = Table.of(("r", "f", "n"), [("0-6 days", "Rare", 4), ("7-29 days", "Frequent", 400)])
    figure = charts.grid(rows, "r", "f", "n", (("0-6 days", "7-29 days", "never"), ("Frequent", "Rare")), LIGHT)
    assert figure.data[0].x == ("0-6 days", "7-29 days")
    assert sorted(note.text for note in figure.layout.annotations) == ["4", "400"]


@both_themes
def test_colours_stand_out_from_the_page(theme: Theme) -> None:
    assert all(contrast(colour, theme.page) >= 3 for colour in theme.series)
    assert contrast(theme.text, theme.page) >= 7
    assert contrast(theme.muted, theme.page) >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_points_of_drop_off_are_those_of_the_mart_and_in_order_of_the_video() -> None:
    rows = curve_of([1 - place / 100 for place in range(100)], points={75: 0.1, 20: 0.304})
    assert [mark.label for mark in drop_offs(rows)] == ["0:20: 30% left here", "1:15: 10% left here"]
    assert [mark.at for mark in marks(rows)] == [20, 50, 75, 75]


def test_where_a_half_and_a_quarter_are_still_there_is_marked() -> None:
    rows = curve_of([1 - place / 100 for place in range(100)])
    assert [mark.label for mark in left(rows)] == ["0:50: 50% still there", "1:15: 25% still there"]


@pytest.mark.parametrize("shares", [[], [1.0], [None, None], [1.0, 1.2, 1.18]])
def test_a_curve_of_little_or_nothing_has_no_marks(shares: list[float | None]) -> None:
    assert marks(curve_of(shares)) == []
    charts.curve(curve_of(shares), [], LIGHT)


def test_a_curve_shows_first_views_rewatches_and_marks() -> None:
    rows = curve_of([1.0, 0.4, 0.3], seconds=60)
    figure = charts.curve(rows, marks(rows), DARK)
    assert [part.name for part in figure.data] == ["First views", "Rewatches", "Points to look at"]
    assert figure.data[2].y[0] == 400


def test_words_of_marks_that_lie_close_together_stand_below_each_other() -> None:
    rows = curve_of([1 - place / 100 for place in range(100)], points={50: 0.1, 53: 0.06})
    figure = charts.curve(rows, marks(rows), LIGHT)
    assert figure.data[2].text == (
        "0:50: 10% left here<br>0:50: 50% still there<br>0:53: 6% left here", "", "", "1:15: 25% still there"
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (3725, "1:02:05")])
def test_a_place_is_written_as_players_do(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(("end", "step"), [(1, 1), (45, 5), (435, 60), (7200, 900), (90_000, 10_000)])
def test_an_axis_has_steps_that_clocks_know(end: float, step: int) -> None:
    assert tick_step(end) == step
