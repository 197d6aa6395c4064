"""Comparison of texts: blanks at their end do not count (Database Developer Guide, "Character types")."""

from sqlglot import exp

from sandbox.redshift.translate import dynamic
from sandbox.redshift.translate.calls import call, cast
from sandbox.redshift.translate.functions_of_text import elements

_NAMES = """
chr left lower lpad ltrim regexp_extract repeat replace reverse right rpad rs_cut rs_regexp_replace rs_substring
rs_substring_from rs_text rtrim split_part strftime string_agg translate trim upper
"""
_TEXTS = frozenset(_NAMES.split())
"""What DuckDB's functions are called, after rewriting, that return text, perhaps with blanks at its end."""
_PASSING = frozenset({"any_value", "coalesce", "greatest", "least", "max", "min", "nullif"})
"""What gives one of its arguments."""
_WITHOUT_TEXT = (exp.Null, exp.Boolean, exp.Subquery, exp.Interval)


def compare(node: exp.Expr) -> exp.Expr:
    """A comparison of two values, blind for blanks at the end where they may be texts."""
    if node.arg_key == "expressions" and isinstance(node.parent, exp.Update):  # SET a = b
        return dynamic.assign(node)
    of_super = dynamic.compare(node)
    if of_super is not None:
        return of_super
    _blind(node, "this", "expression")
    return node


def between(node: exp.Expr) -> exp.Expr:
    """A value between two others."""
    of_super = dynamic.between(node)
    if of_super is not None:
        return of_super
    _blind(node, "this", "low", "high")
    return node


def member(node: exp.Expr) -> exp.Expr:
    """A value in a list, or in what a query gives."""
    of_super = dynamic.member(node)
    if of_super is not None:
        return of_super
    query = node.args.get("query")
    if query is not None and not _is_no_text(node.this) and _blind_query(query):
        node.set("this", _key(node.this, None))
    if node.expressions and not any(_is_no_text(item) for item in node.expressions):
        beside = node.this if isinstance(node.this, exp.Column) else None
        node.set("this", _key(node.this, None))
        node.set("expressions", [_key(item, beside) for item in node.expressions])
    return node


def any_of(node: exp.Expr) -> exp.Expr:
    """A value beside ANY or ALL of what a query gives, or of an array of the catalog, which is a text here.

    The comparison around it sees to the value.
    """
    inner = node.this.unnest()
    if isinstance(inner, exp.Column):
        node.set("this", exp.Paren(this=cast(elements(inner), "BIGINT[]")))
        return node
    _blind_query(node.this)
    return node


def _blind_query(query: exp.Expr) -> bool:
    """Takes the blanks from the only column of a query; False where that column is not seen."""
    inner = query.unnest()
    if isinstance(inner, exp.SetOperation):
        return _blind_query(inner.this) and _blind_query(inner.expression)
    if not isinstance(inner, exp.Select) or len(inner.expressions) != 1:
        return False
    item = inner.expressions[0]
    if item.is_star:
        inner.set("expressions", [call("rs_key", exp.Columns(this=item))])
        return True
    key = _key(item.unalias(), None)
    inner.set("expressions", [exp.alias_(key, item.alias_or_name or "key", quoted=True)])
    return True


def null_if(value: exp.Expr, other: exp.Expr) -> exp.Expr:
    """NULLIF: the value as it is, unless it compares as equal."""
    if not isinstance(value, exp.Column) or _is_no_text(other):
        return call("nullif", value, other)
    same = exp.EQ(this=_key(value, None), expression=_key(other, value))
    return exp.Case(ifs=[exp.If(this=same, true=exp.null())], default=value)


