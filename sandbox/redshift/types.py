"""Declared types: Redshift's names, DuckDB's types under them, and limits in bytes."""

import re
from dataclasses import dataclass

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import quote

MAX_VARCHAR = 65_535
MAX_CHAR = 4_096
_DEFAULT_LENGTH = {"VARCHAR": 256, "CHAR": 1}

_PLAIN = {
    "SMALLINT": "SMALLINT", "INT2": "SMALLINT", "INTEGER": "INTEGER", "INT": "INTEGER", "INT4": "INTEGER",
    "BIGINT": "BIGINT", "INT8": "BIGINT", "REAL": "FLOAT", "FLOAT4": "FLOAT", "FLOAT8": "DOUBLE", "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN", "BOOL": "BOOLEAN", "DATE": "DATE", "TIMETZ": "TIME WITH TIME ZONE",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "SUPER": "JSON",
}  # fmt: skip
_STRINGS = {
    "VARCHAR": "VARCHAR", "NVARCHAR": "VARCHAR", "CHAR": "CHAR", "CHARACTER": "CHAR", "NCHAR": "CHAR",
}  # fmt: skip

_WAY_OUT = re.compile(r" (ELSE|OR) ")
"""In the CHECK of a VARCHAR, and not in that of a CHAR; OR in databases of earlier releases."""


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """A column's type.

    Attributes:
        engine: DuckDB's name of it.
        max_bytes: longest value in bytes for character types, else None.
        is_char: CHAR, whose trailing blanks do not count.
    """

    engine: str
    max_bytes: int | None = None
    is_char: bool = False

    @property
    def kind(self) -> str:
        """What is remembered of it beyond DuckDB's type: `super`, `char(n)`, or nothing."""
        return "super" if self.engine == "JSON" else f"char({self.max_bytes})" if self.is_char else ""

    def check(self, column: str) -> str:
        """The CHECK clause that holds the length in bytes, '' where there is none.

        strlen counts bytes in DuckDB. The clause is also where the catalog keeps the declared length.
        """
        if self.max_bytes is None:
            return ""
        name = quote(column)
        # An excess of blanks is no error; here they stay, where Redshift cuts them.
        trimmed = f"strlen(rtrim({name}, ' ')) <= {self.max_bytes}"
        if self.is_char:  # of single bytes only
            return f" CHECK ({trimmed}) CHECK (strlen({name}) = length({name}))"
        # CASE, as OR would have DuckDB trim every value: an INSERT of many texts took half as long again.
        return f" CHECK (CASE WHEN strlen({name}) <= {self.max_bytes} THEN TRUE ELSE {trimmed} END)"


def length_of_char(definition: str) -> int | None:
    """The length of a CHAR column, from its definition as DuckDB tells it; None for another."""
    found = re.search(r"rtrim\(.*?<= (\d+)", definition)
    return int(found[1]) if found and not _WAY_OUT.search(definition) else None


def take_type(words: TokenCursor) -> DeclaredType:
    """Reads a type.

    Raises:
        SqlError: 42704 for a type that Redshift lacks, 42601 for a bad length.
    """
    name = words.next().upper
    if name in _STRINGS:
        varying = words.take("VARYING") and name in ("CHARACTER", "CHAR")
        return _string("VARCHAR" if varying else _STRINGS[name], _length(words))
    if name in ("TEXT", "BPCHAR"):
        return _string("VARCHAR" if name == "TEXT" else "CHAR", 256)
    if name in ("DECIMAL", "NUMERIC"):
        return _decimal(words)
    if name == "DOUBLE":
        words.expect("PRECISION")
        return DeclaredType("DOUBLE")
    if name in ("TIMESTAMP", "TIME"):
        return _zoned(name, words)
    if name in ("VARBYTE", "VARBINARY", "BINARY"):
        _ = words.take("VARYING")
        _length(words)
        return DeclaredType("BLOB")
    if name == "FLOAT" and words.peek() == "(":
        return DeclaredType("FLOAT" if (_length(words) or 53) < 25 else "DOUBLE")
    if name in _PLAIN:
        return DeclaredType(_PLAIN[name])
    raise SqlError("42704", f'type "{name.lower()}" does not exist')


def _length(words: TokenCursor) -> int | None:
    if not words.take("("):
        return None
    found = MAX_VARCHAR if words.take("MAX") else words.number()
    words.expect(")")
    return found


def _string(kind: str, length: int | None) -> DeclaredType:
    size = _DEFAULT_LENGTH[kind] if length is None else length
    if not 1 <= size <= (MAX_CHAR if kind == "CHAR" else MAX_VARCHAR):
        raise SqlError("42601", f"length for type {kind.lower()} cannot be {size}")
    return DeclaredType("VARCHAR", size, kind == "CHAR")


def _decimal(words: TokenCursor) -> DeclaredType:
    precision, scale = 18, 0
    if words.take("("):
        precision = words.number()
        scale = words.number() if words.take(",") else 0
        words.expect(")")
    if not (1 <= precision <= 38 and scale <= precision):
        raise SqlError("22023", f"DECIMAL precision {precision} must be between 1 and 38, and not below its scale")
    return DeclaredType(f"DECIMAL({precision},{scale})")


def _zoned(name: str, words: TokenCursor) -> DeclaredType:
    if words.take("WITH", "TIME", "ZONE"):
        return DeclaredType(f"{name} WITH TIME ZONE")
    _ = words.take("WITHOUT", "TIME", "ZONE")
    return DeclaredType(name)
