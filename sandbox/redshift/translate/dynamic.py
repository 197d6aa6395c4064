"""Dynamic typing of SUPER: arithmetic and comparisons by the type that a value has, not by one that it is cast to.

Source: "Querying semistructured data: dynamic typing", "Operators and functions: arithmetic operators". What may be
a SUPER is seen by its form: a path, an element, a value unnested, a column with the name of one that is a SUPER in a
table of the statement, or the alias of one of these. The macros decide by the type that DuckDB knows, so that a column
which only has such a name is treated as ever.
"""

import re
from collections.abc import Iterator

from sqlglot import exp

from sandbox.redshift.translate.calls import call

_SIGNS: dict[type[exp.Expr], str] = {
    exp.Add: "plus", exp.Sub: "minus", exp.Mul: "times", exp.Div: "over", exp.Mod: "modulo",
}  # fmt: skip
_ORDERS: dict[type[exp.Expr], str] = {
    exp.EQ: "equals", exp.NEQ: "differs", exp.LT: "below", exp.LTE: "at_most", exp.GT: "above", exp.GTE: "at_least",
}  # fmt: skip
ROUNDED = {"abs": "abs", "ceil": "ceil", "ceiling": "ceil", "floor": "floor", "round": "round", "trunc": "trunc"}
"""Functions of a number that take a SUPER ("Operators and functions: arithmetic functions"), and their macros."""
_MAKERS = frozenset(
    {
        *("json_array", "json_extract", "json_object", "rs_array_concat", "rs_array_flatten", "rs_element"),
        *("rs_json_parse", "rs_split_to_array", "rs_subarray", "rs_super_negated", "to_json"),
        *(f"rs_super_{name}" for name in (*_SIGNS.values(), *ROUNDED.values())),
    }
)
"""What DuckDB's functions are called, after rewriting, that give a SUPER."""
_WRITTEN = frozenset({"array", "array_concat", "array_flatten", "json_parse", "object", "split_to_array", "subarray"})
_UNNESTED = frozenset({"rs_elements", "rs_attributes"})
_MARK = "super"


def mark(tree: exp.Expr, supers: frozenset[tuple[str, str]] = frozenset()) -> None:
    """Marks, in place, the columns of a statement that may be a SUPER; names are in lower case.

    Args:
        tree: the statement.
        supers: columns that are a SUPER, each with the name of its table.
    """
    tables = {table.name for table in tree.find_all(exp.Table)} if supers else set()
    known = {name for table, name in supers if table in tables}
    sources = {name for table in tree.find_all(exp.Table, exp.Subquery, exp.CTE) if (name := table.alias_or_name)}
    unnested = {table.alias for table in tree.find_all(exp.Table) if str(getattr(table.this, "this", "")) in _UNNESTED}
    for column in tree.find_all(exp.Column):
        is_path = bool(column.table) and column.table not in sources
        of_unnested = column.table in unnested or (not column.table and column.name in unnested)
        if is_path or of_unnested or column.name in known:
            column.meta[_MARK] = True
    names: set[str] = set()
    while new := set(_given_names(tree)) - names:
        names |= new
        for column in tree.find_all(exp.Column):
            if column.name in names:
                column.meta[_MARK] = True


def _given_names(tree: exp.Expr) -> Iterator[str]:
    """Names under which a query inside another gives a SUPER."""
    for select in tree.find_all(exp.Select):
        for item in select.expressions if select is not tree else ():
            if _is_written_super(item.unalias()):
                yield item.alias_or_name


def _is_written_super(item: exp.Expr) -> bool:
    inner = item.unnest()
    if isinstance(inner, exp.Anonymous):
        return str(inner.this).lower() in _WRITTEN
    if type(inner) in _SIGNS:
        return _is_written_super(inner.this) or _is_written_super(inner.expression)
    return isinstance(inner, exp.Bracket | exp.Dot) or bool(inner.meta.get(_MARK))


def is_super(item: exp.Expr) -> bool:
    """Whether an expression, its parts rewritten already, may be a SUPER by its form."""
    inner = item.unnest()
    if isinstance(inner, exp.Anonymous):
        return str(inner.this) in _MAKERS
    return isinstance(inner, exp.Column) and bool(inner.meta.get(_MARK))


def operate(node: exp.Expr) -> exp.Expr:
    """Arithmetic, with a SUPER where an operand may be one."""
    sides = node.this, node.expression
    if not any(map(is_super, sides)):
        return _typed(node)
    if any(isinstance(side.unnest(), exp.Null) for side in sides):
        return exp.null()
    return call(f"rs_super_{_SIGNS[type(node)]}", *sides)


