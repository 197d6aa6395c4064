"""Rows of a query into one object."""

import bz2
import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sandbox.redshift.loading.unload_options import UnloadOptions
from sandbox.redshift.names import literal
from sandbox.redshift.session import Session
from sandbox.redshift.wire import encode
from sandbox.redshift.wire.types import column


def write_object(
    session: Session, options: UnloadOptions, url: str, query: str, types: Mapping[str, str]
) -> tuple[int, int]:
    """Writes the rows of a query to an address.

    Args:
        session: whose transaction reads.
        options: format, compression and marks.
        url: where to; what is there is replaced.
        query: DuckDB SQL.
        types: DuckDB's types of the columns.

    Returns:
        Bytes and rows.
    """
    if options.format == "PARQUET":
        return _write_parquet(session, url, query)
    cursor = session.run(query)
    names = [str(item[0]) for item in cursor.description or ()]
    rows = cursor.fetchall()
    shown = _texts(rows, names, types)
    text = _json(rows, shown, names, types) if options.format == "JSON" else _lines(options, shown, names)
    body = text.encode()
    if "GZIP" in options.switches:
        body = gzip.compress(body, mtime=0)
    if "BZIP2" in options.switches:
        body = bz2.compress(body)
    session.warehouse.objects.put(url, body)
    return len(body), len(rows)


def _write_parquet(session: Session, url: str, query: str) -> tuple[int, int]:
    with session.warehouse.objects.scratch() as folder:
        path = folder / "0"
        row = session.run(
            f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v1)"
        ).fetchone()
        body = path.read_bytes()
    session.warehouse.objects.put(url, body)
    return len(body), int(row[0]) if row else 0


def _texts(rows: Sequence[tuple[Any, ...]], names: Sequence[str], types: Mapping[str, str]) -> list[list[str | None]]:
    """Each value as the wire would show it in text."""
    if not rows:
        return []
    encoders = encode.encoders([column(name, types[name]) for name in names], [0] * len(names), 0)
    columns = [_decoded(encoder(values)) for encoder, values in zip(encoders, zip(*rows, strict=True), strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _decoded(fields: Sequence[bytes]) -> Iterator[str | None]:
    return (None if field == b"\xff\xff\xff\xff" else field[4:].decode() for field in fields)


def _lines(options: UnloadOptions, rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> str:
    out = io.StringIO()
    every: Literal[0, 1] = csv.QUOTE_ALL if "ADDQUOTES" in options.switches else csv.QUOTE_MINIMAL
    header = [list(names)] if "HEADER" in options.switches else []
    shown = [[options.null if value is None else value for value in row] for row in rows]
    if options.format == "CSV" or "ADDQUOTES" in options.switches:
        writer = csv.writer(out, delimiter=options.delimiter, quoting=every, lineterminator="\n")
        writer.writerows([*header, *shown])
        return out.getvalue()
    escaped = "ESCAPE" in options.switches
    for row in [*header, *shown]:
        fields = [_escaped(field, options.delimiter) if escaped else field for field in row]
        out.write(options.delimiter.join(fields) + "\n")
    return out.getvalue()


def _escaped(field: str, delimiter: str) -> str:
    marks = {"\\", "\n", "\r", delimiter, '"', "'"}
    return "".join("\\" + mark if mark in marks else mark for mark in field)


def _json(
    rows: Sequence[tuple[Any, ...]],
    shown: Sequence[Sequence[str | None]],
    names: Sequence[str],
    types: Mapping[str, str],
) -> str:
    lines = []
    for row, texts in zip(rows, shown, strict=True):
        members = (_member(name, value, text, types[name]) for name, value, text in zip(names, row, texts, strict=True))
        lines.append("{" + ",".join(members) + "}\n")
    return "".join(lines)


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
