"""Correlated subqueries that Redshift cannot take apart (Database Developer Guide, "Correlated subqueries")."""

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.scopes import outermost, scopes_of

_REFUSED = SqlError("0A000", "This type of correlated subquery pattern is not supported due to internal error")


def refuse(tree: exp.Expr) -> None:
    """Refuses references that skip a query, and those from a subquery in the condition of a join.

    Only references with the name of their table are seen: others need the catalog.

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
    if isinstance(place, exp.Join) or (around.is_subquery and not outer <= around.selected_sources.keys()):
        raise _REFUSED


def _is_own(column: exp.Column, scope: Scope) -> bool:
    return column.find_ancestor(exp.Select) is scope.expression
