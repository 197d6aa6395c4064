"""Redshift's functions in DuckDB: by the same name, another name, a macro of ours, or a rule."""

import re
from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.parameters import DEFAULTS, value_name
from sandbox.redshift.translate import functions_of_numbers, functions_of_text, functions_of_time
from sandbox.redshift.translate.calls import Build, call, exactly


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


def build(name: str, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The DuckDB expression for a call.

    Raises:
        SqlError: 42883 for a function that Redshift lacks or that is not imitated.
    """
    arguments = [
        functions_of_text.as_text(item) if at in _TEXTS.get(name, ()) else item for at, item in enumerate(arguments)
    ]
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


def _nvl2(arguments: Sequence[exp.Expr]) -> exp.Expr:
    value, present, absent = exactly(3, "nvl2", arguments)
    return exp.Case(ifs=[exp.If(this=exp.not_(value.is_(exp.null())), true=present)], default=absent)


def _of_user(name: str) -> Build:
    """A privilege of the current user, where no other is named."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        who = [exp.Placeholder(this="s_user")] if len(arguments) == 2 else []
        return call(f"rs_{name}", *exactly(3, name, [*who, *arguments]))

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
    **functions_of_numbers.RULES,
    **functions_of_text.RULES,
    **functions_of_time.RULES,
    "current_setting": _current_setting,
    "has_schema_privilege": _of_user("has_schema_privilege"),
    "has_table_privilege": _of_user("has_table_privilege"),
    "nvl2": _nvl2,
    "set_config": _set_config,
    **{name: _session(value) for name, value in SESSION_VALUES.items()},
}
