"""The embedded engine: DuckDB in this process, PySpark's API through sqlframe.

``sqlframe.activate()``, which swaps ``pyspark.sql`` for the whole process, is never used. Its ``DuckDBSession`` is one
for the whole process, so one engine owns it at a time and the next waits. What sqlframe makes is SQL, which is kept:
it is imported where a plan is not known yet.
"""

import hashlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from extract.manifest import ObjectEntry
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.contracts import Column, Contract, Kind
from spark.engine import DataFrame, Expression, Question, Transform
from spark.engine.leaf_sql import leaf_select, literal
from spark.engine.line_reader import LINES, RECORD_TEXT, LineReader
from spark.engine.plans import Plan, Plans, name_of
from spark.leaves import POSITION, RAW_OBJECT, RECORD, RawPlace, leaf_columns
from spark.proof import Dialect, Proved, compared, of_double, read_sums, sample, sums_of, whole
from spark.raw import Backlog, fetch

_OWNER = threading.Lock()
ROW_GROUP = 20_480
"""Rows that one core takes at a time; with DuckDB's 122,880 a day's records would be the work of one core."""
LARGEST_FILE, FILE_BYTES = 2**29, 2**28
"""Bytes of the largest file that COPY reads well, and of those into which a larger one is cut."""
THREAD_BYTES = 2**30
"""Memory that DuckDB may take for each of its threads, however large a batch is; what it holds beyond that lies in the
scratch folder. A thread that reads lines takes 128 MB for two of the longest (``LARGEST_LINE``)."""
_PARQUET_TYPES: dict[Kind, str] = {
    "varchar": "VARCHAR",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
# Through TIMESTAMPTZ in a session that lives in UTC: a plain TIMESTAMP drops the offset (seen with DuckDB 2.0). Where
# there is none it is right, and takes a quarter of the time.
_TYPING: dict[Kind, str] = {
    "varchar": "{text}",
    "bigint": "try_cast({text} as bigint)",
    "integer": "try_cast({text} as int)",
    "double": "try_cast({text} as double)",
    "boolean": "try_cast({text} as boolean)",
    "date": "try_cast({text} as date)",
    "timestamp": "case when endswith({text}, 'Z') then try_cast({text} as timestamp_ntz) "
    "else cast(try_cast({text} as timestamp) as timestamp_ntz) end",
}
# Alone, DuckDB's rtrim takes every blank of Unicode; and to look for one first takes a tenth of the time.
_WITHOUT_BLANKS = "case when ends_with({c}, ' ') then rtrim({c}, ' ') else {c} end"
DIALECT = Dialect(
    {
        "varchar": f"cast('0x' || left(md5(nullif({_WITHOUT_BLANKS}, '')), 7) as bigint)",
        "bigint": whole("{c}"),
        "integer": whole("{c}"),
        "double": of_double("cast(floor({x}) as bigint)"),
        "boolean": "cast({c} as integer)",
        "date": "date_diff('day', date '1970-01-01', {c})",
        "timestamp": whole("epoch_us({c})"),
    },
    total="sum({})",
    fingerprint="hash({columns})",
    exploded="select {columns}, {arrays}, unnest(range(len({first}))) as {position} from {records}",
    element="unnest({array})",
)

_KEYED_HASH = "keyed_hash"


class DuckDBEngine:
    """Computes in tables that may be larger than memory: what does not fit goes to the scratch folder."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, scratch: Path) -> None:
        """Use ``open_engine``."""
        self._connection = connection
        self._lake = lake
        self._scratch = scratch
        self._reader = LineReader(connection, scratch)
        self._read = 0
        self._plans = Plans()
        self._about = self._judged = ""

    @property
    def functions(self) -> Any:
        """Those of sqlframe."""
        return import_module("sqlframe.duckdb.functions")

    @property
    def window(self) -> Any:
        """That of sqlframe."""
        return import_module("sqlframe.duckdb").Window

    @cached_property
    def _session(self) -> Any:
        """What makes frames; only where a plan must be made."""
        return import_module("sqlframe.duckdb").DuckDBSession(self._connection)

    def close(self) -> None:
        """Keep the plans that were made."""
        self._plans.keep()
        if "_session" in vars(self):
            self._session.stop()

    def open_stream(self, backlog: Backlog) -> None:
        """Read the raw lines of a stream, from copies of its objects; they are kept until the next stream is opened."""
        if self._judged:
            self._connection.execute(f"drop table {_quoted(self._judged)}")
            self._judged = ""
        folder = self._scratch / "raw"
        self._reader.read(backlog.stream, fetch(self._lake, backlog, folder))
        shutil.rmtree(folder)

    def judge(self, contract: Contract, transform: Transform) -> None:
        """Compute what a transform makes of the open stream's leaf frame, into a table."""
        leaves, table = f"leaves_{contract.entity}", f"judged_{contract.entity}"
        self._about = name_of(contract, transform)

        def make() -> Plan:
            sql, names = _plan(transform(self._frame(leaves, leaf_columns(contract)), contract))
            return f"with {leaves} as not materialized ({leaf_select(contract, LINES)}) select * from ({sql})", names  # noqa: S608

        select, self._columns = self._plans.of(self._about, make)
        self._compute(table, select)
        self._judged = table

    def ask(self, question: Question) -> list[tuple[Any, ...]]:
        """Return the answer to a question about the judged records."""
        return self._connection.execute(self._select(question)).fetchall()

    def records(self, places: DataFrame) -> DataFrame:
        """Add the key of the raw object and the record's text to lines of the open stream."""
        lines = self._frame(LINES, (*POSITION, RAW_OBJECT, "line", "malformed"))
        found = places.join(lines, on=list(POSITION), how="inner")
        text = self.functions.expr(f"{RECORD_TEXT}(line, malformed)").alias(RECORD)
        return found.select(*places.columns, RAW_OBJECT, text)

    def places(self, keys: Sequence[str]) -> list[tuple[int, int, int]]:
        """Return the places of the records in objects of the quarantine."""
        select = "select raw_sequence, raw_part, raw_line from read_parquet(?, hive_partitioning = false)"
        path, found = self._scratch / "held.parquet", []
        for key in keys:
            path.write_bytes(self._lake.get(key))
            found += self._connection.execute(select, [str(path)]).fetchall()
            path.unlink()
        return found

    def rows(self, frame: DataFrame) -> list[tuple[Any, ...]]:
        """Return the rows of a small frame."""
        return self._connection.execute(_sql(frame)).fetchall()

    def write_answer(
        self, question: Question, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write the answer to a question as Parquet objects, by way of files in the scratch folder."""
        return self._written(self._select(question), columns, order, folder)

    def write(
        self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write a frame likewise."""
        return self._written(_sql(frame), columns, order, folder)

    def _written(
        self, select: str, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        items = ", ".join(
            f"cast({_quoted(column.name)} as {_PARQUET_TYPES[column.kind]}) as {_quoted(column.name)}"
            for column in columns
        )
        whole = self._scratch / "whole.parquet"
        self._copy(f"select {items} from ({select}) order by {', '.join(map(_quoted, order))}", whole)  # noqa: S608
        return tuple(
            self._put(f"{folder}part-{number:05d}.parquet", path) for number, path in enumerate(self._cut(whole))
        )

    def _cut(self, whole: Path) -> Iterator[Path]:
        """Yield a file as it is, or where it is too large, one after the other those that its rows make in their order.

        DuckDB's ``file_size_bytes`` would not do: rows of all threads go to one file as they come (seen with 2.0).
        """
        size = whole.stat().st_size
        if size <= LARGEST_FILE:
            yield whole
            return
        rows = self._footer(whole)
        each, part = ceil(rows / ceil(size / FILE_BYTES)), self._scratch / "part.parquet"
        read = f"read_parquet({literal(str(whole))}, file_row_number = true, hive_partitioning = false)"
        for first in range(0, rows, each):
            among = f"file_row_number between {first} and {first + each - 1}"
            self._copy(f"select * exclude (file_row_number) from {read} where {among}", part)  # noqa: S608
            yield part
        whole.unlink()

    def _copy(self, select: str, path: Path) -> None:
        self._connection.execute(
            f"copy ({select}) to {literal(str(path))} (format parquet, compression zstd, row_group_size 100000)"
        )

    def _put(self, key: str, path: Path) -> ObjectEntry:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._lake.put_file(key, path)
        return ObjectEntry(key=key, bytes=path.stat().st_size, rows=self._footer(path), sha256=digest)

    def _footer(self, path: Path) -> int:
        """The rows that a file says it has."""
        ((rows,),) = self._connection.execute("select num_rows from parquet_file_metadata(?)", [str(path)]).fetchall()
        return int(rows)

    def prove(self, contract: Contract, files: Sequence[ObjectEntry], places: Sequence[RawPlace]) -> Proved:
        """Look at what was written of the open stream, as the lake gives it back."""
        paths = [self._scratch / f"written-{number}.parquet" for number, _ in enumerate(files)]
        for path, entry in zip(paths, files, strict=True):
            path.write_bytes(self._lake.get(entry.key))
        written, run = f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])", self._connection.execute
        ((alike,),) = run(compared(contract, DIALECT, written, _quoted(self._judged))).fetchall()
        shown = run(sample(contract, written, places)).fetchall()
        sums = self._sums(contract, written)
        for path in paths:
            path.unlink()
        return Proved(alike, sums, shown)

    def sums(self, contract: Contract, key: str) -> dict[str, int]:
        """Return the sum of each column of an object of rows."""
        path = self._scratch / "summed.parquet"
        path.write_bytes(self._lake.get(key))
        return self._sums(contract, f"read_parquet([{literal(str(path))}])")

    def _sums(self, contract: Contract, rows: str) -> dict[str, int]:
        (totals,) = self._connection.execute(sums_of(contract, DIALECT, contract.columns, rows)).fetchall()
        return read_sums(contract.columns, totals)

    def read_parquet(self, key: str) -> tuple[DataFrame, list[tuple[str, str]]]:
        """Return what a file holds, and its columns with their types."""
        # Under a name of its own, because sqlframe remembers the columns of a name for good.
        self._read += 1
        path = self._scratch / f"read-{self._read}.parquet"
        path.write_bytes(self._lake.get(key))
        select = f"select * from read_parquet({literal(str(path))})"  # noqa: S608
        try:
            described = self._connection.execute(f"describe {select}").fetchall()
        except duckdb.Error:
            raise DataRefused(f"{self._lake.url(key)} cannot be read as Parquet") from None
        kinds = {engine: kind for kind, engine in _PARQUET_TYPES.items()}
        columns = [(str(name), str(kinds.get(kind, kind.lower()))) for name, kind, *_ in described]
        return self._view(f"read_parquet_{self._read}", select, [name for name, _ in columns]), columns

    def to_type(self, text: str, kind: Kind) -> Expression:
        """Return the value of the column named ``text``."""
        return self.functions.expr(_TYPING[kind].format(text=text))

    def to_array(self, text: str, kind: Kind) -> Expression:
        """Return the values of the JSON array in the column named ``text``."""
        return self.functions.expr(f"try_cast({text} as array<{kind}>)")

    def byte_length(self, text: str) -> Expression:
        """Return the number of bytes that the column named ``text`` has in UTF-8."""
        return self.functions.expr(f"strlen({text})")

    def keyed_hash(self, text: str, key: PrivacyKey | None = None) -> Expression:
        """Return the keyed hash of what the SQL ``text`` gives; the plan names a macro and holds nothing of the key."""
        return self.functions.expr(f"{_macro(key) if key else _KEYED_HASH}({text})")

    def _select(self, question: Question) -> str:
        """The SQL that answers a question about the judged records."""

        def make() -> Plan:
            return _plan(question.of(self._frame(self._judged, self._columns)))

        plan = self._plans.of(f"{self._about} {question.name}", make) if question.name else make()
        return plan[0]

    def _compute(self, table: str, select: str) -> None:
        self._connection.execute(f"create or replace table {_quoted(table)} as {select}")

    def _view(self, name: str, select: str, columns: Sequence[str]) -> DataFrame:
        self._connection.execute(f"create or replace view {_quoted(name)} as {select}")
        return self._frame(name, columns)

    def _frame(self, name: str, columns: Sequence[str]) -> DataFrame:
        # sqlframe is told the columns, and remembers them for good, because asking DuckDB takes longer than a small
        # query; of what type they are only its own optimiser would ask.
        self._session.catalog.add_table(name, dict.fromkeys(columns, "string"))
        return self._session.table(name)


@contextmanager
def open_engine(_: Settings, lake: Lake, scratch: Path, key: PrivacyKey) -> Iterator[DuckDBEngine]:
    """Open the engine; what does not fit into memory goes to the folder ``scratch``, its tables too.

    Raises:
        ReelhouseError: DuckDB gave up: the disk is full, memory is short.
        KeyboardInterrupt: Ctrl-C in mid-query.
    """
    with _OWNER:
        connection = duckdb.connect(config={"temp_directory": str(scratch), "python_enable_replacements": False})
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            connection.execute("set force_compression = 'uncompressed'")
            connection.execute("set memory_limit = $1", [_memory_limit(connection)])
            connection.execute(f"attach ':memory:' as engine (row_group_size {ROW_GROUP})")
            connection.execute("use engine")
            for one in key.ring:
                _teach_keyed_hash(connection, _macro(one), one)
            connection.execute(f"create macro {_KEYED_HASH}(text) as {_macro(key)}(text)")
            engine = DuckDBEngine(connection, lake, scratch)
            try:
                yield engine
            finally:
                engine.close()
        except duckdb.Error as error:
            raise ReelhouseError(_explain(error)) from None
        except RuntimeError as error:
            if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
                raise KeyboardInterrupt from None
            raise
        finally:
            connection.close()


def _memory_limit(connection: duckdb.DuckDBPyConnection) -> str:
    """What its threads may take; of a small machine no more than DuckDB takes by itself, four fifths."""
    select = "select least(parse_formatted_bytes(current_setting('memory_limit')), current_setting('threads') * $1)"
    ((limit,),) = connection.execute(select, [THREAD_BYTES]).fetchall()
    return f"{limit} bytes"


def _macro(key: PrivacyKey) -> str:
    return f"{_KEYED_HASH}_{key.fingerprint}"


def _teach_keyed_hash(connection: duckdb.DuckDBPyConnection, macro: str, key: PrivacyKey) -> None:
    # The blocks are variables of the session: a macro is text, which plans and catalogues show.
    inner, outer = f"{macro}_inner", f"{macro}_outer"
    for name, pad in zip((inner, outer), key.pads, strict=True):
        connection.execute(f"set variable {name} = unhex($1)", [pad])
    connection.execute(
        f"create or replace macro {macro}(text) as sha256(getvariable('{outer}') || "
        f"unhex(sha256(getvariable('{inner}') || encode(text))))"
    )


def _explain(error: duckdb.Error) -> str:
    """Tell what stopped DuckDB; only messages about the machine are passed on, as others may hold data."""
    about_the_machine = isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException)
    detail = f": {str(error).splitlines()[0]}" if about_the_machine else ""
    return (
        f"the engine stopped ({type(error).__name__}{detail}). Nothing was committed; what landed is kept. Mend the "
        "cause (space in the temporary folder, memory) and run again"
    )


def _sql(frame: DataFrame) -> str:
    # Unoptimised: DuckDB's optimiser does it again, and sqlframe's takes longer than the query.
    return str(frame.sql(dialect="duckdb", optimize=False, pretty=False))


def _plan(frame: DataFrame) -> Plan:
    return _sql(frame), list(frame.columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
