"""The simulator over HTTP, asked by the library that the extractor uses."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator

CASES = Path(__file__).parents[3] / "cases" / "wistia_simulator"
REQUESTS: list[dict[str, Any]] = yaml.safe_load((CASES / "requests.yaml").read_text(encoding="utf-8"))
TOKEN = "a token of this test"
EPOCH = datetime(2026, 1, 7, 23, 59, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def account() -> InventedAccount:
    return InventedAccount(small(), seed=7)


@pytest.fixture
def simulator(account: InventedAccount) -> Iterator[Simulator]:
    with serve(account, Manners(token=TOKEN)) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.headers["Authorization"] = f"Bearer {TOKEN}"
        yield opened


def root(simulator: Simulator) -> str:
    return simulator.base_url.removesuffix("/v1")


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: str(case["name"]))
def test_requests_are_answered_as_the_case_says(simulator: Simulator, case: dict[str, Any]) -> None:
    token = case.get("token", TOKEN)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if "version" in case:
        headers["X-Wistia-Api-Version"] = case["version"]
    response = requests.get(root(simulator) + case["path"], headers=headers, timeout=5)
    assert response.status_code == case.get("status", 200)
    uuid.UUID(response.headers["x-request-id"])
    if "rows" in case:
        assert len(response.json()) == case["rows"]
    if "body" in case:
        assert response.text == case["body"]
        json_expected = case["body"] != "OK"
        assert response.headers["Content-Type"].startswith("application/json" if json_expected else "text/plain")


def test_basic_authentication_is_refused(simulator: Simulator) -> None:
    response = requests.get(f"{simulator.base_url}/medias", auth=("api", TOKEN), timeout=5)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized_credentials")


def test_a_walk_over_pages_gets_every_row_once(simulator: Simulator, session: requests.Session) -> None:
    for path, key, size in (("visitors", "visitor_key", 2_000), ("events", "event_key", 1_500)):
        keys: list[str] = []
        for page in range(1, 100):
            found = session.get(
                f"{simulator.base_url}/stats/{path}.json", params={"page": page, "per_page": 100}, timeout=5
            ).json()
            if not found:
                break
            keys += [row[key] for row in found]
        assert len(keys) == len(set(keys)) == size


def test_one_connection_serves_many_requests(simulator: Simulator) -> None:
    host = root(simulator).removeprefix("http://")
    connection = HTTPConnection(host, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v1/stats/visitors", headers={"Authorization": f"Bearer {TOKEN}"})
        assert connection.getresponse().read().startswith(b"[{")
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert None not in sockets


def test_pages_are_the_same_whoever_asks_at_once(simulator: Simulator, session: requests.Session) -> None:
    def page(number: int) -> bytes:
        url = f"{simulator.base_url}/stats/events?per_page=100&page={number % 15 + 1}"
        return requests.get(url, headers=session.headers, timeout=5).content

    alone = [page(number) for number in range(15)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(page, range(45))) == alone * 3


def test_the_clock_moves_when_told_forward_and_back(simulator: Simulator, session: requests.Session) -> None:
    def newest() -> str:
        row = session.get(f"{simulator.base_url}/stats/visitors?per_page=1", timeout=5).json()[0]
        return str(row["last_active_at"])

    assert simulator.clock() == EPOCH
    before = newest()
    simulator.set_clock(EPOCH + timedelta(days=3))
    assert newest() > "2026-01-09"
    simulator.set_clock(datetime(2026, 1, 8, 4, 59, 59, tzinfo=timezone(timedelta(hours=5))))
    assert simulator.clock() == EPOCH
    assert newest() == before


def test_a_clock_that_makes_no_sense_is_refused_and_stays(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="time zone"):
        simulator.set_clock(datetime(2026, 1, 8))  # noqa: DTZ001
    with pytest.raises(ValueError, match="2036-01-01"):
        simulator.set_clock(datetime(9999, 1, 1, tzinfo=UTC))
    for body in ("", "{}", "[]", '{"now": 5}', '{"now": "2026-01-08"}', '{"now": "2026-01-08T00:00:00"}'):
        response = requests.put(f"{root(simulator)}/_sandbox/clock", data=body, timeout=5)
        assert response.status_code == 400, body
        assert "2026-01-08T00:00:00Z" in response.json()["error"]
    assert simulator.clock() == EPOCH


def test_a_put_elsewhere_changes_nothing(simulator: Simulator) -> None:
    assert requests.put(f"{simulator.base_url}/medias/gskhw4w4lm", data="{}", timeout=5).status_code == 404


def test_requests_for_the_vendors_routes_are_counted(simulator: Simulator, session: requests.Session) -> None:
    assert simulator.requests() == 0
    session.get(f"{simulator.base_url}/medias", timeout=5)
    session.get(f"{simulator.base_url}/nothing", timeout=5)
    requests.get(f"{simulator.base_url}/medias", timeout=5)
    session.get(f"{root(simulator)}/health", timeout=5)
    assert simulator.requests() == 3


def test_above_the_limit_the_answer_is_plain_text_and_says_when_to_come_back(account: InventedAccount) -> None:
    with serve(account, Manners(token=TOKEN, requests_per_minute=3)) as simulator, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        answers = [session.get(f"{simulator.base_url}/medias", timeout=5) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        refused = answers[-1]
        assert refused.text == "Rate limit exceeded"
        assert refused.headers["Content-Type"] == "text/plain"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert simulator.clock() == EPOCH


def test_latency_holds_back_pages_and_not_the_clock(account: InventedAccount) -> None:
    with serve(account, Manners(token=TOKEN, latency=30)) as simulator:
        with pytest.raises(requests.Timeout):
            requests.get(f"{simulator.base_url}/medias", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=0.2)
        assert simulator.clock() == EPOCH


def test_after_the_context_nobody_is_answered(account: InventedAccount) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        with serve(account, Manners(token=TOKEN)) as simulator:
            assert session.get(f"{simulator.base_url}/medias", timeout=5).ok
        with pytest.raises(requests.ConnectionError):
            session.get(f"{simulator.base_url}/medias", timeout=5)
        assert not simulator.answers()
