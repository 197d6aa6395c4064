"""The explicit list of rewrites between sqlglot's Redshift tree and DuckDB."""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.names import DATABASE, INTERNAL_SCHEMA, folded, literal
from sandbox.redshift.translate import (
    blanks,
    casts,
    conditions,
    decimals,
    dynamic,
    functions,
    functions_of_numbers,
    functions_of_text,
    functions_of_time,
    groups,
    ordering,
    similar,
    system_views,
    united,
    using,
)
from sandbox.redshift.translate.calls import call, cast
from sandbox.redshift.wire.decode import Value

if TYPE_CHECKING:
    from sandbox.redshift.translate.statement import Translation


class _Engine(DuckDB):
    """DuckDB as `engine.py` sets it: nulls are the largest, as in Redshift, unless a statement says otherwise."""

    NULL_ORDERING = "nulls_are_large"


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB's text, every identifier quoted so that DuckDB's own keywords do not matter."""
    return tree.sql(_Engine, identify=True, comments=False)


def rewrite(tree: exp.Expr, casts: Sequence[str | None]) -> exp.Expr:
    """Applies every rule, children before parents."""
    _cast_parameters(tree, casts)
    for when in list(tree.find_all(exp.When)):
        _merge_insert(when)
    for node in reversed(list(tree.walk(bfs=False))):
        rule = _RULES.get(type(node))
        new = rule(node) if rule else node
        if new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    united.type_literals(tree)
    return tree


def outside_statements(tree: exp.Expr) -> exp.Expr:
    """For text that DuckDB keeps (views, defaults): session values become what can be said without a session."""
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name == "s_now":
            node.replace(call("rs_getdate_in_view"))
        else:
            raise SqlError("0A000", "a view or default cannot use a parameter or a function of the session")
    return tree


def with_session_literals(found: "Translation", values: Mapping[str, Value]) -> str:
    """A text whose session values are written out, for statements in which DuckDB takes no parameters."""
    sql = found.sql
    for name in found.parameters:
        if name not in values:
            raise SqlError("42P02", f"there is no parameter ${name.removeprefix('p')}")
        value = values[name]
        written = str(value) if isinstance(value, int) else literal(str(value))
        typed = f"TIMESTAMP {written}" if isinstance(value, datetime.datetime) else written
        sql = re.sub(rf"\${name}\b", typed.replace("\\", r"\\"), sql)
    return sql


def take_terminations(tree: exp.Expr) -> tuple[int, ...]:
    """Replaces PG_TERMINATE_BACKEND(x) in the select list by x; the session ends those it finds there."""
    if not isinstance(tree, exp.Select):
        return ()
    found = []
    for position, item in enumerate(tree.expressions):
        inner = item.unalias()
        if isinstance(inner, exp.Anonymous) and str(inner.this).lower() == "pg_terminate_backend":
            inner.replace(cast(inner.expressions[0], "INTEGER"))
            found.append(position)
    return tuple(found)


def _cast_parameters(tree: exp.Expr, casts: Sequence[str | None]) -> None:
    for node in list(tree.find_all(exp.Placeholder)):
        if not re.fullmatch(r"p\d+", node.name):
            raise syntax_error(":")
        position = int(node.name[1:]) - 1
        to = casts[position] if position < len(casts) else None
        if to is None and isinstance(node.parent, exp.Alias | exp.Select):
            to = "TEXT"
        if to:
            node.replace(exp.Cast(this=node.copy(), to=exp.DataType.build(to, dialect="redshift")))


def _identifier(node: exp.Expr) -> exp.Expr:
    return exp.Identifier(this=folded(str(node.this)), quoted=True)


def _function(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, exp.Table):  # an unnested SUPER
        return node
    if str(node.this).lower() == "array" and node.find(exp.Select) in node.expressions:
        return _names_listed(node)
    name = str(node.this).lower()
    if isinstance(node.parent, exp.Dot) and node.parent.this.name == "pg_catalog" and name in functions.OF_CATALOG:
        return call(f"rs_{name}", *node.expressions)
    if name in dynamic.ROUNDED and len(node.expressions) == 1 and dynamic.is_super(node.expressions[0]):
        return call(f"rs_super_{dynamic.ROUNDED[name]}", node.expressions[0])
    if name == "generate_series":
        return call("unnest", call(name, *node.expressions))
    if name == "sum" and len(node.expressions) == 1 and dynamic.is_super(node.expressions[0]):
        return node if isinstance(node.parent, exp.Window) else call("rs_super_sum", node.expressions[0])
    if name in ("coalesce", "ifnull", "isnull", "nvl"):
        dynamic.unite(node)
        _agree(node.expressions)
    if name == "nullif" and len(node.expressions) == 2:
        return blanks.null_if(*node.expressions)
    if name == "count":
        return blanks.count(node)
    made = functions.build(name, node.expressions)
    is_list = name == "listagg" and not isinstance(node.parent, exp.WithinGroup | exp.Window)
    return call("rs_listed", made) if is_list else made


def _agree(items: Sequence[exp.Expr]) -> None:
    """A text beside a whole number is one too, or refused ("NVL and COALESCE functions", its example)."""
    if not any(isinstance(item, exp.Literal) and item.is_int for item in items):
        return
    for item in items:
        if item.is_string:
            casts.refuse_no_whole(item.name)
            item.replace(exp.Literal.number(item.name.strip()))


def _names_listed(node: exp.Expr) -> exp.Expr:
    """ARRAY(SELECT …), which psql asks of the catalog alone; Redshift has it nowhere else."""
    if not all(rewritten.db == INTERNAL_SCHEMA for rewritten in node.find_all(exp.Table)):
        raise syntax_error("SELECT")
    return call("rs_names_listed", call("array", node.expressions[0]))


def _array(node: exp.Expr) -> exp.Expr:
    """ARRAY[…], which only the catalog has: a text, as its columns of arrays are here."""
    marks = [exp.Literal.string(",") for _ in node.expressions[1:]] + [exp.Literal.string("}")]
    return call("concat", "{", *(part for pair in zip(node.expressions, marks, strict=True) for part in pair))


def _operator(node: exp.Expr) -> exp.Expr:
    """OPERATOR(pg_catalog.~), as psql writes it."""
    sign = str(node.args["operator"]).rpartition(".")[2]
    if sign not in ("~", "!~"):
        raise SqlError("42883", f"operator does not exist: {sign}")
    found = exp.RegexpLike(this=node.this, expression=node.expression)
    return exp.not_(found) if sign == "!~" else found


_KEYS = frozenset({"conkey", "confkey"})
_ARRAYS = _KEYS | {"proallargtypes", "proargmodes", "proargnames"}


def _subscript(node: exp.Expr) -> exp.Expr:
    """Only SUPER has elements in Redshift, and they count from 0; arrays of the catalog are texts, and count from 1."""
    index = node.expressions[0]
    inner = node.this.unnest()
    if (isinstance(inner, exp.Column) and inner.name in _ARRAYS) or getattr(inner, "this", "") == "rs_current_schemas":
        element = call("list_extract", functions_of_text.elements(inner), index)
        return cast(element, "BIGINT") if isinstance(inner, exp.Column) and inner.name in _KEYS else element
    if not isinstance(index, exp.Literal):
        return call("rs_element", node.this, index)
    path = f"$[{index.name}]" if not index.is_string else f'$."{index.name}"'
    return call("json_extract", node.this, path)


def _dot(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Identifier) and node.this.name == "pg_catalog":
        function: exp.Expr = node.expression
        return function
    return call("json_extract", node.this, f'$."{node.expression.name.lower()}"')


def _extract(node: exp.Expr) -> exp.Expr:
    return functions.build("date_part", [exp.Literal.string(node.name), node.expression])


def _substring(node: exp.Expr) -> exp.Expr:
    """SUBSTRING(s FROM a FOR n)."""
    start = node.args.get("start") or exp.Literal.number(1)
    given = [node.this, start, *([node.args["length"]] if node.args.get("length") else [])]
    return functions.build("substring", given)


def _like(node: exp.Expr) -> exp.Expr:
    """The backslash escapes in patterns of Redshift; in DuckDB nothing does unless it is said."""
    node.set("this", functions_of_text.as_text(node.this))
    if isinstance(node.parent, exp.Escape) or "\\" not in node.expression.name:
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _select(node: exp.Expr) -> exp.Expr:
    using.join(node)
    made = groups.select(node)
    ordering.select(made)
    return made


def _compute(node: exp.Expr) -> exp.Expr:
    made = dynamic.operate(node)
    return functions_of_numbers.compute(node) if made is node and not decimals.is_of_none(node) else made


def _trim(node: exp.Expr) -> exp.Expr:
    """TRIM takes blanks where no characters are named ("TRIM function"), DuckDB every space of Unicode."""
    if node.expression is None:
        node.set("expression", exp.Literal.string(" "))
    return node


def _within_group(node: exp.Expr) -> exp.Expr:
    """LISTAGG's order moves inside its parentheses, that of percentiles becomes their argument."""
    aggregate: exp.Expr = node.this
    order = node.expression.expressions
    name = str(aggregate.this) if isinstance(aggregate, exp.Anonymous) else ""
    if name == "string_agg":
        *values, last = aggregate.expressions
        order = [_by_what_is_listed(values[0], item) for item in order]
        aggregate.set("expressions", [*values, exp.Order(this=last, expressions=order)])
        return aggregate if isinstance(node.parent, exp.Window) else call("rs_listed", aggregate)
    if name not in ("quantile_cont", "quantile_disc") or len(order) != 1 or len(aggregate.expressions) != 1:
        raise SqlError("42601", f"{aggregate.name.upper()} does not take this WITHIN GROUP")
    share = aggregate.expressions[0]
    if order[0].args.get("desc"):
        share = exp.Paren(this=exp.Sub(this=exp.Literal.number(1), expression=share))
    value = order[0].this
    if name == "quantile_cont":
        value = functions_of_numbers.interpolated(value, aggregate.expressions[0])
    return call(name, value, share)


