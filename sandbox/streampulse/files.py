"""Rows as files: CSV or JSON lines, plain or gzip, with names, ends of lines and quotes as some program had them."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Value = str | int | None
#: Stands in a text for a byte that is é in Latin-1 and nothing in UTF-8.
NOT_UTF_8 = b"\xe9".decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is written."""

    suffix: str
    names: str
    """How columns are called: ``snake``, ``Title``, ``camel`` or ``kebab``."""
    byte_order_mark: bool
    line_end: str
    quote_all: bool
    extra_column: bool


def manner(rng: Random) -> Manner:
    """Draw how a file is written."""
    return Manner(
        rng.choice((".csv", ".csv", ".csv.gz", ".csv.gz", ".jsonl", ".jsonl.gz")),
        rng.choice(("snake", "snake", "Title", "camel", "kebab")),
        byte_order_mark=rng.random() < 0.1,
        line_end=rng.choice(("\n", "\n", "\r\n")),
        quote_all=rng.random() < 0.05,
        extra_column=rng.random() < 0.1,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A row, and how many columns it has too many."""

    values: tuple[Value, ...]
    extra: int = 0


def named(column: str, names: str) -> str:
    """Write the name of a column as some program does."""
    words = column.split("_")
    match names:
        case "Title":
            return " ".join(word.capitalize() for word in words)
        case "camel":
            return words[0] + "".join(word.capitalize() for word in words[1:])
        case "kebab":
            return "-".join(words)
        case _:
            return column


def write(columns: Sequence[str], lines: Iterable[Line], how: Manner) -> bytes:
    """Write a file, without compression."""
    names = [named(column, how.names) for column in (*columns, *(("app_version",) if how.extra_column else ()))]
    text = _csv(names, lines, how) if ".csv" in how.suffix else _json(names, lines, how)
    return ("\ufeff" if how.byte_order_mark else "").encode() + text.encode("utf-8", "surrogateescape")


def pack(data: bytes, how: Manner) -> bytes:
    """Compress a file if its suffix says so; the same bytes each time."""
    return gzip.compress(data, 4, mtime=0) if how.suffix.endswith(".gz") else data


def whole_lines(packed: bytes, how: Manner) -> int:
    """Count the ends of lines in a file that may break off."""
    if not how.suffix.endswith(".gz"):
        return packed.count(b"\n")
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed).count(b"\n")


def _values(line: Line, how: Manner) -> list[Value]:
    values = [*line.values, *(("7.4.1",) if how.extra_column else ())]
    return [*values, "surplus"] if line.extra > 0 else values[: len(values) + line.extra]


def _csv(names: list[str], lines: Iterable[Line], how: Manner) -> str:
    buffer = io.StringIO()
    all_or_few: Literal[0, 1] = csv.QUOTE_ALL if how.quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, lineterminator=how.line_end, quoting=all_or_few)
    writer.writerow(names)
    writer.writerows(_values(line, how) for line in lines)
    return buffer.getvalue()


def _json(names: list[str], lines: Iterable[Line], how: Manner) -> str:
    texts = []
    for line in lines:
        text = json.dumps(dict(zip(names, _values(line, how), strict=False)), ensure_ascii=False)
        texts.append(text[: len(text) // 2] if line.extra else text)  # JSON has no columns to be wrong in number
    return "".join(f"{text}{how.line_end}" for text in texts)
