"""From the body of an answer to its records, each in the source's own text. Pure.

A record is cut from the body, not parsed and printed again: number formats, escapes, the order of keys and keys that
stand twice stay as they were sent. It is parsed once, to see that it is JSON and to read what steers the walk.
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn


class BrokenBody(ValueError):
    """A body is not the JSON that the endpoint promises; its text is a reason without data in it."""


class LackingBody(BrokenBody):
    """A body is what the endpoint promises, and yet lacks rows that must be there."""


class Element(NamedTuple):
    """One record of an answer."""

    text: str
    """The source's own text on one line; base64 of its bytes where it is not UTF-8 JSON."""
    parsed: Any
    """What it says; None where it is not UTF-8 JSON."""
    readable: bool = True
    """Whether it is UTF-8 JSON."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_BLANK = re.compile(r"[ \t\n\r]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
# A token that opens a visitor's heatmap to anybody stands in addresses, as `public_token=…`. JSON may write any
# character as \uXXXX (RFC 8259, 7), with more backslashes in JSON that is text within JSON; an address in an address
# is percent-encoded, again for each level. The value ends with the string, the parameter, the fragment or the attribute
# that it stands in, in whichever of these spellings.
_NAME = "public_token"
_ENDS = '"&#<> \t\n\r'


def _code(character: str) -> str:
    """The two hexadecimal digits of a character, in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{ord(character):02x}")


def _spelt(character: str) -> str:
    return rf"(?:{re.escape(character)}|\\++u00{_code(character)}|%(?:25)*+{_code(character)})"


def _value(*, is_encoded: bool) -> str:
    """The pattern of a value; where its address is percent-encoded within another, it ends at encoded marks as well."""
    codes = "|".join(map(_code, _ENDS))
    encoded = rf"(?!%(?:25)*+(?:{codes}))" if is_encoded else ""
    escaped = rf'\\++(?!["nrt]|u00(?:{codes}))(?:u[0-9a-fA-F]{{4}}|[^"])'
    return rf"(?:{encoded}[^{re.escape(_ENDS)}\\]|{escaped})*+"


def _tokens(name: str) -> re.Pattern[str]:
    plain = rf"(=|\\++u003[dD]){_value(is_encoded=False)}"
    encoded = rf"(%(?:25)*+3[dD]){_value(is_encoded=True)}"
    return re.compile(f"({name})(?:{plain}|{encoded})")


_TOKENS = _tokens(_NAME)
_TOKENS_IN_DISGUISE = _tokens("".join(map(_spelt, _NAME)))
# A letter or an underscore in disguise. Almost no body has one, and nothing is found faster than a fixed text.
_DISGUISES = (("\\u00", re.compile(r"\\u00[5-7]")), ("%", re.compile(r"%(?:25)*+[5-7]")))
# Strings and the characters that give a body its structure; everything between them is of no interest when cutting.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},"]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


def cut_array(body: bytes) -> list[Element]:
    """Cut the elements of a JSON array.

    An element that is not UTF-8 JSON (bad bytes, NaN, a raw line break inside a string, nesting that the parser cannot
    follow) is returned with its bytes; the others are not affected.

    Raises:
        BrokenBody: the body is no whole JSON array.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        return list(_cut_fast(_redacted(body.decode("utf-8"))))
    except (ValueError, RecursionError):
        # One byte is one character in Latin-1, so the cut falls at the same places whatever the bytes mean.
        return [_read(piece) for piece in _cut_by_structure(_redacted(body.decode("latin-1")))]


def cut_object(body: bytes) -> list[Element]:
    """Return the one object that a body consists of; one that is whole and yet not UTF-8 JSON, with its bytes.

    Raises:
        BrokenBody: the body is no JSON object, one that reports an error, or one that says nothing at all.
    """
    text = body.removeprefix(_BYTE_ORDER_MARK).decode("latin-1").strip()
    element = _read(_redacted(text))
    if not element.readable and _is_one_object(text):
        return [element]
    if not isinstance(element.parsed, dict):
        raise BrokenBody("a JSON object was expected")
    if "error" in element.parsed:
        raise BrokenBody("an error object came with a good status")
    if not element.parsed:
        raise BrokenBody("an object without any field")
    return [element]


def _is_one_object(text: str) -> bool:
    try:
        members = list(_cut_by_structure("[" + text[1:-1] + "]"))
    except BrokenBody:
        return False
    return bool(members) and text[0] == "{" and text[-1] == "}"


def _redacted(text: str) -> str:
    is_disguised = any(mark in text and pattern.search(text) for mark, pattern in _DISGUISES)
    pattern = _TOKENS_IN_DISGUISE if is_disguised else _TOKENS
    return pattern.sub(lambda found: "".join(part or "" for part in found.groups()) + "redacted", text)


def _one_line(text: str) -> str:
    """Turn line breaks into blanks; inside a JSON string there are none (RFC 8259, 7)."""
    return text.replace("\r", " ").replace("\n", " ")


def _cut_fast(text: str) -> Iterator[Element]:
    """Cut an array that is as it should be; ValueError or RecursionError at the first thing that is not."""
    position = _after_blanks(text, 0)
    if text[position : position + 1] != "[":
        raise ValueError
    position = _after_blanks(text, position + 1)
    if text[position : position + 1] == "]":
        _end(text, position + 1)
        return
    while True:
        parsed, end = _DECODER.raw_decode(text, position)
        yield Element(_one_line(text[position:end]), parsed)
        position = _after_blanks(text, end)
        separator = text[position : position + 1]
        if separator == "]":
            _end(text, position + 1)
            return
        if separator != ",":
            raise ValueError
        position = _after_blanks(text, position + 1)


def _after_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _end(text: str, position: int) -> None:
    if _after_blanks(text, position) != len(text):
        raise ValueError


def _cut_by_structure(text: str) -> Iterator[str]:
    """Cut an array by its brackets, commas and strings alone."""
    text = text.strip(" \t\n\r")
    if not text.startswith("["):
        raise BrokenBody("a JSON array was expected")
    open_brackets: list[str] = []
    start = 1
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in _CLOSING:
            open_brackets.append(_CLOSING[mark])
        elif mark in {"]", "}"}:
            if not open_brackets or open_brackets.pop() != mark:
                raise BrokenBody("brackets do not match")
            if not open_brackets:
                yield from _last_piece(text, start, match)
                return
        elif mark == '"':
            raise BrokenBody("a string does not end")
        elif mark == "," and len(open_brackets) == 1:
            yield _present(text[start : match.start()])
            start = match.end()
    raise BrokenBody("the array does not end")


def _last_piece(text: str, start: int, closing: re.Match[str]) -> Iterator[str]:
    if closing.end() != len(text):
        raise BrokenBody("something follows the array")
    if start > 1 or text[start : closing.start()].strip():
        yield _present(text[start : closing.start()])


def _present(piece: str) -> str:
    if not piece.strip():
        raise BrokenBody("an element is missing between commas")
    return piece


def _read(latin_1: str) -> Element:
    """Judge one element, given as one character for each of its bytes."""
    data = latin_1.strip(" \t\n\r").encode("latin-1")
    try:
        text = data.decode("utf-8")
        return Element(_one_line(text), _DECODER.decode(text))
    except (ValueError, RecursionError):
        return Element(base64.b64encode(data).decode("ascii"), None, readable=False)
