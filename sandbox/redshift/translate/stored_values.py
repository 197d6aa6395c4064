"""Values as columns keep them: a CHAR without the blanks at its end, a text in a SUPER as a text and no JSON.

Sources: "Character types: significance of trailing blanks", "JSON_PARSE function". What a table says of its columns is
a list of names and kinds, in order: `super`, `char(n)`, or nothing for any other type.
"""

import re
from collections.abc import Mapping, Sequence

from sqlglot import exp

from sandbox.redshift.translate.calls import call

Kinds = tuple[tuple[str, str], ...]


def char_width(kind: str) -> int | None:
    """The length of a CHAR; None for another kind."""
    found = re.fullmatch(r"char\((\d+)\)", kind)
    return int(found[1]) if found else None


def convert(tree: exp.Expr, kinds: Kinds) -> None:
    """Converts what a translated statement gives to the columns of its target, in place."""
    if not kinds:
        return
    if isinstance(tree, exp.Insert):
        _insert(tree, kinds)
    elif isinstance(tree, exp.Update):
        _assign(tree, dict(kinds))
    elif isinstance(tree, exp.Merge):
        for when in tree.args["whens"].expressions:
            then = when.args["then"]
            if isinstance(then, exp.Update):
                _assign(then, dict(kinds))
            elif isinstance(then, exp.Insert) and then.expression:
                names = [item.name for item in then.this.expressions] if then.this else []
                _convert_row(then.expression, names or [name for name, _ in kinds], dict(kinds))


def _stored(value: exp.Expr, kind: str) -> exp.Expr:
    if not kind or _is_default(value) or isinstance(value, exp.Null):
        return value
    return call("rs_into_super" if kind == "super" else "rs_into_char", value)


def _is_default(value: exp.Expr) -> bool:
    return isinstance(value, exp.Var) and value.name.upper() == "DEFAULT"


def _assign(update: exp.Expr, kinds: Mapping[str, str]) -> None:
    for item in update.expressions:
        if isinstance(item, exp.EQ):
            item.set("expression", _stored(item.expression, kinds.get(item.this.name, "")))


def _convert_row(row: exp.Expr, names: Sequence[str], kinds: Mapping[str, str]) -> None:
    named = zip(row.expressions, [*names, *("" for _ in row.expressions)], strict=False)
    row.set("expressions", [_stored(value, kinds.get(name, "")) for value, name in named])


def _insert(tree: exp.Insert, kinds: Kinds) -> None:
    listed = [item.name for item in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    names, source = listed or [name for name, _ in kinds], tree.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            if isinstance(row, exp.Tuple):
                _convert_row(row, names, dict(kinds))
        return
    if not isinstance(source, exp.Query):
        return
    names = names if source.is_star else names[: len(source.selects)]
    if not any(dict(kinds).get(name) for name in names):
        return
    columns = [exp.to_identifier(f"c{at}", quoted=True) for at in range(len(names))]
    items = [_stored(exp.column(f"c{at}", quoted=True), dict(kinds).get(name, "")) for at, name in enumerate(names)]
    alias = exp.TableAlias(this=exp.to_identifier("given", quoted=True), columns=columns)
    tree.set("expression", exp.select(*items).from_(exp.Subquery(this=source.copy(), alias=alias), copy=False))
