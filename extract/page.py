"""An answer as it will lie in the lake: its lines, and what steers the walk. Pure."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from extract.clock import format_instant
from extract.http import Parameters, Reply
from extract.pagination import Row, View
from extract.records import Element
from extract.stream import Counted, DailySnapshot, DailyWindow, FullList, Method, NewestFirst, Stream, instant_of


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer."""

    lines: Sequence[bytes]
    """One line for each record, as they land."""
    texts: Sequence[str]
    """Each record as the source wrote it. What it says when parsed takes more room, and is not kept."""
    instants: Sequence[datetime | None]
    """For each record its place in time: what the list is sorted by, its day, or since when it exists; None where it
    tells none."""
    keys: Sequence[str | None]
    """For each record what identifies it; None where it has no key."""
    marks: Sequence[str | int | None]
    """For each record what streams are compared by: the member that counts it, or how many a day counted."""

    @property
    def rows(self) -> int:
        """The number of records."""
        return len(self.texts)

    @property
    def bytes(self) -> int:
        """The length of its lines."""
        return sum(map(len, self.lines))

    @property
    def view(self) -> View:
        """What steers the walk; a record without a key is known by its text."""
        identities = (key or text for key, text in zip(self.keys, self.texts, strict=True))
        return View(tuple(map(Row, identities, self.instants)))

    @property
    def content(self) -> str:
        """Digest of the records' whole text, in hexadecimal digits."""
        return hashlib.sha256("\n".join(self.texts).encode()).hexdigest()

    def unlike(self, texts: Collection[str]) -> "Page":
        """Return the page without the records that repeat one of these texts word for word."""
        kept = [number for number, text in enumerate(self.texts) if text not in texts]
        return self if len(kept) == self.rows else self.at(kept)

    def at(self, numbers: Sequence[int]) -> "Page":
        """Return the page with these of its records alone."""
        return Page(
            [self.lines[number] for number in numbers],
            [self.texts[number] for number in numbers],
            [self.instants[number] for number in numbers],
            [self.keys[number] for number in numbers],
            [self.marks[number] for number in numbers],
        )


def make_page(stream: Stream, path: str, parameters: Parameters, number: int | None, reply: Reply) -> Page:
    """Make the page of an answer.

    Args:
        stream: what was asked for.
        path: of the request.
        parameters: of the request, those in its path included.
        number: the page's number; None for an answer that has no pages.
        reply: the answer.
    """
    field = _place_field(stream.method)
    instants = [instant_of(element.parsed, field) if field else None for element in reply.elements]
    texts = [element.text for element in reply.elements]
    keys = [_key(element, stream.key) for element in reply.elements]
    mark = _mark_field(stream.method)
    marks = [_mark(element.parsed, mark) if mark else None for element in reply.elements]
    return Page(_lines(path, parameters, number, reply), texts, instants, keys, marks)


def _place_field(method: Method) -> str | None:
    match method:
        case NewestFirst(instant=field) | DailyWindow(day=field) | FullList(created=field):
            return field
        case DailySnapshot():
            return None


def _mark_field(method: Method) -> str | None:
    match method:
        case NewestFirst(counted=Counted(member=field)) | DailyWindow(count=field):
            return field
        case _:
            return None


def _mark(parsed: Any, field: str) -> str | int | None:
    mark = parsed.get(field) if isinstance(parsed, dict) else None
    return mark if isinstance(mark, str | int) else None


def _key(element: Element, fields: Sequence[str]) -> str | None:
    known = element.parsed if isinstance(element.parsed, dict) else {}
    key = next((known[field] for field in fields if field in known), None)
    if not isinstance(key, str) or not key:
        return None
    try:
        key.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can write it (RFC 8259, 8.2), UTF-8 cannot
        return None
    return key


def _lines(path: str, parameters: Mapping[str, str | int], number: int | None, reply: Reply) -> list[bytes]:
    head = json.dumps({"path": path, "params": dict(parameters), "page": number}, separators=(",", ":"))
    before = f'{{"_meta":{head[:-1]},"index":'
    after = f',"sent_at":"{format_instant(reply.sent_at)}"}},'
    return [
        (
            f'{before}{index}{after}"record":{element.text}}}\n'
            if element.readable
            else f'{before}{index}{after}"bytes":"{element.text}"}}\n'
        ).encode()
        for index, element in enumerate(reply.elements)
    ]
