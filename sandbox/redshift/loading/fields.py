"""Fields of text into the columns of a table: checked one by one, loaded by the engine in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.redshift.errors import SqlError, redshift_detail
from sandbox.redshift.loading.manifest import LoadError
from sandbox.redshift.loading.options import CopyOptions
from sandbox.redshift.loading.records import Field, Record
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.session import Session
from sandbox.redshift.translate.moment_formats import strptime_format

BATCH = 10_000
_INTEGERS = {"SMALLINT": "Short", "INTEGER": "Integer", "BIGINT": "Long"}


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column that takes text: its name, DuckDB's type, its limit in bytes, whether it needs a value or is a CHAR."""

    name: str
    type: str
    max_bytes: int | None
    required: bool
    is_char: bool = False


def text_columns(session: Session, table: TableName, names: Sequence[str]) -> list[TextColumn]:
    """What the catalog says of the columns that are to be filled."""
    schema = "main" if session.is_temporary(table) else session.resolved(table).schema
    rows = session.run(
        "SELECT c.column_name, c.data_type, c.is_nullable, b.bytes, b.is_char FROM duckdb_columns() AS c "
        "LEFT JOIN sandbox_internal.byte_limits AS b USING (schema_name, table_name, column_name) "
        "WHERE c.schema_name = $schema AND c.table_name = $name",
        {"schema": schema, "name": table.name},
    ).fetchall()
    known = {str(row[0]): row for row in rows}
    return [
        TextColumn(name, str(known[name][1]), known[name][3], not known[name][2], bool(known[name][4]))
        for name in names
    ]


@dataclass(slots=True)
class Refused:
    """A record that was not loaded, as SYS_LOAD_ERROR_DETAIL shows it."""

    file_name: str
    line: int
    code: int
    reason: str
    column: str = ""
    column_type: str = ""
    length: str = ""