def _typed(node: exp.Expr) -> exp.Expr:
    """A literal in quotes beside another value has that value's type, as in PostgreSQL."""
    for side, beside in ((node.this, node.expression), (node.expression, node.this)):
        if isinstance(side, exp.Literal) and side.is_string and not _has_no_type(beside):
            name = "rs_beside" if isinstance(node, exp.Add) else "rs_as"
            number = isinstance(beside, exp.Literal)
            side.replace(_as_number(side, beside) if number else call(name, side.copy(), beside.copy()))
            break
    return node


def _has_no_type(side: exp.Expr) -> bool:
    of_text = isinstance(side, exp.Literal) and side.is_string
    return of_text or isinstance(side, exp.Null | exp.Placeholder | exp.Interval)


def _as_number(side: exp.Expr, beside: exp.Expr) -> exp.Expr:
    to = "INTEGER" if beside.name.isdigit() else "DECIMAL(38, 9)" if re.fullmatch(r"[\d.]+", beside.name) else "DOUBLE"
    if to != "DOUBLE" and re.fullmatch(r"[+-]?\d+(\.\d+)?" if to != "INTEGER" else r"[+-]?\d+", side.name):
        return exp.Literal.number(side.name)
    return exp.Cast(this=side.copy(), to=exp.DataType.build(to, dialect="duckdb"))


def negate(node: exp.Expr) -> exp.Expr:
    """The sign before a value."""
    return call("rs_super_negated", node.this) if is_super(node.this) else node


def compare(node: exp.Expr) -> exp.Expr | None:
    """A comparison with a SUPER; None where neither side may be one."""
    sides = node.this, node.expression
    others = any(isinstance(side.unnest(), exp.Null | exp.Any | exp.All | exp.Subquery) for side in sides)
    if others or not any(map(is_super, sides)):
        return None
    return call(f"rs_super_{_ORDERS[type(node)]}", *map(_compared, sides))


def _compared(side: exp.Expr) -> exp.Expr:
    """A side of a comparison: if it is none of a SUPER, blanks at its end do not count there either."""
    if isinstance(side, exp.Column):
        return call("rs_key", side.copy())
    return exp.Literal.string(side.name.rstrip(" ")) if side.is_string else side.copy()


def member(node: exp.Expr) -> exp.Expr | None:
    """A SUPER in a list: it is compared with each; None for anything else."""
    if not node.expressions or not is_super(node.this):
        return None
    equal = (call("rs_super_equals", _compared(node.this), _compared(item)) for item in node.expressions)
    return exp.paren(exp.or_(*equal, copy=False))


def choose(node: exp.Expr) -> exp.Expr | None:
    """CASE of a SUPER: it is compared with each WHEN; None for any other value."""
    if node.this is None or not is_super(node.this):
        return None
    for branch in node.args["ifs"]:
        branch.set("this", call("rs_super_equals", _compared(node.this), _compared(branch.this)))
    node.set("this", None)
    return node


def decode(node: exp.Expr) -> exp.Expr | None:
    """DECODE of a SUPER, whose NULL equals NULL; None for any other value."""
    value, *rest = node.expressions
    if not is_super(value):
        return None
    pairs = zip(rest[::2], rest[1::2], strict=False)
    ifs = [exp.If(this=_decoded(value, search), true=result) for search, result in pairs]
    return exp.Case(ifs=ifs, default=rest[-1] if len(rest) % 2 else None)


def _decoded(value: exp.Expr, search: exp.Expr) -> exp.Expr:
    if isinstance(search.unnest(), exp.Null):
        return exp.Is(this=value.copy(), expression=exp.null())
    return call("rs_super_equals", _compared(value), _compared(search))


def unite(node: exp.Expr) -> None:
    """NVL and COALESCE of a SUPER, in place: a literal beside it is a text of a SUPER."""
    of_super = next((item for item in node.expressions if is_super(item)), None)
    if of_super is not None:
        node.set(
            "expressions",
            [call("rs_as", item, of_super.copy()) if item.is_string else item for item in node.expressions],
        )


def assign(node: exp.Expr) -> exp.Expr:
    """SET column = 'text': a SUPER takes it as a text, and reads no JSON ("JSON_PARSE function")."""
    if is_super(node.this) and node.expression.is_string:
        node.set("expression", call("rs_as", node.expression, node.this.copy()))
    return node


def between(node: exp.Expr) -> exp.Expr | None:
    """A SUPER between two values; None for anything else."""
    if not is_super(node.this):
        return None
    low = call("rs_super_at_least", _compared(node.this), _compared(node.args["low"]))
    high = call("rs_super_at_most", _compared(node.this), _compared(node.args["high"]))
    return exp.paren(exp.and_(low, high, copy=False))