def _by_what_is_listed(listed: exp.Expr, item: exp.Expr) -> exp.Expr:
    """DuckDB orders distinct values by nothing else: what was written as the value is ordered as the value."""
    if isinstance(listed, exp.Distinct):
        (value,) = listed.expressions
        if item.this in value.find_all(type(item.this)):
            item.set("this", value.copy())
    return item


def _window(node: exp.Expr) -> exp.Expr:
    """An average over a window is a sum over it by a count over it, and so is a share: see the rules of both."""
    blanks.window(node)
    made: exp.Expr = node.this
    name = str(made.this) if isinstance(made, exp.Anonymous) else ""
    if name == "string_agg":
        return call("rs_listed", node.copy())
    if name != "rs_average" and not (isinstance(made, exp.Paren) and isinstance(made.this, exp.Div)):
        return node
    for aggregate in list(made.find_all(exp.Anonymous)):
        if str(aggregate.this) in ("sum", "count"):
            aggregate.replace(_same_window(node, aggregate.copy()))
    return made.copy()


def _same_window(node: exp.Expr, aggregate: exp.Expr) -> exp.Expr:
    window = node.copy()
    window.set("this", aggregate)
    return window


def _column(node: exp.Expr) -> exp.Expr:
    """The word DEFAULT in a list of values is no column; the name of our database tells nothing."""
    if node.args.get("catalog") is not None and node.args["catalog"].name == DATABASE:
        node.set("catalog", None)
    in_values = isinstance(node.parent, exp.Tuple) and isinstance(node.parent.parent, exp.Values)
    return exp.Var(this="DEFAULT") if in_values and node.name == "default" else node


