"""HTTP against a real and hostile server."""

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

import extract.errors
import extract.http
from extract.clock import RunClock
from extract.errors import ConfigurationError, ReelhouseError, SourceRefused
from extract.http import Get, Http, Tally, Unwanted
from extract.rate_limit import RateLimiter
from extract.records import cut_array
from tests.integration.extract.server import Answered, Asked, served

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/extract/http.yaml").read_text(encoding="utf-8"))
TOKEN = "t0ken-of-nobody"
GET = Get("/stats/visitors", {"page": 1}, "'Read detailed stats'", cut_array)


class Waiting:
    """Notes the waits instead of waiting."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.held: list[float] = []

    def limiter(self) -> RateLimiter:
        waiting = self

        class Limiter(RateLimiter):
            def hold(self, seconds: float) -> None:
                waiting.held.append(seconds)

        return Limiter(1_000_000)

    def http(self, base_url: str, token: str = TOKEN, timeout: float = 5) -> Http:
        return Http(
            base_url,
            SecretStr(token),
            timeout=timeout,
            limiter=self.limiter(),
            clock=RunClock(datetime(2026, 1, 8, 2, 0, 0, tzinfo=UTC), monotonic=lambda: 0.0),
            sleep=self.waits.append,
            chance=lambda: 0.5,
        )


def scripted(answers: list[dict[str, Any]], ended: threading.Event) -> Callable[[Asked], Answered]:
    """Return a function that answers as a case says; ``ended`` releases an answer that stalls."""
    left = list(answers)

    def answer(_: Asked) -> Answered:
        spec = dict(left.pop(0) if len(left) > 1 else left[0])
        if spec.pop("stall", False):
            ended.wait()
        if "body" in spec:
            spec["body"] = spec["body"].encode()
        return Answered(**spec)

    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_one_get_is_one_answer_or_one_error(case: dict[str, Any]) -> None:
    waiting, tally, ended = Waiting(), Tally(), threading.Event()
    stalls = any({"stall", "drip"} & answer.keys() for answer in case["answers"])
    with served(scripted(case["answers"], ended)) as server:
        http = waiting.http(server.base_url, timeout=0.2 if stalls else 5)
        then = case["then"]
        try:
            if "error" in then:
                kind = getattr(extract.http, then["error"], None) or getattr(extract.errors, then["error"])
                with pytest.raises(kind) as raised:
                    http.get(GET, tally)
                assert all(word in str(raised.value) for word in then.get("words", ()))
                assert not any(word in str(raised.value) for word in [*then.get("not", ()), TOKEN])
            else:
                assert len(http.get(GET, tally).elements) == then["records"] == tally.received
        finally:
            ended.set()
            http.close()
    assert dict(tally.requests) == case["count"]
    assert tally.retries == len(waiting.waits) + len(waiting.held)
    assert waiting.held == case.get("held", [])
    assert len(waiting.waits) == case.get("waits", 0)


def test_the_token_stands_in_the_header_and_nowhere_else() -> None:
    with served(lambda _: Answered(status=500)) as server:
        http = Waiting().http(server.base_url)
        with pytest.raises(SourceRefused) as raised:
            http.get(GET, Tally())
        http.close()
    assert all(asked.headers["Authorization"] == f"Bearer {TOKEN}" for asked in server.asked)
    assert not any(TOKEN in asked.path or TOKEN in str(asked.parameters) for asked in server.asked)
    assert TOKEN not in repr(vars(http)) + str(raised.value) + repr(raised.value)


def test_a_proxy_is_not_told_what_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with served(lambda _: Answered(b"[1]")) as proxy, served(lambda _: Answered()) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        http = Waiting().http(server.base_url)
        http.get(GET, Tally())
        http.close()
    assert (len(server.asked), proxy.asked) == (1, [])


def test_a_netrc_of_the_user_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with served(lambda _: Answered()) as server:
        http = Waiting().http(server.base_url)
        http.get(GET, Tally())
        http.close()
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("token", ["", " ", "a b", "abc\n", "tökén", "a\tb"])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ConfigurationError, match="API token") as raised:
        Waiting().http("http://127.0.0.1:9/v1", token)
    assert len(token.strip()) < 4 or token.strip() not in str(raised.value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:FREE/v1", "http://no-such-host.invalid/v1", "http://", "http://127.0.0.1:port/v1"],
)
def test_a_host_that_cannot_be_reached_at_the_start_is_wrong_configuration(address: str) -> None:
    address = address.replace("FREE", str(free_port()))
    waiting = Waiting()
    http = waiting.http(address)
    with pytest.raises(ConfigurationError, match=r"wistia\.base_url"):
        http.get(GET, Tally())
    assert waiting.waits == []
    http.close()


def test_a_host_that_is_lost_later_is_an_outage() -> None:
    with served(lambda _: Answered(headers={"Connection": "close"})) as server:
        http = Waiting().http(server.base_url)
        http.get(GET, Tally())
    with pytest.raises(SourceRefused, match="failed 8 times"):
        http.get(GET, Tally())
    http.close()


def test_each_request_asks_the_limiter_first() -> None:
    granted = []

    class Counting(RateLimiter):
        def acquire(self, _: Callable[[], bool] = bool) -> float:
            granted.append(1)
            return 0.0

    with served(scripted([{"status": 500}, {"status": 500}, {}], threading.Event())) as server:
        clock = RunClock(datetime(2026, 1, 8, tzinfo=UTC))
        http = Http(
            server.base_url, SecretStr(TOKEN), timeout=5, limiter=Counting(1), clock=clock, sleep=lambda _: None
        )
        http.get(GET, Tally())
        http.close()
    assert len(granted) == len(server.asked) == 3


def test_a_request_that_nobody_wants_any_more_is_not_sent_again() -> None:
    tally, wanted = Tally(), iter([True, True, False])
    with served(lambda _: Answered(status=500)) as server:
        http = Waiting().http(server.base_url)
        with pytest.raises(Unwanted):
            http.get(GET, tally, lambda: next(wanted))
        http.close()
    assert len(server.asked) == 2


def test_every_failure_is_of_the_house() -> None:
    """Whatever a server sends, the caller sees a ReelhouseError or an answer."""
    with served(lambda _: Answered(status=200, body=b"\xff\xfe", headers={"Content-Encoding": "deflate"})) as server:
        http = Waiting().http(server.base_url)
        with pytest.raises(ReelhouseError):
            http.get(GET, Tally())
        http.close()
