"""The tables of a statement, and the views and policies that stand behind their names."""

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import TableName, folded, quote
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.translate.shown import Body, Shown

_MAX_VIEW_DEPTH = 32
_ITSELF = "reelhouse_itself"


def expand_views(tree: exp.Expr, shown: Shown, depth: int = 0) -> exp.Expr:
    """Puts what stands behind names in their place: views are bound when they are used."""
    if depth > _MAX_VIEW_DEPTH:
        raise SqlError("42P17", "infinite recursion detected in rules for a view")
    hidden, target = cte_names(tree), target_table(tree)
    for table in _named_tables(tree) if shown else ():
        name = table_name(table)
        body = None if (name.schema is None and name.name in hidden) or table is target else shown.body(name)
        if body is None or table.meta.get(_ITSELF):
            continue
        _refuse_denied(body)
        query = parse(body.text)
        for inner in _named_tables(query) if body.itself else ():
            inner.meta[_ITSELF] = table_name(inner) == body.itself
        alias = exp.TableAlias(
            this=exp.to_identifier(table.alias or name.name, quoted=True),
            columns=[exp.to_identifier(column, quoted=True) for column in body.columns] or None,
        )
        expanded = exp.Subquery(this=expand_views(query, shown, depth + 1), alias=alias)
        expanded.set("joins", table.args.get("joins"))
        table.replace(expanded)
        _without_schema(tree, name)
    return tree


def matched_often(tree: exp.Expr) -> exp.Select | None:
    """A query for rows of an UPDATE's target that several rows of its FROM match; None where it has no FROM."""
    source, where, target = tree.args.get("from_"), tree.args.get("where"), target_table(tree)
    if source is None or target is None:
        return None
    rows = exp.column("rowid", table=target.alias_or_name)
    times = exp.GT(this=exp.Anonymous(this="count", expressions=[exp.Star()]), expression=exp.Literal.number(1))
    query = exp.select("1").from_(target.copy()).join(source.this.copy(), join_type="cross")
    return (query.where(where.this.copy()) if where else query).group_by(rows).having(times).limit(1)


def limit_target(tree: exp.Expr, shown: Shown) -> None:
    """Lets UPDATE and DELETE change only the rows that are seen, in place ("Using RLS policies in SQL statements")."""
    target = target_table(tree)
    body = shown.body(table_name(target)) if target is not None and not isinstance(tree, exp.Insert) else None
    if target is None or body is None or body.limit is None:
        return
    _refuse_denied(body)
    alias = quote(body.limit.alias)
    seen = parse(f"SELECT {alias}.rowid FROM {table_name(target).sql} AS {alias} WHERE {body.limit.condition}")
    rows = exp.In(this=exp.column("rowid", table=target.alias_or_name, quoted=True), query=exp.Subquery(this=seen))
    where = tree.args.get("where")
    tree.set("where", exp.Where(this=exp.and_(where.this, rows) if where is not None else rows))


def _refuse_denied(body: Body) -> None:
    if body.limit is not None and body.limit.denied:
        raise SqlError("42501", f"permission denied for relation {body.limit.denied}")


def _without_schema(tree: exp.Expr, name: TableName) -> None:
    """A column named with the schema of what is a subquery now."""
    for column in tree.find_all(exp.Column):
        if column.table.lower() == name.name and column.db and name.schema in (None, column.db.lower()):
            column.set("db", None)
            column.set("catalog", None)


def tables_read(tree: exp.Expr) -> frozenset[TableName]:
    """Tables that a statement reads, without its CTEs and its target."""
    hidden = cte_names(tree)
    target = target_table(tree)
    names = [table_name(table) for table in _named_tables(tree) if table is not target]
    return frozenset(name for name in names if name.schema is not None or name.name not in hidden)


def _named_tables(tree: exp.Expr) -> list[exp.Table]:
    """Tables that are names, and no unnested SUPER."""
    return [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]


def target_table(tree: exp.Expr) -> exp.Table | None:
    """The node that names what a statement changes."""
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        return None
    found = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return found if isinstance(found, exp.Table) else None


def target_of(tree: exp.Expr) -> TableName | None:
    """The name of what a statement changes."""
    table = target_table(tree)
    return table_name(table) if table is not None else None


def table_name(table: exp.Table) -> TableName:
    """The name in a table node, folded to lower case."""
    parts = [folded(part) for part in (table.catalog, table.db, table.name) if part]
    return TableName.of(parts)


def cte_names(tree: exp.Expr) -> set[str]:
    """Names of common tables, which hide tables without a schema."""
    return {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
