"""Redshift's functions in DuckDB: by the same name, another name, a macro of ours, or a rule."""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.parameters import DEFAULTS, value_name
from sandbox.redshift.translate import moment_formats

Build = Callable[[Sequence[exp.Expr]], exp.Expr]


def _words(text: str) -> list[str]:
    return text.split()


SAME = frozenset(
    _words("""
    abs any_value ascii atan atan2 avg bit_and bit_or bool_and bool_or cbrt ceil ceiling chr coalesce concat
    cos cot count cume_dist degrees dense_rank exp factorial first_value floor greatest grouping lag last_value lead
    least left lower max md5 min mod nth_value ntile nullif percent_rank
    pi power radians random rank repeat replace reverse right round row_number sha1 sign sin
    stddev stddev_pop stddev_samp strpos sum tan translate trim upper var_pop var_samp
    variance position
    """)
)
"""Functions that DuckDB has with the same arguments and, on the types that we use, the same results."""

RENAMED = {
    "array": "json_array",
    "bool_xor": "bit_xor",
    "date_cmp": "rs_moments_compared",
    "date_cmp_timestamp": "rs_moments_compared",
    "date_cmp_timestamptz": "rs_moments_compared",
    "bpcharcmp": "rs_compared",
    "bttext_pattern_cmp": "rs_compared",
    "interval_cmp": "rs_compared",
    "sha": "sha1",
    "timestamp_cmp_timestamptz": "rs_moments_compared",
    "timestamptz_cmp": "rs_moments_compared",
    "timestamptz_cmp_date": "rs_moments_compared",
    "timestamptz_cmp_timestamp": "rs_moments_compared",
    "dexp": "exp",
    "dlog1": "rs_ln",
    "dlog10": "rs_log",
    "func_sha1": "sha1",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "object": "json_object",
    "percentile_cont": "quantile_cont",
    "percentile_disc": "quantile_disc",
    "pow": "power",
    "replicate": "repeat",
    "timestamp_cmp": "rs_moments_compared",
    "timestamp_cmp_date": "rs_moments_compared",
}

MACROS = frozenset(
    _words("""
    acos add_months array_concat array_contains array_distinct array_except array_flatten array_intersection
    array_lower array_position array_positions array_sort array_to_string array_union array_upper arrays_overlap
    asin can_json_parse charindex col_description crc32 current_schemas date_part_year difference fnv_hash
    format_encoding format_type from_hex from_varbyte get_array_length get_number_attributes getdatabaseencoding
    has_database_privilege initcap is_array is_bigint is_boolean is_char is_decimal is_float is_integer
    is_object is_scalar is_smallint is_valid_json is_valid_json_array is_varchar isnull json_array_length
    json_extract_array_element_text json_parse json_serialize json_size json_typeof last_day ln log
    lower_attribute_names months_between next_day obj_description octetindex oidvectortypes pg_char_to_encoding
    pg_collation_is_visible pg_conversion_is_visible pg_database_size pg_encoding_to_char pg_function_is_visible
    pg_get_constraintdef pg_get_expr pg_get_function_arguments pg_get_function_result pg_get_indexdef
    pg_get_ruledef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_opclass_is_visible pg_operator_is_visible
    pg_opfamily_is_visible pg_size_pretty pg_table_is_visible pg_table_size pg_tablespace_location
    pg_type_is_visible quote_ident quote_literal regexp_count regexp_instr regexp_replace regexp_substr
    role_is_member_of shobj_description soundex split_to_array sqrt subarray to_hex to_varbyte
    upper_attribute_names user_is_member_of
    """)
)
"""Functions written as DuckDB macros named `rs_<function>` in `macros.sql`."""

OF_CATALOG = frozenset({"array_length"})
"""Macros that are known only as `pg_catalog.<function>`: psql asks for them, Redshift has none."""

OF_ROWS = frozenset({"current_database", "generate_series", "pg_get_late_binding_view_cols", "unnest"})
"""Functions of the catalog that stand in FROM; their rows are a view of the same name, or the value itself."""

RESULT_NAMES = {
    "approximate count": "count",
    "nvl": "coalesce",
    "dateadd": "date_add",
    "datediff": "date_diff",
    "sysdate": "sysdate",
}
"""Names of unnamed columns where Redshift does not use the function's own."""

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


def call(name: str, *arguments: exp.Expr | str) -> exp.Anonymous:
    """A call as DuckDB will read it; text arguments become string literals."""
    given = [exp.Literal.string(item) if isinstance(item, str) else item for item in arguments]
    return exp.Anonymous(this=name, expressions=given)


