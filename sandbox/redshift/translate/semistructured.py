"""Unnesting of SUPER (Database Developer Guide, "Querying semistructured data"): `FROM t, t.a AS x AT i`, UNPIVOT."""

from collections.abc import Iterator

from sqlglot import exp

from sandbox.redshift.errors import syntax_error

_NO_INDEX = "index of no name"


def unnest(tree: exp.Expr) -> None:
    """Turns each unnested path of a FROM clause into a lateral query of DuckDB, in place."""
    for select in list(tree.find_all(exp.Select)):
        known: set[str] = set()
        values: set[str] = set()
        first = select.args.get("from_")
        for item in [first, *(select.args.get("joins") or ())] if first else ():
            found = _path(item.this, known) or _value(item.this, values)
            if found is not None:
                path, value, index, is_object = found
                item.set("this", _lateral(path, value, index, is_object))
                known.add(value)
                values.add(value)
            else:
                known |= set(_names(item.this))


def _names(item: exp.Expr) -> Iterator[str]:
    if item.alias_or_name:
        yield item.alias_or_name.lower()
    for join in item.args.get("joins") or ():
        yield from _names(join.this)


def _path(item: exp.Expr, known: set[str]) -> tuple[exp.Expr, str, str, bool] | None:
    """Path, name of the value, name of the index, and whether it is an object's attributes that are unnested."""
    if isinstance(item, exp.Pivot) and item.args.get("unpivot") and isinstance(item.this, exp.AtIndex):
        return (*_indexed(item.this), True)
    if isinstance(item, exp.AtIndex):
        return (*_indexed(item), False)
    if isinstance(item, exp.Unnest):
        if len(item.expressions) != 1 or not isinstance(item.expressions[0], exp.Column | exp.Bracket | exp.Dot):
            raise syntax_error("unnest")
        names = [name.name for name in item.args["alias"].columns] if item.args.get("alias") else []
        return item.expressions[0], (names or [item.expressions[0].name])[0].lower(), _NO_INDEX, False
    alias = item.alias.lower() or item.name.lower()
    if isinstance(item, exp.Bracket) and isinstance(item.this, exp.Table):
        path = exp.Bracket(this=_as_column(item.this), expressions=item.expressions)
        return path, alias, _NO_INDEX, False
    if isinstance(item, exp.Table) and item.db and (item.catalog or item.db).lower() in known:
        return _as_column(item), alias, _NO_INDEX, False
    return None


def _value(item: exp.Expr, values: set[str]) -> tuple[exp.Expr, str, str, bool] | None:
    """What is unnested of a value unnested before: `FROM t, t.a AS x, x AS y`."""
    if isinstance(item, exp.Table) and not item.db and item.name.lower() in values and item.alias:
        return exp.column(item.name.lower()), item.alias.lower(), _NO_INDEX, False
    return None


def _indexed(item: exp.AtIndex) -> tuple[exp.Expr, str, str]:
    named = item.this
    if not isinstance(named, exp.Alias):
        raise syntax_error("at")
    return named.this, named.alias.lower(), item.expression.name.lower()


def _as_column(table: exp.Table) -> exp.Column:
    parts = [part.copy() for part in reversed(table.parts)]
    return exp.Column(**dict(zip(("this", "table", "db", "catalog"), parts, strict=False)))


def _lateral(path: exp.Expr, value: str, index: str, is_object: bool) -> exp.Table:
    """A table macro over the path, whose columns are the value and its index or attribute name."""
    macro = exp.Anonymous(this="rs_attributes" if is_object else "rs_elements", expressions=[path.copy()])
    columns = [exp.to_identifier(name, quoted=True) for name in (value, index)]
    return exp.Table(this=macro, alias=exp.TableAlias(this=columns[0].copy(), columns=columns))
