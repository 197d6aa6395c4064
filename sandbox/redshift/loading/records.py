"""Text objects as records: unpacked, decoded, cut into lines and fields."""

import bz2
import csv
import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.redshift.errors import SqlError
from sandbox.redshift.loading.options import CopyOptions

Field = str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record and the line on which it begins, from 1; a record that cannot be read says why."""

    line: int
    fields: Sequence[Field]
    code: int = 0
    reason: str = ""


def unpack(body: bytes, options: CopyOptions) -> bytes:
    """The bytes of an object without its compression.

    Raises:
        SqlError: XX000 for what is not compressed so, or is cut off.
    """
    unpackers: dict[str, Callable[[bytes], bytes]] = {"GZIP": gzip.decompress, "BZIP2": bz2.decompress}
    for name, unpacked in unpackers.items():
        if name in options.switches:
            try:
                return unpacked(body)
            except (OSError, EOFError, ValueError, zlib.error):
                raise SqlError("XX000", f"{name} decompression failed: the object is damaged or not {name}") from None
    return body


def decode(body: bytes, options: CopyOptions) -> tuple[str, int]:
    """The text of an object, and the first line with bytes that are no UTF-8 (0: none)."""
    encoding = options.texts.get("ENCODING", "UTF8").lower()
    if encoding not in ("utf8", "utf-8", "auto"):
        return body.decode(encoding), 0
    try:
        return body.decode("utf-8-sig"), 0
    except UnicodeDecodeError as problem:
        substitute = options.texts.get("ACCEPTINVCHARS")
        if substitute is None:
            return body.decode("utf-8", "replace"), body.count(b"\n", 0, problem.start) + 1
        return body.decode("utf-8", "replace").replace("\ufffd", substitute), 0


def records(body: bytes, options: CopyOptions, names: Sequence[str], paths: Sequence[str] | None) -> Iterator[Record]:
    """The records of an object, one field for each column."""
    text, bad_line = decode(unpack(body, options), options)
    if options.format == "JSON":
        found = _json(text, options, names, paths)
    else:
        read = {"CSV": _csv, "FIXEDWIDTH": _fixed}.get(options.format, _delimited)
        found = (_fitted(record, len(names), options) for record in read(text, options))
    for record in found:
        if bad_line and record.line >= bad_line:
            yield Record(bad_line, record.fields, 1220, "String contains invalid or unsupported UTF8 codepoints")
            bad_line = 0
        else:
            yield record


def _fitted(record: Record, count: int, options: CopyOptions) -> Record:
    """A record with as many fields as there are columns, or why it has not."""
    given = len(record.fields)
    if record.code or given == count:
        return record
    if given > count:
        return Record(record.line, record.fields, 1202, "Extra column(s) found")
    if "FILLRECORD" in options.switches:
        return Record(record.line, [*record.fields, *([None] * (count - given))])
    return Record(record.line, record.fields, 1214, "Delimiter not found")


def _csv(text: str, options: CopyOptions) -> Iterator[Record]:
    delimiter = options.texts.get("DELIMITER", ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=options.quote, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Record(line, (), 1200, "Invalid quote formatting for CSV")
            return
        if line > options.numbers.get("IGNOREHEADER", 0) and (fields or not _skips_blank(options)):
            yield Record(line, [_null(field, options) for field in fields or [""]])
        line = reader.line_num + 1


def _delimited(text: str, options: CopyOptions) -> Iterator[Record]:
    delimiter = options.texts.get("DELIMITER", "|")
    escapes = "ESCAPE" in options.switches
    lines = re.split(r"(?<!\\)\r?\n" if escapes else r"\r?\n", text)
    if lines and lines[-1] == "":
        lines.pop()
    at = 1
    for line in lines:
        if at > options.numbers.get("IGNOREHEADER", 0) and (line or not _skips_blank(options)):
            parts = re.split(rf"(?<!\\){re.escape(delimiter)}", line) if escapes else line.split(delimiter)
            yield Record(at, [_null(_plain(part, options), options, part) for part in parts])
        at += 1 + line.count("\n")


def _fixed(text: str, options: CopyOptions) -> Iterator[Record]:
    """Lines of columns of so many characters each ("FIXEDWIDTH")."""
    ends = [*itertools.accumulate(options.widths)]
    for at, line in enumerate(re.split(r"\r?\n", text.removesuffix("\n")), start=1):
        if at > options.numbers.get("IGNOREHEADER", 0) and (line or not _skips_blank(options)):
            parts = [line[end - width : end] for end, width in zip(ends, options.widths, strict=True)]
            yield Record(at, [_null(part, options, part.strip()) for part in parts])


def _skips_blank(options: CopyOptions) -> bool:
    return "IGNOREBLANKLINES" in options.switches


def _plain(part: str, options: CopyOptions) -> str:
    if "REMOVEQUOTES" in options.switches and len(part) > 1 and part[0] == part[-1] and part[0] in "'\"":
        part = part[1:-1]
    return re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) if "ESCAPE" in options.switches else part


def _null(field: str, options: CopyOptions, written: str | None = None) -> Field:
    mark = options.texts.get("NULL", r"\N")
    return None if mark in (field, written) else field


def _json(text: str, options: CopyOptions, names: Sequence[str], paths: Sequence[str] | None) -> Iterator[Record]:
    decoder = json.JSONDecoder(parse_float=_Number, parse_int=_Number, strict=False)
    at, line = 0, 1
    while True:
        blank = re.compile(r"\s*").match(text, at)
        start = blank.end() if blank else at
        line += text.count("\n", at, start)
        if start >= len(text):
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except ValueError:
            yield Record(line, (), 1216, "Invalid JSON")
            return
        if options.json == "noshred":
            yield Record(line, [text[start:end]])
        elif isinstance(found, dict) or paths is not None:
            yield Record(line, _picked(found, options, names, paths))
        else:
            yield Record(line, (), 1216, "Invalid JSON: a record is no object")
        line += text.count("\n", start, end)
        at = end


class _Number(str):
    """A number as it was written, so that no digit of a decimal is lost."""

    __slots__ = ()


def _picked(found: Any, options: CopyOptions, names: Sequence[str], paths: Sequence[str] | None) -> list[Field]:
    if paths is not None:
        return [_written(_follow(found, path)) for path in paths]
    if options.json == "auto ignorecase":
        found = {key.lower(): value for key, value in found.items()}
    return [_written(found.get(name)) for name in names]


def _follow(value: Any, path: str) -> Any:
    for part in re.findall(r"\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]|\.([^.\[\]]+)", path):
        key = part[0] or part[1] or part[3]
        if key:
            value = value.get(key) if isinstance(value, dict) else None
        else:
            index = int(part[2])
            value = value[index] if isinstance(value, list) and index < len(value) else None
    return value


def _written(value: Any) -> Field:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return dump(value)


def dump(value: Any) -> str:
    """Nested JSON as text, its numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
