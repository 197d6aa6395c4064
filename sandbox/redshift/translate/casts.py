"""Casts: what a value becomes in another type, where DuckDB would take more, or something else."""

import re

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate import dynamic, moment_literals
from sandbox.redshift.translate.calls import call, cast


def to_type(node: exp.Expr) -> exp.Expr:
    """VARCHAR(n) cuts at n bytes; SUPER becomes JSON, and text taken out of it loses its quotes."""
    kind = node.args["to"]
    if isinstance(kind, exp.ObjectIdentifier):
        return _to_number(node, str(kind.this).lower())
    if kind.this in (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.CHAR):
        is_char = kind.this == exp.DataType.Type.CHAR
        size = kind.expressions[0].name if kind.expressions else "1" if is_char else ""
        if is_char:
            return call("rs_into_char", _as_text(node.this, size))
        return _as_text(node.this, size)
    if kind.this == exp.DataType.Type.SUPER:
        return _to_super(node.this)
    if dynamic.is_super(node.this):
        return _laxly(node)
    return _strictly(node)


def _strictly(node: exp.Expr) -> exp.Expr:
    kind = node.args["to"]
    if kind.this in _INTEGERS:
        return _to_integer(node, _INTEGERS[kind.this])
    if kind.this == exp.DataType.Type.BOOLEAN:
        return _to_boolean(node)
    if node.this.is_string and kind.this in exp.DataType.TEMPORAL_TYPES:
        return moment_literals.read(node)
    return node


def _to_super(value: exp.Expr) -> exp.Expr:
    """Dates and times are no SUPER ("Limitations")."""
    if isinstance(value, exp.Cast) and value.to.this in exp.DataType.TEMPORAL_TYPES:
        raise SqlError("42846", f"cannot cast type {value.to.sql().lower()} to super")
    return call("to_json", value)


def _laxly(node: exp.Expr) -> exp.Expr:
    """A SUPER that is no value of a type becomes NULL ("Lax semantics"); of a column DuckDB knows whether it is one."""
    value = node.this
    made = exp.TryCast(this=call("rs_super_text", value.copy()), to=node.args["to"])
    lax = call("rs_super_truth", value.copy()) if node.args["to"].is_type("boolean") else made
    if not isinstance(value.unnest(), exp.Column):
        return lax
    is_super = exp.EQ(this=call("typeof", value.copy()), expression=exp.Literal.string("JSON"))
    return exp.Case(ifs=[exp.If(this=is_super, true=lax)], default=_strictly(node.copy()))


def _as_text(value: exp.Expr, size: str) -> exp.Expr:
    if size.isdigit() and _fits(value, int(size)):
        return cast(value, "VARCHAR")
    text = _name_of_number(value) or call("rs_text", value)
    return call("rs_cut", text, exp.Literal.number(size)) if size.isdigit() else text


def _to_number(node: exp.Expr, kind: str) -> exp.Expr:
    """The number of what the catalog knows by a name, or by that number; a NAME is a text."""
    if kind in ("regclass", "regtype"):
        return call(f"rs_{kind}", node.this)
    if kind not in ("oid", "name", "regproc"):
        raise SqlError("42704", f'type "{kind}" does not exist')
    return cast(node.this, "BIGINT") if kind == "oid" else call("rs_text", node.this)


def _name_of_number(item: exp.Expr) -> exp.Expr | None:
    """What a number of the catalog, seen as such, is as a text."""
    name = str(item.this) if isinstance(item, exp.Anonymous) else ""
    return call(f"{name}_name", *item.expressions) if name in ("rs_regclass", "rs_regtype") else None


_LENGTHS = {exp.DataType.Type.SMALLINT: 6, exp.DataType.Type.INT: 11, exp.DataType.Type.BIGINT: 20}
_WHOLE_NUMBERS = {"length": 10, "strlen": 10, "date_diff": 20}
"""Functions that give whole numbers, and the most characters of one; no text has 10^10."""


def _fits(value: exp.Expr, size: int) -> bool:
    """Whether its form shows that a value is nothing to be cut: binding the macros takes longer than running them."""
    if isinstance(value, exp.Null):
        return True
    if value.is_string:
        return len(value.name.encode()) <= size
    if isinstance(value, exp.Cast):
        return _LENGTHS.get(value.to.this, size + 1) <= size
    return isinstance(value, exp.Anonymous) and _WHOLE_NUMBERS.get(str(value.this), size + 1) <= size


_INTEGERS = {
    exp.DataType.Type.SMALLINT: "smallint",
    exp.DataType.Type.INT: "integer",
    exp.DataType.Type.BIGINT: "bigint",
}


def _to_integer(node: exp.Expr, kind: str) -> exp.Expr:
    """A text must be a whole number, where DuckDB would round '1.7'; seen of literals and columns."""
    value = node.this
    if isinstance(value, exp.Column):
        return call(f"rs_to_{kind}", value)
    if value.is_string:
        refuse_no_whole(value.name)
    return node


def refuse_no_whole(text: str) -> None:
    """Refuses a text that is no whole number.

    Raises:
        SqlError: 22P02.
    """
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise SqlError("22P02", f'invalid input syntax for integer: "{text}"')


def _to_boolean(node: exp.Expr) -> exp.Expr:
    """Whole numbers and texts only; decimals, doubles and moments are no truth ("Boolean type")."""
    value = node.this.unnest()
    if isinstance(value, exp.Literal) and not value.is_string and not value.is_int:
        raise SqlError("42846", "cannot cast type numeric to boolean")
    return call("rs_to_boolean", node.this) if isinstance(value, exp.Column | exp.Cast) else node


def try_to_type(node: exp.Expr) -> exp.Expr:
    """A cast that gives NULL where it fails ("TRY_CAST function"); a text for an integer must be a whole number."""
    kind = node.args["to"].this
    made = exp.Cast(this=node.this, to=node.args["to"])
    if kind in _INTEGERS and isinstance(node.this, exp.Column | exp.Literal):
        whole = exp.not_(call("rs_is_no_whole", node.this.copy()))
        return exp.Case(ifs=[exp.If(this=whole, true=call("try", made))])
    return call("try", to_type(made))
