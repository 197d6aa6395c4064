"""JOIN … USING as comparisons, which do not mind blanks at the end of texts; the columns that it joins come first.

Sources: "Character types: significance of trailing blanks"; PostgreSQL, "Joined tables". A list whose columns may come
from several tables before it stays as it is written: DuckDB knows whose they are.
"""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.translate.calls import call

_Merged = dict[str, exp.Expr]
"""Columns that joins have made one, by name, and what each is."""


def join(node: exp.Expr) -> None:
    """Writes the joins of a query, its parts rewritten already, in place."""
    joins = node.args.get("joins") or ()
    source = node.args.get("from_")
    if source is None or not any(item.args.get("using") for item in joins):
        return
    merged = _merged(source.this.alias_or_name, joins)
    if merged is None:
        return
    for item in joins:
        _compare(item, merged)
    sources = [source.this.alias_or_name, *(item.this.alias_or_name for item in joins)]
    node.set("expressions", [new for item in node.expressions for new in _items(item, merged, sources)])
    for place in ("expressions", "where", "group", "having", "qualify", "order"):
        for part in node.args[place] if place == "expressions" else [node.args.get(place)]:
            if part is not None:
                _name(part, merged)


def _merged(first: str, joins: Sequence[exp.Expr]) -> _Merged | None:
    """None where it is not seen whose a column is."""
    found: _Merged = {}
    for position, item in enumerate(joins):
        for name in item.args.get("using") or ():
            if not item.this.alias_or_name or not first or (name.name not in found and position > 0):
                return None
            before = found.get(name.name, _column(first, name.name))
            after = _column(item.this.alias_or_name, name.name)
            side = item.args.get("side")
            full = call("coalesce", before.copy(), after)
            found[name.name] = {"RIGHT": after, "FULL": full}.get(str(side).upper(), before)
            name.meta["before"] = before
    return found


def _column(table: str, name: str) -> exp.Expr:
    return exp.column(name, table=table, quoted=True)


def _compare(item: exp.Expr, merged: _Merged) -> None:
    names = item.args.get("using") or ()
    if names:
        right = item.this.alias_or_name
        pairs = [(name.meta["before"], _column(right, name.name)) for name in names if name.name in merged]
        same = [exp.EQ(this=call("rs_key", a.copy()), expression=call("rs_key", b)) for a, b in pairs]
        item.set("using", None)
        item.set("on", exp.and_(*same, copy=False))


def _items(item: exp.Expr, merged: _Merged, sources: Sequence[str]) -> list[exp.Expr]:
    """A star gives what was joined by, then what else each table has."""
    if isinstance(item, exp.Star):
        first = [exp.alias_(value.copy(), name, quoted=True) for name, value in merged.items()]
        return first + [_rest(source, merged) for source in sources]
    if isinstance(item, exp.Column) and item.name in merged and not item.table:
        return [exp.alias_(merged[item.name].copy(), item.name, quoted=True)]
    return [item]


def _rest(source: str, merged: _Merged) -> exp.Expr:
    without = [exp.to_identifier(name, quoted=True) for name in merged]
    return exp.Column(this=exp.Star(except_=without), table=exp.to_identifier(source, quoted=True))


def _name(part: exp.Expr, merged: _Merged) -> None:
    """Puts what a column is in the place of its name alone, in place."""
    for column in [*part.find_all(exp.Column)]:
        inside = column.find_ancestor(exp.Select)
        if not column.table and column.name in merged and inside is part.find_ancestor(exp.Select):
            column.replace(merged[column.name].copy())
