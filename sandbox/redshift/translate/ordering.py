"""ORDER BY of a query: texts without the blanks at their end, and a SUPER by the type that each value has.

Sources: "Character types: significance of trailing blanks", "Querying semi-structured data: Order by".
"""

from sqlglot import exp

from sandbox.redshift.translate import blanks, dynamic
from sandbox.redshift.translate.calls import call


def select(node: exp.Expr) -> None:
    """Writes what a query, its parts rewritten already, is ordered by, in place."""
    order = node.args.get("order")
    if order is None or node.args.get("distinct") is not None:
        return
    for item in order.expressions:
        meant = _meant(node, item.this)
        if dynamic.is_super(meant):
            item.set("this", call("rs_super_sorted", meant.copy()))
        elif blanks.may_be_padded(meant):
            item.set("this", blanks.key(meant.copy()))


def _meant(node: exp.Expr, key: exp.Expr) -> exp.Expr:
    """An item of the select list, by its position or its alias, or the key itself."""
    items = node.expressions
    if isinstance(key, exp.Literal) and key.is_int and 0 < int(key.name) <= len(items):
        item: exp.Expr = items[int(key.name) - 1]
        return key if any(other.is_star for other in items) else item.unalias()
    if isinstance(key, exp.Column) and not key.table:
        named = (item for item in items if isinstance(item, exp.Alias) and item.alias == key.name)
        return next((item.unalias() for item in named), key)
    return key
