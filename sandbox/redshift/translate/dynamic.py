"""Dynamic typing of SUPER: arithmetic and comparisons by the type that a value has, not by one that it is cast to.

Source: "Querying semistructured data: dynamic typing", "Operators and functions: arithmetic operators". What may be
a SUPER is seen by its form: a path, an element, a value unnested, or the alias of one of these. The macros decide by
the type that DuckDB knows, so that a column which only has such a name is treated as ever.
"""

from collections.abc import Iterator

from sqlglot import exp

from sandbox.redshift.translate.functions import call

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
        *("rs_json_parse", "rs_split_to_array", "rs_subarray", "rs_super_negated"),
        *(f"rs_super_{name}" for name in (*_SIGNS.values(), *ROUNDED.values())),
    }
)
"""What DuckDB's functions are called, after rewriting, that give a SUPER."""
_WRITTEN = frozenset({"array", "array_concat", "array_flatten", "json_parse", "object", "split_to_array", "subarray"})
_UNNESTED = frozenset({"rs_elements", "rs_attributes"})
_MARK = "super"


def mark(tree: exp.Expr) -> None:
    """Marks, in place, the columns of a statement that may be a SUPER; names are in lower case."""
    sources = {name for table in tree.find_all(exp.Table, exp.Subquery, exp.CTE) if (name := table.alias_or_name)}
    unnested = {table.alias for table in tree.find_all(exp.Table) if str(getattr(table.this, "this", "")) in _UNNESTED}
    for column in tree.find_all(exp.Column):
        is_path = bool(column.table) and column.table not in sources
        if is_path or column.table in unnested or (not column.table and column.name in unnested):
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
        return node
    if any(isinstance(side.unnest(), exp.Null) for side in sides):
        return exp.null()
    return call(f"rs_super_{_SIGNS[type(node)]}", *sides)


def negate(node: exp.Expr) -> exp.Expr:
    """The sign before a value."""
    return call("rs_super_negated", node.this) if is_super(node.this) else node


def compare(node: exp.Expr) -> exp.Expr | None:
    """A comparison with a SUPER; None where neither side may be one."""
    sides = node.this, node.expression
    others = any(isinstance(side.unnest(), exp.Null | exp.Any | exp.All | exp.Subquery) for side in sides)
    if others or not any(map(is_super, sides)):
        return None
    return call(f"rs_super_{_ORDERS[type(node)]}", *sides)


def member(node: exp.Expr) -> exp.Expr | None:
    """A SUPER in a list: it is compared with each; None for anything else."""
    if not node.expressions or not is_super(node.this):
        return None
    return exp.paren(
        exp.or_(*(call("rs_super_equals", node.this.copy(), item) for item in node.expressions), copy=False)
    )


def between(node: exp.Expr) -> exp.Expr | None:
    """A SUPER between two values; None for anything else."""
    if not is_super(node.this):
        return None
    low = call("rs_super_at_least", node.this.copy(), node.args["low"])
    return exp.paren(exp.and_(low, call("rs_super_at_most", node.this.copy(), node.args["high"]), copy=False))
