"""Equal texts that differ by blanks at their end, where a query makes one row of many: GROUP BY, DISTINCT and UNION.

What is compared is the key of a value (`blanks.py`); what comes out is one of the values. Which one, Redshift does not
tell. Source: "Character types: significance of trailing blanks".
"""

from collections.abc import Iterator

from sqlglot import exp

from sandbox.redshift.translate import blanks
from sandbox.redshift.translate.calls import call
from sandbox.redshift.translate.scopes import is_recursive, selects

_NAMES = """
any_value approx_count_distinct bit_and bit_or bit_xor bool_and bool_or count max median min quantile_cont quantile_disc
stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
"""
_AGGREGATES = frozenset(_NAMES.split())
"""What DuckDB's aggregates are called, after rewriting."""
_SETS = (exp.Rollup, exp.Cube, exp.GroupingSets)
_UNSURE = "alias or column"


def select(node: exp.Expr) -> exp.Expr:
    """A query whose parts are rewritten already: its groups, then its DISTINCT."""
    group = node.args.get("group")
    if group is not None and any(isinstance(item, _SETS) for item in group.expressions):
        _group_sets(node, group)
    elif group is not None and not group.args.get("all"):
        _group(node, group)
    if node.args.get("distinct") is not None and not node.args["distinct"].args.get("on"):
        _distinct(node)
    return node


def union(node: exp.Expr) -> exp.Expr:
    """UNION: the rows of UNION ALL, one of those that are equal."""
    if not node.args.get("distinct") or is_recursive(node) or not _may_be_padded(node):
        return node
    if not _distinguishable(node):
        return combined(node)
    if isinstance(node.parent, exp.Union) and node.parent.args.get("distinct") and not _is_limited(node):
        node.set("distinct", False)  # the one around it sees to it
        return node
    united = node.copy()
    united.set("distinct", False)
    around = exp.select("*").from_(exp.Subquery(this=united, alias=_alias("united")), copy=False)
    around.set("distinct", exp.Distinct(on=exp.Tuple(expressions=[_key_of_all(exp.Star())])))
    wrapped = exp.select("*").from_(exp.Subquery(this=around, alias=_alias("apart")), copy=False)
    for place in ("with_", "order", "limit", "offset"):
        if (given := united.args.get(place)) is not None:
            wrapped.set(place, given.pop())
    return wrapped


def combined(node: exp.Expr) -> exp.Expr:
    """INTERSECT and EXCEPT: both sides give the keys of their texts."""
    for side in (node.this, node.expression):
        inner = side.unnest()
        if isinstance(inner, exp.Select):
            inner.set("expressions", [_keyed(item) for item in inner.expressions])
    return node


def _keyed(item: exp.Expr) -> exp.Expr:
    if item.is_star:
        return _key_of_all(item)
    value = item.unalias()
    key = exp.Literal.string(value.name.rstrip(" ")) if value.is_string else blanks.key(value)
    return item if key is value else exp.alias_(key, item.alias_or_name, quoted=True)


def _key_of_all(star: exp.Expr) -> exp.Expr:
    return call("rs_key", exp.Columns(this=star.copy()))


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True))


def _is_limited(node: exp.Expr) -> bool:
    return any(node.args.get(place) is not None for place in ("with_", "order", "limit", "offset"))


def _may_be_padded(node: exp.Expr) -> bool:
    items = [item for query in selects(node) for item in query.expressions]
    return any(item.is_star or blanks.may_be_padded(item.unalias()) for item in items)


def _distinguishable(node: exp.Expr) -> bool:
    """Whether its columns can be named from outside: DuckDB gives the second of one name another."""
    first = next(selects(node), None)
    names = [item.alias_or_name for item in first.expressions if not item.is_star] if first is not None else []
    return len({*names}) == len(names)


def _distinct(node: exp.Expr) -> None:
    keys = []
    for position, item in enumerate(node.expressions, start=1):
        value = item.unalias()
        if item.is_star:
            keys.append(_key_of_all(item))
        else:
            of_group = isinstance(value, exp.Anonymous) and str(value.this) == "any_value"
            key = call("rs_key", value.copy()) if of_group else blanks.key(value)
            keys.append(exp.Literal.number(position) if key is value else key)
    if any(not isinstance(key, exp.Literal) for key in keys):
        node.set("distinct", exp.Distinct(on=exp.Tuple(expressions=keys)))


def _group(node: exp.Expr, group: exp.Expr) -> None:
    found = [_meant(node, item, group.expressions) for item in group.expressions]
    padded = [item for item in found if blanks.may_be_padded(item) and not item.meta.get(_UNSURE)]
    if not padded or any(_is_outside(query, padded) for query in _queries_inside(node)):
        return
    keys = [blanks.key(item) if item in padded else item for item in found]
    for place in ("expressions", "having", "qualify", "order"):
        for part in node.args[place] if place == "expressions" else [node.args.get(place)]:
            if part is not None:
                _represent(part, padded)
    group.set("expressions", keys)


