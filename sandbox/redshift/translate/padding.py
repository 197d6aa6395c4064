"""Which columns of a result are CHAR, to be padded with blanks as the client sees them ("Character types").

DuckDB has no such type and values are kept without their blanks, so it is seen by the form of a query: a column of a
table that is one, through subqueries and views, a cast, or the least, greatest or first of such values.
"""

from collections.abc import Callable, Iterator, Mapping

from sqlglot import exp

from sandbox.redshift.names import TableName, folded
from sandbox.redshift.translate.stored_values import Kinds, char_width

Widths = dict[str, int]
_KINDS = Callable[[TableName], Kinds]
_KEEPING = frozenset(
    {"max", "min", "any_value", "first_value", "last_value", "lag", "lead", "coalesce", "nvl", "nullif"}
)


def padded(tree: exp.Expr, kinds: _KINDS, common: Mapping[str, Widths] | None = None) -> Mapping[int | str, int]:
    """The lengths of columns of a query that are CHAR, by position; by name where a star hides positions.

    Args:
        tree: a query whose names are in lower case and whose views are put in.
        kinds: of the columns of a table.
        common: the CHARs of common tables around it.
    """
    query, common = tree.unnest(), _common(tree, kinds, common)
    if isinstance(query, exp.SetOperation):
        one, other = (padded(side, kinds, common) for side in (query.this, query.expression))
        literals = _literals(query.expression)
        shared = {key: max(width, other.get(key, 0)) for key, width in one.items() if key in other or key in literals}
        return shared if _by_name(query.this) == _by_name(query.expression) else one
    if not isinstance(query, exp.Select):
        return {}
    sources = [*_sources(query, kinds, common)]
    if _by_name(query):
        return dict[int | str, int](_columns(query, kinds, common).items())
    found = ((at, _width(item, sources)) for at, item in enumerate(query.expressions))
    return {at: width for at, width in found if width is not None}


def _by_name(query: exp.Expr) -> bool:
    inner = query.unnest()
    while isinstance(inner, exp.SetOperation):
        inner = inner.this.unnest()
    return isinstance(inner, exp.Select) and any(item.is_star for item in inner.expressions)


def _literals(query: exp.Expr) -> set[int]:
    """Where a query has what takes the type of the column that it is united with."""
    inner = query.unnest()
    values = (
        (at, item.unalias()) for at, item in enumerate(inner.expressions if isinstance(inner, exp.Select) else ())
    )
    return {at for at, value in values if value.is_string or isinstance(value, exp.Null)}


def _columns(tree: exp.Expr, kinds: _KINDS, common: Mapping[str, Widths]) -> Widths:
    """Lengths of a query's columns by name."""
    common = {**common, **_common(tree, kinds, common)}
    query = tree.unnest()
    if isinstance(query, exp.SetOperation):
        return _columns(query.this, kinds, common)
    if not isinstance(query, exp.Select):
        return {}
    sources = [*_sources(query, kinds, common)]
    found: Widths = {}
    for item in query.expressions:
        if item.is_star:
            of = item.table if isinstance(item, exp.Column) else ""
            for alias, widths in sources:
                found |= widths if of in ("", alias) else {}
        elif (width := _width(item, sources)) is not None:
            found[item.alias_or_name] = width
    return found


def _common(tree: exp.Expr, kinds: _KINDS, common: Mapping[str, Widths] | None = None) -> dict[str, Widths]:
    """Lengths of the columns of a query's common tables."""
    found: dict[str, Widths] = dict(common or {})
    given = tree.args.get("with_")
    for cte in given.expressions if given is not None and not given.args.get("recursive") else ():
        inner = _columns(cte.this, kinds, found)
        found[cte.alias] = _renamed(cte, inner)
    return found


def _sources(query: exp.Select, kinds: _KINDS, common: Mapping[str, Widths]) -> Iterator[tuple[str, Widths]]:
    for item in (query.args.get("from_"), *(query.args.get("joins") or ())):
        source = item.this if item is not None else None
        if isinstance(source, exp.Subquery):
            yield source.alias, _renamed(source, _columns(source.this, kinds, common))
        elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            if not source.db and source.name in common:
                yield source.alias_or_name, common[source.name]
                continue
            name = TableName.of([folded(part) for part in (source.catalog, source.db, source.name) if part])
            widths = {column: width for column, kind in kinds(name) if (width := char_width(kind)) is not None}
            yield source.alias_or_name, widths


def _renamed(source: exp.Expr, widths: Widths) -> Widths:
    """Under the names that an alias gives; positions are known where the query lists its columns."""
    alias = source.args.get("alias")
    names = [column.name for column in alias.columns] if alias is not None else []
    if not names:
        return widths
    selects = [item.alias_or_name for item in source.this.selects]
    if len(names) != len(selects) or "*" in selects:
        return {}
    return {new: widths[old] for new, old in zip(names, selects, strict=True) if old in widths}


def _width(item: exp.Expr, sources: list[tuple[str, Widths]]) -> int | None:
    inner = item.unalias().unnest()
    if isinstance(inner, exp.Column):
        return next((w[inner.name] for alias, w in sources if inner.table in ("", alias) and inner.name in w), None)
    if isinstance(inner, exp.Cast) and inner.is_type("char"):
        size = inner.to.expressions[0].name if inner.to.expressions else "1"
        return int(size) if size.isdigit() else None
    if isinstance(inner, exp.Window):
        return _width(inner.this, sources)
    kept = isinstance(inner, exp.Anonymous) and str(inner.this).lower() in _KEEPING and inner.expressions
    return _width(inner.expressions[0], sources) if kept else None
