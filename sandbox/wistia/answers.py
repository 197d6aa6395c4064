"""What goes back to a client."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.wistia.personas import compact


@dataclass(frozen=True)
class Answer:
    """A response, without the headers that every response has."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, message: str, code: str | None = None) -> Answer:
    """An error as the vendor words it: JSON with `error`, and `code` where it gives one."""
    return Answer(status, compact({**({"code": code} if code else {}), "error": message}).encode())
