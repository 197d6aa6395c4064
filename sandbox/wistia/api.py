"""The simulator between HTTP and the account: clock, token, limits, faults, and the two routes that are its own."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from sandbox.wistia import routes
from sandbox.wistia.account import Account
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.dialects import FIRST_PATH, FIRST_VERSION, MODERN_PATH, release
from sandbox.wistia.extras import Extras
from sandbox.wistia.instants import DAY, EARLIEST, LATEST, iso, seconds
from sandbox.wistia.limits import MINUTE, FixedMinutes, Latency, RateLimit, SlidingMinute
from sandbox.wistia.weather import Attempts, Delivery, Weather

CLOCK_PATH = "/_sandbox/clock"

_FIRST_PAGES = ("/stats/visitors", "/stats/events")


@dataclass(frozen=True)
class Manners:
    """How the simulator treats its clients.

    Attributes:
        token: The bearer token that it accepts.
        requests_per_minute: The vendor's limit is 600; None is no limit.
        fixed_minutes: Whether the limit is for minutes of the clock, and not for any sixty seconds.
        minute: Seconds of a minute of the limit; fewer for who cannot wait.
        latency: Mean seconds that a page takes, give or take 30 %.
        slow_first_page: Seconds that the first page of visitors or events takes besides.
        weather: Faults by chance.
        refused: Status by the beginning of a path below the base: 401 (the token lacks the permission), 403 (the plan
            lacks the feature) or 404 (it is not there, although lists show it).
        revoked: Numbers of the first request that finds the token revoked and of the first that does not any more.
        drift: Seconds by which the clock goes on with each request.
        repeated: Share of the visitors and events that are listed twice.
        purge: Number of the request from which on rows older than so many days are gone, and the days.
        unknown_fields: Whether objects have fields that nobody documented.
        seed: Of the latencies and the repeated rows.

    Raises:
        ValueError: A status is none of the three.
    """

    token: str = "sandbox-token"  # noqa: S105 - opens nothing but a simulator on this machine
    requests_per_minute: int | None = None
    fixed_minutes: bool = False
    minute: float = MINUTE
    latency: float = 0.0
    slow_first_page: float = 0.0
    weather: Weather = field(default_factory=Weather)
    refused: Mapping[str, int] = field(default_factory=dict)
    revoked: tuple[int, int] | None = None
    drift: float = 0.0
    repeated: float = 0.0
    purge: tuple[int, int] | None = None
    unknown_fields: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if set(self.refused.values()) - _REFUSALS.keys():
            raise ValueError(f"a path is refused with {', '.join(map(str, _REFUSALS))}, with nothing else")


#: Stats answers of what is not there have no documented body, so this one has none.
_REFUSALS = {
    401: error(401, "The token lacks a permission.", "unauthorized_scope"),
    403: error(403, "This feature is not available on your current plan"),
    404: Answer(404, b""),
}


class Api:
    """Answers requests at the instant that its clock shows. Thread-safe."""

    def __init__(self, account: Account, manners: Manners) -> None:
        self._account = account
        self._manners = manners
        self._limit = _limit(manners)
        self._latency = Latency(manners.latency, manners.seed)
        self._attempts = Attempts(manners.weather)
        self._lock = threading.Lock()
        self._set_at = 0
        self._set_to = account.epoch
        self._requests = 0

    def get(self, target: str, authorization: str | None, version: str | None = None) -> Delivery:
        """Answer a GET of a path with its query, and of the headers Authorization and X-Wistia-Api-Version."""
        address = urlsplit(target)
        if address.path == CLOCK_PATH:
            return Delivery(self._clock())
        if address.path == "/health":
            return Delivery(Answer(200, b"OK", "text/plain"))
        with self._lock:
            self._requests += 1
            number, now = self._requests, self._now()
        base, path = _split(address.path)
        refusal = self._refusal(base, path, authorization, number)
        if refusal:
            return Delivery(refusal)
        spoken = FIRST_VERSION if base == FIRST_PATH else release(version)
        parameters = dict(parse_qsl(address.query, keep_blank_values=True))
        answer = routes.answer(path, parameters, self._account.at(now), self._extras(number, now), spoken)
        fault = self._attempts.next(target)
        delivery = self._manners.weather.deliver(fault, answer, time.time()) if fault else Delivery(answer)
        return replace(delivery, wait=delivery.wait + self._slowness(path, parameters))

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
            self._set_at, self._set_to = self._requests, now
        return self._clock()

    def _refusal(self, base: str | None, path: str, authorization: str | None, number: int) -> Answer | None:
        """What is said to who may not be answered; None to whoever may."""
        first, after = self._manners.revoked or (0, 0)
        if authorization != f"Bearer {self._manners.token}" or first <= number < after:
            return error(401, "Invalid credentials.", "unauthorized_credentials")
        if base is None:
            return error(404, "Not found")
        wait = self._limit.admit() if self._limit else 0
        if wait:
            return Answer(429, b"Rate limit exceeded", "text/plain", {"Retry-After": str(wait)})
        bare = path.removesuffix(".json")
        for beginning, status in self._manners.refused.items():
            if bare == beginning or bare.startswith(beginning + "/"):
                return _REFUSALS[status]
        return None

    def _extras(self, number: int, now: int) -> Extras:
        manners = self._manners
        from_request, days = manners.purge or (number + 1, 0)
        since = (now // DAY - days) * DAY if number >= from_request else None
        return Extras(manners.repeated, since, manners.unknown_fields, manners.seed)

    def _slowness(self, path: str, parameters: Mapping[str, str]) -> float:
        """Seconds that an answer takes besides what befalls it."""
        first = path.removesuffix(".json") in _FIRST_PAGES and parameters.get("page", "1") == "1"
        return self._latency.draw() + (self._manners.slow_first_page if first else 0.0)

    def _now(self) -> int:
        return min(self._set_to + int((self._requests - self._set_at) * self._manners.drift), LATEST - 1)

    def _clock(self) -> Answer:
        shown = {"now": iso(self._now()), "requests": self._requests, "pid": os.getpid()}
        return Answer(200, json.dumps(shown).encode())


def _split(path: str) -> tuple[str | None, str]:
    """The base of a path, None if it is no version's, and what comes after it."""
    for base in (FIRST_PATH, MODERN_PATH):
        if path.startswith(base + "/"):
            return base, path.removeprefix(base)
    return None, path


def _limit(manners: Manners) -> RateLimit | None:
    if manners.requests_per_minute is None:
        return None
    return (FixedMinutes if manners.fixed_minutes else SlidingMinute)(manners.requests_per_minute, manners.minute)
