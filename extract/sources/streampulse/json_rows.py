"""From the lines of a file of JSON lines to raw lines, each object as the source wrote it. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from json.decoder import scanstring  # type: ignore[attr-defined]  # reads one string inside a JSON text
from json.encoder import encode_basestring as quoted
from typing import Any, NoReturn

from extract.sources.streampulse.feeds import Feed, better_feed
from extract.sources.streampulse.rows import CHUNK, NOT_UTF_8, Batch, Envelope, as_base64
from extract.sources.streampulse.unpack import FileRefused

_BLANKS = " \t\r\n"
_BLANK = re.compile(r"[ \t\r\n]*")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_scan = json.JSONDecoder(parse_constant=_no_constant).raw_decode
"""Reads one value at a place of a text, and says where it ends."""


def json_batches(feed: Feed, lines: Iterator[str], envelope: Envelope) -> Iterator[Batch]:
    """Yield the rows of a file; blank lines are none. Columns get the names that the lake has, values stay.

    Args:
        feed: whose columns are expected.
        lines: of the file.
        envelope: what stands around each row.

    Raises:
        FileRefused: it is an array of objects, or its first object is of another feed.
    """
    record, aside = envelope.form('"record":%s'), envelope.form('"bytes":"%s"')
    rename = _Renaming(feed)
    number = 0
    while chunk := list(islice(lines, CHUNK)):
        texts = [text for line in chunk if (text := line.strip(_BLANKS))]
        if not number and texts and texts[0].startswith("["):
            raise FileRefused("it is one JSON array; what is taken is JSON lines, an object a line")
        named = [_named(text, rename) for text in texts]
        made = [
            aside % (row, as_base64(text)) if name is None else record % (row, name)
            for row, (text, name) in enumerate(zip(texts, named, strict=True), start=number + 1)
        ]
        number += len(made)
        yield Batch("".join(made).encode(), len(made), named.count(None))


def _named(text: str, rename: "_Renaming") -> str | None:
    """Return the text of a row with the right names; None where it is not UTF-8 JSON."""
    try:
        parsed, end = _scan(text, 0)
    except (ValueError, RecursionError):
        return None
    if end != len(text):
        return None
    named = rename(text, parsed) if isinstance(parsed, dict) else text
    return None if NOT_UTF_8.search(named) else named


@dataclass(frozen=True, slots=True)
class _Plan:
    """The names of an object that the lake writes otherwise.

    Attributes:
        names: what they become.
        written: how each mostly stands in a text, and what becomes of that.
        is_plain: whether no name of the object has a quote or a backslash in it.
    """

    names: dict[str, str]
    written: tuple[tuple[str, str], ...]
    is_plain: bool


class _Renaming:
    """Gives the columns of objects the names that the lake has."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._plans: dict[tuple[str, ...], _Plan | None] = {}

    def __call__(self, text: str, parsed: dict[str, Any]) -> str:
        """Return the text of an object with the right names."""
        names = tuple(parsed)
        if names not in self._plans:
            self._plans[names] = self._plan(names)
        plan = self._plans[names]
        return _renamed(text, plan) if plan else text

    def _plan(self, names: tuple[str, ...]) -> _Plan | None:
        if not self._plans and (other := better_feed(self._feed, names)):
            raise FileRefused(f"its columns are those of {other.name}")
        others = {name: known for name in names if (known := self._feed.canonical(name)) != name}
        written = tuple((f'"{name}":', f'"{known}":') for name, known in others.items())
        return _Plan(others, written, is_plain=not any(set('"\\') & set(name) for name in names)) if others else None


def _renamed(text: str, plan: _Plan) -> str:
    # Where no name and no inner object can hold a quoted name, what looks like a name before a colon is one.
    if plan.is_plain and text.count("{") == 1:
        renamed = text
        for old, new in plan.written:
            if old not in renamed:
                break
            renamed = renamed.replace(old, new)
        else:
            return renamed
    members = (f"{quoted(plan.names.get(name, name))}:{value}" for name, value in _members(text))
    return "{" + ",".join(members) + "}"


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of an object, which is known to be one, and the texts of their values."""
    position = _after_blanks(text, 1)
    while text[position] == '"':
        name, position = scanstring(text, position + 1, True)
        start = _after_blanks(text, _after_blanks(text, position) + 1)
        _, end = _scan(text, start)
        yield name, text[start:end]
        position = _after_blanks(text, end)
        position = _after_blanks(text, position + 1) if text[position] == "," else position


def _after_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
