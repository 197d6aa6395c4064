"""The simulator between HTTP and the account: clock, token, limit, and the two routes that are not the vendor's."""

import json
import os
import threading
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from sandbox.wistia.account import Account
from sandbox.wistia.instants import EARLIEST, LATEST, iso, seconds
from sandbox.wistia.limits import Latency, RateLimit
from sandbox.wistia.routes import Answer, answer, error

BASE_PATH = "/v1"
CLOCK_PATH = "/_sandbox/clock"


@dataclass(frozen=True)
class Manners:
    """How the simulator treats its clients.

    Attributes:
        token: The bearer token that it accepts.
        requests_per_minute: The vendor's limit is 600; None is no limit.
        latency: Mean seconds that a page takes, give or take 30 %.
        seed: Of the latencies.
    """

    token: str = "sandbox-token"  # noqa: S105 - opens nothing but a simulator on this machine
    requests_per_minute: int | None = None
    latency: float = 0.0
    seed: int = 0


class Api:
    """Answers requests at the instant that its clock shows. Thread-safe."""

    def __init__(self, account: Account, manners: Manners) -> None:
        self._account = account
        self._token = manners.token
        limit = manners.requests_per_minute
        self._limit = None if limit is None else RateLimit(limit)
        self._latency = Latency(manners.latency, manners.seed) if manners.latency else None
        self._lock = threading.Lock()
        self._now = account.epoch
        self._requests = 0

    def get(self, target: str, authorization: str | None) -> Answer:
        """Answer a GET of a path with its query, sent with an Authorization header or none."""
        address = urlsplit(target)
        if address.path == CLOCK_PATH:
            return self._clock()
        if address.path == "/health":
            return Answer(200, b"OK", "text/plain")
        with self._lock:
            self._requests += 1
        if authorization != f"Bearer {self._token}":
            return error(401, "Invalid credentials.", "unauthorized_credentials")
        if not address.path.startswith(BASE_PATH + "/"):
            return error(404, "Not found")
        wait = self._limit.admit() if self._limit else 0
        if wait:
            return Answer(429, b"Rate limit exceeded", "text/plain", {"Retry-After": str(wait)})
        if self._latency:
            time.sleep(self._latency.draw())
        parameters = dict(parse_qsl(address.query, keep_blank_values=True))
        return answer(address.path.removeprefix(BASE_PATH), parameters, self._account.at(self._now))

    def put(self, target: str, body: bytes) -> Answer:
        """Set the clock; nothing else takes a PUT."""
        if target != CLOCK_PATH:
            return error(404, "Not found")
        try:
            now = seconds(json.loads(body)["now"])
        except (ValueError, KeyError, TypeError) as wrong:
            return error(400, f'The body has to be {{"now": "2026-01-08T00:00:00Z"}}: {wrong}')
        if not EARLIEST <= now < LATEST:
            return error(400, f"The clock goes from {iso(EARLIEST)} to {iso(LATEST)}, not to {iso(now)}")
        with self._lock:
            self._now = now
        return self._clock()

    def _clock(self) -> Answer:
        shown = {"now": iso(self._now), "requests": self._requests, "pid": os.getpid()}
        return Answer(200, json.dumps(shown).encode())
