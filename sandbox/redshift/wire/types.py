"""Columns of a result: DuckDB's types as the type OIDs that redshift_connector knows (its `utils/oids.py`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

BOOLEAN, BIGINT, SMALLINT, INTEGER, REAL, DOUBLE = 16, 20, 21, 23, 700, 701
BPCHAR, VARCHAR, DATE, TIME, TIMESTAMP, TIMESTAMPTZ = 1042, 1043, 1082, 1083, 1114, 1184
INTERVAL, NUMERIC, UNKNOWN, SUPER, VARBYTE = 1186, 1700, 705, 4000, 6551

_BY_NAME = {
    "BOOLEAN": (BOOLEAN, 1),
    "TINYINT": (SMALLINT, 2),
    "UTINYINT": (SMALLINT, 2),
    "SMALLINT": (SMALLINT, 2),
    "USMALLINT": (INTEGER, 4),
    "INTEGER": (INTEGER, 4),
    "UINTEGER": (BIGINT, 8),
    "BIGINT": (BIGINT, 8),
    # DuckDB widens SUM of integers to 128 bits; in Redshift it is BIGINT ("SUM function").
    "HUGEINT": (BIGINT, 8),
    "FLOAT": (REAL, 4),
    "DOUBLE": (DOUBLE, 8),
    "VARCHAR": (VARCHAR, -1),
    "DATE": (DATE, 4),
    "TIME": (TIME, 8),
    "TIMESTAMP": (TIMESTAMP, 8),
    "TIMESTAMP WITH TIME ZONE": (TIMESTAMPTZ, 8),
    "INTERVAL": (INTERVAL, 12),
    "JSON": (SUPER, -1),
    "BLOB": (VARBYTE, -1),
    '"NULL"': (VARCHAR, -1),
}

CAST_BY_OID = {
    BOOLEAN: "BOOLEAN",
    BIGINT: "BIGINT",
    SMALLINT: "SMALLINT",
    INTEGER: "INTEGER",
    REAL: "REAL",
    DOUBLE: "DOUBLE PRECISION",
    DATE: "DATE",
    TIME: "TIME",
    TIMESTAMP: "TIMESTAMP",
    TIMESTAMPTZ: "TIMESTAMPTZ",
    INTERVAL: "INTERVAL",
    # Its value says its precision and scale.
    NUMERIC: "",
}
"""The type that a parameter is cast to, by the OID that the client gave.

'' leaves it as it comes; a parameter of no known type becomes text where it stands alone.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result as RowDescription describes it."""

    name: str
    oid: int
    size: int
    modifier: int

    @property
    def precision_and_scale(self) -> tuple[int, int]:
        """Of a NUMERIC, out of its modifier."""
        return (self.modifier - 4) >> 16, (self.modifier - 4) & 0xFFFF


@lru_cache(maxsize=4096)
def column(name: str, engine_type: str) -> Column:
    """A column from its name and DuckDB's name of its type."""
    if name.startswith("?column?_"):  # DuckDB tells columns of one name in a subquery apart
        name = "?column?"
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", engine_type)
    if decimal:
        return Column(name, NUMERIC, -1, (int(decimal[1]) << 16 | int(decimal[2])) + 4)
    if engine_type == "UBIGINT":
        return Column(name, NUMERIC, -1, (20 << 16) + 4)
    # Lists and structs exist in expressions only; Redshift would show them as SUPER.
    oid, size = _BY_NAME.get(engine_type, (SUPER, -1))
    return Column(name, oid, size, -1)


def as_char(found: Column, length: int) -> Column:
    """A column of texts as a CHAR of a length, which is padded where it is sent."""
    return Column(found.name, BPCHAR, -1, length + 4) if found.oid == VARCHAR else found


def expand_formats(formats: Sequence[int], count: int) -> tuple[int, ...]:
    """One format per item from the protocol's shorthand: none means text, one means all."""
    if len(formats) == count:
        return tuple(formats)
    return tuple(formats[:1] or (0,)) * count