def _merge_insert(node: exp.Expr) -> exp.Expr:
    """WHEN NOT MATCHED THEN INSERT VALUES (…), which sqlglot reads as a call of a function "values"."""
    then = node.args["then"]
    given = then.this if isinstance(then, exp.Insert) and not then.expression else None
    if isinstance(given, exp.Tuple) and isinstance(given.expressions[0], exp.Anonymous):
        node.set("then", exp.Insert(expression=exp.Tuple(expressions=given.expressions[0].expressions)))
    return node


def _current_timestamp(node: exp.Expr) -> exp.Expr:
    return call("rs_getdate_in_view") if node.args.get("sysdate") else node


def _current_date(_: exp.Expr) -> exp.Expr:
    return cast(call("rs_getdate_in_view"), "DATE")


def _session_user(_: exp.Expr) -> exp.Expr:
    return exp.Placeholder(this="s_user")


def _at_time_zone(node: exp.Expr) -> exp.Expr:
    node.set("zone", functions_of_time.zone_meant(node.args["zone"]))
    return node


def _of_unary_sign(name: str) -> Callable[[exp.Expr], exp.Expr]:
    """The operators of square and cubic roots, as the functions of these names."""
    return lambda node: functions.build(name, [node.this])


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Abs: _of_unary_sign("abs"),
    exp.Add: dynamic.operate,
    exp.All: blanks.any_of,
    exp.And: conditions.operands,
    exp.Array: _array,
    exp.Anonymous: _function,
    exp.Any: blanks.any_of,
    exp.AtTimeZone: _at_time_zone,
    exp.Between: blanks.between,
    exp.Bracket: _subscript,
    exp.BitwiseXor: lambda node: call("xor", node.this, node.expression),
    exp.Case: blanks.choose,
    exp.Cbrt: _of_unary_sign("cbrt"),
    exp.Cast: casts.to_type,
    exp.Column: _column,
    exp.CurrentDate: _current_date,
    exp.CurrentTimestamp: _current_timestamp,
    exp.CurrentUser: _session_user,
    exp.SessionUser: _session_user,
    exp.DecodeCase: blanks.decode,
    exp.Div: _compute,
    exp.Dot: _dot,
    exp.EQ: blanks.compare,
    exp.Except: groups.combined,
    exp.Extract: _extract,
    exp.GT: blanks.compare,
    exp.GTE: blanks.compare,
    exp.Having: conditions.clause,
    exp.Identifier: _identifier,
    exp.If: conditions.branch,
    exp.ILike: _like,
    exp.In: blanks.member,
    exp.Intersect: groups.combined,
    exp.Join: conditions.join,
    exp.Like: _like,
    exp.LT: blanks.compare,
    exp.LTE: blanks.compare,
    exp.Mod: dynamic.operate,
    exp.Mul: _compute,
    exp.Neg: dynamic.negate,
    exp.NEQ: blanks.compare,
    exp.Not: conditions.clause,
    exp.Operator: _operator,
    exp.Or: conditions.operands,
    exp.Qualify: conditions.clause,
    exp.Escape: similar.escape,
    exp.Select: _select,
    exp.SimilarTo: similar.similar,
    exp.Sqrt: _of_unary_sign("sqrt"),
    exp.Sub: dynamic.operate,
    exp.Substring: _substring,
    exp.Table: system_views.place,
    exp.Trim: _trim,
    exp.TryCast: casts.try_to_type,
    exp.Union: groups.union,
    exp.Where: conditions.clause,
    exp.Window: _window,
    exp.WithinGroup: _within_group,
}
