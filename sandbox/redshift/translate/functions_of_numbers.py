"""Functions of numbers, aggregates and computations: the rules by which they become DuckDB's."""

import re
from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.calls import Build, call, cast, exactly

_NUMBER = re.compile(r"(FM)?([S$L]*)([09,]*)(?:[.D]([09]*))?", re.IGNORECASE)


def number_written(value: exp.Expr, form: str) -> exp.Expr:
    """Digits, groups, a point, a sign, a currency ("Numeric format strings"); what does not fit is '#'."""
    found = _NUMBER.fullmatch(form.replace("G", ","))
    if found is None:
        raise SqlError("0A000", f"the format '{form}' of TO_CHAR is not imitated by this sandbox endpoint")
    fill, marks, whole, decimals = found[1], found[2].upper(), found[3], found[4]
    digits = len(whole.replace(",", ""))
    zeros = digits - whole.replace(",", "").index("0") if "0" in whole else 0
    trimmed = int(bool(fill) and "0" not in (decimals or ""))
    shape = [len(decimals or ""), digits, zeros, 0 if fill else len(whole), int("," in whole), trimmed]
    marked = ["S" if "S" in marks else "", "$" if set(marks) & set("$L") else ""]
    return call("rs_to_char_number", value, *(exp.Literal.number(number) for number in shape), *marked)


def _of_values(name: str) -> Build:
    """An aggregate that takes no booleans ("MAX function": any data type except BOOLEAN)."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        return call(name, *[_no_boolean(name, item) for item in arguments])

    return build


def _about_how_many(arguments: Sequence[exp.Expr]) -> exp.Expr:
    return call("approx_count_distinct", *[call("rs_key", x) if isinstance(x, exp.Column) else x for x in arguments])


_CONDITIONS = (exp.Boolean, exp.Predicate, exp.Connector, exp.Not)


def _no_boolean(name: str, item: exp.Expr) -> exp.Expr:
    inner = item.expressions[0] if isinstance(item, exp.Distinct) and len(item.expressions) == 1 else item
    if isinstance(inner.unnest(), _CONDITIONS) or (isinstance(inner, exp.Cast) and inner.is_type("boolean")):
        raise SqlError("42883", f"function {name}(boolean) does not exist")
    if not isinstance(inner, exp.Column):
        return item
    checked = call("rs_summed", inner, name)
    return exp.Distinct(expressions=[checked]) if inner is not item else checked


def _avg(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Sum by count in the type of the sum: cut for integers, of the same scale for decimals ("AVG function")."""
    arguments = [_no_boolean("avg", item) for item in arguments]
    total, count = call("sum", *arguments), call("count", *(item.copy() for item in arguments))
    return call("rs_average", total, count)


