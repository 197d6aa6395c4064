"""What goes wrong between the account and its client: faults as data, and pure decisions about them.

A fault is drawn for (seed, request, how often it was asked before), so the same requests meet the same faults in
whatever order and from however many threads they come. After `most_in_a_row` faults of one request it is answered.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import Enum

from sandbox.wistia.answers import Answer, error


class Leave(Enum):
    """What becomes of the connection after the last byte that is sent."""

    STAY = "stay"
    CLOSE = "close"
    RESET = "reset"


class Moment(Enum):
    """Where an answer breaks off or stands still."""

    BEFORE = "before its first byte"
    WITHIN = "in the middle of its body"


class Wait(Enum):
    """How `Retry-After` says it (RFC 9110, 10.2.3)."""

    SECONDS = "seconds"
    DATE = "date"


@dataclass(frozen=True)
class Fault:
    """What befalls an answer.

    Attributes:
        instead: What is said instead.
        wait: How it asks the client to wait.
        stalls: Where it stands still for a while.
        breaks: Where it breaks off.
        admits: Whether what broke off says so: its Content-Length is that of what is sent.
        chunked: It goes out in chunks, and the last one that ends it does not.
        leave: What becomes of the connection.
    """

    instead: Answer | None = None
    wait: Wait | None = None
    stalls: Moment | None = None
    breaks: Moment | None = None
    admits: bool = False
    chunked: bool = False
    leave: Leave = Leave.STAY


@dataclass(frozen=True)
class Delivery:
    """How an answer travels.

    Attributes:
        answer: What is sent; None: not a byte.
        wait: Seconds before the first byte.
        pause: Seconds in the middle of the body.
        missing: Bytes that Content-Length promises and that do not come.
        chunked: The body goes out in chunks, without a Content-Length and without an end.
        leave: What becomes of the connection then.
    """

    answer: Answer | None
    wait: float = 0.0
    pause: float = 0.0
    missing: int = 0
    chunked: bool = False
    leave: Leave = Leave.STAY


_PLAIN, _HTML, _JSON = "text/plain", "text/html; charset=utf-8", "application/json; charset=utf-8"
_TOO_MANY = Answer(429, b"Rate limit exceeded", _PLAIN)
_BAD_GATEWAY = Answer(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", _HTML)
_MAINTENANCE = Answer(200, b"<!DOCTYPE html>\n<html><body><h1>We will be back soon</h1></body></html>\n", _HTML)

#: Every fault by name.
FAULTS: Mapping[str, Fault] = {
    "429": Fault(_TOO_MANY, Wait.SECONDS),
    "429-date": Fault(_TOO_MANY, Wait.DATE),
    "429-bare": Fault(_TOO_MANY),
    "500": Fault(error(500, "Internal server error")),
    "502": Fault(_BAD_GATEWAY),
    "503": Fault(error(503, "Analytics service is temporarily unavailable")),
    "503-wait": Fault(replace(_TOO_MANY, status=503), Wait.SECONDS),
    "504": Fault(Answer(504, b"upstream request timeout", _PLAIN)),
    "reset": Fault(breaks=Moment.BEFORE, leave=Leave.RESET),
    "hang-up": Fault(breaks=Moment.BEFORE, leave=Leave.CLOSE),
    "stall": Fault(stalls=Moment.BEFORE),
    "stall-within": Fault(stalls=Moment.WITHIN),
    "reset-within": Fault(breaks=Moment.WITHIN, leave=Leave.RESET),
    "cut": Fault(breaks=Moment.WITHIN, admits=True),
    "cut-short": Fault(breaks=Moment.WITHIN, leave=Leave.CLOSE),
    "cut-chunks": Fault(breaks=Moment.WITHIN, chunked=True, leave=Leave.CLOSE),
    "html": Fault(_MAINTENANCE),
    "error": Fault(error(200, "Internal server error")),
    "blank": Fault(Answer(200, b"", _JSON)),
    "empty": Fault(Answer(200, b"[]", _JSON)),
    "redirect": Fault(Answer(302, b"", _HTML, {"Location": "/login"})),
}

#: What a patient client gets over by asking again; not so an empty list, which may be true, nor a way elsewhere.
PASSING = tuple(name for name in FAULTS if name not in ("empty", "redirect"))


@dataclass(frozen=True)
class Weather:
    """How often what goes wrong.

    Attributes:
        shares: Share (0..1) of the answers that a fault befalls, by its name in FAULTS; together at most 1.
        most_in_a_row: Faults of one request after which it is answered.
        where: Only requests whose path and query contain this text.
        stall: Seconds for which an answer stands still.
        retry_after: Seconds that a client is asked to wait.
        seed: Which requests.

    Raises:
        ValueError: A fault is not known, or the shares are none.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    most_in_a_row: int = 2
    where: str = ""
    stall: float = 30.0
    retry_after: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = sorted(self.shares.keys() - FAULTS.keys())
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such fault; there are {', '.join(FAULTS)}")
        if min(self.shares.values(), default=0) < 0 or sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError("the shares of the faults have to be between 0 and 1, together too")

    def fault(self, target: str, asked: int) -> str | None:
        """The name of what befalls a request (path and query) asked so many times before; None: it is answered."""
        if self.where not in target:
            return None
        digest = hashlib.blake2b(f"{self.seed}/{target}/{asked}".encode(), digest_size=8).digest()
        chance = int.from_bytes(digest) / 2**64
        for name, share in self.shares.items():
            if chance < share:
                return name
            chance -= share
        return None

    def deliver(self, name: str, answer: Answer, now: float) -> Delivery:
        """How an answer travels that the fault of a name befalls at an instant (seconds since 1970)."""
        fault = FAULTS[name]
        said = fault.instead or answer
        if fault.wait:
            until = formatdate(now + self.retry_after, usegmt=True)
            said = replace(said, headers={"Retry-After": until if fault.wait is Wait.DATE else str(self.retry_after)})
        whole = len(said.body)
        if fault.breaks is Moment.WITHIN:
            said = replace(said, body=said.body[: whole // 2])
        return Delivery(
            answer=None if fault.breaks is Moment.BEFORE else said,
            wait=self.stall if fault.stalls is Moment.BEFORE else 0.0,
            pause=self.stall if fault.stalls is Moment.WITHIN else 0.0,
            missing=0 if fault.admits else whole - len(said.body),
            chunked=fault.chunked,
            leave=fault.leave,
        )


class Attempts:
    """Counts how often each request was asked, and ends rows of faults. Thread-safe."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._asked: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def next(self, target: str) -> str | None:
        """The name of what befalls a request (path and query) this time."""
        with self._lock:
            asked, in_a_row = self._asked.get(target, (0, 0))
            fault = self._weather.fault(target, asked) if in_a_row < self._weather.most_in_a_row else None
            self._asked[target] = asked + 1, in_a_row + 1 if fault else 0
            return fault


def rough(share: float = 0.3, seed: int = 0) -> Weather:
    """All passing faults at once, for a share of the answers; what stalls does so for half a second."""
    return Weather({name: share / len(PASSING) for name in PASSING}, stall=0.5, seed=seed)
