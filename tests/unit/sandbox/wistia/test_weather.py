"""Faults are drawn by seed, request and attempt, as often as asked for, and they end."""

import json
from email.utils import parsedate_to_datetime
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wistia.answers import Answer
from sandbox.wistia.weather import FAULTS, PASSING, Attempts, Leave, Weather, rough

WHOLE = Answer(200, '[{"name":"Zoë"},{"name":"Åsa"}]'.encode())
NOW = 1_767_830_400.25

shares = st.dictionaries(st.sampled_from(sorted(FAULTS)), st.floats(0, 1 / len(FAULTS)))


def pages(number: int = 2_000) -> list[str]:
    return [f"/v1/stats/events?page={page}" for page in range(number)]


@given(shares=shares, seed=st.integers(), targets=st.lists(st.text(), max_size=30), order=st.randoms())
def test_what_befalls_a_request_does_not_depend_on_other_requests(
    shares: dict[str, float], seed: int, targets: list[str], order: object
) -> None:
    weather = Weather(shares, seed=seed)
    asked = [target for target in targets for _ in range(3)]
    one, other = Attempts(weather), Attempts(weather)
    forward = [(target, one.next(target)) for target in asked]
    backward = [(target, other.next(target)) for target in reversed(asked)]
    for target in set(targets):
        assert [fault for each, fault in forward if each == target] == [
            fault for each, fault in backward if each == target
        ]


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_befalls_its_share_of_the_requests(name: str) -> None:
    weather = Weather({name: 0.25}, seed=3)
    befallen = [weather.fault(target, 0) for target in pages()]
    assert set(befallen) == {name, None}
    assert 0.2 < sum(fault is not None for fault in befallen) / len(befallen) < 0.3


def test_all_faults_together_befall_the_sum_of_their_shares() -> None:
    weather = rough(0.6, seed=1)
    befallen = [weather.fault(target, 0) for target in pages()]
    assert set(befallen) == {*PASSING, None}
    assert 0.55 < sum(fault is not None for fault in befallen) / len(befallen) < 0.65


def test_another_seed_is_another_weather() -> None:
    one, other = ([Weather({"500": 0.5}, seed=seed).fault(target, 0) for target in pages(50)] for seed in (1, 2))
    assert one != other


def test_no_weather_is_fine_weather() -> None:
    assert {Weather().fault(target, 0) for target in pages(50)} == {None}


@given(share=st.floats(0, 1), most=st.integers(0, 4), seed=st.integers())
def test_a_patient_client_gets_through(share: float, most: int, seed: int) -> None:
    attempts = Attempts(Weather({"reset": share}, most_in_a_row=most, seed=seed))
    for target in pages(5):
        faults = [attempts.next(target) is not None for _ in range(20)]
        assert max((len(list(run)) for fault, run in groupby(faults) if fault), default=0) <= most


def test_a_request_meets_another_chance_each_time_it_is_asked() -> None:
    attempts = Attempts(Weather({"reset": 0.5}, most_in_a_row=100))
    assert {attempts.next("/a") for _ in range(50)} == {"reset", None}


def test_a_sure_fault_befalls_each_request_so_many_times() -> None:
    attempts = Attempts(Weather({"500": 1.0}, most_in_a_row=2))
    assert [attempts.next("/a") is None for _ in range(7)] == [False, False, True, False, False, True, False]


def test_faults_can_be_kept_to_some_requests() -> None:
    weather = Weather({"500": 1.0}, where="/stats/events?")
    assert weather.fault("/v1/stats/events?page=1", 0) == "500"
    assert weather.fault("/v1/stats/visitors?page=1", 0) is None


@pytest.mark.parametrize("shares", [{"rain": 0.1}, {"500": -0.1}, {"500": 0.6, "reset": 0.6}, {"500": 1.5}])
def test_a_weather_that_cannot_be_is_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"no such fault|between 0 and 1"):
        Weather(shares)


@pytest.mark.parametrize("name", ["429", "503-wait"])
def test_a_wait_in_seconds(name: str) -> None:
    answer = Weather(retry_after=7).deliver(name, WHOLE, NOW).answer
    assert answer is not None
    assert (answer.content_type, answer.headers) == ("text/plain", {"Retry-After": "7"})
    assert answer.status == int(name[:3])


def test_a_wait_until_a_date() -> None:
    answer = Weather(retry_after=7).deliver("429-date", WHOLE, NOW).answer
    assert answer is not None
    assert parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() == int(NOW) + 7


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_sent_and_what_is_promised_differ_only_where_the_fault_lies(name: str) -> None:
    sent = Weather(stall=9).deliver(name, WHOLE, NOW)
    body = None if sent.answer is None else sent.answer.body
    half = len(WHOLE.body) // 2
    if name in ("reset", "hang-up"):
        assert body is None
    elif name in ("cut", "cut-short", "cut-chunks", "reset-within"):
        assert body == WHOLE.body[:half]
        assert sent.missing == (0 if name == "cut" else len(WHOLE.body) - half)
        with pytest.raises(ValueError, match=r"."):
            json.loads(body)
    elif name in ("stall", "stall-within"):
        assert body == WHOLE.body
    else:
        assert sent.answer is not None
        assert sent.answer.body != WHOLE.body
    assert (sent.wait, sent.pause) == (9 * (name == "stall"), 9 * (name == "stall-within"))
    assert sent.chunked == (name == "cut-chunks")
    assert (sent.leave is Leave.STAY) == (name not in ("reset", "hang-up", "reset-within", "cut-short", "cut-chunks"))