def _median(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The middle of integers and decimals is a decimal ("MEDIAN function")."""
    (value,) = exactly(1, "median", arguments)
    return call("median", interpolated(value, exp.Literal.number("0.5")))


def interpolated(value: exp.Expr, share: exp.Expr) -> exp.Expr:
    """What a percentile interpolates: a number with as many more digits as its share has, which makes it exact."""
    digits = len(share.name.partition(".")[2]) if isinstance(share, exp.Literal) else 1
    return call("rs_interpolated", value, exp.Literal.number(max(1, digits)))


_PLAIN_TYPES = frozenset({exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT, exp.DataType.Type.INTERVAL})


_COMPUTED = frozenset({"rs_divided", "rs_multiplied"})


def is_computed(item: exp.Expr) -> bool:
    """Whether it is a product or quotient of which DuckDB finds the type."""
    return isinstance(item, exp.Anonymous) and item.this in _COMPUTED


def compute(node: exp.Expr) -> exp.Expr:
    """A product or quotient, if it may be of decimals: see "Computations with numeric values" for what it gives."""
    sides = node.this.unnest(), node.expression.unnest()
    if any(map(_never_decimal, sides)) or all(map(_is_whole, sides)):
        return node
    return call("rs_divided" if isinstance(node, exp.Div) else "rs_multiplied", node.this, node.expression)


_WHOLE_TYPES = frozenset({exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT})


_WHOLE = frozenset({"approx_count_distinct", "count", "date_diff", "length", "rs_weeks_between", "strlen", "strpos"})


def _is_whole(side: exp.Expr) -> bool:
    """Seen by its form: an integer."""
    of_type = isinstance(side, exp.Cast) and side.to.this in _WHOLE_TYPES
    named = isinstance(side, exp.Anonymous) and str(side.this) in _WHOLE
    of_both = type(side) in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod) and all(
        _is_whole(part.unnest()) for part in (side.this, side.expression)
    )
    return of_type or named or of_both or (isinstance(side, exp.Literal) and bool(side.is_int))


def _never_decimal(side: exp.Expr) -> bool:
    """Seen by its form: a double, or what has no type of its own."""
    of_text = isinstance(side, exp.Literal) and side.is_string
    of_type = isinstance(side, exp.Cast) and side.to.this in _PLAIN_TYPES
    return of_text or of_type or isinstance(side, exp.Null | exp.Placeholder | exp.Interval)


def _ratio_to_report(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """A value by the sum of all; the window is put into the sum by the rule of windows."""
    (value,) = exactly(1, "ratio_to_report", arguments)
    total = call("nullif", call("sum", value.copy()), exp.Literal.number(0))
    return exp.Paren(this=exp.Div(this=cast(value, "DOUBLE"), expression=total, typed=True, safe=False))


_TIMES = frozenset({"rs_date_trunc", "rs_convert_timezone", "rs_getdate_in_view", "rs_add_months", "strptime"})


def _trunc(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """A timestamp is cut to its date, a number to a whole one; what is not seen by its form DuckDB decides."""
    first = arguments[0] if arguments else exp.null()
    name = str(first.this) if isinstance(first, exp.Anonymous | exp.Placeholder) else ""
    of_time = name in _TIMES or name == "s_now" or name.startswith("rs_dateadd_")
    of_time = of_time or (isinstance(first, exp.Cast) and first.to.this in exp.DataType.TEMPORAL_TYPES)
    if of_time:
        return cast(first, "DATE")
    return call("rs_trunc", first) if len(arguments) == 1 else call("trunc", *arguments)


_SAFE_DIGITS = 15
"""Hexadecimal digits of which every number is a BIGINT."""


def _strtol(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Digits of an MD5 are read by the engine itself: keys and sums of columns are made of them, row by row."""
    digits, base = exactly(2, "strtol", arguments)
    if base == exp.Literal.number(16) and _of_digest(digits):
        return cast(exp.DPipe(this=exp.Literal.string("0x"), expression=digits, safe=False), "BIGINT")
    return call("rs_strtol", digits, base)


def _of_digest(digits: exp.Expr) -> bool:
    """Whether an expression is, by its form, some digits of an MD5, and no more than fit."""
    if not isinstance(digits, exp.Anonymous) or str(digits.this) != "left" or len(digits.expressions) != 2:
        return False
    text, count = digits.expressions
    is_short = isinstance(count, exp.Literal) and count.is_int and 0 < int(count.name) <= _SAFE_DIGITS
    return is_short and isinstance(text, exp.Anonymous) and str(text.this) == "md5"


_READ = re.compile(r"(?:FM)?([SL$]*)([09,G]+)(?:[.D]([09]+))?(S|MI|PR|SG)?", re.IGNORECASE)


def _to_number(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Digits, groups, a point, a currency, a sign on either side ("TO_NUMBER", "Numeric format strings")."""
    text, form = exactly(2, "to_number", arguments)
    found = _READ.fullmatch(form.name) if form.is_string else None
    if found is None:
        raise SqlError("0A000", f"the format '{form.name}' of TO_NUMBER is not imitated by this sandbox endpoint")
    places = len(found[3] or "")
    digits = sum(mark in "09" for mark in found[2]) + places
    return cast(call("rs_number_read", text), f"DECIMAL({min(digits, 38)}, {places})")


RULES: dict[str, Build] = {
    "approximate count": _about_how_many,
    "avg": _avg,
    "max": _of_values("max"),
    "median": _median,
    "min": _of_values("min"),
    "ratio_to_report": _ratio_to_report,
    "strtol": _strtol,
    "sum": _of_values("sum"),
    "to_number": _to_number,
    "trunc": _trunc,
}
"""What becomes of a call, by the name of its function."""
