"""The handle on a running simulator, for whoever drives it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

_CLOCK = "/_sandbox/clock"


@dataclass(frozen=True)
class Simulator:
    """A simulator that runs on this machine.

    Attributes:
        base_url: Of the API's first version, `http://127.0.0.1:<port>/v1`.
        token: The bearer token that it accepts.
        pid: Its process.
    """

    base_url: str
    token: str
    pid: int

    def set_clock(self, now: datetime) -> None:
        """Set the instant for which the simulator answers, forward or back.

        Raises:
            ValueError: The instant has no time zone, or is outside the years that the simulator knows.
            OSError: No simulator answers.
        """
        if now.tzinfo is None:
            raise ValueError(f"{now} names no time zone")
        self._ask("PUT", {"now": now.astimezone(UTC).isoformat()})

    def clock(self) -> datetime:
        """The instant for which the simulator answers (UTC)."""
        return datetime.fromisoformat(self._ask("GET")["now"])

    def requests(self) -> int:
        """Requests for the vendor's routes since the simulator started, refused ones included."""
        return int(self._ask("GET")["requests"])

    def answers(self) -> bool:
        """Whether the simulator of this process is there."""
        try:
            return bool(self._ask("GET")["pid"] == self.pid)
        except (OSError, HTTPException, ValueError, KeyError):
            return False

    def _ask(self, method: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        address = urlsplit(self.base_url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            connection.request(method, _CLOCK, json.dumps(body) if body else None)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer.get("error", f"HTTP {response.status}"))
        return answer
