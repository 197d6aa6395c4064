"""UNLOAD: the rows of a query as objects of the lake, in Parquet, CSV, JSON, or text between delimiters."""

import datetime
import itertools
import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.loading.unload_options import read_unload
from sandbox.redshift.loading.write import write_objects
from sandbox.redshift.names import DATABASE, literal, quote
from sandbox.redshift.record import Row, now
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.stored import stored_query
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.types import DeclaredType
from sandbox.redshift.wire.decode import Value

_ROWS = '"rows to unload"'
_NO_PARTITION = frozenset({"JSON", "BLOB", "TIME", "TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "INTERVAL"})
_NOT_EMPTY = (
    "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing "
    "the target files in S3, or using the ALLOWOVERWRITE option."
)


class Unload(Command):
    """UNLOAD ('query') TO 's3://…' IAM_ROLE …."""

    def __init__(self, sql: str) -> None:
        self._options = read_unload(sql)
        tree = parse(self._options.query)
        if not isinstance(tree, exp.Query):
            raise SqlError("42601", "UNLOAD takes a SELECT")
        if tree.args.get("limit"):
            raise SqlError("0A000", "Limit clause is not supported")

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Writes the objects, then the manifest. What was written stays, whatever becomes of the transaction."""
        options = self._options
        row: Row = {
            "user_id": session.user_id, "query_id": session.query_id, "transaction_id": session.query_id,
            "session_id": session.pid, "database_name": DATABASE, "status": "running", "start_time": now(),
            "file_format": _FORMATS.get(options.format, options.format.capitalize()),
            "compression_type": _packing(options.switches), "unloaded_location": options.target,
            "username": session.user,
        }  # fmt: skip
        session.warehouse.record.add("sys_unload_history", row)
        try:
            sizes = self._write(session)
        except BaseException as problem:
            _finish(row, "aborted", {"error_message": getattr(problem, "message", str(problem))})
            raise
        counts = {"unloaded_files_count": len(sizes), "unloaded_files_size": sum(sizes)}
        _finish(row, "completed", counts | {"unloaded_rows": session.unload_count})
        sink.notice(f"UNLOAD completed, {session.unload_count} record(s) unloaded successfully.")
        return "UNLOAD"

    def _write(self, session: Session) -> list[int]:
        """Writes everything, and returns the sizes of the objects in bytes."""
        options = self._options
        stored = stored_query(session, options.query, (), None)
        items = ", ".join(_shown(name, kind) for name, kind in stored.columns.items())
        session.run(f"CREATE OR REPLACE TEMPORARY TABLE {_ROWS} AS SELECT {items} FROM ({stored.sql})")
        columns = {str(row[0]): str(row[1]) for row in session.run(f"DESCRIBE {_ROWS}").fetchall()}
        self._check(columns)
        parts = list(self._parts(session, list(columns)))
        self._clear(session, [prefix for prefix, _ in parts])
        entries, sizes = [], []
        for prefix, query in parts:
            written = write_objects(session, options, partial(options.name, prefix), query, columns)
            sizes += [made.size for made in written]
            for made in written:
                meta = {"content_length": made.size} | ({"record_count": made.rows} if options.verbose else {})
                told = {"meta": meta} if options.format == "PARQUET" or options.verbose else {}
                entries.append({"url": made.url} | told)
        if options.manifest:
            body = {"entries": entries} | (_verbose(entries, columns) if options.verbose else {})
            session.warehouse.objects.put(f"{options.target}manifest", json.dumps(body, indent=2).encode())
        row = session.run(f"SELECT count(*) FROM {_ROWS}").fetchone()
        session.unload_count, session.unload_id = int(row[0]) if row else 0, session.query_id
        session.run(f"DROP TABLE {_ROWS}")
        return sizes

    def _check(self, columns: dict[str, str]) -> None:
        options = self._options
        for name in options.partition:
            if name not in columns:
                raise SqlError("42703", f'column "{name}" of PARTITION BY is not in the query')
            if columns[name] in _NO_PARTITION:
                raise SqlError("0A000", f'column "{name}" has a type that PARTITION BY does not take')
        if options.partition and not options.include and len(options.partition) >= len(columns):
            raise SqlError("0A000", "all columns are partition columns: at least one other is needed, or INCLUDE")
        if options.format in ("PARQUET", "JSON") and "BLOB" in columns.values():
            raise SqlError("0A000", f"VARBYTE is not supported for UNLOAD to {options.format}")

    def _parts(self, session: Session, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The beginning of the name, and the query, of each object."""
        options = self._options
        kept = [name for name in columns if options.include or name not in options.partition]
        items = ", ".join(map(quote, kept))
        if not options.partition:
            row = session.run(f"SELECT count(*) FROM {_ROWS}").fetchone()
            if (row and row[0]) or options.format != "JSON":  # no rows give no object of JSON
                yield options.target, f"SELECT {items} FROM {_ROWS}"
            return
        keys = ", ".join(map(quote, options.partition))
        folder = options.target if options.target.endswith("/") else f"{options.target}/"
        for values in session.run(f"SELECT DISTINCT {keys} FROM {_ROWS} ORDER BY {keys}").fetchall():
            pairs = list(zip(options.partition, values, strict=True))
            path = "/".join(f"{name}={_in_path(value)}" for name, value in pairs)
            condition = " AND ".join(
                f"{quote(name)} IS NULL"
                if value is None
                else f"CAST({quote(name)} AS VARCHAR) = {literal(_text(value))}"
                for name, value in pairs
            )
            yield f"{folder}{path}/", f"SELECT {items} FROM {_ROWS} WHERE {condition}"

    def _clear(self, session: Session, prefixes: Sequence[str]) -> None:
        objects, options = session.warehouse.objects, self._options
        if options.clean_path:
            for prefix in prefixes if options.partition else [options.target]:
                for found in objects.under(prefix):
                    objects.delete(found.url)
        elif not options.allow_overwrite and any(itertools.chain(*map(objects.under, {options.target, *prefixes}))):
            raise SqlError("XX000", _NOT_EMPTY)


def _shown(name: str, kind: DeclaredType) -> str:
    """A column as a client would see it: a CHAR has the blanks at its end."""
    column = quote(name)
    return f"rpad({column}, {kind.max_bytes}, ' ') AS {column}" if kind.is_char else column


_FORMATS = {"DELIMITED": "Text", "CSV": "CSV", "JSON": "JSON"}


def _packing(switches: frozenset[str]) -> str:
    return next((name.lower() for name in ("GZIP", "BZIP2") if name in switches), "none")


def _finish(row: Row, status: str, facts: Row) -> None:
    ended = now()
    passed = (ended - row["start_time"]) // datetime.timedelta(microseconds=1)
    row |= {"status": status, "end_time": ended, "duration": passed} | facts


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_path(value: Any) -> str:
    return "__HIVE_DEFAULT_PARTITION__" if value is None else _text(value).replace("/", "%2F")


def _verbose(entries: Sequence[dict[str, Any]], columns: dict[str, str]) -> dict[str, Any]:
    elements = [{"name": name, "type": {"base": kind.lower()}} for name, kind in columns.items()]
    totals = {key: sum(entry["meta"][key] for entry in entries) for key in ("content_length", "record_count")}
    return {
        "schema": {"elements": elements}, "meta": totals, "author": {"name": "Amazon Redshift", "version": "1.0.0"},
    }  # fmt: skip
