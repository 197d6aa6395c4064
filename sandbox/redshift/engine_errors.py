"""What DuckDB's exceptions become: Redshift's words where they are known, else PostgreSQL's, from whom it has them.

What no rule knows keeps its SQLSTATE with words that name no engine; DuckDB's own sentence is then the detail.
"""

import re
from collections.abc import Callable

import duckdb

from sandbox.redshift.errors import QUERY_CANCELLED, SqlError, multibyte, plain, redshift_detail, too_long

_Build = Callable[[re.Match[str]], SqlError]


def from_duckdb(error: duckdb.Error) -> SqlError:
    """Translates an engine error. The message never carries file names, escapes or hints of DuckDB."""
    text = plain(str(error))
    if isinstance(error, duckdb.InterruptException):
        return SqlError(QUERY_CANCELLED, "Query cancelled on user's request")
    for pattern, build in _BUILT:
        if found := re.search(pattern, text, re.DOTALL | re.IGNORECASE):
            return build(found)
    for pattern, code, template in _WORDED:
        if found := re.search(pattern, text, re.DOTALL | re.IGNORECASE):
            return SqlError(code, template.format(*map(_Part, found.groups(default=""))))
    code, message = next((said for kind, said in _OTHERWISE.items() if isinstance(error, kind)), _UNKNOWN)
    return SqlError(code, message, _first_line(text))


class _Part(str):
    """A part of DuckDB's message: a name in lower case, or {:t} a type, {:u} in capitals, {:v} as it was written."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return {"": self.lower, "t": lambda: type_named(self), "u": self.upper, "v": self.__str__}[spec]()


def _first_line(text: str) -> str:
    return re.sub(r"^[A-Z][A-Za-z ]+ Error: ", "", text.split("\n", 1)[0])


_TYPES = {
    "INTEGER": "integer", "INT32": "integer", "INTEGER_LITERAL": "integer", "INT64": "bigint", "HUGEINT": "bigint",
    "INT128": "bigint", "INT16": "smallint", "INT8": "smallint", "TINYINT": "smallint", "BOOL": "boolean",
    "DOUBLE": "double precision", "FLOAT": "real", "VARCHAR": "character varying", "STRING_LITERAL": '"unknown"',
    '"NULL"': '"unknown"', "NULL": '"unknown"', "SQLNULL": '"unknown"', "JSON": "super", "BLOB": "binary varying",
    "TIME": "time without time zone", "TIMESTAMP": "timestamp without time zone",
}  # fmt: skip


def type_named(kind: str) -> str:
    """The name that Redshift has for one of DuckDB's types."""
    kind = kind.strip()
    if kind.upper().startswith("DECIMAL"):
        return "numeric"
    return "character" if re.fullmatch(r"char\d+", kind) else _TYPES.get(kind.upper(), kind.lower())


_ENGINE_NAMES = {
    "strlen": "octet_length",
    "quantile_cont": "percentile_cont",
    "string_split": "split_part",
    "regexp_matches": "~",
}


def _no_function(found: re.Match[str]) -> SqlError:
    """A function or an operator for such types; ours are called as the client wrote them."""
    name, given = found[1], [type_named(kind) for kind in re.findall(r"(?:[^,(]|\([^)]*\))+", found[2])]
    if re.fullmatch(r"\W+", name):
        shown = f" {name} ".join(given) if len(given) == 2 else f"{name} {''.join(given)}"
        return SqlError("42883", f"operator does not exist: {shown}")
    name = _ENGINE_NAMES.get(name, name.removeprefix("rs_"))
    return SqlError("42883", f"function {name}({', '.join(given)}) does not exist")


def _coded(found: re.Match[str]) -> SqlError:
    return SqlError(found[1], found[2])


def _length_check(found: re.Match[str]) -> SqlError:
    return too_long(f"{'character' if found[1] else 'character varying'}({found[2]})")


def _bad_json(found: re.Match[str]) -> SqlError:
    message = "JSON parsing error"
    return SqlError("XX000", message, redshift_detail(message, 8001, f"invalid json object {found[1] or ''}"))


def _too_much_listed(_: re.Match[str]) -> SqlError:
    """More than a VARCHAR holds ("LISTAGG function")."""
    message = "Result size exceeds LISTAGG limit"
    return SqlError("XX000", message, redshift_detail(message, 8001, "LISTAGG limit: 65535"))


def _numeric_overflow(found: re.Match[str]) -> SqlError:
    """Too many digits for a NUMERIC; as users of Redshift report it (awslabs/amazon-redshift-utils, issue 114)."""
    message = "Numeric data overflow (result precision)"
    wide = int(found[1] or 38) > 19
    return SqlError("22003", message, redshift_detail(message, 1058, f"{128 if wide else 64} bit overflow"))


