"""Raw lines such as no source sends twice: seeded, so that every run sees the same ones."""

import json
import random
from collections.abc import Iterator

NUMBERS: tuple[str, ...] = (
    "1.50",
    "1e2",
    "1E400",
    "-1E400",
    "-0",
    "-0.0",
    "1e21",
    "1e20",
    "123456789012345678901",
    "1e-6",
    "1e-7",
)
NUMBERS += (
    "1.5e-7",
    "5e-324",
    "2E23",
    "2.2250738585072014E-308",
    "9007199254740993.2",
    "0.30000000000000004",
    "100e-2",
)
STRINGS: tuple[str, ...] = (
    '"x"',
    '"1.5"',
    '"null"',
    '""',
    '"\\u001f\\u007f\\/\\b"',
    '"\\ud83c\\udfac"',
    '"🎬"',
    '"\\\\ud83c"',
    '"s\\"1.5s"',
)
STRINGS += ('"a,}b"', '"\\u2028\u2028"', '"{\\"a\\":1.50}"')
OTHERS = (
    "null",
    "true",
    "false",
    "[]",
    "{}",
    '[1.50, [ ], {"a" : -0}]',
    '{"k":"\\ud83c\\udfac","n":1.10}',
    "[[[[[[1e2]]]]]]",
)
DAMAGE = (
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "1",
    "e",
    "-",
    ".",
    "n",
    " ",
    "\t",
    "\\ud800",
    "\x00",
    "NaN",
    "Infinity",
    ",]",
)


def lines(count: int, seed: int = 7) -> Iterator[str | bytes]:
    """Yield lines of visitors with values and unknown fields of every form; one in three is then damaged."""
    dice = random.Random(seed)
    for number in range(count):
        line = _line(dice, number)
        if number % 3 == 0:
            line = _damaged(dice, line)
        yield line.encode().replace(b"v-", b"\xf0\x9f\xffv-", 1) if number % 17 == 0 else line


def _line(dice: random.Random, number: int) -> str:
    fields = [
        ("visitor_key", f'"v-{number}"'),
        ("last_active_at", '"2026-01-06T21:03:24.000Z"'),
        ("load_count", dice.choice(("1", "2", "-0", '"3"', "1.0"))),
        ("play_count", "1"),
        ("user_agent_details", f'{{"browser":{_any(dice)},"engine":{_any(dice)}}}' if dice.random() < 0.5 else "null"),
        (dice.choice(("browser", "a.b", "q'\\\"r", "0", "$[*]", "schön", "")), _any(dice)),
        ("last_event_key", dice.choice((*NUMBERS, *STRINGS))),
    ]
    dice.shuffle(fields)
    blank = dice.choice(("", " ", "\t "))
    record = "{" + ",".join(f'{blank}"{name}"{blank}:{value}{blank}' for name, value in fields) + "}"
    return (
        f'{{"_meta":{{"params":{{"page":1}},"sent_at":"2026-01-08T00:00:00.{number % 10**6:06d}Z"}},"record":{record}}}'
    )


def _any(dice: random.Random) -> str:
    return dice.choice((*NUMBERS, *STRINGS, *OTHERS))


def _damaged(dice: random.Random, line: str) -> str:
    place = dice.randrange(len(line))
    return line[:place] + dice.choice(DAMAGE) + line[place + dice.randrange(2) :]


def large() -> Iterator[str]:
    """Yield lines that are large in one way each."""
    envelope = '{"_meta":{"sent_at":"2026-01-08T00:00:00Z"},"record":{"visitor_key":"%s","load_count":1,"play_count":1,'
    envelope += '"last_active_at":"2026-01-06T21:03:24.000Z",%s}}'
    yield envelope % ("deep", '"deep":' + "[" * 900 + "]" * 900)
    yield envelope % ("escapes", '"story":' + json.dumps("\n" * 200_000))
    yield envelope % ("long", '"visitor_identity":{"name":"' + "x" * 16_000_000 + '"}')
    yield envelope % ("many", ",".join(f'"f{number}":{number}' for number in range(20_000)))
    yield envelope % ("digits", '"n":' + "9" * 5_000)
    yield envelope % ("fraction", '"n":0.' + "3" * 5_000)


def ends() -> Iterator[str]:
    """Yield lines with a comma before the end of something, and lines behind whose end something stands."""
    commas = [(place, ",") for place in range(3)]
    fields = [(1, field) for field in (',"u":{"a":1,}', ',"u":[1, \t]', ',"u":"a,}",', ',"u":[{"b":[2,],},],', ",,")]
    behind = [(3, text) for text in (",", "]", "}", " {}", ",{}", '],"line":[{}', '],"end":[{"end":"x"}],"x":[{}')]
    for number, (place, text) in enumerate(commas + fields + behind):
        meta, record, whole, rest = (text if place == other else "" for other in range(4))
        yield (
            f'{{"_meta":{{"sent_at":"2026-01-08T00:00:00Z"{meta}}},"record":{{"visitor_key":"end-{number}",'
            f'"load_count":1,"play_count":1,"last_active_at":"2026-01-06T21:03:24.000Z"{record}}}{whole}}}{rest}'
        )
