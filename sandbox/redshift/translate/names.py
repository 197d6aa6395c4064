"""Names of result columns: what Redshift calls an expression without an alias."""

from sqlglot import exp

from sandbox.redshift.translate.functions import RESULT_NAMES

_TYPE_NAMES = {
    "BIGINT": "int8", "INT": "int4", "SMALLINT": "int2", "BOOLEAN": "bool", "DECIMAL": "numeric", "FLOAT": "float4",
    "DOUBLE": "float8", "CHAR": "bpchar", "TEXT": "varchar", "TIMESTAMPTZ": "timestamptz",
}  # fmt: skip


_FUNCTION_NAMES = {"DECODE_CASE": "case", "STR_POSITION": "position", "EXTRACT": "date_part", "CURRENT_DATE": "date"}


def name_columns(tree: exp.Expr) -> None:
    """Gives every unnamed item of a select list the name that Redshift would return, in place.

    Of the query itself, and of those in FROM and WITH, whose columns others may name so.
    """
    _name_items(tree)
    for inner in tree.find_all(exp.CTE, exp.Subquery):
        stands_in_from = isinstance(inner, exp.CTE) or isinstance(inner.parent, exp.From | exp.Join)
        alias = inner.args.get("alias")
        if stands_in_from and not (alias is not None and alias.columns):
            _name_items(inner.this)


def _name_items(query: exp.Expr | None) -> None:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Select):
        query.set("expressions", [_named(item) for item in query.expressions])


def _named(item: exp.Expr) -> exp.Expr:
    if item.is_star or isinstance(item, exp.Alias | exp.Column):
        return item
    return exp.alias_(item, column_name(item), quoted=True)


def column_name(item: exp.Expr) -> str:
    """The name of one expression, as PostgreSQL 8 derives it."""
    match item:
        case exp.Alias() | exp.Column() | exp.Dot():
            return str(item.alias_or_name or item.name).lower()
        case exp.Anonymous():
            name = str(item.this).lower()
            return RESULT_NAMES.get(name, name)
        case exp.Window() | exp.WithinGroup() | exp.IgnoreNulls() | exp.Paren() | exp.Bracket() | exp.Filter():
            return column_name(item.this)
        case exp.Cast():
            inner = "?column?" if isinstance(item.this, exp.Cast) else column_name(item.this)
            return inner if inner != "?column?" else _type_name(item.to)
        case exp.Case():
            default = column_name(item.args["default"]) if item.args.get("default") else "?column?"
            return "case" if default == "?column?" else default
        case exp.CurrentTimestamp():
            return "sysdate" if item.args.get("sysdate") else "timestamptz"
        case exp.Subquery() if isinstance(item.this, exp.Select) and len(item.this.expressions) == 1:
            return column_name(item.this.expressions[0])
        case (
            exp.Abs() | exp.Connector() | exp.RegexpLike() | exp.RegexpILike() | exp.Sqrt() | exp.Cbrt() | exp.Concat()
        ):  # operators
            return "?column?"
        case exp.Func():
            return _function_name(item)
        case _:
            return "bool" if isinstance(item, exp.Boolean) else "?column?"


def _function_name(item: exp.Func) -> str:
    if isinstance(item, exp.Trim):
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(item.args.get("position")).upper(), "btrim")
    return _FUNCTION_NAMES.get(item.sql_name(), item.sql_name().lower())


def _type_name(kind: exp.DataType) -> str:
    name = str(getattr(kind.this, "value", kind.this))
    return _TYPE_NAMES.get(name, name.lower())
