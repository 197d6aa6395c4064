"""How long the texts of a view's columns may be, where its query shows it."""

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from sandbox.redshift.names import TableName
from sandbox.redshift.session import Session
from sandbox.redshift.translate import rewrites
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.types import MAX_VARCHAR

_Columns = Mapping[str, int | None]


def lengths(session: Session, query: str, names: Sequence[str]) -> dict[str, int]:
    """Bytes of the columns that are columns of tables or views, texts, or casts to a text with a length.

    Args:
        session: who makes the view.
        query: its text.
        names: of its columns.
    """
    tree = parse(query)
    if not isinstance(tree, exp.Select):
        return {}
    sources = {alias: _columns_of(session, name) for alias, name in _sources(tree)}
    found = [length for item in tree.expressions for length in _of_item(item, sources)]
    pairs = zip(names, found, strict=True) if len(found) == len(names) else ()
    return {name: length for name, length in pairs if length is not None and length < MAX_VARCHAR}


def _sources(tree: exp.Select) -> Iterator[tuple[str, TableName]]:
    hidden = rewrites.cte_names(tree)
    for item in (tree.args.get("from_"), *(tree.args.get("joins") or ())):
        table = item.this if item is not None else None
        if isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier):
            name = rewrites.table_name(table)
            if name.schema is not None or name.name not in hidden:
                yield table.alias_or_name.lower(), name


def _columns_of(session: Session, name: TableName) -> _Columns:
    """Lengths by name, in the order of the relation."""
    schema, relation = session.resolved(name).parts
    text = (
        "SELECT column_name, length FROM sandbox_internal.typed_columns "
        "WHERE schema_name = $schema AND table_name = $name ORDER BY position"
    )
    rows = session.run(text, {"schema": schema, "name": relation}).fetchall()
    return {str(row[0]): row[1] for row in rows}


def _of_item(item: exp.Expr, sources: Mapping[str, _Columns]) -> Iterator[int | None]:
    inner = item.unalias()
    if isinstance(inner, exp.Star):
        for columns in sources.values():
            yield from columns.values()
    elif isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
        yield from sources.get(inner.table.lower(), {}).values()
    else:
        yield _of_expression(inner, sources)


def _of_expression(inner: exp.Expr, sources: Mapping[str, _Columns]) -> int | None:
    if isinstance(inner, exp.Column):
        beside = [sources.get(inner.table.lower(), {})] if inner.table else [*sources.values()]
        owners = [columns for columns in beside if inner.name.lower() in columns]
        return owners[0][inner.name.lower()] if len(owners) == 1 else None
    if isinstance(inner, exp.Cast) and inner.to.this in exp.DataType.TEXT_TYPES and inner.to.expressions:
        size = inner.to.expressions[0].name
        return int(size) if size.isdigit() else None
    return len(inner.name.encode()) or None if inner.is_string else None
