"""Rows of a query into objects."""

import bz2
import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.redshift.loading.unload_options import UnloadOptions
from sandbox.redshift.names import literal
from sandbox.redshift.session import Session
from sandbox.redshift.wire import encode
from sandbox.redshift.wire.types import column

_STEP, _WITHOUT_LIMIT = 32 * 1024**2, 1024**3
"""Bytes of which a Parquet file's greatest size is a multiple, and from which on no limit is asked of the engine."""


@dataclass(frozen=True, slots=True)
class Written:
    """An object: its address, bytes and rows."""

    url: str
    size: int
    rows: int


def write_objects(
    session: Session, options: UnloadOptions, name: Callable[[int], str], query: str, types: Mapping[str, str]
) -> list[Written]:
    """Writes the rows of a query, in as many objects as their greatest size asks for.

    Args:
        session: whose transaction reads.
        options: format, compression and marks.
        name: the address of each, by its number from 0; what is there is replaced.
        query: DuckDB SQL.
        types: DuckDB's types of the columns.
    """
    bodies = _parquet(session, options, query) if options.format == "PARQUET" else _text(session, options, query, types)
    written = []
    for number, (body, rows) in enumerate(bodies):
        session.warehouse.objects.put(name(number), body)
        written.append(Written(name(number), len(body), rows))
    return written


def _text(
    session: Session, options: UnloadOptions, query: str, types: Mapping[str, str]
) -> Iterator[tuple[bytes, int]]:
    cursor = session.run(query)
    names = [str(item[0]) for item in cursor.description or ()]
    rows = cursor.fetchall()
    shown = _texts(rows, names, types)
    head = _lines(options, [names])[0] if "HEADER" in options.switches else ""
    lines = _json(rows, shown, names, types) if options.format == "JSON" else _lines(options, shown)
    for part in _parts(lines, options.most_bytes - len(head.encode())):
        yield _packed((head + "".join(part)).encode(), options), len(part)


def _parts(lines: Sequence[str], most: int) -> Iterator[list[str]]:
    """Lines in parts of so many bytes; one part where there are none."""
    part: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode())
        if part and size + length > most:
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    yield part


def _packed(body: bytes, options: UnloadOptions) -> bytes:
    if "GZIP" in options.switches:
        return gzip.compress(body, mtime=0)
    return bz2.compress(body) if "BZIP2" in options.switches else body


def _parquet(session: Session, options: UnloadOptions, query: str) -> Iterator[tuple[bytes, int]]:
    """Files end after the row group with which they reach their size, a multiple of 32 MB ("UNLOAD: MAXFILESIZE")."""
    form = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v1"
    most = max(1, options.most_bytes // _STEP) * _STEP
    limited = f", FILE_SIZE_BYTES {most}" if most < _WITHOUT_LIMIT else ""
    with session.warehouse.objects.scratch() as folder:
        path = folder / "0"
        row = session.run(f"COPY ({query}) TO {literal(str(path))} ({form}{limited})").fetchone()
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        counts = [_rows_of(session, file) for file in files] if len(files) > 1 else [int(row[0]) if row else 0]
        for file, count in zip(files, counts, strict=True):
            yield file.read_bytes(), count


def _rows_of(session: Session, file: Path) -> int:
    row = session.run(f"SELECT count(*) FROM read_parquet({literal(str(file))})").fetchone()
    return int(row[0]) if row else 0


def _texts(rows: Sequence[tuple[Any, ...]], names: Sequence[str], types: Mapping[str, str]) -> list[list[str | None]]:
    """Each value as the wire would show it in text."""
    if not rows:
        return []
    encoders = encode.encoders([column(name, types[name]) for name in names], [0] * len(names), 0)
    columns = [_decoded(encoder(values)) for encoder, values in zip(encoders, zip(*rows, strict=True), strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _decoded(fields: Sequence[bytes]) -> Iterator[str | None]:
    return (None if field == b"\xff\xff\xff\xff" else field[4:].decode() for field in fields)


def _lines(options: UnloadOptions, rows: Sequence[Sequence[str | None]]) -> list[str]:
    every: Literal[0, 1] = csv.QUOTE_ALL if "ADDQUOTES" in options.switches else csv.QUOTE_MINIMAL
    shown = [[options.null if value is None else value for value in row] for row in rows]
    if options.format == "CSV" or "ADDQUOTES" in options.switches:
        out = _Kept()
        csv.writer(out, delimiter=options.delimiter, quoting=every, lineterminator="\n").writerows(shown)
        return out.lines
    escaped = "ESCAPE" in options.switches
    return [
        options.delimiter.join(_escaped(field, options.delimiter) if escaped else field for field in row) + "\n"
        for row in shown
    ]


class _Kept:
    """What a writer of CSV writes into: it writes a row at a time."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def _escaped(field: str, delimiter: str) -> str:
    marks = {"\\", "\n", "\r", delimiter, '"', "'"}
    return "".join("\\" + mark if mark in marks else mark for mark in field)


def _json(
    rows: Sequence[tuple[Any, ...]],
    shown: Sequence[Sequence[str | None]],
    names: Sequence[str],
    types: Mapping[str, str],
) -> list[str]:
    lines = []
    for row, texts in zip(rows, shown, strict=True):
        members = (_member(name, value, text, types[name]) for name, value, text in zip(names, row, texts, strict=True))
        lines.append("{" + ",".join(members) + "}\n")
    return lines


def _member(name: str, value: Any, text: str | None, kind: str) -> str:
    """SUPER as the JSON that it is, numbers as they are, all else as text."""
    if text is None:
        shown = "null"
    elif isinstance(value, bool):
        shown = "true" if value else "false"
    elif kind == "JSON" or kind.startswith("DECIMAL") or isinstance(value, int):
        shown = text
    elif isinstance(value, float):
        shown = json.dumps(value)
    else:
        shown = json.dumps(text, ensure_ascii=False)
    return f"{json.dumps(name)}:{shown}"
