"""Functions of dates, moments and time zones: the rules by which they become DuckDB's."""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate import moment_formats
from sandbox.redshift.translate.calls import Build, call, cast, exactly
from sandbox.redshift.translate.functions_of_numbers import number_written

_UNITS = {
    "millennium": "millennium", "c": "century", "century": "century", "decade": "decade",
    "y": "year", "yr": "year", "yrs": "year", "year": "year", "years": "year",
    "qtr": "quarter", "quarter": "quarter", "quarters": "quarter", "qtrs": "quarter",
    "mon": "month", "mons": "month", "month": "month", "months": "month",
    "w": "week", "week": "week", "weeks": "week",
    "d": "day", "day": "day", "days": "day", "dayofweek": "dow", "dow": "dow", "dw": "dow", "weekday": "dow",
    "doy": "doy", "dayofyear": "doy", "dy": "doy", "yearday": "doy", "epoch": "epoch",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "m": "minute", "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute",
    "s": "second", "sec": "second", "secs": "second", "second": "second", "seconds": "second",
    "ms": "millisecond", "msec": "millisecond", "msecs": "millisecond", "millisecond": "millisecond",
    "milliseconds": "millisecond",
    "us": "microsecond", "usec": "microsecond", "usecs": "microsecond", "microsecond": "microsecond",
    "microseconds": "microsecond",
}  # fmt: skip
"""Date parts and their abbreviations (Database Developer Guide, "Date parts for date or timestamp functions")."""


def unit(argument: exp.Expr) -> str:
    """The date part named by an argument, bare or quoted.

    Raises:
        SqlError: 22023 for a word that is no date part.
    """
    word = str(argument.this if isinstance(argument, exp.Literal) else argument.name).lower()
    if word not in _UNITS:
        raise SqlError("22023", f'timestamp units "{word}" not recognized')
    return _UNITS[word]


def _dateadd(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, amount, start = exactly(3, "dateadd", arguments)
    return call(f"rs_dateadd_{_interval_unit(part)}", amount, start)


def _interval_unit(part: exp.Expr) -> str:
    found = unit(part)
    if found in ("dow", "doy", "epoch"):
        raise SqlError("22023", f'timestamp units "{found}" not supported')
    return found


def _datediff(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start, end = exactly(3, "datediff", arguments)
    moments = [_moment(item) for item in (start, end)]
    if _interval_unit(part) == "week":
        return call("rs_weeks_between", *moments)
    return call("date_diff", _interval_unit(part), *moments)


def _moment(item: exp.Expr) -> exp.Expr:
    """A moment to count boundaries from: of a TIME it is on the first of all days."""
    of_time = isinstance(item, exp.Cast) and item.is_type("time")
    return call("rs_boundary", item) if of_time or isinstance(item, exp.Column) else cast(item, "TIMESTAMP")


def _date_trunc(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start = exactly(2, "date_trunc", arguments)
    return call("rs_date_trunc", unit(part), start)


def _date_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start = exactly(2, "date_part", arguments)
    return cast(call("date_part", unit(part), start), "BIGINT" if unit(part) == "epoch" else "INTEGER")


def _to_char(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = exactly(2, "to_char", arguments)
    if not isinstance(form, exp.Literal):
        raise SqlError("0A000", "TO_CHAR takes a literal format in this sandbox endpoint")
    if any(mark in form.name for mark in "09"):
        return number_written(value, form.name)
    return moment_formats.written(value, form.name)


def _to_date(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = exactly(2, "to_date", arguments)
    return cast(call("strptime", value, moment_formats.strptime_format(form.name)), "DATE")


def _to_timestamp(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = exactly(2, "to_timestamp", arguments)
    return cast(call("strptime", value, moment_formats.strptime_format(form.name)), "TIMESTAMP WITH TIME ZONE")


def _convert_timezone(arguments: Sequence[exp.Expr]) -> exp.Expr:
    zones, moment = list(arguments[:-1]), arguments[-1]
    source = zones[0] if len(zones) == 2 else exp.Literal.string("UTC")
    return call("rs_convert_timezone", zone_meant(source), zone_meant(zones[-1]), moment)


_OFFSETS = {
    "PST": 8, "PDT": 7, "MST": 7, "MDT": 6, "CST": 6, "CDT": 5, "EST": 5, "EDT": 4, "GMT": 0, "BST": -1, "CET": -1,
    "CEST": -2, "EET": -2, "EEST": -3, "MSK": -3, "JST": -9,
}  # fmt: skip
"""Hours behind UTC of abbreviations, which know no summer time ("CONVERT_TIMEZONE function: Time zone usage notes")."""


def zone_meant(zone: exp.Expr) -> exp.Expr:
    """A time zone as DuckDB takes it, to whom PST is Los Angeles all the year."""
    hours = _OFFSETS.get(zone.name.upper()) if zone.is_string else None
    return zone if hours is None else exp.Literal.string(f"Etc/GMT{hours:+d}")


def _time_of_day(_: Sequence[exp.Expr]) -> exp.Expr:
    return call("strftime", exp.Placeholder(this="s_now"), "%a %b %d %H:%M:%S.%f %Y UTC")


def _timezone(arguments: Sequence[exp.Expr]) -> exp.Expr:
    zone, moment = exactly(2, "timezone", arguments)
    return call("timezone", zone_meant(zone), cast(moment, "TIMESTAMP") if moment.is_string else moment)


RULES: dict[str, Build] = {
    "convert_timezone": _convert_timezone,
    "date_add": _dateadd,
    "date_diff": _datediff,
    "date_part": _date_part,
    "date_trunc": _date_trunc,
    "dateadd": _dateadd,
    "datediff": _datediff,
    "timeofday": _time_of_day,
    "timezone": _timezone,
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
}
"""What becomes of a call, by the name of its function."""
