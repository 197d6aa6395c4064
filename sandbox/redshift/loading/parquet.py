"""What Redshift accepts from a Parquet file for each column: by position, and type by type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from sandbox.redshift.errors import SqlError, redshift_detail
from sandbox.redshift.loading.manifest import LoadError
from sandbox.redshift.loading.options import CopyOptions
from sandbox.redshift.names import literal, quote
from sandbox.redshift.objects import LocalObject, StoredObject, split

SPECTRUM_ERROR = 15007

# From the file's type (as DuckDB names it) to the column types that take it; the widths are exact, as in
# awswrangler's table of Athena and Redshift types and AWS's own examples of code 15007.
_TAKEN_BY = {
    "BOOLEAN": {"BOOLEAN"},
    "TINYINT": {"SMALLINT"},
    "UTINYINT": {"SMALLINT"},
    "SMALLINT": {"SMALLINT"},
    "USMALLINT": {"INTEGER"},
    "INTEGER": {"INTEGER"},
    "UINTEGER": {"BIGINT"},
    "BIGINT": {"BIGINT"},
    "FLOAT": {"FLOAT"},
    "DOUBLE": {"DOUBLE"},
    "VARCHAR": {"VARCHAR"},
    "JSON": {"VARCHAR"},
    "BLOB": {"BLOB"},
    "DATE": {"DATE"},
    "TIME": {"TIME"},
    "TIMESTAMP": {"TIMESTAMP"},
    "TIMESTAMP_NS": {"TIMESTAMP"},
    "TIMESTAMP_MS": {"TIMESTAMP"},
    "TIMESTAMP WITH TIME ZONE": {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"},
}


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column of the target: its name, DuckDB's type of it, and whether it is a CHAR."""

    name: str
    type: str
    is_char: bool = False


FileColumns = tuple[tuple[str, str], ...]
"""Names and DuckDB types of a file's columns, in its order."""


def scan(paths: Sequence[str]) -> str:
    """The files as a table of DuckDB. A `key=value` in an address is no column: COPY does not read addresses."""
    return f"read_parquet([{', '.join(map(literal, paths))}], hive_partitioning = false)"


def file_columns(connection: duckdb.DuckDBPyConnection, found: LocalObject) -> FileColumns:
    """Reads the footer of a file.

    Raises:
        LoadError: it is not a Parquet file.
    """
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {scan([found.path])}").fetchall()
    except duckdb.Error:
        raise _spectrum(found, "has an invalid version number or is not a Parquet file", "") from None
    return tuple((str(row[0]), str(row[1])) for row in rows)


def check(found: StoredObject, columns: FileColumns, targets: Sequence[TargetColumn], options: CopyOptions) -> None:
    """Holds a file against the columns that it is to fill, position by position.

    Raises:
        LoadError: another number of columns, or a type that the column does not take.
    """
    if len(columns) != len(targets) and not ("FILLRECORD" in options.switches and len(columns) < len(targets)):
        counts = f"Table columns: {len(targets)}, Data columns: {len(columns)}"
        text = f"Unmatched number of columns between table and file. {counts}"
        raise _spectrum(found, text, "")
    for (name, kind), target in zip(columns, targets, strict=False):
        if not _takes(target.type, kind, options):
            raise _mismatch(found, name, kind, target)


def select_list(columns: FileColumns, targets: Sequence[TargetColumn], options: CopyOptions) -> str:
    """The file's columns, cast to the targets' types, NULL for those that FILLRECORD adds."""
    items = []
    for (name, kind), target in zip(columns, targets, strict=False):
        source = quote(name)
        if target.type == "JSON" and "SERIALIZETOJSON" in options.switches:
            source = f"to_json({source})"
        elif kind == "TIMESTAMP WITH TIME ZONE" and target.type == "TIMESTAMP":
            source = f"{source} AT TIME ZONE 'UTC'"
        elif target.is_char:
            source = f"rs_into_char({source})"
        items.append(source)
    return ", ".join(items + ["NULL"] * (len(targets) - len(columns)))


def _takes(target: str, kind: str, options: CopyOptions) -> bool:
    if target == "JSON":
        return "SERIALIZETOJSON" in options.switches
    wanted, given = _decimal(target), _decimal(kind)
    if wanted or given:
        return wanted is not None and given is not None and wanted[1] == given[1] and wanted[0] >= given[0]
    return target in _TAKEN_BY.get(kind, set())


def _decimal(kind: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    return (int(found[1]), int(found[2])) if found else None


def _mismatch(found: StoredObject, name: str, kind: str, target: TargetColumn) -> LoadError:
    if target.type == "JSON":
        text = "Unreachable - Invalid type: 4000"
        error = SqlError("XX000", "Assert", redshift_detail("Assert", 1000, text))
        return LoadError(error, found.url, 1000, target.name, "super")
    bucket, _ = split(found.url)
    text = (
        f"has an incompatible Parquet schema for column 's3://{bucket}.{target.name}'. "
        f"Column type: {target.type}, Parquet schema: optional {kind.lower()} {name}"
    )
    return _spectrum(found, text, target.name, target.type.lower())


def _spectrum(found: StoredObject, text: str, column: str, column_type: str = "") -> LoadError:
    message = "Spectrum Scan Error"
    context = f"File '{found.url}' {text}" if text.startswith("has ") else f"{text} (file '{found.url}')"
    error = SqlError("XX000", message, redshift_detail(message, SPECTRUM_ERROR, context))
    return LoadError(error, found.url, SPECTRUM_ERROR, column, column_type)