def cast(item: exp.Expr, to: str) -> exp.Cast:
    """A cast to one of DuckDB's types."""
    return exp.Cast(this=item, to=exp.DataType.build(to, dialect="duckdb"))


def build(name: str, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The DuckDB expression for a call.

    Raises:
        SqlError: 42883 for a function that Redshift lacks or that is not imitated.
    """
    arguments = [as_text(item) if at in _TEXTS.get(name, ()) else item for at, item in enumerate(arguments)]
    if name in _RULES:
        return _RULES[name](arguments)
    if name in MACROS:
        return call(f"rs_{name}", *arguments)
    if name in SAME or name in RENAMED:
        return call(RENAMED.get(name, name), *arguments)
    raise SqlError("42883", f"function {name}() does not exist, or is not imitated by this sandbox endpoint")


_TEXTS = dict.fromkeys(
    _words("""
    ascii initcap left lower lpad md5 repeat replicate
    reverse right rpad sha sha1 func_sha1 soundex split_part strpos substr substring translate upper
    regexp_count regexp_instr regexp_substr
    """),
    (0,),
) | {"charindex": (1,), "replace": (0, 1, 2), "regexp_replace": (0, 2)}
"""Functions of texts, and which of their arguments a number or moment may be: it is written as a text.

Source: "Type compatibility and conversion: Implicit conversion types".
"""


def elements(array: exp.Expr) -> exp.Expr:
    """The elements of an array of the catalog, which is a text here."""
    return call("string_split", call("trim", array.copy(), "{}"), ",")


_NUMBERS = (exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.CurrentDate, exp.CurrentTimestamp)


def as_text(item: exp.Expr) -> exp.Expr:
    """What is no text by its form as one; of a column the engine decides, and VARBYTE stays what it is."""
    if isinstance(item, exp.Column):
        return call("rs_written", item)
    number = isinstance(item, exp.Literal) and not item.is_string
    of_type = isinstance(item, exp.Cast) and item.to.this in exp.DataType.NUMERIC_TYPES | exp.DataType.TEMPORAL_TYPES
    of_session = isinstance(item, exp.Placeholder) and not item.name.startswith("p")
    named = isinstance(item, exp.Anonymous) and str(item.this).startswith(
        ("date_", "rs_date", "rs_getdate", "rs_last_day")
    )
    computed = isinstance(item, _NUMBERS) or is_computed(item)
    return cast(item, "VARCHAR") if number or of_type or of_session or named or computed else item


def _dateadd(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, amount, start = _exactly(3, "dateadd", arguments)
    return call(f"rs_dateadd_{_interval_unit(part)}", amount, start)


def _interval_unit(part: exp.Expr) -> str:
    found = unit(part)
    if found in ("dow", "doy", "epoch"):
        raise SqlError("22023", f'timestamp units "{found}" not supported')
    return found


def _datediff(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start, end = _exactly(3, "datediff", arguments)
    moments = [_moment(item) for item in (start, end)]
    if _interval_unit(part) == "week":
        return call("rs_weeks_between", *moments)
    return call("date_diff", _interval_unit(part), *moments)


def _moment(item: exp.Expr) -> exp.Expr:
    """A moment to count boundaries from: of a TIME it is on the first of all days."""
    of_time = isinstance(item, exp.Cast) and item.is_type("time")
    return call("rs_boundary", item) if of_time or isinstance(item, exp.Column) else cast(item, "TIMESTAMP")


def _date_trunc(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start = _exactly(2, "date_trunc", arguments)
    return call("rs_date_trunc", unit(part), start)


def _date_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    part, start = _exactly(2, "date_part", arguments)
    return cast(call("date_part", unit(part), start), "BIGINT" if unit(part) == "epoch" else "INTEGER")


def _to_char(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = _exactly(2, "to_char", arguments)
    if not isinstance(form, exp.Literal):
        raise SqlError("0A000", "TO_CHAR takes a literal format in this sandbox endpoint")
    if any(mark in form.name for mark in "09"):
        return _number_written(value, form.name)
    return moment_formats.written(value, form.name)


_NUMBER = re.compile(r"(FM)?([S$L]*)([09,]*)(?:[.D]([09]*))?", re.IGNORECASE)


def _number_written(value: exp.Expr, form: str) -> exp.Expr:
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


def _to_date(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = _exactly(2, "to_date", arguments)
    return cast(call("strptime", value, moment_formats.strptime_format(form.name)), "DATE")


def _to_timestamp(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, form = _exactly(2, "to_timestamp", arguments)
    return cast(call("strptime", value, moment_formats.strptime_format(form.name)), "TIMESTAMP WITH TIME ZONE")


_MOST_ELEMENTS = 5
"""Of a path ("JSON_EXTRACT_PATH_TEXT function": up to five levels)."""


def _json_extract_path_text(arguments: Sequence[exp.Expr]) -> exp.Expr:
    document, *path = arguments
    lenient = bool(path) and isinstance(path[-1], exp.Boolean) and bool(path.pop().this)
    if not path:
        raise SqlError("42883", "function json_extract_path_text() needs a path")
    if len(path) > _MOST_ELEMENTS:
        raise SqlError("42883", f"function json_extract_path_text() takes {_MOST_ELEMENTS} path elements at most")
    if not all(isinstance(part, exp.Literal) for part in path):
        raise SqlError("0A000", "JSON_EXTRACT_PATH_TEXT takes literal path elements in this sandbox endpoint")
    pointer = "$" + "".join('."' + part.name.replace('"', '\\"') + '"' for part in path)
    return call("rs_json_text_or_null" if lenient else "rs_json_text", document, pointer)


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


def _nvl2(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, present, absent = _exactly(3, "nvl2", arguments)
    return exp.Case(ifs=[exp.If(this=exp.not_(value.is_(exp.null())), true=present)], default=absent)


def _concat(arguments: Sequence[exp.Expr]) -> exp.Expr:
    left, right = _exactly(2, "concat", arguments)
    return exp.Paren(this=exp.DPipe(this=left, expression=right, safe=False))


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
    (value,) = _exactly(1, "median", arguments)
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
    (value,) = _exactly(1, "ratio_to_report", arguments)
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
    digits, base = _exactly(2, "strtol", arguments)
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


def _counted(name: str) -> Build:
    """Characters or bytes; of a column, whose VARBYTE has them too, the engine decides ("LEN function")."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        (value,) = _exactly(1, name, arguments)
        if isinstance(value, exp.Column):
            return call(f"rs_{name}", value)
        return call({"octet_length": "strlen"}.get(name, name), as_text(value))

    return build


def _split_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Parts count from 1 ("SPLIT_PART function: must be an integer greater than 0")."""
    text, mark, part = _exactly(3, "split_part", arguments)
    if isinstance(part, exp.Neg) or (isinstance(part, exp.Literal) and part.name == "0"):
        raise SqlError("22023", "field position must be greater than zero")
    return call("split_part", text, mark, part)


def _padded(name: str) -> Build:
    """With blanks, where nothing else is said."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        given = [*arguments, exp.Literal.string(" ")] if len(arguments) == 2 else list(arguments)
        return call(name, *_exactly(3, name, given))

    return build


def _without_blanks(name: str) -> Build:
    """One argument takes blanks alone ("RTRIM function"), where DuckDB takes every space of Unicode."""
    return lambda given: call(name, *given, *([exp.Literal.string(" ")] if len(given) == 1 else []))


def _rtrim(given: Sequence[exp.Expr]) -> exp.Expr:
    """RTRIM of a column, which keys and sums of columns are made of row by row, looks for a blank before it cuts."""
    text, *characters = given
    blank = exp.Literal.string(" ")
    if isinstance(text, exp.Column) and characters in ([], [blank]):
        return call("rs_unpadded", text)
    return call("rtrim", text, *(characters or [blank]))


def _substring(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Characters before the first are counted too, as in PostgreSQL."""
    return call("rs_substring", *arguments) if len(arguments) == 3 else call("rs_substring_from", *arguments)


def _listagg(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """LISTAGG leaves out NULL and empty strings ("LISTAGG function"); distinct texts differ by more than blanks."""
    first, *rest = arguments
    distinct = isinstance(first, exp.Distinct)
    value, *rest = [*first.expressions, *rest] if distinct else [first, *rest]
    text = call("rs_unpadded", call("rs_text", value)) if distinct else call("rs_text", value)
    kept: exp.Expr = call("nullif", text, "")
    kept = exp.Distinct(expressions=[kept]) if distinct else kept
    return call("string_agg", kept, rest[0] if rest else exp.Literal.string(""))


def _exactly(count: int, name: str, arguments: Sequence[exp.Expr]) -> Sequence[exp.Expr]:
    if len(arguments) != count:
        raise SqlError("42883", f"function {name}() takes {count} arguments, {len(arguments)} given")
    return arguments


def _of_user(name: str) -> Build:
    """A privilege of the current user, where no other is named."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        who = [exp.Placeholder(this="s_user")] if len(arguments) == 2 else []
        return call(f"rs_{name}", *_exactly(3, name, [*who, *arguments]))

    return build


def _current_setting(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The value of a parameter, or of a variable of the session, which need not be there if that is said."""
    name = arguments[0] if arguments else exp.null()
    if not name.is_string or len(arguments) > 2:
        raise SqlError("42883", "function current_setting() takes the name of a parameter")
    needed = len(arguments) == 1 or not (isinstance(arguments[1], exp.Boolean) and not arguments[1].this)
    if name.name.lower() not in DEFAULTS and "." not in name.name:
        raise SqlError("42704", f'unrecognized configuration parameter "{name.name}"')
    if not re.fullmatch(r"[\w.]+", name.name):
        raise SqlError("22023", f'"{name.name}" is no name of a variable')
    return exp.Placeholder(this=value_name(name.name, needed=needed))


def _set_config(_: Sequence[exp.Expr]) -> exp.Expr:
    raise SqlError("0A000", "SET_CONFIG is imitated by this sandbox endpoint as the only item of a SELECT")


def _time_of_day(_: Sequence[exp.Expr]) -> exp.Expr:
    return call("strftime", exp.Placeholder(this="s_now"), "%a %b %d %H:%M:%S.%f %Y UTC")


def _timezone(arguments: Sequence[exp.Expr]) -> exp.Expr:
    zone, moment = _exactly(2, "timezone", arguments)
    return call("timezone", zone_meant(zone), cast(moment, "TIMESTAMP") if moment.is_string else moment)


_READ = re.compile(r"(?:FM)?([SL$]*)([09,G]+)(?:[.D]([09]+))?(S|MI|PR|SG)?", re.IGNORECASE)


def _to_number(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Digits, groups, a point, a currency, a sign on either side ("TO_NUMBER", "Numeric format strings")."""
    text, form = _exactly(2, "to_number", arguments)
    found = _READ.fullmatch(form.name) if form.is_string else None
    if found is None:
        raise SqlError("0A000", f"the format '{form.name}' of TO_NUMBER is not imitated by this sandbox endpoint")
    places = len(found[3] or "")
    digits = sum(mark in "09" for mark in found[2]) + places
    return cast(call("rs_number_read", text), f"DECIMAL({min(digits, 38)}, {places})")


_SHA2 = {"0": "sha256", "256": "sha256", "224": "rs_sha224", "384": "rs_sha384", "512": "rs_sha512"}


def _sha2(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Bits that are written bind the macro of that size alone: all of them take a tenth of a second."""
    text, bits = _exactly(2, "sha2", arguments)
    made = _SHA2.get(bits.name) if isinstance(bits, exp.Literal) and bits.is_int else None
    return call("rs_sha2", text, bits) if made is None else call(made, text)


def _session(name: str) -> Build:
    return lambda _: exp.Placeholder(this=name)


SESSION_VALUES = {
    "getdate": "s_now",
    "pg_last_copy_count": "s_copy_count",
    "pg_last_copy_id": "s_copy_id",
    "pg_last_query_id": "s_query_id",
    "pg_last_unload_count": "s_unload_count",
    "pg_last_unload_id": "s_unload_id",
    "pg_backend_pid": "s_pid",
    "current_database": "s_database",
    "current_schema": "s_schema",
    "current_user_id": "s_user_id",
    "last_user_query_id": "s_query_id",
    "version": "s_version",
}
"""Functions whose value belongs to the session or the statement; they become parameters."""

_RULES: dict[str, Build] = {
    "approximate count": _about_how_many,
    "avg": _avg,
    "btrim": _without_blanks("trim"),
    "concat": _concat,
    "convert_timezone": _convert_timezone,
    "current_setting": _current_setting,
    "has_schema_privilege": _of_user("has_schema_privilege"),
    "has_table_privilege": _of_user("has_table_privilege"),
    "set_config": _set_config,
    "timeofday": _time_of_day,
    "timezone": _timezone,
    "to_number": _to_number,
    "date_add": _dateadd,
    "date_diff": _datediff,
    "date_part": _date_part,
    "date_trunc": _date_trunc,
    "dateadd": _dateadd,
    "datediff": _datediff,
    "json_extract_path_text": _json_extract_path_text,
    "listagg": _listagg,
    "median": _median,
    "nvl2": _nvl2,
    "lpad": _padded("lpad"),
    **dict.fromkeys(("char_length", "character_length", "len", "length", "textlen"), _counted("length")),
    "octet_length": _counted("octet_length"),
    "ltrim": _without_blanks("ltrim"),
    "max": _of_values("max"),
    "min": _of_values("min"),
    "ratio_to_report": _ratio_to_report,
    "rpad": _padded("rpad"),
    "rtrim": _rtrim,
    "sha2": _sha2,
    "split_part": _split_part,
    "strtol": _strtol,
    "sum": _of_values("sum"),
    "substr": _substring,
    "substring": _substring,
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "trunc": _trunc,
} | {name: _session(value) for name, value in SESSION_VALUES.items()}
