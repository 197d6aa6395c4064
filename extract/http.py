"""HTTP to a source: the only user of requests.

One GET is one answer or one error, whatever happens on the way: time-outs, lost connections, 429, 5xx and broken bodies
are retried with jittered backoff, ``Retry-After`` is obeyed by all threads, and after a 429 all go slower. The token
stands in the Authorization header of a request and nowhere else.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.auth
from pydantic import SecretStr
from urllib3 import HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.exceptions import ProxyError as UrllibProxyError

from extract.clock import RunClock
from extract.errors import ConfigurationError, SourceRefused
from extract.rate_limit import RateLimiter
from extract.records import BrokenBody, Element, LackingBody
from extract.retry import backoff, retry_after

ATTEMPTS = 8
CONNECT_TIMEOUT = 10.0
LONGEST_RETRY_AFTER = 900.0
"""Seconds. A source that asks to be left alone for longer is left alone until the next run."""

# What the vendor documents as `code` of a 401; anything else in an error body is not repeated in a message.
_REFUSAL_CODES = {"unauthorized_credentials", "account_inactive", "unauthorized_scope", "unauthorized_params"}
_TOO_MANY = "429"
_KEPT = "What was committed before is kept"

Parameters = Mapping[str, str | int]


class Unanswered(SourceRefused):
    """This request has no good answer, however often it is sent; others may have one."""


class Lacking(Unanswered):
    """All is well with the answers, but for the rows that they lack."""


class NotFound(Unanswered):
    """The source knows no such thing (404)."""


class NoAccess(Unanswered):
    """The token is good, and the account has no access to this (403): its plan lacks the feature."""


class Unwanted(Unanswered):
    """Nobody is interested in the answer any more; the request was not sent, or not sent again."""


class Closed(SourceRefused):
    """The source refuses this token, or asks to be left alone: no other request need be sent in this run."""


@dataclass(frozen=True, slots=True)
class Get:
    """A request: what is asked for, and how to read the answer."""

    path: str
    parameters: Parameters
    permission: str
    """What the token must be allowed to do, for the message that says so."""
    parse: Callable[[bytes], list[Element]]
    """From the body to its records; raises BrokenBody."""
    optional: bool = False
    """Whether an account may lack it; then a 403 is no reason to end the run."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The records of a good answer, and the instant at which they were asked for."""

    elements: list[Element]
    sent_at: datetime


@dataclass(slots=True)
class Tally:
    """What was asked for and received on behalf of one stream; safe to share between threads."""

    requests: Counter[str] = field(default_factory=Counter)
    """Requests by outcome: the status, or what went wrong."""
    received: int = 0
    """Records in good answers."""
    retries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, outcome: str, *, received: int = 0, retried: bool = False) -> None:
        """Count one request."""
        with self._lock:
            self.requests[outcome] += 1
            self.received += received
            self.retries += retried


class _Again(Exception):
    """A failure that may pass."""

    def __init__(
        self, outcome: str, reason: str, wait: float | None = None, then: type[Unanswered] = Unanswered
    ) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.wait = wait
        self.then = then


