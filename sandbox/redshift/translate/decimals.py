"""Products and quotients that cannot be of decimals, seen by the names in them: DuckDB computes those as they are.

A decimal comes from a column of that type, from a literal, from a cast, or from one of a few functions. Names are those
of columns that are decimals in a table of the statement, and of what inner queries call an expression of decimals. A
name too many costs time alone: `functions_of_numbers.compute` has the type of the others found when DuckDB binds them.
"""

from collections.abc import Iterator

from sqlglot import exp

_MARK = "of no decimals"
_MAKERS = frozenset({"approximate_percentile_disc", "median", "percentile_cont", "percentile_disc", "to_number"})
"""Functions that make decimals of other numbers."""
_ANYTHING = exp.Literal.number("0.5")
"""Stands for what may be a decimal as well."""
_DOUBLES = {exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT}
_TYPES = exp.DataType.NUMERIC_TYPES - exp.DataType.INTEGER_TYPES - _DOUBLES


def mark(tree: exp.Expr, decimals: frozenset[tuple[str, str]]) -> None:
    """Marks, in place, the products and quotients of a statement that have no decimal in them.

    Args:
        tree: the statement, with views put in and names in lower case.
        decimals: columns that are a DECIMAL, each with the name of its table.
    """
    computed = [*tree.find_all(exp.Mul, exp.Div)]
    if not computed:
        return
    names = _names(tree, decimals)
    for node in computed:
        if not _may_be(node, names):
            node.meta[_MARK] = True


def is_of_none(node: exp.Expr) -> bool:
    """Whether a product or quotient was marked."""
    return bool(node.meta.get(_MARK))


def _names(tree: exp.Expr, decimals: frozenset[tuple[str, str]]) -> set[str]:
    tables = {table.name for table in tree.find_all(exp.Table)}
    names = {column for table, column in decimals if table in tables}
    given = [(item.alias, item.this) for item in tree.find_all(exp.Alias)]
    given += (pair for alias in tree.find_all(exp.TableAlias) for pair in _named_anew(alias))
    while new := {name for name, item in given if name not in names and _may_be(item, names)}:
        names |= new
    return names


def _named_anew(alias: exp.TableAlias) -> Iterator[tuple[str, exp.Expr]]:
    """The names in the list of columns behind an alias, each with what it stands for."""
    columns = [column.name for column in alias.args.get("columns") or ()]
    for items in _selected(alias.parent) if columns else ():
        known = len(items) == len(columns) and not any(item.is_star for item in items)
        yield from zip(columns, items if known else [_ANYTHING] * len(columns), strict=True)


def _selected(query: exp.Expr | None) -> list[list[exp.Expr]]:
    """What the SELECTs of a query give; one of nothing for what is no query."""
    if isinstance(query, exp.SetOperation):
        return _selected(query.this) + _selected(query.expression)
    if isinstance(query, exp.Subquery | exp.CTE):
        return _selected(query.this)
    return [query.expressions if isinstance(query, exp.Select) else []]


def _may_be(item: exp.Expr, names: set[str]) -> bool:
    return any(_is_decimal(node, names) for node in item.walk())


def _is_decimal(node: exp.Expr, names: set[str]) -> bool:
    if isinstance(node, exp.Star):
        return isinstance(node.parent, exp.Select)
    if isinstance(node, exp.Column):
        return node.name in names
    if isinstance(node, exp.Literal):
        return not node.is_string and not node.is_int
    if isinstance(node, exp.Cast):
        return node.to.this in _TYPES
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in _MAKERS
