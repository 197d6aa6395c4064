"""What stands where a condition is wanted: a boolean, or an integer, which becomes one.

Source: "Type compatibility and conversion: Implicit conversion types". DuckDB takes other numbers too.
"""

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.calls import call
from sandbox.redshift.translate.functions_of_numbers import is_computed

_NUMBERS = exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod | exp.Neg


def clause(node: exp.Expr) -> exp.Expr:
    """WHERE, HAVING, QUALIFY and NOT."""
    _check(node, "this", node.key.upper())
    return node


def operands(node: exp.Expr) -> exp.Expr:
    """AND and OR."""
    for place in ("this", "expression"):
        _check(node, place, node.key.upper())
    return node


def branch(node: exp.Expr) -> exp.Expr:
    """WHEN of a CASE without a value of its own."""
    if isinstance(node.parent, exp.Case) and node.parent.this is None:
        _check(node, "this", "CASE/WHEN")
    return node


def join(node: exp.Expr) -> exp.Expr:
    """ON of a join."""
    if node.args.get("on") is not None:
        _check(node, "on", "JOIN/ON")
    return node


def _check(node: exp.Expr, place: str, called: str) -> None:
    """What has no type by its form DuckDB judges, which knows the types of columns."""
    inner = node.args[place].unnest()
    if isinstance(inner, exp.Literal) and not inner.is_string:
        if not inner.is_int:
            raise SqlError("42804", f"argument of {called} must be type boolean, not type numeric")
        node.set(place, exp.Boolean(this=int(inner.name) != 0))
    if is_computed(inner) or isinstance(inner, exp.Column | _NUMBERS):
        node.set(place, call("rs_truth", inner.copy(), called))
