"""Cutting bodies into records."""

import base64
import json
from random import Random
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extract.records import BrokenBody, cut_array, cut_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
LAYOUTS = st.sampled_from(
    [{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": 2, "ensure_ascii": False}]
)
BAD = ["NaN", "-Infinity", '"a\nb"', '"\udcff"', "{'a': 1}", "01"]
NO_OBJECTS = [
    b"",
    b"[]",
    b"[{}]",
    b"{}",
    b" { } ",
    b"1",
    b'{"error":"x"}',
    b'{"a":',
    b"<html>",
    b'{"a":1}{"b":2}',
    b'{"a":NaN}{',
    b'{"a":"}',
]
BLANKS = st.text(" \t\r\n", max_size=3)


@given(values=st.lists(VALUES, max_size=5), layout=LAYOUTS, before=BLANKS, after=BLANKS)
def test_cut_and_joined_a_body_is_what_it_was(
    values: list[Any], layout: dict[str, Any], before: str, after: str
) -> None:
    body = before + json.dumps(values, **layout) + after
    elements = cut_array(body.encode())
    assert all(element.readable and "\n" not in element.text and "\r" not in element.text for element in elements)
    joined = "[" + ",".join(element.text for element in elements) + "]"
    assert json.loads(joined) == json.loads(body) == [element.parsed for element in elements]


@given(
    values=st.lists(VALUES, max_size=4),
    bad=st.sampled_from(["NaN", "-Infinity", '"a\nb"', '"\udcff"', "{'a': 1}", "01"]),
)
def test_one_bad_element_harms_no_other(values: list[Any], bad: str) -> None:
    pieces = [json.dumps(value) for value in values]
    body = ("[" + ", ".join([*pieces, bad, *pieces]) + "]").encode("utf-8", "surrogateescape")
    elements = cut_array(body)
    assert [element.readable for element in elements] == [True] * len(values) + [False] + [True] * len(values)
    assert [element.parsed for element in elements if element.readable] == values * 2
    unreadable = elements[len(values)]
    assert base64.b64decode(unreadable.text) == bad.encode("utf-8", "surrogateescape")


@given(values=st.lists(VALUES, min_size=1, max_size=4), cut=st.integers(1, 200))
def test_a_body_that_was_cut_is_broken(values: list[Any], cut: int) -> None:
    body = json.dumps(values).encode()
    with pytest.raises(BrokenBody):
        cut_array(body[: -min(cut, len(body))])


@given(st.binary(max_size=60))
@example(b'[{"a": 1}]x')
@example(b'[{"a": 1}')
@example(b"[}]")
@example(b'["]')
@example(b"[1,]")
@example(b"[,1]")
@example(b"\xef\xbb\xbf[1]")
def test_any_bytes_are_cut_or_called_broken(body: bytes) -> None:
    try:
        elements = cut_array(body)
    except BrokenBody:
        return
    assert all("\n" not in element.text for element in elements)


def test_the_text_stays_as_it_was_sent() -> None:
    body = b'[{"b": 1.50, "a": 1e2, "b": 2, "t": "\\u00e9\\/\xc3\xa9"},\n {"n":12345678901234567890123}]'
    assert [element.text for element in cut_array(body)] == [
        '{"b": 1.50, "a": 1e2, "b": 2, "t": "\\u00e9\\/é"}',
        '{"n":12345678901234567890123}',
    ]


def test_line_breaks_between_tokens_become_blanks() -> None:
    assert cut_array(b'[{\r\n "a"\n:1}]')[0].text == '{   "a" :1}'


def test_nesting_beyond_the_parser_is_one_bad_element() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    elements = cut_array(b'[{"a":1},' + deep + b',{"a":2}]')
    assert [element.readable for element in elements] == [True, False, True]


def test_a_number_of_more_digits_than_python_reads_is_one_bad_element() -> None:
    elements = cut_array(b'[1,{"n":' + b"9" * 5000 + b"}]")
    assert [element.readable for element in elements] == [True, False]


@pytest.mark.parametrize("body", [b"", b"   ", b"<html>[1]</html>", b'{"error":"x"}', b"null", b'"[1]"', b"[1][2]"])
def test_what_is_no_array_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenBody):
        cut_array(body)


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_what_is_no_object_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenBody):
        cut_object(body)


def test_an_object_is_cut_whole() -> None:
    (element,) = cut_object(b' {"load_count": 1,\n"play_rate": 0.10}\n')
    assert element.text == '{"load_count": 1, "play_rate": 0.10}'


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a":"\xff"}', b'{"a":"\n}{"}'])
def test_an_object_that_is_whole_but_not_json_keeps_its_bytes(body: bytes) -> None:
    (element,) = cut_object(body)
    assert not element.readable
    assert base64.b64decode(element.text) == body


@pytest.mark.parametrize("body", [b'[{"a":1},]', b'[,{"a":1}]', b'[{"a":NaN},,1]', b"[,]"])
def test_an_array_that_lacks_an_element_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenBody):
        cut_array(body)


