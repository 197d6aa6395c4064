"""Literals without a type, used from outside the query in which they stand.

As in PostgreSQL before version 10, a string or NULL that nothing gives a type is of type "unknown". Where it stands it
is coerced; as a column of a common table, subquery or view it cannot be, and whatever needs its type fails. Such a
column may be shown, tested for NULL and counted, and no more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.scopes import outermost, scopes_of, sources_of


@dataclass(frozen=True, slots=True)
class _Output:
    """A column that a query returns: whether it is of type unknown, and whether it comes from another query."""

    name: str
    unknown: bool
    inherited: bool


_Outputs = Sequence[_Output]


def refuse(tree: exp.Expr) -> None:
    """Refuses a statement that needs the type of such a column.

    Raises:
        SqlError: XX000 with the column's name.
    """
    sources: dict[str, _Outputs] = {}
    for query in outermost(tree):
        outputs = _checked(query)
        if query.arg_key == "expression" and isinstance(tree, exp.Insert):
            _refuse_inherited(output for output in outputs if output.unknown)
        if isinstance(query, exp.Subquery) and query.alias:
            sources[query.alias] = _from_outside(outputs)
    for column in tree.find_all(exp.Column) if sources else ():
        if column.table in sources and column.find_ancestor(exp.Query) is None:
            _refuse_inherited(output for output in _seen(sources, column) if output.unknown)


def _refuse_inherited(outputs: Iterable[_Output]) -> None:
    for output in outputs:
        if output.inherited:
            raise _no_conversion(output.name)


def _no_conversion(column: str) -> SqlError:
    text = 'failed to find conversion function from "unknown" to character varying'
    return SqlError("XX000", text, f'column "{column}" is a literal without a type: cast it where it is written')


def _checked(query: exp.Expr) -> _Outputs:
    """Checks a query with all in it; returns its columns."""
    known: dict[int, _Outputs] = {}
    outputs: _Outputs = ()
    for scope in scopes_of(query.unnest()):
        outputs = _outputs(scope, known)
        known[id(scope)] = _renamed(outputs, scope.outer_columns)
    return outputs


def _outputs(scope: Scope, known: Mapping[int, _Outputs]) -> _Outputs:
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        first, *others = [known.get(id(side), ()) for side in scope.set_operation_scopes]
        for other in others:
            _refuse_combined(query, first, other)
        return [_Output(output.name, False, False) for output in first]
    if not isinstance(query, exp.Select):
        return ()
    sources = {name: _from_outside(known.get(id(source), ())) for name, source in sources_of(scope).items()}
    outputs = [output for item in query.expressions for output in _shown(item, sources)]
    if any(output.unknown for source in sources.values() for output in source):
        _refuse_uses(scope, query, sources, outputs)
    return outputs


def _refuse_combined(query: exp.SetOperation, left: _Outputs, right: _Outputs) -> None:
    """Literals on both sides meet as texts, which the driver's own list of columns rests on; others have no type."""
    alike = len(left) == len(right) and isinstance(query, exp.Union) and query.args.get("distinct") is False
    for at, output in enumerate([*left, *right]):
        of_literals = alike and left[at % len(left)].unknown and right[at % len(left)].unknown
        _refuse_inherited([output] if output.unknown and not of_literals else [])


def _from_outside(outputs: _Outputs) -> _Outputs:
    return [_Output(output.name, output.unknown, True) for output in outputs]


def _renamed(outputs: _Outputs, names: Sequence[str]) -> _Outputs:
    if len(names) != len(outputs):
        return outputs if not names else ()
    return [_Output(name, output.unknown, output.inherited) for name, output in zip(names, outputs, strict=True)]


def _shown(item: exp.Expr, sources: Mapping[str, _Outputs]) -> Iterator[_Output]:
    """What one item of a select list returns; nothing for the star of a table."""
    inner = item.unalias().unnest()
    if item.is_star:
        named = [item.table] if isinstance(item, exp.Column) else sources
        for name in named:
            yield from sources.get(name, ())
        return
    literal = isinstance(inner, exp.Null) or (isinstance(inner, exp.Literal) and inner.is_string)
    inherited = isinstance(inner, exp.Column) and any(output.unknown for output in _seen(sources, inner))
    yield _Output(item.alias_or_name, literal or inherited, inherited)


def _seen(sources: Mapping[str, _Outputs], column: exp.Column) -> list[_Output]:
    """The columns of sources that a name may mean."""
    within = [sources.get(column.table, ())] if column.table else list(sources.values())
    return [output for outputs in within for output in outputs if output.name == column.name]


def _refuse_uses(scope: Scope, query: exp.Select, sources: Mapping[str, _Outputs], outputs: _Outputs) -> None:
    if query.args.get("distinct"):
        _refuse_inherited(output for output in outputs if output.unknown)
    for key in _keys(query):
        _refuse_inherited(output for output in _returned(key, outputs) if output.unknown)
    for column in scope.columns:
        ours = column.table or column.find_ancestor(exp.Select) is query
        if ours and not _only_shown(column):
            _refuse_inherited(output for output in _seen(sources, column) if output.unknown)
    for join in query.args.get("joins") or ():
        for name in join.args.get("using") or ():
            _refuse_inherited(output for output in _seen(sources, exp.column(name.name)) if output.unknown)


def _keys(query: exp.Select) -> Iterator[exp.Expr]:
    order, group = query.args.get("order"), query.args.get("group")
    yield from (ordered.this for ordered in order.expressions) if order else ()
    yield from group.expressions if group else ()


def _returned(key: exp.Expr, outputs: _Outputs) -> _Outputs:
    """The result columns that a key of ORDER BY or GROUP BY names, by position or by name."""
    if isinstance(key, exp.Literal) and not key.is_string:
        position = int(key.name) - 1
        return outputs[position : position + 1]
    return [output for output in outputs if isinstance(key, exp.Column) and not key.table and output.name == key.name]


def _only_shown(column: exp.Column) -> bool:
    node: exp.Expr = column
    while isinstance(node.parent, exp.Alias | exp.Paren):
        node = node.parent
    parent = node.parent
    counted = isinstance(parent, exp.Anonymous) and str(parent.this).lower() == "count"
    return counted or isinstance(parent, exp.Is) or (isinstance(parent, exp.Select) and node.arg_key == "expressions")