def _unreadable(found: re.Match[str]) -> SqlError:
    """A text that is no value of a type; one of digits alone is out of its range."""
    text, kind = found[1], type_named(found[2])
    if kind == "numeric" and re.fullmatch(r"\s*[+-]?\d*\.?\d+(e[+-]?\d+)?\s*", text, re.IGNORECASE):
        return _numeric_overflow(re.search(r"\((\d+)", found[2]) or found)
    if kind in ("integer", "bigint", "smallint"):
        if re.fullmatch(r"\s*[+-]?\d+\s*", text):
            return SqlError("22003", f'value "{text}" is out of range for type {kind}')
        return SqlError("22P02", f'invalid input syntax for integer: "{text}"')
    return SqlError("22P02", f'invalid input syntax for type {kind}: "{text}"')


def _rows_and_columns(found: re.Match[str]) -> SqlError:
    more = "expressions than target columns" if int(found[2]) > int(found[1]) else "target columns than expressions"
    return SqlError("42601", f"INSERT has more {more}")


_SERIALIZABLE = "Serializable isolation violation on table: concurrent transactions changed the same rows"

_BUILT: tuple[tuple[str, _Build], ...] = (
    (r"^Transaction.*conflict", lambda _: SqlError("XX000", "1023", _SERIALIZABLE)),
    (r"Result size exceeds LISTAGG limit", _too_much_listed),
    (r'Could not find key "(\w{5}) ([^"]+)" in struct', _coded),
    (r"^Invalid Input Error: (\d[\dA-Z]{4}) (.+)$", _coded),
    (r"CHECK constraint failed.*?strlen\((rtrim\()?.*?<= (\d+)", _length_check),
    (r"CHECK constraint failed.*strlen\(.*?= length\(", lambda _: multibyte()),
    (r"argument types '([^(']+)\((.*?)\)'\.", _no_function),
    (r'for the function call "([^("]+)\((.*?)\)"\.', _no_function),
    (r"(?:expected|has) (\d+) columns but (\d+) values", _rows_and_columns),
    (r"to type DECIMAL\((\d+),\d+\) failed", _numeric_overflow),
    (r"Could not cast value .*? to DECIMAL\((\d+),\d+\)", _numeric_overflow),
    (r"Overflow in \w+ of DECIMAL\((\d+)", _numeric_overflow),
    (r"out of range for the destination type DECIMAL(?:\((\d+))?", _numeric_overflow),
    (r"(cannot cast type boolean to character varying)", lambda found: SqlError("42846", found[1])),
    (r"'(invalid input syntax for integer: \".*?\")'", lambda found: SqlError("22P02", found[1])),
    (r"Could not convert string ['\"](.*?)['\"] to ([A-Z]\w+(?:\(\d+,\d+\))?)", _unreadable),
    (r'malformed json(?:.*Input: "(.*)")?', _bad_json),
)