@pytest.mark.parametrize(
    ("sent", "landed"),
    [
        ('"https://a/i.html?public_token=s3cret"', '"https://a/i.html?public_token=redacted"'),
        ('"https://a/?x=1&public_token=s3cret&y=2"', '"https://a/?x=1&public_token=redacted&y=2"'),
        ('"https://a/?public_token=s3c\\u003dret\\u0026y=2"', '"https://a/?public_token=redacted\\u0026y=2"'),
        ('"https:\\/\\/a\\/?public_token=s3c\\/ret#top"', '"https:\\/\\/a\\/?public_token=redacted#top"'),
        (r'"{\"u\":\"?public_token=s3cret\",\"x\":1}"', r'"{\"u\":\"?public_token=redacted\",\"x\":1}"'),
        (r'"?public_token=s3c\\"', r'"?public_token=redacted\\"'),
        (r'"<a href=?public_token=s3c>x</a>"', r'"<a href=?public_token=redacted>x</a>"'),
        (r'"?public_token=s3cret\nthe next line"', r'"?public_token=redacted\nthe next line"'),
        ('"?public_token=s3c%26ret"', '"?public_token=redacted"'),
        ('"?to=%3Fpublic_token%3Ds3c%26y%3D2"', '"?to=%3Fpublic_token%3Dredacted%26y%3D2"'),
        (r'"?p\u0075blic\u005Ftoken\u003Ds3c"', r'"?p\u0075blic\u005Ftoken\u003Dredacted"'),
        ('"public_tokens=9"', '"public_tokens=9"'),
        ('"public_token=", "public_token=s3cret"', '"public_token=redacted", "public_token=redacted"'),
    ],
)
def test_the_public_token_of_a_heatmap_address_is_not_kept(sent: str, landed: str) -> None:
    assert "".join(element.text for element in cut_array(f"[[{sent}]]".encode())) == f"[{landed}]"
    broken = cut_array(f"[[{sent}, NaN]]".encode())
    assert b"s3c" not in base64.b64decode(broken[0].text)


ADDRESS = "https://a/e/iframe.html?x=1&public_token={}&y=2#top"
#: With more words than ASCII ones, since the bytes of others are cut as if they were Latin-1.
TOKENS = st.text("ABCXYZabcxyz019-_.~!*é\x85\xa0", min_size=6, max_size=12).map("s3cret{}".format)


def in_disguise(text: str, random: Random) -> str:
    """Write a JSON string as any writer may: each character plainly or by its number."""
    pieces = []
    for character in text:
        plain = json.dumps(character, ensure_ascii=random.random() < 0.5)[1:-1]
        number = f"\\u{ord(character):04x}"
        pieces.append(random.choice([plain, plain, number, number[:2] + number[2:].upper()]))
    return '"' + "".join(pieces) + '"'


def wrapped(address: str, encodings: int, nestings: int, random: Random) -> str:
    """Write an address into addresses, or in any spelling, and that into JSON that is text within JSON."""
    for _ in range(encodings):
        address = f"https://b/?to={quote(address, safe='')}&z=3"
    text = json.dumps(address) if encodings else in_disguise(address, random)
    for _ in range(nestings):
        text = json.dumps(f'{{"in": {text}, "after": "kept"}}', ensure_ascii=random.random() < 0.5)
    return text


def unwrapped(text: Any, encodings: int, nestings: int) -> str:
    for _ in range(nestings):
        inner = json.loads(text)
        assert inner["after"] == "kept"
        text = inner["in"]
    for _ in range(encodings):
        assert text.startswith("https://b/?to=")
        assert text.endswith("&z=3")
        text = unquote(text.removeprefix("https://b/?to=").removesuffix("&z=3"))
    found: str = text
    return found


@given(TOKENS, st.integers(0, 2), st.integers(0, 2), st.randoms(use_true_random=False))
def test_no_spelling_keeps_the_token_or_harms_what_stands_beside_it(
    token: str, encodings: int, nestings: int, random: Random
) -> None:
    body = f'[{{"url": {wrapped(ADDRESS.format(token), encodings, nestings, random)}, "n": 1}}]'
    (element,) = cut_array(body.encode())
    assert element.parsed["n"] == 1
    assert unwrapped(element.parsed["url"], encodings, nestings) == ADDRESS.format("redacted")
    assert json.loads(element.text) == element.parsed
    assert cut_array(body.encode()[:-1] + b",NaN]")[0].text == element.text


@given(TOKENS, st.integers(0, 2), st.randoms(use_true_random=False))
def test_an_element_that_lands_as_bytes_keeps_it_no_more(token: str, nestings: int, random: Random) -> None:
    written = wrapped(ADDRESS.format(token), 0, nestings, random)
    record = f'{{"url": {written}, "bad": NaN}}'
    for (element,) in (cut_array(f"[{record}]".encode()), cut_object(record.encode())):
        assert not element.readable
        url = json.loads(base64.b64decode(element.text))["url"]
        assert unwrapped(url, 0, nestings) == ADDRESS.format("redacted")
