"""Correlated subqueries that Redshift cannot take apart (Database Developer Guide, "Correlated subqueries")."""

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.scopes import outermost, scopes_of

_REFUSED = SqlError("0A000", "This type of correlated subquery pattern is not supported due to internal error")


_SUMS = frozenset({"avg", "count", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance"})


def refuse(tree: exp.Expr) -> None:
    """Refuses the patterns of that page.

    References that skip a query, that come from a subquery in the condition of a join or with a window function, from
    one with a sum by group behind IN, and results of such a subquery in GROUP BY. Only references with the name of
    their table are seen: others need the catalog.

    Raises:
        SqlError: 0A000.
    """
    for query in outermost(tree):
        for scope in scopes_of(query):
            if scope.is_subquery and scope.parent is not None:
                _refuse_scope(scope, scope.parent)


def _refuse_scope(scope: Scope, around: Scope) -> None:
    outer = {column.table for column in scope.columns if _is_own(column, scope)} - scope.selected_sources.keys() - {""}
    if not outer:
        return
    place = scope.expression.find_ancestor(exp.Join, exp.Select)
    query = scope.expression
    if isinstance(query, exp.Select) and (query.find(exp.Window) or _is_sum_by_group(query) or _is_grouped_by(query)):
        raise _REFUSED
    if isinstance(place, exp.Join) or (around.is_subquery and not outer <= around.selected_sources.keys()):
        raise _REFUSED


def _is_sum_by_group(query: exp.Select) -> bool:
    """Whether it stands behind IN with GROUP BY and an aggregate but MIN and MAX."""
    calls = {str(call.this).lower() for item in query.expressions for call in item.find_all(exp.Anonymous)}
    behind_in = isinstance(query.parent, exp.In) or isinstance(query.parent and query.parent.parent, exp.In)
    return behind_in and bool(query.args.get("group")) and bool(calls & _SUMS)


def _is_grouped_by(query: exp.Select) -> bool:
    """Whether the query around it groups by what it gives, named by its alias or position."""
    around = query.parent_select
    group = around.args.get("group") if around is not None else None
    if around is None or group is None:
        return False
    for position, item in enumerate(around.expressions, start=1):
        if any(inner is query for inner in item.find_all(exp.Select)):
            return any(key.name in (str(position), item.alias) for key in group.expressions)
    return False


def _is_own(column: exp.Column, scope: Scope) -> bool:
    return column.find_ancestor(exp.Select) is scope.expression
