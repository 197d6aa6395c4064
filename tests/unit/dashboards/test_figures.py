"""Periods, totals, changes and what people read."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.app.compared import compared
from dashboards.app.figures import Figure, counted, newest, part_worded, shared, summed, worded
from dashboards.app.period import Period
from dashboards.app.table import Table

WEEK = Period(date(2026, 1, 8), date(2026, 1, 14))
DAYS = Table.of(
    ("activity_date", "play_count", "viewed", "measured"),
    [
        (date(2026, 1, 1), 10, 3.0, 10),
        (date(2026, 1, 7), 30, 1.0, 10),
        (date(2026, 1, 8), Decimal(5), 4.0, 5),
        (date(2026, 1, 10), None, None, None),
        (date(2026, 1, 14), 15, 1.0, 5),
        (date(2026, 1, 15), 99, 9.0, 9),
    ],
)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 800))
def test_the_period_before_is_as_long_and_ends_the_day_before(last: date, length: int) -> None:
    period = Period.ending(last, length)
    assert period.length == period.previous.length == len(list(period.days)) == length
    assert (period.first - period.previous.last).days == 1
    assert last in period
    assert period.previous.last not in period


def test_sums_are_of_the_period_and_of_the_one_before() -> None:
    figure = summed(DAYS, "play_count", WEEK)
    assert (figure.value, figure.previous, figure.change) == (20, 40, "-50.0%")
    assert figure.trend == (5, None, None, None, None, None, 15)
    assert figure.sparkline == [5, 15]


def test_a_share_is_of_sums_and_changes_by_points() -> None:
    figure = shared(DAYS, "viewed", "measured", WEEK)
    assert (figure.text, figure.change) == ("50.0%", "+30.0 pts")


def test_a_state_is_the_newest_that_is_known() -> None:
    figure = newest(DAYS, "play_count", Period(date(2026, 1, 8), date(2026, 1, 10)), "count")
    assert (figure.value, figure.previous) == (5, 30)


def test_days_stand_beside_those_of_the_period_before() -> None:
    found = DAYS.beside_before("play_count", WEEK)
    assert found.columns == ("activity_date", "play_count", "previous_play_count")
    assert found.rows[0] == (date(2026, 1, 8), 5, 10)
    assert found.rows[-1] == (date(2026, 1, 14), 15, 30)


def test_members_are_compared_each_with_its_own_past() -> None:
    plays, seen = Figure(5, 4), Figure(0.5, None, (), "share")
    found = compared(("channel_name",), [(("Facebook",), {"play_count": plays, "seen": seen})])
    assert found.columns == ("channel_name", "play_count", "play_count_change", "seen", "seen_change")
    assert found.rows == (("Facebook", 5, 25.0, 0.5, None),)
    assert compared(("channel_name",), []).columns == ("channel_name",)


def test_distinct_counts_are_those_of_the_periods() -> None:
    periods = Table.of(("is_present", "visitor_count"), [(False, 4), (True, 6)])
    assert counted(periods, "visitor_count").change == "+50.0%"
    assert counted(Table(("is_present", "visitor_count"), ()), "visitor_count").text == "0"


@pytest.mark.parametrize(
    ("value", "previous", "kind", "change"),
    [
        (5, None, "count", None),
        (None, 5, "count", None),
        (5, 0, "count", None),
        (0, 5, "count", "-100.0%"),
        (0.5, 0.0, "share", "+50.0 pts"),
    ],
)
def test_where_nothing_compares_there_is_no_change(value: float, previous: float, kind: str, change: str) -> None:
    assert Figure(value, previous, (), kind).change == change  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "count", "—"),
        (0, "count", "0"),
        (999_999, "count", "999,999"),
        (1_234_567, "count", "1.23 M"),
        (999_994_999, "count", "999.99 M"),
        (999_995_000, "count", "1.00 B"),
        (1_500_150_000, "count", "1.50 B"),
        (-2_500_000_000, "count", "-2.50 B"),
        (1_234_000_000_000, "hours", "1.23 T h"),
        (12.345, "hours", "12.3 h"),
        (26_303.4, "hours", "26,303 h"),
        (0.4567, "share", "45.7%"),
        (1.056, "mean", "1.06"),
        (10.25, "minutes", "10.2 min"),
    ],
)
def test_a_figure_has_room_on_a_card(value: float | None, kind: str, text: str) -> None:
    assert worded(value, kind) == text  # type: ignore[arg-type]
    assert len(text) <= 8


def test_a_table_is_csv_that_no_spreadsheet_takes_for_a_formula() -> None:
    table = Table.of(("title", "at", "hours"), [("=1+1", datetime.fromisoformat("2026-01-08T02:00:00"), Decimal("1.5")),
                                                ('a "b", c', date(2026, 1, 9), None)])  # fmt: skip
    assert table.csv() == (
        'title,at,hours\r\n\'=1+1,2026-01-08T02:00:00,1.5\r\n"a ""b"", c",2026-01-09,\r\n'
    )  # fmt: skip


def test_a_day_that_has_no_row_is_not_known() -> None:
    filled = DAYS.every_day(WEEK)
    assert filled.column("activity_date") == list(WEEK.days)
    assert filled.column("play_count") == [5, None, None, None, None, None, 15]


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(10, 10, "100%"), (999, 1000, "more than 99%"), (994, 1000, "99%"), (1, 3, "33%")]
)
def test_what_is_not_all_is_not_told_as_all(part: float, whole: float, text: str) -> None:
    assert part_worded(part, whole) == text
