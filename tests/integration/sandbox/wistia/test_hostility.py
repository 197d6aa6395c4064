"""Every switch that makes the simulator hard to read from, over HTTP, as a client meets it."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import requests

from sandbox.wistia.account import VisitorFilter
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from sandbox.wistia.weather import PASSING, Weather, rough

EPOCH = datetime(2026, 1, 7, 23, 59, 59, tzinfo=UTC)
MEDIAS = "/medias"
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, requests.Timeout)


@pytest.fixture(scope="module")
def account() -> InventedAccount:
    return InventedAccount(small(), seed=7)


class Client:
    """A client with a token, on one connection where it can."""

    def __init__(self, simulator: Simulator, session: requests.Session) -> None:
        self.simulator = simulator
        self._session = session

    def get(self, path: str, timeout: float = 5, **parameters: Any) -> requests.Response:
        url = self.simulator.base_url + path
        return self._session.get(url, params=parameters, timeout=timeout, allow_redirects=False)

    def walk(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, 1000):
            found = self.get(path, page=page, per_page=100).json()
            if not found:
                break
            rows += found
        return rows


@contextmanager
def client(account: InventedAccount, manners: Manners) -> Iterator[Client]:
    with serve(account, manners) as simulator, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {simulator.token}"
        yield Client(simulator, session)


@contextmanager
def under(account: InventedAccount, fault: str, **weather: Any) -> Iterator[Client]:
    """A client whose every request meets a fault once, and is answered the second time."""
    with client(account, Manners(weather=Weather({fault: 1.0}, most_in_a_row=1, **weather))) as asked:
        yield asked
        assert asked.get(MEDIAS).json()[0]["hashed_id"] == "m1x7t0bq2d"


@pytest.mark.parametrize(
    ("fault", "status", "kind", "body"),
    [
        ("429", 429, "text/plain", "Rate limit exceeded"),
        ("429-date", 429, "text/plain", "Rate limit exceeded"),
        ("429-bare", 429, "text/plain", "Rate limit exceeded"),
        ("500", 500, "application/json", '{"error":"Internal server error"}'),
        ("502", 502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
        ("503", 503, "application/json", '{"error":"Analytics service is temporarily unavailable"}'),
        ("503-wait", 503, "text/plain", "Rate limit exceeded"),
        ("504", 504, "text/plain", "upstream request timeout"),
        ("error", 200, "application/json", '{"error":"Internal server error"}'),
        ("blank", 200, "application/json", ""),
        ("empty", 200, "application/json", "[]"),
        ("redirect", 302, "text/html", ""),
    ],
)
def test_another_answer(account: InventedAccount, fault: str, status: int, kind: str, body: str) -> None:
    with under(account, fault, retry_after=3) as asked:
        answer = asked.get(MEDIAS)
        assert (answer.status_code, answer.text) == (status, body)
        assert answer.headers["Content-Type"].startswith(kind)
        wait = answer.headers.get("Retry-After")
        if fault == "429-date":
            sent = parsedate_to_datetime(answer.headers["Date"])
            assert abs(parsedate_to_datetime(str(wait)) - sent - timedelta(seconds=3)) <= timedelta(seconds=1)
        else:
            assert wait == ("3" if fault in ("429", "503-wait") else None)


def test_a_page_for_people(account: InventedAccount) -> None:
    with under(account, "html") as asked:
        answer = asked.get(MEDIAS)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<html>" in answer.text


@pytest.mark.parametrize("fault", ["reset", "hang-up", "reset-within", "cut-short", "cut-chunks"])
def test_a_connection_that_ends_too_early(account: InventedAccount, fault: str) -> None:
    with under(account, fault) as asked, pytest.raises(BROKEN):
        asked.get(MEDIAS)


def bytes_of(simulator: Simulator, path: str) -> tuple[bytes, bool]:
    """What comes back on a bare socket, and whether the connection was reset in the end."""
    host, port = simulator.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        head = f"GET /v1{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {simulator.token}\r\n\r\n"
        connection.sendall(head.encode())
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            return received, True
        return received, False


@pytest.mark.parametrize(("fault", "reset"), [("reset", True), ("hang-up", False)])
def test_not_a_byte(account: InventedAccount, fault: str, reset: bool) -> None:
    with under(account, fault) as asked:
        assert bytes_of(asked.simulator, MEDIAS) == (b"", reset)


@pytest.mark.parametrize("fault", ["cut-short", "cut-chunks"])
def test_half_a_body(account: InventedAccount, fault: str) -> None:
    with under(account, fault) as asked:
        whole = json.dumps(account.at(account.epoch).medias, separators=(",", ":"), ensure_ascii=False).encode()
        received, reset = bytes_of(asked.simulator, MEDIAS)
        head, _, body = received.partition(b"\r\n\r\n")
        assert not reset
        half = whole[: len(whole) // 2]
        if fault == "cut-short":
            assert f"Content-Length: {len(whole)}".encode() in head
            assert body == half
        else:
            assert b"Transfer-Encoding: chunked" in head
            assert body == b"%x\r\n%b\r\n" % (len(half), half)


def test_a_body_that_was_cut_and_is_complete_to_the_letter_of_http(account: InventedAccount) -> None:
    with under(account, "cut") as asked:
        answer = asked.get(MEDIAS)
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        with pytest.raises(ValueError, match=r"."):
            json.loads(answer.content)


@pytest.mark.parametrize("fault", ["stall", "stall-within"])
def test_an_answer_that_stands_still_and_comes_in_the_end(account: InventedAccount, fault: str) -> None:
    with client(account, Manners(weather=Weather({fault: 1.0}, most_in_a_row=1, stall=60))) as asked:
        with pytest.raises(BROKEN):
            asked.get(MEDIAS, timeout=0.3)
        assert asked.get(MEDIAS).ok
    with client(account, Manners(weather=Weather({fault: 1.0}, stall=0.01))) as asked:
        assert len(asked.get(MEDIAS).json()) == 13


def test_the_head_comes_before_a_body_that_stands_still(account: InventedAccount) -> None:
    with client(account, Manners(weather=Weather({"stall-within": 1.0}, stall=60))) as asked:
        connection = HTTPConnection(asked.simulator.base_url.split("/")[2], timeout=1)
        connection.request("GET", "/v1/medias", headers={"Authorization": f"Bearer {asked.simulator.token}"})
        response: HTTPResponse = connection.getresponse()
        assert (response.status, response.read(3)) == (200, b'[{"')
        with pytest.raises(TimeoutError):
            response.read()
        connection.close()


def test_in_rough_weather_a_patient_client_reads_what_there_is(account: InventedAccount) -> None:
    with client(account, Manners()) as asked:
        calm = [asked.get("/stats/visitors", page=page, per_page=50).content for page in range(1, 42)]
    with client(account, Manners(weather=rough(0.5, seed=3))) as asked:
        met: Counter[str] = Counter()
        read = []
        for page in range(1, 42):
            for _ in range(3):
                try:
                    answer = asked.get("/stats/visitors", page=page, per_page=50)
                    rows = answer.json()
                except (*BROKEN, ValueError) as wrong:
                    met[type(wrong).__name__] += 1
                    continue
                if answer.status_code == 200 and isinstance(rows, list):
                    read.append(answer.content)
                    break
                met[str(answer.status_code)] += 1
    assert read == calm
    assert len(met) > 4
    assert sum(met.values()) > len(PASSING)


def test_first_pages_can_be_slow(account: InventedAccount) -> None:
    with client(account, Manners(slow_first_page=60)) as asked:
        for path in ("/stats/events", "/stats/visitors.json"):
            with pytest.raises(requests.Timeout):
                asked.get(path, timeout=0.3)
            assert asked.get(path, page=2).ok
        assert asked.get(MEDIAS).ok
        assert asked.get("/stats/account").ok


def test_rows_come_twice(account: InventedAccount) -> None:
    with client(account, Manners(repeated=0.05)) as asked:
        rows = asked.walk("/stats/visitors")
        assert len({row["visitor_key"] for row in rows}) == 2_000
        assert len(rows) == 2_100


def test_rows_arrive_return_and_vanish_while_pages_are_read(account: InventedAccount) -> None:
    with client(account, Manners(drift=6 * 3600)) as asked:
        asked.simulator.set_clock(EPOCH)
        before = {
            row["visitor_key"]: row
            for row in json.loads(account.at(account.epoch).visitors(VisitorFilter()).page(1, 5000))
        }
        first = asked.get("/stats/visitors", page=1, per_page=100).json()
        second = asked.get("/stats/visitors", page=2, per_page=100).json()
        assert asked.simulator.clock() == EPOCH + timedelta(hours=12)
        again = {row["visitor_key"] for row in first} & {row["visitor_key"] for row in second}
        assert again, "rows that arrived push others onto the next page"
        rest = asked.walk("/stats/visitors")
        seen = [*first, *second, *rest]
        assert {row["visitor_key"] for row in seen} - before.keys(), "rows arrived"
        returned = [
            row for row in seen if row["last_active_at"] > before.get(row["visitor_key"], row)["last_active_at"]
        ]
        assert returned, "visitors returned"
        asked.simulator.set_clock(EPOCH)
        assert asked.simulator.clock() == EPOCH
        assert asked.get("/stats/visitors", per_page=1).json()[0]["last_active_at"] < "2026-01-08T06"


def test_old_rows_are_purged_in_the_middle_of_a_run(account: InventedAccount) -> None:
    with client(account, Manners(purge=(3, 100))) as asked:
        ages = [asked.get("/stats/events", page=15, per_page=100).json() for _ in range(4)]
        assert [len(rows) > 0 for rows in ages] == [True, True, False, False]
        oldest = asked.walk("/stats/visitors")[-1]["last_active_at"]
        assert "2025-09-29" <= oldest < "2025-10-09"


def test_the_token_is_revoked_in_the_middle_of_a_run_and_valid_again(account: InventedAccount) -> None:
    with client(account, Manners(revoked=(3, 5))) as asked:
        assert [asked.get(MEDIAS).status_code for _ in range(6)] == [200, 200, 401, 401, 200, 200]


def test_paths_are_refused(account: InventedAccount) -> None:
    refused = {"/stats/medias/gskhw4w4lm": 404, "/projects": 403, "/stats/account": 401}
    with client(account, Manners(refused=refused)) as asked:
        assert any(row["hashed_id"] == "gskhw4w4lm" for row in asked.get(MEDIAS).json())
        for path in ("", ".json", "/by_date", "/engagement.json"):
            answer = asked.get(f"/stats/medias/gskhw4w4lm{path}")
            assert (answer.status_code, answer.content) == (404, b"")
        assert asked.get("/stats/medias/v08dlrgr7v").ok
        assert asked.get("/projects.json").status_code == 403
        lacks = asked.get("/stats/account")
        assert (lacks.status_code, lacks.json()["code"]) == (401, "unauthorized_scope")


def test_a_refusal_with_another_status_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="401, 403, 404"):
        Manners(refused={"/medias": 500})


def test_unknown_fields(account: InventedAccount) -> None:
    with client(account, Manners(unknown_fields=True)) as asked:
        assert all(row["share_link"]["hashed_id"] == row["hashed_id"] for row in asked.get(MEDIAS).json())
        assert all("attributes" in row for row in asked.get("/stats/events").json())


def test_a_limit_for_minutes_of_the_clock(account: InventedAccount) -> None:
    with client(account, Manners(requests_per_minute=3, fixed_minutes=True)) as asked:
        answers = [asked.get(MEDIAS) for _ in range(9)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 3
        assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_switches_work_together(account: InventedAccount) -> None:
    manners = Manners(
        weather=Weather({"500": 1.0}, most_in_a_row=1), repeated=0.1, unknown_fields=True, refused={"/projects": 404}
    )
    with client(account, manners) as asked:
        assert [asked.get("/stats/events", per_page=100).status_code for _ in range(3)] == [500, 200, 500]
        rows = asked.get("/stats/events", per_page=100).json()
        assert len({row["event_key"] for row in rows}) < 100
        assert "attributes" in rows[0]
        assert asked.get("/projects").status_code == 404