def decode(node: exp.Expr) -> exp.Expr:
    """DECODE(value, search, result, …, default): the value is compared with each search."""
    of_super = dynamic.decode(node)
    if of_super is not None:
        return of_super
    value, *rest = node.expressions
    searches = rest[: len(rest) // 2 * 2 : 2]
    if not any(_is_no_text(item) for item in [value, *searches] if not isinstance(item, exp.Null)):
        beside = value if isinstance(value, exp.Column) else None
        keys = [_key(item, beside) if at % 2 == 0 and at + 1 < len(rest) else item for at, item in enumerate(rest)]
        node.set("expressions", [_key(value, None), *keys])
    return node


def count(node: exp.Expr) -> exp.Expr:
    """COUNT(DISTINCT value): texts that differ by blanks at their end are one value."""
    given = node.expressions[0] if len(node.expressions) == 1 else None
    if isinstance(given, exp.Distinct) and len(given.expressions) == 1:
        given.set("expressions", [_key(given.expressions[0], None)])
    return node


def window(node: exp.Expr) -> None:
    """Partitions of a window, and the order that makes its ranks."""
    node.set("partition_by", [_key(item, None) for item in node.args.get("partition_by") or ()])
    order = node.args.get("order")
    for item in order.expressions if order else ():
        item.set("this", _key(item.this, None))


def choose(node: exp.Expr) -> exp.Expr:
    """CASE of a value: it is compared with each WHEN."""
    of_super = dynamic.choose(node)
    if of_super is not None:
        return of_super
    value, branches = node.this, node.args["ifs"]
    if value is not None and not any(_is_no_text(item) for item in [value, *(branch.this for branch in branches)]):
        beside = value if isinstance(value, exp.Column) else None
        node.set("this", _key(value, None))
        for branch in branches:
            branch.set("this", _key(branch.this, beside))
    return node


def key(item: exp.Expr) -> exp.Expr:
    """What equal values have in common; the value itself where it can be no text with blanks."""
    return _key(item, None) if may_be_padded(item) else item


def may_be_padded(item: exp.Expr) -> bool:
    """Whether a value may be, by its form, a text with blanks at its end."""
    if isinstance(item, exp.Column):
        return not isinstance(item.this, exp.Star)
    return _is_text(item) or _passes_on(item)


def _is_text(item: exp.Expr) -> bool:
    """Whether a value is, by its form, a text that something makes, and may make with blanks at its end."""
    if isinstance(item, exp.Anonymous):
        return str(item.this) in _TEXTS and not _is_without_blanks(item)
    if isinstance(item, exp.DPipe):
        last = item.expression.unnest()
        return not (isinstance(last, exp.Literal) and last.name and not last.name.endswith(" "))
    return isinstance(item, exp.Trim) or (isinstance(item, exp.Cast) and item.to.this in exp.DataType.TEXT_TYPES)


def _is_without_blanks(function: exp.Anonymous) -> bool:
    """Whether a function gives what it has taken the blanks from."""
    return str(function.this) in ("rtrim", "trim") and all(
        isinstance(item, exp.Literal) and item.name == " " for item in function.expressions[1:]
    )


def _passes_on(item: exp.Expr) -> bool:
    """Whether a value is, by its form, one of others that may be texts with blanks."""
    if isinstance(item, exp.Case):
        given = [branch.args["true"] for branch in item.args["ifs"]] + [item.args.get("default")]
        return any(value is not None and may_be_padded(value.unnest()) for value in given)
    if isinstance(item, exp.Paren):
        return may_be_padded(item.unnest())
    return isinstance(item, exp.Anonymous) and str(item.this) in _PASSING and any(map(may_be_padded, item.expressions))


def _blind(node: exp.Expr, *places: str) -> None:
    operands = [node.args[place] for place in places]
    if not any(map(_is_no_text, operands)):
        beside = next((operand for operand in operands if isinstance(operand, exp.Column)), None)
        for place, operand in zip(places, operands, strict=True):
            node.set(place, _key(operand, beside))


def _is_no_text(item: exp.Expr) -> bool:
    number = isinstance(item, exp.Literal | exp.Neg) and not item.is_string
    kind = isinstance(item, exp.Cast) and item.to.this not in exp.DataType.TEXT_TYPES
    return number or kind or isinstance(item, _WITHOUT_TEXT)


def _key(item: exp.Expr, beside: exp.Expr | None) -> exp.Expr:
    if isinstance(item, exp.Literal) and item.is_string:
        text = exp.Literal.string(item.name.rstrip(" "))
        return call("rs_as", text, beside.copy()) if beside else text
    if isinstance(item, exp.Placeholder) and item.name.startswith("p"):
        return exp.Placeholder(this=f"t{item.name[1:]}")
    if isinstance(item, exp.Column) or _passes_on(item):
        return call("rs_key", item.copy())
    return call("rtrim", item.copy(), " ") if _is_text(item) else item
