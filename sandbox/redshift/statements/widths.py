"""How long the texts of a query's columns may be, where its form shows it: in bytes, as columns declare it."""

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from sandbox.redshift.names import TableName, folded
from sandbox.redshift.session import Session
from sandbox.redshift.translate import relations
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.types import MAX_VARCHAR

_Columns = Sequence[tuple[str, int | None]]
"""Names and lengths in order; a text without a length, and what is no text, has None."""
_KEEPING = frozenset({"any_value", "first_value", "lag", "last_value", "lead", "max", "min", "nullif"})
"""Functions that give one of the values of their first argument."""


def lengths(session: Session, query: str, names: Sequence[str]) -> dict[str, int]:
    """Bytes of the columns that are, through whatever subqueries, columns of relations, literals or casts.

    Args:
        session: who stores the query or its rows.
        query: its text.
        names: of its columns.
    """
    found = _columns(session, parse(query), {}) or ()
    pairs = zip(names, found, strict=True) if len(found) == len(names) else ()
    return {name: length for name, (_, length) in pairs if length is not None and length < MAX_VARCHAR}


def _columns(session: Session, tree: exp.Expr, common: Mapping[str, _Columns | None]) -> _Columns | None:
    """Of a query; None where a star hides how many there are."""
    common = {**common, **_common(session, tree, common)}
    query = tree.unnest()
    if isinstance(query, exp.SetOperation):
        return _either(_columns(session, query.this, common), _columns(session, query.expression, common))
    if not isinstance(query, exp.Select):
        return None
    sources = dict(_sources(session, query, common))
    found: list[tuple[str, int | None]] = []
    for item in query.expressions:
        given = _of_item(item, sources)
        if given is None:
            return None
        found += given
    return found


def _either(one: _Columns | None, other: _Columns | None) -> _Columns | None:
    """Of rows of two queries, the longer."""
    if one is None or other is None or len(one) != len(other):
        return None
    pairs = zip(one, other, strict=True)
    return [(name, None if None in (a, b) else max(a or 0, b or 0)) for (name, a), (_, b) in pairs]


def _common(session: Session, tree: exp.Expr, common: Mapping[str, _Columns | None]) -> dict[str, _Columns | None]:
    found = dict(common)
    given = tree.args.get("with_")
    for cte in given.expressions if given is not None else ():
        recursive = given is not None and given.args.get("recursive")
        found[folded(cte.alias)] = None if recursive else _renamed(cte, _columns(session, cte.this, found))
    return found


def _renamed(source: exp.Expr, columns: _Columns | None) -> _Columns | None:
    alias = source.args.get("alias")
    names = [folded(column.name) for column in alias.columns] if alias is not None else []
    if not names or columns is None or len(names) > len(columns):
        return columns if not names else None
    return [(name, length) for name, (_, length) in zip(names, columns, strict=False)] + list(columns[len(names) :])


def _sources(
    session: Session, query: exp.Select, common: Mapping[str, _Columns | None]
) -> Iterator[tuple[str, _Columns | None]]:
    for item in (query.args.get("from_"), *(query.args.get("joins") or ())):
        source = item.this if item is not None else None
        if isinstance(source, exp.Subquery):
            yield folded(source.alias), _renamed(source, _columns(session, source.this, common))
        elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            name = relations.table_name(source)
            hidden = name.schema is None and name.name in common
            yield folded(source.alias_or_name), common[name.name] if hidden else _of_relation(session, name)


def _of_relation(session: Session, name: TableName) -> _Columns | None:
    """In the order of the relation; None where nothing is known of it."""
    schema, relation = ("main", name.name) if session.is_temporary(name) else session.resolved(name).parts
    text = (
        "SELECT column_name, length FROM sandbox_internal.typed_columns "
        "WHERE schema_name = $schema AND table_name = $name ORDER BY position"
    )
    rows = session.run(text, {"schema": schema, "name": relation}).fetchall()
    return [(str(row[0]), row[1]) for row in rows] or None


def _of_item(item: exp.Expr, sources: Mapping[str, _Columns | None]) -> _Columns | None:
    inner = item.unalias()
    if isinstance(inner, exp.Star):
        return None if None in sources.values() else [pair for columns in sources.values() for pair in columns or ()]
    if isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
        return sources.get(folded(inner.table))
    return [(folded(item.alias_or_name), _of_expression(inner, sources))]


def _of_expression(given: exp.Expr, sources: Mapping[str, _Columns | None]) -> int | None:
    inner = given.unnest()
    if isinstance(inner, exp.Column):
        beside = [sources.get(folded(inner.table))] if inner.table else [*sources.values()]
        owners = [
            dict(columns)[folded(inner.name)] for columns in beside if columns and folded(inner.name) in dict(columns)
        ]
        return owners[0] if len(owners) == 1 and None not in beside else None
    if isinstance(inner, exp.Cast) and inner.to.this in exp.DataType.TEXT_TYPES and inner.to.expressions:
        size = inner.to.expressions[0].name
        return int(size) if size.isdigit() else None
    if isinstance(inner, exp.Window):
        return _of_expression(inner.this, sources)
    if isinstance(inner, exp.Anonymous) and str(inner.this).lower() in _KEEPING and inner.expressions:
        return _of_expression(inner.expressions[0], sources)
    return len(inner.name.encode()) or None if inner.is_string else None
