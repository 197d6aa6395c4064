"""Which columns a statement uses, and which a change gives values: for identity columns and rights by column."""

from collections.abc import Iterator

from sqlglot import exp


def used(tree: exp.Expr) -> frozenset[str]:
    """Names of all columns that a statement uses, whatever table they are of; '*' for a star."""
    star = {"*"} if any(not isinstance(found.parent, exp.Anonymous) for found in tree.find_all(exp.Star)) else set()
    return frozenset({column.name.lower() for column in tree.find_all(exp.Column) if column.name != "*"} | star)


def columns(tree: exp.Expr) -> frozenset[str | int]:
    """Names of columns that are given a value; positions where an INSERT has no list of columns.

    What is only ever given DEFAULT is left out.
    """
    if isinstance(tree, exp.Insert):
        return frozenset(_inserted(tree))
    if isinstance(tree, exp.Update):
        return frozenset(_assigned(tree))
    if isinstance(tree, exp.Merge):
        whens = [when.args["then"] for when in tree.args["whens"].expressions]
        return frozenset(name for then in whens for name in _of_merge(then))
    return frozenset()


def changes(tree: exp.Expr) -> tuple[str, ...]:
    """UPDATE or DELETE, as a MERGE does with rows that match."""
    whens = tree.args["whens"].expressions if isinstance(tree, exp.Merge) else ()
    return tuple(
        "UPDATE" if isinstance(when.args["then"], exp.Update) else "DELETE" for when in whens if when.args["matched"]
    )


def width(tree: exp.Expr) -> int | None:
    """How many values an INSERT without a list of columns gives for each row; None where a star hides it."""
    if not isinstance(tree, exp.Insert) or isinstance(tree.this, exp.Schema):
        return None
    source = tree.expression
    if isinstance(source, exp.Values):
        first = source.expressions[0]
        return len(first.expressions) if isinstance(first, exp.Tuple) else 1
    return len(source.selects) if isinstance(source, exp.Query) and not source.is_star else None


def _inserted(tree: exp.Insert) -> Iterator[str | int]:
    listed = [item.name.lower() for item in tree.this.expressions] if isinstance(tree.this, exp.Schema) else None
    source = tree.expression
    if isinstance(source, exp.Values):
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
        given = {at for row in rows for at, item in enumerate(row) if not _is_default(item)}
    else:
        given = set(range(len(source.selects))) if isinstance(source, exp.Query) else set()
        if listed is None and isinstance(source, exp.Query) and source.is_star:
            given = set(range(1600))
    if listed is None:
        yield from given
    else:
        star = isinstance(source, exp.Query) and source.is_star
        yield from (name for at, name in enumerate(listed) if star or at in given)


def _is_default(item: exp.Expr) -> bool:
    return isinstance(item, exp.Column | exp.Var) and item.name.lower() == "default"


def _assigned(tree: exp.Expr) -> Iterator[str]:
    for item in tree.expressions:
        if isinstance(item, exp.EQ) and not _is_default(item.expression):
            yield item.this.name.lower()


def _of_merge(then: exp.Expr) -> Iterator[str | int]:
    if isinstance(then, exp.Update):
        yield from _assigned(then)
    elif isinstance(then, exp.Insert):
        names = then.this.expressions if then.expression and isinstance(then.this, exp.Tuple | exp.Schema) else None
        values = (then.expression or then.this).expressions if (then.expression or then.this) else []
        if len(values) == 1 and isinstance(values[0], exp.Anonymous):
            values = values[0].expressions
        for at, item in enumerate(values):
            if not _is_default(item):
                yield names[at].name.lower() if names else at
