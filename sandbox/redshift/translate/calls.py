"""Calls and casts as DuckDB will read them."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError

Build = Callable[[Sequence[exp.Expr]], exp.Expr]


def call(name: str, *arguments: exp.Expr | str) -> exp.Anonymous:
    """A call as DuckDB will read it; text arguments become string literals."""
    given = [exp.Literal.string(item) if isinstance(item, str) else item for item in arguments]
    return exp.Anonymous(this=name, expressions=given)


def cast(item: exp.Expr, to: str) -> exp.Cast:
    """A cast to one of DuckDB's types."""
    return exp.Cast(this=item, to=exp.DataType.build(to, dialect="duckdb"))


def exactly(count: int, name: str, arguments: Sequence[exp.Expr]) -> Sequence[exp.Expr]:
    """The arguments of a function that takes so many.

    Raises:
        SqlError: 42883 where others are given.
    """
    if len(arguments) != count:
        raise SqlError("42883", f"function {name}() takes {count} arguments, {len(arguments)} given")
    return arguments
