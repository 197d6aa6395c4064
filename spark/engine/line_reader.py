"""Raw lines into DuckDB: fast where all is well, from the bytes where it is not.

DuckDB reads newline-delimited JSON in parallel, but a line that is no JSON becomes NULL and its text is lost, a blank
line vanishes, and a damaged gzip stream stops all files. So files of which it does not deliver every line are read
again in Python, which keeps the text of the bad lines and hands the others back to DuckDB.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from spark.engine.leaf_sql import literal
from spark.engine.raw_lines import read_lines
from spark.raw import Fetched

LINES = "raw_lines"
"""The view of the lines: position, ``_raw_object``, ``line`` (JSON or null), ``malformed`` (its text where null)."""
RECORD_TEXT = "record_text"
"""The macro that cuts the source's own text of a record from ``line``, or takes what was ``malformed``."""
LARGEST_LINE = 64 * 1024 * 1024
_FAST, _SLOW, _OBJECTS = "fast_lines", "slow_lines", "raw_objects"


class LineReader:
    """Reads the raw objects of one stream at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        """Bind the connection; files that are written out again go to the folder ``scratch``."""
        self._connection = connection
        self._scratch = scratch
        connection.execute(f"create macro {RECORD_TEXT}(line, malformed) as ({_RECORD_TEXT})")

    def read(self, stream: str, fetched: Sequence[Fetched]) -> None:
        """Read all lines of the objects into the view ``LINES``.

        Raises:
            DataRefused: an object cannot be decompressed, or holds another number of lines than its manifest says.
        """
        whole = self._read_fast(fetched)
        doubtful = [(number, found) for number, found in enumerate(fetched) if number not in whole]
        self._read_slow(stream, doubtful)
        self._name_objects(fetched, whole)
        self._connection.execute(_LINES_VIEW)

    def _read_fast(self, fetched: Sequence[Fetched]) -> dict[int, int]:
        """Let DuckDB read the files; return those that it read whole, with the row at which each begins."""
        files = "[" + ", ".join(literal(str(found.path)) for found in fetched) + "]::varchar[]"
        # The name of a file is one value for thousands of lines: it is looked up once for all of them.
        try:
            self._connection.execute(
                f"create or replace table {_FAST} as select json as line, list_position({files}, filename) - 1 as file "  # noqa: S608
                f"from read_ndjson_objects({files}, ignore_errors = true, filename = true, "
                f"maximum_object_size = {LARGEST_LINE})"
            )
        except duckdb.Error:
            self._connection.execute(f"create or replace table {_FAST} (line json, file integer)")
            return {}
        found = self._connection.execute(
            f"select file, min(rowid), max(rowid) - min(rowid) + 1, count(line) from {_FAST} group by file"  # noqa: S608
        ).fetchall()
        # Rows keep the order of the file (preserve_insertion_order), so a file that is whole is one run of rows.
        return {file: first for file, first, span, lines in found if span == lines == fetched[file].raw.entry.rows}

    def _read_slow(self, stream: str, doubtful: Iterable[tuple[int, Fetched]]) -> None:
        folder = self._scratch / f"again-{stream.replace('/', '-')}"
        folder.mkdir(exist_ok=True)
        self._connection.execute(
            f"create or replace table {_SLOW} (line json, malformed varchar, number bigint, file integer)"
        )
        for number, found in doubtful:
            wrapped = folder / f"{number:05d}.jsonl"
            _wrap_lines(found, wrapped)
            self._connection.execute(_INSERT_SLOW, [number, str(wrapped)])
            wrapped.unlink()

    def _name_objects(self, fetched: Iterable[Fetched], whole: dict[int, int]) -> None:
        self._connection.execute(
            f"create or replace table {_OBJECTS} "
            "(file integer, sequence bigint, part integer, key varchar, first_row bigint)"
        )
        self._connection.executemany(
            f"insert into {_OBJECTS} values (?, ?, ?, ?, ?)",  # noqa: S608
            [
                (number, found.raw.sequence, found.raw.part, found.raw.entry.key, whole.get(number))
                for number, found in enumerate(fetched)
            ],
        )


def _wrap_lines(found: Fetched, target: Path) -> None:
    """Write each line of an object as a JSON string, which any line fits into."""
    with target.open("w", encoding="ascii") as file, found.path.open("rb") as data:
        for number, line in enumerate(read_lines(found.raw, data), start=1):
            try:
                text, decoded = line.decode("utf-8"), True
            except UnicodeDecodeError:
                text, decoded = line.decode("utf-8", "backslashreplace"), False
            file.write(json.dumps({"number": number, "text": text, "decoded": decoded}) + "\n")


_INSERT_SLOW = f"""\
insert into {_SLOW}
select
  case when good then try_cast(text as json) end,
  case when not good then text end,
  number,
  $1
from (
  select *, decoded and coalesce(json_valid(text), false) as good
  from read_json($2, format = 'newline_delimited', maximum_object_size = {4 * LARGEST_LINE},
                 columns = {{number: 'bigint', text: 'varchar', decoded: 'boolean'}})
)
"""  # noqa: S608

_LINES_VIEW = f"""\
create or replace view {LINES} as
select o.sequence as _raw_sequence, o.part as _raw_part, l.rowid - o.first_row + 1 as _raw_line, o.key as _raw_object,
  l.line, null::varchar as malformed
from {_FAST} as l
join {_OBJECTS} as o on l.file = o.file and o.first_row is not null
union all
select o.sequence, o.part, l.number, o.key, l.line, l.malformed
from {_SLOW} as l
join {_OBJECTS} as o on l.file = o.file
"""  # noqa: S608

# The extractor writes {"_meta":{...},"record":...}, and a quote inside a string of _meta is escaped.
_RECORD_TEXT = """\
case
  when line is null then malformed
  when json_type(line, '/record') is null then coalesce(line ->> '/bytes', line::varchar)
  when starts_with(line::varchar, '{"_meta":')
    then trim(left(substr(line::varchar, instr(line::varchar, '"record":') + 9), -1))
  else json_extract(line, '/record')::varchar
end"""
