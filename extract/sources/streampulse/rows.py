"""Rows of a file as raw lines: what both formats share. Pure."""

import base64
import json
import re
from dataclasses import dataclass
from typing import NamedTuple

CHUNK = 2_000
"""Lines of a file that are worked on at once."""
NOT_UTF_8 = re.compile("[\ud800-\udfff]")
"""The lone surrogates that stand for bytes that are not UTF-8."""


class Batch(NamedTuple):
    """Raw lines of some rows; ``unreadable`` of them hold the bytes of what could not be taken."""

    lines: bytes
    rows: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What ``_meta`` says of every row of a file."""

    key: str
    etag: str
    last_modified: str
    sent_at: str

    def form(self, content: str) -> str:
        """Return a raw line with a place for the row's number (``%d``) and those that ``content`` has for its own."""
        before = {"key": self.key, "etag": self.etag, "last_modified": self.last_modified}
        head = json.dumps({"_meta": before}, separators=(",", ":")).removesuffix("}}").replace("%", "%%")
        return f'{head},"row":%d,"sent_at":"{self.sent_at}"}},{content}}}\n'


def bytes_of(text: str) -> bytes:
    """Return the bytes of which the lines of a file were made."""
    return text.encode("utf-8", "surrogateescape")


def as_base64(text: str) -> str:
    """Return the bytes of which lines were made, as a raw line holds them."""
    return base64.b64encode(bytes_of(text)).decode("ascii")
