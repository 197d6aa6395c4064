"""The queries in a statement, and what each can see; for refusals that rest on where a column comes from."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.scope import Scope, traverse_scope

from sandbox.redshift.names import folded


def fold_names(tree: exp.Expr) -> None:
    """Writes every name in lower case, in place, because scopes compare names as they are written."""
    for name in tree.find_all(exp.Identifier):
        name.set("this", folded(str(name.this)))


def outermost(tree: exp.Expr) -> Iterator[exp.Query]:
    """The queries of a statement that are in no other query."""
    for node in tree.walk(prune=lambda node: isinstance(node, exp.Query)):
        if isinstance(node, exp.Query):
            yield node


def selects(node: exp.Expr) -> Iterator[exp.Select]:
    """The queries that a UNION, INTERSECT or EXCEPT is made of, or the one query."""
    inner = node.unnest()
    if isinstance(inner, exp.SetOperation):
        yield from selects(inner.this)
        yield from selects(inner.expression)
    elif isinstance(inner, exp.Select):
        yield inner


def is_recursive(node: exp.Expr) -> bool:
    """Whether a query stands in a WITH RECURSIVE."""
    around = node.find_ancestor(exp.With)
    return around is not None and bool(around.args.get("recursive"))


def sources_of(scope: Scope) -> dict[str, object]:
    """What a query reads, by name; nothing where names clash, which the engine then reports."""
    try:
        return {name: source for name, (_, source) in scope.selected_sources.items()}
    except OptimizeError:
        return {}


def scopes_of(query: exp.Expr) -> list[Scope]:
    """The scopes of a query, inner before outer; none where names clash, which the engine then reports."""
    try:
        return list(traverse_scope(query))
    except OptimizeError:
        return []
