"""Literals without a type in UNION, INTERSECT and EXCEPT: they are of the type that the other query's column has.

Source: PostgreSQL, "UNION, CASE, and related constructs"; DuckDB would make texts of both.
"""

from sqlglot import exp

from sandbox.redshift.translate.calls import call
from sandbox.redshift.translate.scopes import is_recursive, selects


def type_literals(tree: exp.Expr) -> None:
    """Gives the literals of a translated statement their types, in place."""
    for operation in [*tree.find_all(exp.SetOperation)]:
        if not isinstance(operation.parent, exp.SetOperation) and not is_recursive(operation):
            _type(list(selects(operation)))


def _type(queries: list[exp.Select]) -> None:
    width = len(queries[0].expressions) if queries else 0
    if any(len(query.expressions) != width or any(item.is_star for item in query.expressions) for query in queries):
        return
    for at in range(width):
        items = [query.expressions[at].unalias() for query in queries]
        typed = next((where for where, item in enumerate(items) if not _has_no_type(item)), None)
        for item in items if typed is not None else ():
            if item.is_string:
                item.replace(call("rs_as", item.copy(), _example(queries[typed or 0], at)))


def _has_no_type(item: exp.Expr) -> bool:
    return item.is_string or isinstance(item, exp.Null | exp.Placeholder)


def _example(query: exp.Select, at: int) -> exp.Expr:
    """What has the type of a column, and is never read."""
    item: exp.Expr = query.expressions[at].unalias()
    if not item.find(exp.Column, exp.Query):
        return item.copy()
    inner = query.copy()
    for place in ("order", "limit", "offset"):
        inner.set(place, None)
    columns = [exp.to_identifier(f"c{position}", quoted=True) for position in range(at + 1)]
    alias = exp.TableAlias(this=exp.to_identifier("united", quoted=True), columns=columns)
    source = exp.Subquery(this=inner, alias=alias)
    return exp.Subquery(this=exp.select(exp.column(f"c{at}", quoted=True)).from_(source, copy=False).limit(0))