def _group_sets(node: exp.Expr, group: exp.Expr) -> None:
    """ROLLUP, CUBE and GROUPING SETS: what is grouped by is shown by its key; any of its values would hide a NULL."""
    named = {made.alias for made in node.expressions if isinstance(made, exp.Alias) and made.this.name != made.alias}
    columns = {item.sql(): item.copy() for item in group.find_all(exp.Column) if item.table or item.name not in named}
    padded: list[exp.Expr] = [item for item in columns.values() if blanks.may_be_padded(item)]
    if any(_is_outside(query, padded) for query in _queries_inside(node)):
        return
    for part in [*node.expressions, node.args.get("having"), node.args.get("qualify"), node.args.get("order"), group]:
        if part is not None:
            _show_keys(part, padded)


def _show_keys(part: exp.Expr, padded: list[exp.Expr]) -> None:
    if isinstance(part, exp.Anonymous) and str(part.this) in _AGGREGATES and not isinstance(part.parent, exp.Window):
        return
    if isinstance(part, exp.Column) and any(_same(part, item) for item in padded):
        alone = isinstance(part.parent, exp.Select) and part.arg_key == "expressions"
        made = blanks.key(part)
        part.replace(exp.alias_(made, part.name, quoted=True) if alone else made)
        return
    if isinstance(part, exp.Anonymous) and any(part == blanks.key(item) for item in padded):
        return
    for child in [*part.iter_expressions()]:
        _show_keys(child, padded)


def _meant(node: exp.Expr, item: exp.Expr, items: list[exp.Expr]) -> exp.Expr:
    """What a key of GROUP BY groups by: an item of the select list, by its position or its alias, or itself."""
    if isinstance(item, exp.Literal) and item.is_int and 0 < int(item.name) <= len(node.expressions):
        return _copied(node.expressions[int(item.name) - 1].unalias())
    if not isinstance(item, exp.Column) or item.table:
        return item
    named = next((made for made in node.expressions if isinstance(made, exp.Alias) and made.alias == item.name), None)
    if named is None or _uses_aggregate(named.this):
        return item
    columns = [*named.this.find_all(exp.Column)]
    # A column of that name would be meant before the alias; one that is grouped by itself tells nothing.
    others = [other for other in items if other is not item]
    unsure = not columns or any(c.name == item.name or any(_same(c, other) for other in others) for c in columns)
    if unsure:
        item.meta[_UNSURE] = True
        return item
    return _copied(named.this)


def _copied(item: exp.Expr) -> exp.Expr:
    copy: exp.Expr = item.copy()
    return copy


def _uses_aggregate(item: exp.Expr) -> bool:
    return any(str(made.this) in _AGGREGATES for made in item.find_all(exp.Anonymous)) or bool(item.find(exp.Window))


def _queries_inside(node: exp.Expr) -> Iterator[exp.Expr]:
    for place in ("expressions", "having", "qualify", "order"):
        for part in node.args[place] if place == "expressions" else [node.args.get(place)]:
            yield from part.find_all(exp.Query) if part is not None else ()


def _is_outside(query: exp.Expr, padded: list[exp.Expr]) -> bool:
    """Whether a query inside may name what is grouped outside it."""
    names = {column.name for item in padded for column in item.find_all(exp.Column)}
    return any(column.name in names for column in query.find_all(exp.Column))


def _represent(part: exp.Expr, padded: list[exp.Expr]) -> None:
    """Puts one of its values where what is grouped by stands, in place; an aggregate still sees each of them."""
    if isinstance(part, exp.Anonymous) and str(part.this) in _AGGREGATES and not isinstance(part.parent, exp.Window):
        return
    if any(_same(part, item) for item in padded):
        made = call("any_value", part.copy())
        name = part.name if isinstance(part, exp.Column) else ""
        alone = isinstance(part.parent, exp.Select) and part.arg_key == "expressions"
        part.replace(exp.alias_(made, name, quoted=True) if alone and name else made)
        return
    if isinstance(part, exp.Anonymous) and any(part == blanks.key(item) for item in padded):
        return  # a key is what is grouped by
    for child in [*part.iter_expressions()]:
        _represent(child, padded)


def _same(one: exp.Expr, other: exp.Expr) -> bool:
    """Whether two expressions are one, a column with the name of its table and without."""
    if isinstance(one, exp.Column) and isinstance(other, exp.Column):
        return one.name == other.name and (not one.table or not other.table or one.table == other.table)
    return bool(one == other)
