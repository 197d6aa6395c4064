"""Parameter values from their bytes."""

import datetime
import re
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation

from sandbox.redshift.errors import SqlError
from sandbox.redshift.wire import types
from sandbox.redshift.wire.types import expand_formats

Value = str | int | float | bool | Decimal | datetime.datetime | datetime.date | datetime.timedelta | None

_DAY_WITH_ZONE = re.compile(rb"(\d{4,}-\d\d-\d\d) [+-]\d\d(:?\d\d)?")
"""A date as the JDBC driver sends it, with a zone that PostgreSQL passes over."""
_EPOCH = datetime.datetime(2000, 1, 1)  # noqa: DTZ001 - the wire's epoch has no zone


def parameters(values: Sequence[bytes | None], formats: Sequence[int], oids: Sequence[int]) -> list[Value]:
    """Decodes the values of a Bind. Text stays text: DuckDB casts it where it is used.

    Raises:
        SqlError: 08P01 for another number of values than the statement has, 22P03 for bytes that are no value.
    """
    if len(values) != len(oids):
        text = f"bind message supplies {len(values)} parameters, but prepared statement requires {len(oids)}"
        raise SqlError("08P01", text)
    forms = expand_formats(formats, len(values)) if len(formats) in (0, 1, len(values)) else None
    if forms is None:
        raise SqlError("08P01", f"bind message has {len(formats)} parameter formats but {len(values)} parameters")
    return [_value(*item) for item in zip(values, forms, oids, strict=True)]


def _value(raw: bytes | None, form: int, oid: int) -> Value:
    if raw is None:
        return None
    try:
        if form:
            return _BINARY.get(oid, _text)(raw)
        if oid in (0, types.UNKNOWN, types.DATE) and (day := _DAY_WITH_ZONE.fullmatch(raw)):
            return day[1].decode()
        return Decimal(_text(raw)) if oid == types.NUMERIC else _text(raw)
    except (struct.error, UnicodeDecodeError, OverflowError, InvalidOperation):
        raise SqlError("22P03", "incorrect data format in bind parameter") from None


def samples(oids: Sequence[int]) -> list[Value]:
    """Values with which a statement can be described before it has any: NULL where a cast says the type."""
    # Its scale is what the client is told, and binary numbers are sent with: wide enough for what it may get.
    return [Decimal("0E-10") if oid == types.NUMERIC else None for oid in oids]


def _text(raw: bytes) -> str:
    return raw.decode()


def _unpacked(code: str) -> Callable[[bytes], Value]:
    packer = struct.Struct(">" + code)

    def decode(raw: bytes) -> Value:
        found: Value = packer.unpack(raw)[0]
        return found

    return decode


def _timestamp(raw: bytes) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=struct.unpack(">q", raw)[0])


def _timestamptz(raw: bytes) -> datetime.datetime:
    return _timestamp(raw).replace(tzinfo=datetime.UTC)


def _interval(raw: bytes) -> datetime.timedelta:
    microseconds, days, months = struct.unpack(">qhh", raw)
    return datetime.timedelta(days=days + 30 * months, microseconds=microseconds)


def _date(raw: bytes) -> datetime.date:
    return _EPOCH.date() + datetime.timedelta(days=struct.unpack(">i", raw)[0])


_BINARY: dict[int, Callable[[bytes], Value]] = {
    types.BOOLEAN: _unpacked("?"),
    types.BIGINT: _unpacked("q"),
    types.SMALLINT: _unpacked("h"),
    types.INTEGER: _unpacked("i"),
    types.REAL: _unpacked("f"),
    types.DOUBLE: _unpacked("d"),
    types.TIMESTAMP: _timestamp,
    types.TIMESTAMPTZ: _timestamptz,
    types.INTERVAL: _interval,
    types.DATE: _date,
}
