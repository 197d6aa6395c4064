"""Paging, order and paths, without a server."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EPOCH, small
from sandbox.wistia.routes import answer

SHOWN = InventedAccount(small(visitors=400, events=300), seed=7).at(EPOCH)


def names(**parameters: str) -> list[str]:
    return [row["name"] for row in json.loads(answer("/medias", parameters, SHOWN).body)]


@settings(deadline=None)
@given(page=st.text() | st.integers().map(str), per_page=st.text() | st.integers().map(str))
def test_any_paging_is_answered_with_at_most_a_hundred_rows(page: str, per_page: str) -> None:
    for path in ("/medias", "/stats/visitors", "/stats/events.json"):
        given_back = answer(path, {"page": page, "per_page": per_page}, SHOWN)
        assert given_back.status == 200
        assert len(json.loads(given_back.body)) <= 100


@settings(deadline=None)
@given(path=st.text(), parameters=st.dictionaries(st.sampled_from(["start_date", "end_date"]), st.text()))
def test_any_path_and_date_gets_an_answer_in_json(path: str, parameters: dict[str, str]) -> None:
    json.loads(answer(f"/{path}", parameters, SHOWN).body)
    given_back = answer("/stats/events", parameters, SHOWN)
    assert given_back.status in (200, 422)
    json.loads(given_back.body)


def test_medias_are_in_order_of_id_unless_asked_otherwise() -> None:
    ids = [row["id"] for row in json.loads(answer("/medias", {}, SHOWN).body)]
    assert ids == sorted(ids)
    assert names(sort_by="name") == sorted(names())
    assert names(sort_by="name", sort_direction="0") == sorted(names(), reverse=True)
    assert names(sort_by="created", sort_direction="0") == names()[::-1]
    assert names(sort_by="nonsense") == names()


def test_both_bounds_of_a_day_window_are_inclusive() -> None:
    events = json.loads(answer("/stats/events", {"per_page": "100"}, SHOWN).body)
    days = sorted({row["received_at"][:10] for row in events})
    window = {"start_date": days[1], "end_date": days[-2], "per_page": "100"}
    found = json.loads(answer("/stats/events", window, SHOWN).body)
    assert sorted({row["received_at"][:10] for row in found}) == days[1:-1]
    one_day = {"start_date": days[1], "end_date": days[1]}
    assert {row["received_at"][:10] for row in json.loads(answer("/stats/events", one_day, SHOWN).body)} == {days[1]}
    with_time = {"start_date": f"{days[1]}T23:59:59+00:00", "end_date": days[1]}
    assert answer("/stats/events", with_time, SHOWN) == answer("/stats/events", one_day, SHOWN)


def test_events_of_a_visitor_are_all_of_hers() -> None:
    events = json.loads(answer("/stats/events", {"per_page": "100"}, SHOWN).body)
    key = events[3]["visitor_key"]
    found = json.loads(answer("/stats/events", {"visitor_key": key, "per_page": "100"}, SHOWN).body)
    assert {row["visitor_key"] for row in found} == {key}
    assert all(row in found for row in events if row["visitor_key"] == key)


def test_a_media_without_section_has_no_such_key_and_a_document_no_duration() -> None:
    medias = {row["hashed_id"]: row for row in json.loads(answer("/medias", {}, SHOWN).body)}
    assert "section" not in medias["u2f6c3p8ib"]
    assert medias["e4h9z1y3ua"]["duration"] is None
    assert "duration" not in medias["j6d0s8f2lv"]
    assert json.loads(answer("/medias/gskhw4w4lm.json", {}, SHOWN).body) == medias["gskhw4w4lm"]