_WORDED: tuple[tuple[str, str, str], ...] = (
    (r"file system operations are disabled", "42501", "permission denied"),
    # of names
    (r'because schema "([^"]+)" does not exist', "3F000", 'schema "{0}" does not exist'),
    (r'(?:Table|View) with name "?([^"\s!]+)"? does not exist', "42P01", 'relation "{0}" does not exist'),
    (r'(?:Table|View) with name "?([^"\s!]+)"? already exists', "42P07", 'Relation "{0}" already exists'),
    (r'Function with name "?([^"\s!]+)"? does not exist', "42883", "function {0}() does not exist"),
    (r'Schema with name "?([^"\s!]+)"? already exists', "42P06", 'Schema "{0}" already exists'),
    (r'schema (?:with name|named) "?([^"\s!]+)', "3F000", 'schema "{0}" does not exist'),
    (r'Column with name "?([^"]+?)"? already exists', "42701", 'column "{0}" already exists'),
    (
        r'(?:Referenced|does not have a) (?:update )?column (?:with name |named )?"?([^"\s]+)"?',
        "42703",
        'column "{0}" does not exist',
    ),
    (r'Column "([^"]+)" does not exist on', "42703", 'column "{0}" does not exist'),
    (r'Column "([^"]+)" in (?:EXCLUDE|REPLACE) list not found', "42703", 'column "{0}" does not exist'),
    (r"Cannot extract field '(.+?)' from .*?([^\".]+)\"+ because", "42703", "column {1}.{0} does not exist"),
    (r'Referenced table "([^"]+)" not found', "42P01", 'relation "{0}" does not exist'),
    (r'Ambiguous reference to column name "?([^"\s]+)"?', "42702", 'column reference "{0}" is ambiguous'),
    (r'Duplicate alias "(?:[^"]*\.)?([^".]+)"', "42712", 'table name "{0}" specified more than once'),
    (r'Duplicate column name "([^"]+)" in INSERT', "42701", 'column "{0}" specified more than once'),
    (r'Multiple assignments to same column "([^"]+)"', "42601", 'multiple assignments to same column "{0}"'),
    (r'^Parser.*at or near "([^"]*)"', "42601", 'syntax error at or near "{0}"'),
    # of the shape of a statement
    (r"cannot affect the same target row", "XX000", "Found multiple matches to update the same tuple."),
    (
        r'column "?([^"\s]+)"? must appear in the GROUP BY',
        "42803",
        'column "{0}" must appear in the GROUP BY clause or be used in an aggregate function',
    ),
    (r"(\w+(?: BY)?) clause cannot contain aggregates", "42803", "aggregates not allowed in {0:u} clause"),
    (r"(\w+(?: BY)?) clause cannot contain window", "42P20", "window functions not allowed in {0:u} clause"),
    (r"Window functions are not supported here", "42P20", "window function call requires an OVER clause"),
    (r"(window functions) are (not allowed in window definitions)", "42P20", "{0} {1}"),
    (r"Set operations can only apply", "42601", "each UNION query must have the same number of columns"),
    (r"(GROUP|ORDER)(?: BY)? term out of range", "42P10", "{0:u} BY position is not in select list"),
    (r"LIMIT/OFFSET cannot be negative", "22023", "LIMIT and OFFSET must not be negative"),
    (r"Subquery returns \d+ columns", "42601", "subquery must return only one column"),
    (r"(More than one row returned by a subquery used as an expression)", "21000", "{0}"),
    (r"NOT NULL constraint failed: (?:[\w#]+\.)*(\w+)", "23502", "Cannot insert a NULL value into column {0}"),
    # of types
    (r"Cannot mix values of type (.+?) and (.+?) in (\w+)", "42804", "{2:u} types {0:t} and {1:t} cannot be matched"),
    (r"Cannot combine types of (.+?) and (.+?) - ", "42804", "types {0:t} and {1:t} cannot be matched"),
    (
        r"Cannot compare values of type (.+?) and (?:type )?(.+?) ?[-:(]",
        "42883",
        "no operator compares {0:t} and {1:t}",
    ),
    (r"Unimplemented type for cast \((.+?) -> (.+?)\)", "42846", "cannot cast type {0:t} to {1:t}"),
    (r"Type (\w+) with value .* to the destination type (\w+)", "42846", "cannot cast type {0:t} to {1:t}"),
    # of values
    (r"division by zero", "22012", "division by zero"),
    (r"Overflow in \w+ of (\w+)|out of range for the destination type (\w+)", "22003", "{0:t}{1:t} out of range"),
    (r"shift value -?\d+ is out of range", "22003", "shift out of range"),
    (r'invalid (date|timestamp|time) field format: "(.*?)"', "22007", 'invalid input syntax for type {0}: "{1:v}"'),
    (r'field value out of range: "(.*?)"', "22008", 'date/time field value out of range: "{0:v}"'),
    (r'extract specifier "(.*?)" not recognized', "22023", 'timestamp units "{0:v}" not recognized'),
    (r'Could not parse string "(.*?)" according to', "22007", 'invalid value "{0:v}" for a date or timestamp format'),
    (r"Unknown TimeZone '(.*?)'", "22023", 'time zone "{0:v}" not recognized'),
    (r"Invalid input for hex digit: (.)", "22023", 'invalid hexadecimal digit: "{0:v}"'),
    (r"invalid hex escape|string -> blob conversion", "22P02", "invalid input syntax for type binary varying"),
    (r"(?:PERCENTILEs|QUANTILE) can only take", "22003", "percentile value must be between 0 and 1"),
    (r"Argument for ntile must be", "22014", "argument of ntile must be greater than zero"),
    (r"Invalid UTF8 Codepoint (-?\d+)", "22023", "requested character is not valid: {0}"),
    (
        r"Error: ((?:missing|unexpected) [\])].*|(?:invalid|bad|no argument for) \S*(?: class| sequence| re| op).*)",
        "2201B",
        "invalid regular expression: {0:v}",
    ),
)

_OTHERWISE: dict[type[duckdb.Error], tuple[str, str]] = {
    duckdb.ParserException: ("42601", "syntax error"),
    duckdb.OutOfRangeException: ("22003", "value out of range"),
    duckdb.ConversionException: ("22P02", "invalid input syntax for its type"),
    duckdb.InvalidInputException: ("22023", "invalid value for a function or type"),
    duckdb.BinderException: ("42601", "the statement cannot be analyzed"),
    duckdb.CatalogException: ("42704", "object does not exist, or exists already"),
}
_UNKNOWN = ("XX000", "internal error")
