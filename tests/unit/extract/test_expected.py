"""Answers that are well formed and lack what has to be there."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.expected import every_day, some_rows
from extract.records import BrokenBody, cut_array

START, END = date(2026, 1, 1), date(2026, 1, 8)
WINDOW = [START + timedelta(days=number) for number in range(8)]
READ = every_day(cut_array, "date", START, END)


def body(*days: object) -> bytes:
    return json.dumps([{"date": day if day is None else str(day), "play_count": 0} for day in days]).encode()


@given(st.permutations(WINDOW), st.lists(st.sampled_from([*WINDOW, date(2019, 5, 5), date(2031, 1, 1)])))
def test_every_day_in_any_order_and_however_often_is_believed(days: list[date], more: list[date]) -> None:
    assert len(READ(body(*days, *more))) == 8 + len(more)


@given(st.sets(st.sampled_from(WINDOW[:-1]), min_size=1))
def test_a_day_that_is_missing_is_not(gone: set[date]) -> None:
    with pytest.raises(BrokenBody, match=f"^{len(gone)} of 8 days are missing"):
        READ(body(*(day for day in WINDOW if day not in gone)))


def test_the_last_day_may_not_have_begun_where_the_source_is() -> None:
    assert len(READ(body(*WINDOW[:-1]))) == 7
    assert every_day(cut_array, "date", END, END)(b"[]") == []


def test_a_row_that_tells_no_day_may_be_the_one_that_is_missing() -> None:
    assert len(READ(body(*WINDOW[1:], None))) == 8
    assert len(READ(body(*WINDOW[2:], "yesterday", None))) == 8
    with pytest.raises(BrokenBody, match="2 of 8"):
        READ(body(*WINDOW[2:], None))


def test_a_list_that_had_rows_is_not_empty() -> None:
    assert len(some_rows(cut_array)(b'[{"a":1}]')) == 1
    with pytest.raises(BrokenBody, match="no rows, although"):
        some_rows(cut_array)(b"[]")