class _Bearer(requests.auth.AuthBase):
    """Puts the token into the header when a request is prepared; also keeps requests from looking into ~/.netrc."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __getstate__(self) -> NoReturn:
        """Refuse to be pickled: a pickle would hold the token in the clear."""
        raise TypeError("a token is not pickled")

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


class Http:
    """The connection to one source; each thread has a session of its own."""

    def __init__(
        self,
        base_url: str,
        token: SecretStr,
        *,
        timeout: float,
        limiter: RateLimiter,
        clock: RunClock,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        notify: Callable[..., None] = lambda *_, **__: None,
        headers: Mapping[str, str] | None = None,
        observe: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: what stands before every path.
            token: goes into the Authorization header.
            timeout: seconds that an answer may take, from the request to its last byte.
            limiter: asked before every request.
            clock: tells when a request was sent.
            sleep: waits so many seconds.
            chance: a random number in [0, 1).
            notify: told of every retry.
            headers: go with every request, beside the token.
            observe: told how many seconds a request, and the pause after a failed one, kept its thread busy.

        Raises:
            ConfigurationError: the token cannot stand in a header.
        """
        _check_token(token)
        self._base_url = base_url.rstrip("/")
        self._auth = _Bearer(token)
        self._timeout = timeout
        self._limiter = limiter
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._notify = notify
        self._headers = dict(headers or {})
        self._observe = observe
        self._reached = False
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def get(self, get: Get, tally: Tally, is_wanted: Callable[[], bool] = lambda: True) -> Reply:
        """Send a request until it is answered.

        Args:
            get: what to ask for.
            tally: where it is counted.
            is_wanted: whether the answer is of interest yet; asked before each attempt.

        Raises:
            ConfigurationError: the host cannot be reached, and has not answered before.
            NotFound: the source knows no such thing.
            NoAccess: the account lacks what it may lack.
            Unanswered: the source does not understand the request, or failed too often.
            Lacking: the last of its answers lacked rows.
            Unwanted: it was not sent, or not sent again.
            Closed: the token may not read this, or the source asks to be left alone for long.
            SourceRefused: the address is redirected.
        """
        for attempt in range(1, ATTEMPTS + 1):
            granted = self._limiter.acquire(is_wanted)
            if granted is None:
                raise Unwanted(f"GET {get.path} is not wanted any more")
            began = time.monotonic()
            try:
                return self._attempt(get, tally)
            except _Again as failure:
                last = attempt == ATTEMPTS
                tally.count(failure.outcome, retried=not last)
                reason, then = failure.reason, failure.then
                if not last:
                    self._wait(get, attempt, failure, granted)
            finally:
                self._observe(time.monotonic() - began)
        raise then(f"GET {get.path} failed {ATTEMPTS} times; the last time: {reason}. {_KEPT}; run again later")

    def close(self) -> None:
        """Close the connections."""
        for session in self._sessions:
            session.close()

    def _attempt(self, get: Get, tally: Tally) -> Reply:
        sent_at = self._clock.now()
        response = self._send(get)
        self._reached = True
        status = response.status_code
        if status != requests.codes.ok:
            failure = self._failure(get, response)
            if not isinstance(failure, _Again):
                tally.count(str(status))
            raise failure
        elements = _parsed(get, response)
        tally.count(str(status), received=len(elements))
        return Reply(elements, sent_at)

    def _send(self, get: Get) -> requests.Response:
        request = requests.Request(
            "GET", self._base_url + get.path, headers=self._headers, params=dict(get.parameters), auth=self._auth
        )
        try:
            session, environment = self._session()
            prepared = session.prepare_request(request)
            deadline = time.monotonic() + self._timeout
            timeout = (min(CONNECT_TIMEOUT, self._timeout), self._timeout)
            response = session.send(prepared, timeout=timeout, allow_redirects=False, **environment)
            return self._read(response, deadline)
        except requests.RequestException as error:
            raise self._lost(error) from None

    def _read(self, response: requests.Response, deadline: float) -> requests.Response:
        """Read the body to its end; the connection's own time-out is between two bytes only."""
        cut = threading.Timer(deadline - time.monotonic(), _shut, [response.raw])
        cut.daemon = True
        cut.start()
        try:
            _ = response.content
        except requests.RequestException:
            if time.monotonic() < deadline:
                raise
        finally:
            cut.cancel()
        if time.monotonic() >= deadline:
            response.close()
            raise self._too_slow()
        return response

    def _session(self) -> tuple[requests.Session, dict[str, Any]]:
        """Return this thread's session and what the environment says of proxies, which is looked up only once."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            environment = session.merge_environment_settings(self._base_url, {}, True, None, None)
            if _is_loopback(self._base_url):
                environment["proxies"] = {}  # a sandbox's address means nothing to a proxy, nor is its token for one
            self._local.session = (session, dict(environment))
            self._sessions.append(session)
        found: tuple[requests.Session, dict[str, Any]] = self._local.session
        return found

    def _lost(self, error: requests.RequestException) -> Exception:
        """Classify a request that got no answer."""
        if not self._reached and _is_unreachable(error):
            return ConfigurationError(
                f"wistia.base_url: {self._base_url} cannot be reached ({_kind(error)}); nothing was touched. "
                "Correct the address, or the network, and run again"
            )
        if isinstance(error, requests.Timeout):
            return self._too_slow()
        if isinstance(
            error,
            requests.ConnectionError
            | requests.exceptions.ChunkedEncodingError
            | requests.exceptions.ContentDecodingError,
        ):
            return _Again("connection", f"the connection was lost ({_kind(error)})")
        return ConfigurationError(f"wistia.base_url: {self._base_url} is not an address that can be asked")

    def _too_slow(self) -> _Again:
        return _Again("timeout", f"no answer within {self._timeout:g} s")

    def _failure(self, get: Get, response: requests.Response) -> Exception:
        """Say what a status other than 200 means."""
        status = response.status_code
        if status == requests.codes.forbidden and get.optional:
            return NoAccess(f"GET {get.path} was refused (403): the plan of the account lacks this feature. {_KEPT}")
        if status in {401, 403}:
            return Closed(
                f"GET {get.path} was refused ({status}{_refusal_code(response)}): the token must be one of this "
                f"account with the permission {get.permission}. {_KEPT}; set another token and run again"
            )
        if status == requests.codes.not_found:
            return NotFound(
                f"GET {get.path} was not found (404) below {self._base_url}; check wistia.base_url. {_KEPT}"
            )
        if status in {408, 425, 429} or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), _instant_of(response))
            if wait is not None and wait > LONGEST_RETRY_AFTER:
                return Closed(
                    f"GET {get.path}: the source asks to be left alone for {wait:.0f} s ({status}). {_KEPT}; "
                    "run again then"
                )
            return _Again(str(status), f"status {status}", wait)
        if 300 <= status < 400:
            return SourceRefused(
                f"GET {get.path} is redirected ({status}), which is not followed with a token. {_KEPT}; correct "
                "wistia.base_url"
            )
        return Unanswered(f"GET {get.path} was answered with status {status}, which repeating will not change. {_KEPT}")

    def _wait(self, get: Get, attempt: int, failure: _Again, granted: float) -> None:
        # A Retry-After of no time at all, or a date that has passed, does not mean to be asked without a pause.
        seconds = max(failure.wait or 0.0, backoff(attempt, self._chance()))
        self._notify("extract.retry", path=get.path, attempt=attempt, reason=failure.reason, seconds=round(seconds, 3))
        if failure.outcome == _TOO_MANY:
            self._limiter.refused(granted, seconds)
        elif failure.wait is not None:
            self._limiter.hold(seconds)
        else:
            self._sleep(seconds)


def _shut(body: HTTPResponse) -> None:
    """Let whoever reads a body find its end there and then."""
    with suppress(ValueError, RuntimeError, OSError):  # it was read to its end meanwhile
        body.shutdown()


def _instant_of(response: requests.Response) -> datetime:
    """Return the server's own time, by which it gives dates; the run's clock may live at another."""
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parsed(get: Get, response: requests.Response) -> list[Element]:
    if "text/plain" in response.headers.get("Content-Type", ""):
        raise _Again("broken body", "plain text instead of JSON")
    try:
        return get.parse(response.content)
    except LackingBody as error:
        raise _Again("lacking body", str(error), then=Lacking) from None
    except BrokenBody as error:
        raise _Again("broken body", f"a broken body ({error})") from None


def _check_token(token: SecretStr) -> None:
    text = token.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(
            "the API token is empty or holds characters that no token has (a blank, a line break?); set it again"
        )


def _is_unreachable(error: requests.RequestException) -> bool:
    """Whether no connection came about at all, as against one that was lost."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError | SSLError | UrllibProxyError)


def _kind(error: requests.RequestException) -> str:
    """Name a failure without its text, which may hold the address with its parameters."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return type(cause or error).__name__


def _refusal_code(response: requests.Response) -> str:
    if "json" not in response.headers.get("Content-Type", ""):
        return ""
    try:
        body = json.loads(response.content)
    except ValueError:
        return ""
    code = body.get("code") if isinstance(body, dict) else None
    return f", {code}" if code in _REFUSAL_CODES else ""
