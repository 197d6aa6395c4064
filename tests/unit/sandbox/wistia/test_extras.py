"""Rows that are listed twice, cut off at an age, and dressed up."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wistia.extras import FARTHEST, Extras, Repeated
from sandbox.wistia.instants import DAY, stats_time
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EPOCH, small
from sandbox.wistia.routes import answer

ACCOUNT = InventedAccount(small(visitors=400, events=300), seed=7)
SHOWN = ACCOUNT.at(EPOCH)


def walk(path: str, extras: Extras, **parameters: str) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    while not pages or pages[-1]:
        query = {"page": str(len(pages) + 1), "per_page": "100", **parameters}
        pages.append(json.loads(answer(path, query, SHOWN, extras).body))
    return pages


@given(rows=st.integers(0, 400), every=st.integers(1, 500), seed=st.integers())
def test_repeated_rows_come_again_and_nothing_is_lost(rows: int, every: int, seed: int) -> None:
    numbers = list(range(1000, 1000 + rows))
    repeated = Repeated(numbers, every, seed)
    listed = list(repeated)
    assert len(listed) == len(repeated) == rows + rows // every
    assert repeated[:] == listed
    assert repeated[3:50] == listed[3:50]
    assert all(listed[place] in listed[:place] for place in range(every, len(listed), every + 1))
    first = {number: listed.index(number) for number in numbers}
    assert sorted(first, key=first.__getitem__) == numbers
    assert all(place - first[number] <= FARTHEST + FARTHEST // every + 2 for place, number in enumerate(listed))
    with pytest.raises(IndexError):
        repeated[len(repeated)]


@pytest.mark.parametrize(("path", "key"), [("/stats/visitors", "visitor_key"), ("/stats/events", "event_key")])
def test_rows_are_repeated_on_a_page_and_across_pages(path: str, key: str) -> None:
    pages = walk(path, Extras(repeated=0.1, seed=5))
    plain = walk(path, Extras())
    keys = [[row[key] for row in page] for page in pages]
    assert {each for page in keys for each in page} == {row[key] for page in plain for row in page}
    assert all(len(page) == 100 for page in keys[:-2])
    within = sum(len(page) - len(set(page)) for page in keys)
    total = sum(times - 1 for times in Counter(each for page in keys for each in page).values())
    assert 0 < within < total
    assert total == sum(map(len, plain)) // 10
    assert pages == walk(path, Extras(repeated=0.1, seed=5))
    assert pages != walk(path, Extras(repeated=0.1, seed=6))


@pytest.mark.parametrize(("path", "at"), [("/stats/visitors", "last_active_at"), ("/stats/events", "received_at")])
def test_rows_of_before_an_instant_are_gone(path: str, at: str) -> None:
    since = (EPOCH // DAY - 200) * DAY
    left = [row for page in walk(path, Extras(since=since)) for row in page]
    assert left == [row for page in walk(path, Extras()) for row in page if row[at] >= stats_time(since)]
    assert left
    wider = walk(path, Extras(since=since), start_date="2024-01-01")
    assert [row for page in wider for row in page] == left


def test_fields_that_nobody_documented_are_added_and_nothing_else_changes() -> None:
    for path in ("/medias", "/medias/v08dlrgr7v", "/projects", "/stats/events", "/stats/visitors", "/stats/account"):
        plain, dressed = (json.loads(answer(path, {}, SHOWN, Extras(unknown_fields=on)).body) for on in (False, True))
        plain, dressed = ([each] if isinstance(each, dict) else each for each in (plain, dressed))
        for bare, row in zip(plain, dressed, strict=True):
            assert row.items() >= bare.items()
            assert len(row) == len(bare) + 1
    medias = json.loads(answer("/medias", {}, SHOWN, Extras(unknown_fields=True)).body)
    assert {"hashed_id", "url", "visibility"} == set(medias[0]["share_link"])
    event = json.loads(answer("/stats/events", {}, SHOWN, Extras(unknown_fields=True)).body)[0]
    assert event["attributes"]["event_key"] == event["event_key"]


def test_errors_are_not_dressed() -> None:
    for extras in (Extras(), Extras(unknown_fields=True)):
        assert answer("/medias/fakeid", {}, SHOWN, extras) == answer("/medias/fakeid", {}, SHOWN)
