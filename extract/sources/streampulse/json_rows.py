"""From the lines of a file of JSON lines to raw lines, each object as the source wrote it. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
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
_BROKEN = object()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def json_batches(feed: Feed, lines: Iterator[str], envelope: Envelope) -> Iterator[Batch]:
    """Yield the rows of a file; blank lines are none. Columns get the names that the lake has, values stay.

    Args:
        feed: whose columns are expected.
        lines: of the file.
        envelope: what stands around each row.

    Raises:
        FileRefused: its first object is of another feed.
    """
    record, aside = envelope.form('"record":%s'), envelope.form('"bytes":"%s"')
    rename = _Renaming(feed)
    number = 0
    while chunk := list(islice(lines, CHUNK)):
        texts = [text for line in chunk if (text := line.strip(_BLANKS))]
        made, unreadable = [], 0
        for row, (text, parsed) in enumerate(zip(texts, _parsed(texts), strict=True), start=number + 1):
            named = None if parsed is _BROKEN else rename(text, parsed)
            unreadable += named is None
            made.append(aside % (row, as_base64(text)) if named is None else record % (row, named))
        number += len(made)
        yield Batch("".join(made).encode(), len(made), unreadable)


def _parsed(texts: Sequence[str]) -> Sequence[Any]:
    """Return what lines say, or that they are not JSON; at once where all are objects, which takes half the time."""
    try:
        found = _DECODER.decode(f"[{','.join(texts)}]")
    except (ValueError, RecursionError):
        found = []
    if len(found) == len(texts) and all(text[0] == "{" and text[-1] == "}" for text in texts):
        return found  # type: ignore[no-any-return]
    return [_parsed_alone(text) for text in texts]


def _parsed_alone(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return _BROKEN


@dataclass(frozen=True, slots=True)
class _Plan:
    """The names of an object that the lake writes otherwise: what finds them, and what they become."""

    pattern: re.Pattern[str]
    names: dict[str, str]


class _Renaming:
    """Gives the columns of objects the names that the lake has."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._plans: dict[tuple[str, ...], _Plan | None] = {}

    def __call__(self, text: str, parsed: Any) -> str | None:
        """Return the text of a row with the right names; None where it is not UTF-8."""
        if isinstance(parsed, dict) and (plan := self._plan(tuple(parsed))):
            text = _renamed(text, parsed, plan)
        return None if NOT_UTF_8.search(text) else text

    def _plan(self, names: tuple[str, ...]) -> _Plan | None:
        if names not in self._plans:
            if not self._plans and (other := better_feed(self._feed, names)):
                raise FileRefused(f"its columns are those of {other.name}")
            others = {name: known for name in names if (known := self._feed.canonical(name)) != name}
            pattern = re.compile(rf'(?<!\\)"({"|".join(map(re.escape, others))})"(?=[ \t]*:)')
            self._plans[names] = _Plan(pattern, others) if others else None
        return self._plans[names]


def _renamed(text: str, parsed: dict[str, Any], plan: _Plan) -> str:
    # A quote inside a string has a backslash before it, so that in a flat object names alone are found.
    if not any(isinstance(value, dict | list) for value in parsed.values()):
        renamed, count = plan.pattern.subn(lambda found: f'"{plan.names[found[1]]}"', text)
        if count == len(plan.names):
            return renamed
    members = (f"{quoted(plan.names.get(name, name))}:{value}" for name, value in _members(text))
    return "{" + ",".join(members) + "}"


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of an object, which is known to be one, and the texts of their values."""
    position = _after_blanks(text, 1)
    while text[position] == '"':
        name, position = scanstring(text, position + 1, True)
        start = _after_blanks(text, _after_blanks(text, position) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, text[start:end]
        position = _after_blanks(text, end)
        position = _after_blanks(text, position + 1) if text[position] == "," else position


def _after_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
