"""Errors as Redshift words them: SQLSTATE, message, detail; and what DuckDB's exceptions become."""

import re
from collections.abc import Callable

import duckdb


class SqlError(Exception):
    """A statement that Redshift would refuse, ready to be sent as an ErrorResponse.

    Attributes:
        code: SQLSTATE, five characters.
        message: the primary message, as Redshift words it where that is known.
        detail: more lines for the reader, or None.
    """

    def __init__(self, code: str, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


QUERY_CANCELLED = "57014"
TERMINATED = SqlError("57P01", "terminating connection due to administrator command")


def syntax_error(near: str) -> SqlError:
    """The parser's refusal, pointing at a word."""
    return SqlError("42601", f'syntax error at or near "{near}"')


def unsupported(what: str) -> SqlError:
    """A feature that Redshift does not have: refused there as here."""
    return SqlError("0A000", f"{what} is not supported")


def not_imitated(what: str) -> SqlError:
    """A feature that Redshift has and this endpoint does not imitate; the message says which of the two."""
    return SqlError("0A000", f"{what} is not imitated by this sandbox endpoint (Redshift itself has it)")


def redshift_detail(message: str, code: int, context: str) -> str:
    """The block in which Redshift reports its internal errors (error, code, context)."""
    rule = "  " + "-" * 47
    return f"\n{rule}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n{rule}"


def too_long(limit: str) -> SqlError:
    """A string longer in bytes than its column (Database Developer Guide, "Character types")."""
    message = "Value too long for character type"
    return SqlError("22001", message, redshift_detail(message, 8001, f"Value too long for type {limit}"))


def multibyte() -> SqlError:
    """A character of several bytes for a CHAR (Database Developer Guide, "Load error reference": 1220)."""
    message = "Multibyte character not supported for CHAR (Hint: try using VARCHAR)"
    return SqlError("22001", message, redshift_detail(message, 1220, "Value for type character"))


def from_duckdb(error: duckdb.Error) -> SqlError:
    """Translates an engine error. The result never carries file names, escapes or hints of DuckDB."""
    text = plain(str(error))
    for kind, pattern, build in _RULES:
        found = isinstance(error, kind) and re.search(pattern, text, re.DOTALL | re.IGNORECASE)
        if found:
            return build(found)
    return SqlError("XX000", _first_line(text))


def plain(text: str) -> str:
    """Removes terminal escapes, which sqlglot and DuckDB put into their messages."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _first_line(text: str) -> str:
    return re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", text.split("\n", 1)[0])


def _says(code: str, template: str) -> Callable[[re.Match[str]], SqlError]:
    def build(found: re.Match[str]) -> SqlError:
        return SqlError(code, template.format(*(part.lower() for part in found.groups(default=""))))

    return build


def _as_is(code: str) -> Callable[[re.Match[str]], SqlError]:
    return lambda found: SqlError(code, _first_line(found.string))


def _length_check(found: re.Match[str]) -> SqlError:
    return too_long(f"{'character' if found[1] else 'character varying'}({found[2]})")


def _bad_json(found: re.Match[str]) -> SqlError:
    message = "JSON parsing error"
    return SqlError("XX000", message, redshift_detail(message, 8001, f"invalid json object {found[1] or ''}"))


def _too_much_listed() -> SqlError:
    """More than a VARCHAR holds ("LISTAGG function")."""
    message = "Result size exceeds LISTAGG limit"
    return SqlError("XX000", message, redshift_detail(message, 8001, "LISTAGG limit: 65535"))


_SERIALIZABLE = "Serializable isolation violation on table: concurrent transactions changed the same rows"

_INPUTS = {
    "INT": "integer", "BOOL": "type boolean", "DOUBLE": "type double precision", "FLOAT": "type real",
}  # fmt: skip

_RULES: tuple[tuple[type[duckdb.Error], str, Callable[[re.Match[str]], SqlError]], ...] = (
    (duckdb.InterruptException, "", lambda _: SqlError(QUERY_CANCELLED, "Query cancelled on user's request")),
    (duckdb.TransactionException, r"conflict", lambda _: SqlError("XX000", "1023", _SERIALIZABLE)),
    (
        duckdb.Error,
        r"cannot affect the same target row",
        _says("XX000", "Found multiple matches to update the same tuple."),
    ),
    (duckdb.Error, r"Result size exceeds LISTAGG limit", lambda _: _too_much_listed()),
    (duckdb.Error, r"division by zero", _says("22012", "division by zero")),
    (duckdb.ConstraintException, r"strlen\((rtrim\()?.*?<= (\d+)", _length_check),
    (duckdb.ConstraintException, r"strlen\(.*?= length\(", lambda _: multibyte()),
    (
        duckdb.ConstraintException,
        r"NOT NULL constraint failed: (?:[\w#]+\.)*(\w+)",
        _says("23502", "Cannot insert a NULL value into column {0}"),
    ),
    (duckdb.Error, r'because schema "([^"]+)" does not exist', _says("3F000", 'schema "{0}" does not exist')),
    (
        duckdb.Error,
        r'(?:Table|View) with name "?([^"\s!]+)"? does not exist',
        _says("42P01", 'relation "{0}" does not exist'),
    ),
    (
        duckdb.Error,
        r'(?:Table|View) with name "?([^"\s!]+)"? already exists',
        _says("42P07", 'Relation "{0}" already exists'),
    ),
    (
        duckdb.Error,
        r'(?:Scalar |Aggregate |Table )?Function with name "?([^"\s!]+)"? does not exist',
        _says("42883", "function {0}() does not exist"),
    ),
    (duckdb.Error, r'Schema with name "?([^"\s!]+)"? already exists', _says("42P06", 'Schema "{0}" already exists')),
    (
        duckdb.Error,
        r'schema with name "?([^"\s!]+)"? does not exist|no schema named "?(\w+)',
        _says("3F000", 'schema "{0}{1}" does not exist'),
    ),
    (
        duckdb.Error,
        r'(?:Referenced|does not have a) (?:update )?column (?:with name |named )?"?([^"\s]+)"?',
        _says("42703", 'column "{0}" does not exist'),
    ),
    (duckdb.Error, r'Referenced table "([^"]+)" not found', _says("42P01", 'relation "{0}" does not exist')),
    (
        duckdb.Error,
        r'column "?([^"\s]+)"? must appear in the GROUP BY',
        _says("42803", 'column "{0}" must appear in the GROUP BY clause or be used in an aggregate function'),
    ),
    (
        duckdb.Error,
        r'Ambiguous reference to column name "?([^"\s]+)"?',
        _says("42702", 'column reference "{0}" is ambiguous'),
    ),
    (
        duckdb.Error,
        r'Duplicate alias "(?:[^"]*\.)?([^".]+)"',
        _says("42712", 'table name "{0}" specified more than once'),
    ),
    (
        duckdb.BinderException,
        r'Could not find key "(\w{5}) ([^"]+)" in struct',
        lambda found: SqlError(found[1], found[2]),
    ),
    (duckdb.Error, r"file system operations are disabled", _says("42501", "permission denied")),
    (duckdb.ParserException, r'at or near "([^"]*)"', _says("42601", 'syntax error at or near "{0}"')),
    (duckdb.ParserException, "", _as_is("42601")),
    (duckdb.OutOfRangeException, "", _as_is("22003")),
    (duckdb.ConversionException, "(cannot cast type boolean to character varying)", _says("42846", "{0}")),
    (
        duckdb.ConversionException,
        r"'(invalid input syntax for integer: \".*?\")'",
        lambda found: SqlError("22P02", found[1]),
    ),
    (duckdb.ConversionException, "out of range", _as_is("22003")),
    (
        duckdb.ConversionException,
        r"Could not convert string '(.*?)' to (INT|BOOL|DOUBLE|FLOAT)",
        lambda found: SqlError("22P02", f'invalid input syntax for {_INPUTS[found[2].upper()]}: "{found[1]}"'),
    ),
    (duckdb.ConversionException, "", _as_is("22P02")),
    (duckdb.InvalidInputException, r'malformed json(?:.*Input: "(.*)")?', _bad_json),
    (duckdb.InvalidInputException, "", _as_is("22023")),
    (duckdb.BinderException, "cannot compare|no function matches", _as_is("42883")),
    (duckdb.BinderException, "", _as_is("42601")),
    (duckdb.CatalogException, "", _as_is("42704")),
)
