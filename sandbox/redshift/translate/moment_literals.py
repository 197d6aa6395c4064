"""Dates and timestamps written in other ways than ISO's, as literals that are cast.

Source: "Datetime literals": the input styles of dates and timestamps, by the default of `datestyle`, ISO and MDY.
"""

import datetime
import re

from sqlglot import exp

from sandbox.redshift.translate.calls import call, cast

_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: at for at, name in enumerate(_NAMES.split(), start=1)}
_MONTH = r"(?P<name>[a-z]{3,9})"
_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4}|\d{2})"
_STYLES = [
    re.compile(rf"{style}(?P<time>[ T]+\d.*)?", re.IGNORECASE)
    for style in (
        rf"(?P<month>\d{{1,2}})/{_DAY}/{_YEAR}",
        rf"(?P<month>\d{{1,2}})-{_DAY}-(?P<year>\d{{4}})",
        rf"{_MONTH}[ -]{_DAY}[ ,-]\s*{_YEAR}",
        rf"{_DAY}[ -]{_MONTH}[ -]{_YEAR}",
        rf"(?P<year>\d{{4}})-{_MONTH}-{_DAY}",
        r"(?P<year>\d{4}|\d{2})(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<year>\d{4})\.(?P<of_year>\d{3})",
    )
]
_FIRST_OF_LAST_CENTURY = 70
"""Years of two digits from here on are of the twentieth century, as in PostgreSQL."""
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}
"""Words for days ("Special date, time, and timestamp values")."""


def read(node: exp.Expr) -> exp.Expr:
    """A cast of a literal to a moment, its text as DuckDB reads it."""
    text = node.this.name.strip()
    if text.lower() == "now":
        return cast(exp.Placeholder(this="s_now"), node.args["to"].sql("duckdb"))
    if text.lower() in _DAYS:
        day = cast(exp.Placeholder(this="s_now"), "DATE")
        moved = call("date_add", day, call("to_days", exp.Literal.number(_DAYS[text.lower()])))
        return cast(moved, node.args["to"].sql("duckdb"))
    written = _iso(text)
    if written is not None:
        node.set("this", exp.Literal.string(written))
    return node


def _iso(text: str) -> str | None:
    """A text in ISO's form; None where it is in no other style, or is no date in it."""
    found = next((match for style in _STYLES if (match := style.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _FIRST_OF_LAST_CENTURY else 2000
    time = (parts.get("time") or "").replace("T", " ")
    if parts.get("of_year"):
        first = datetime.date(year, 1, 1)
        return f"{first + datetime.timedelta(days=int(parts['of_year']) - 1)}{time}"
    month = _MONTHS.get(parts["name"][:3].lower()) if parts.get("name") else int(parts["month"])
    return None if month is None else f"{year:04}-{month:02}-{int(parts['day']):02}{time}"