class Loader:
    """Loads records of text, and keeps those refused, up to as many as the statement allows."""

    def __init__(self, session: Session, options: CopyOptions, columns: Sequence[TextColumn]) -> None:
        self._session = session
        self._options = options
        self._columns = columns
        self.refused: list[Refused] = []

    def load(self, url: str, found: Iterator[Record]) -> int:
        """Loads the records of one object and returns how many.

        Raises:
            LoadError: more records were refused than may be.
        """
        loaded = 0
        while batch := list(islice(found, BATCH)):
            sound = []
            for record in batch:
                if record.code:
                    self._refuse(Refused(url, record.line, record.code, record.reason))
                else:
                    sound.append([str(record.line), *map(self._prepared, record.fields, self._columns)])
            bad = self._bad(url, sound) if sound else set()
            loaded += self._insert([row for row in sound if row[0] not in bad])
        return loaded

    def _prepared(self, field: Field, column: TextColumn) -> Field:
        """Blanks, empty fields and lengths, as the options say."""
        switches, is_text = self._options.switches, column.type == "VARCHAR"
        if field is None:
            return None
        if not is_text and self._options.format == "FIXEDWIDTH":
            field = field.strip()
        if is_text and "TRIMBLANKS" in switches:
            field = field.rstrip(" ")
        if field == "" and (not is_text or "EMPTYASNULL" in switches):
            return None
        if field.strip() == "" and field and is_text and "BLANKSASNULL" in switches:
            return None
        if is_text and column.max_bytes is not None:
            field = self._cut(field, column.max_bytes)
        return field

    def _cut(self, field: str, size: int) -> str:
        raw = field.encode()
        if len(raw) <= size:
            return field
        blank_excess = raw[size:].strip(b" ") == b""
        if blank_excess or "TRUNCATECOLUMNS" in self._options.switches:
            return raw[:size].decode(errors="ignore")
        return field

    def _bad(self, url: str, rows: list[list[Field]]) -> set[Field]:
        """Lines with a value that its column does not take; each is refused for the first such column."""
        checks = [
            f"WHEN {check} THEN {at}"
            for at, column in enumerate(self._columns)
            for check in [self._check(f"r[{at + 2}]", column)]
            if check
        ]
        if not checks:
            return set()
        text = (
            f"SELECT r, CASE {' '.join(checks)} ELSE -1 END AS bad "
            "FROM (SELECT unnest(CAST($rows AS VARCHAR[][])) AS r) WHERE bad >= 0"
        )
        bad: set[Field] = set()
        for row, at in self._session.run(text, {"rows": rows}).fetchall():  # type: ignore[dict-item]
            bad.add(row[0])
            self._refuse(_why(url, int(row[0]), row[at + 1], self._columns[at]))
        return bad

    def _check(self, field: str, column: TextColumn) -> str:
        checks = [f"{field} IS NULL"] if column.required else []
        if column.type == "VARCHAR" and column.max_bytes is not None:
            checks.append(f"strlen({field}) > {column.max_bytes}")
            checks += [f"strlen({field}) <> length({field})"] if column.is_char else []
        elif column.type in _INTEGERS:
            checks.append(f"({field} IS NOT NULL AND NOT regexp_full_match({field}, '\\s*[+-]?[0-9]+\\s*'))")
        if column.type != "VARCHAR":
            checks.append(f"({field} IS NOT NULL AND {self._value(field, column, trying=True)} IS NULL)")
        return " OR ".join(checks)

    def _value(self, field: str, column: TextColumn, *, trying: bool) -> str:
        """The field as a value of the column's type; NULL if it is none and that is being tried."""
        cast, parse = ("TRY_CAST", "try_strptime") if trying else ("CAST", "strptime")
        form = self._options.texts.get({"DATE": "DATEFORMAT", "TIMESTAMP": "TIMEFORMAT"}.get(column.type, ""), "auto")
        if form in ("epochsecs", "epochmillisecs"):
            scale = 1_000_000 if form == "epochsecs" else 1_000
            return f"make_timestamp(CAST({cast}({field} AS DOUBLE) * {scale} AS BIGINT))"
        if form != "auto":
            return f"CAST({parse}({field}, {literal(strptime_format(form))}) AS {column.type})"
        if column.type == "BLOB":
            return f"CASE WHEN regexp_full_match({field}, '([0-9A-Fa-f]{{2}})*') THEN from_hex({field}) END"
        if column.type == "VARCHAR":
            return f"rs_into_char({field})" if column.is_char else field
        tried = f"{cast}({field} AS {column.type})"
        if "ACCEPTANYDATE" in self._options.switches and column.type in ("DATE", "TIMESTAMP"):
            return f"TRY_CAST({field} AS {column.type})" if not trying else f"coalesce({tried}, {column.type} '1-1-1')"
        return tried

    def _insert(self, rows: list[list[Field]]) -> int:
        if not rows or "NOLOAD" in self._options.switches:
            return len(rows)
        values = [self._value(f"r[{at + 2}]", column, trying=False) for at, column in enumerate(self._columns)]
        names = ", ".join(quote(column.name) for column in self._columns)
        source = "(SELECT unnest(CAST($rows AS VARCHAR[][])) AS r)"
        text = f"INSERT INTO {self._options.table.sql} ({names}) SELECT {', '.join(values)} FROM {source}"
        self._session.run(text, {"rows": rows})  # type: ignore[dict-item]
        return len(rows)

    def _refuse(self, refused: Refused) -> None:
        self.refused.append(refused)
        if len(self.refused) > self._options.max_error and "IGNOREALLERRORS" not in self._options.switches:
            raise self.failure()

    def failure(self) -> LoadError:
        """What the statement fails with; its detail is in SYS_LOAD_ERROR_DETAIL alone."""
        message = f"Load into table '{self._options.table.name}' failed."
        hint = "Check 'sys_load_error_detail' system table for details."
        first = self.refused[0]
        error = SqlError("XX000", f"{message}  {hint}", redshift_detail(message, first.code, hint))
        return LoadError(error, first.file_name, first.code, first.column, first.column_type)


_MULTIBYTE = (1220, "Multibyte character not supported for CHAR (Hint: try using VARCHAR)")


def _why(url: str, line: int, value: Field, column: TextColumn) -> Refused:
    if value is None:
        return Refused(url, line, 1213, "Missing data for not-null field", column.name, _shown(column.type))
    codes = {
        "BOOLEAN": (1210, "Unknown boolean format"),
        "DATE": (1205, "Invalid Date Format - length must be 10 or more"),
        "TIMESTAMP": (1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        "VARCHAR": (1204, "String length exceeds DDL length"),
        "JSON": (1224, "Invalid JSON"),
        "BLOB": (1200, "Invalid hexadecimal value"),
    }
    name = _INTEGERS.get(column.type)
    if name:
        at = next((at for at, mark in enumerate(value) if not mark.isdigit() and (at or mark not in "+-")), None)
        reason = f"Overflow, Value range of {name}" if at is None else f"Invalid digit, Pos {at}, Type: {name}"
        return Refused(url, line, 1207, reason, column.name, _shown(column.type))
    if column.is_char and not value.isascii():
        return Refused(url, line, *_MULTIBYTE, column.name, "char", str(column.max_bytes))
    code, reason = codes.get(column.type, (1209 if column.type.startswith("DECIMAL") else 1208, "Invalid number"))
    length = "" if column.max_bytes is None else str(column.max_bytes)
    return Refused(url, line, code, reason, column.name, _shown(column.type), length)


def _shown(engine_type: str) -> str:
    return {"VARCHAR": "varchar", "DOUBLE": "float8", "FLOAT": "float4", "JSON": "super"}.get(
        engine_type, engine_type.lower()
    )
