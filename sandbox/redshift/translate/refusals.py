"""Syntax that sqlglot reads and Redshift refuses (Database Developer Guide, "Unsupported PostgreSQL features")."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from sandbox.redshift import lexer
from sandbox.redshift.errors import SqlError, not_imitated, syntax_error, unsupported
from sandbox.redshift.reserved import RESERVED
from sandbox.redshift.translate.dialect import COMMA
from sandbox.redshift.translate.functions import OF_ROWS

_REFUSED: dict[type[exp.Expr], SqlError] = {
    exp.Filter: syntax_error("("),
    exp.NullSafeEQ: syntax_error("DISTINCT"),
    exp.NullSafeNEQ: syntax_error("DISTINCT"),
    exp.Lateral: syntax_error("LATERAL"),
    exp.OnConflict: syntax_error("ON"),
    exp.Returning: syntax_error("RETURNING"),
    exp.Values: syntax_error("VALUES"),
    exp.Connect: not_imitated("CONNECT BY"),
    exp.Lambda: syntax_error("->"),
    exp.JSONExtract: SqlError("42883", "operator does not exist: ->"),
    exp.JSONExtractScalar: SqlError("42883", "operator does not exist: ->>"),
    exp.Lock: unsupported("SELECT FOR UPDATE"),
    exp.Struct: syntax_error("{"),
    exp.TableSample: syntax_error("TABLESAMPLE"),
    exp.CurrentTime: SqlError("0A000", "CURRENT_TIME is not imitated by this sandbox endpoint: use SYSDATE"),
    exp.Localtime: SqlError("0A000", "LOCALTIME is not imitated by this sandbox endpoint: use SYSDATE"),
    exp.Localtimestamp: SqlError("0A000", "LOCALTIMESTAMP is not imitated by this sandbox endpoint: use SYSDATE"),
    exp.Into: syntax_error("INTO"),
}


def refuse(tree: exp.Expr) -> None:
    """Raises what Redshift would answer, for the first thing in the tree that it does not take."""
    for node in tree.walk():
        problem = _REFUSED.get(type(node))
        if problem and not (isinstance(node, exp.Values) and isinstance(node.parent, exp.Insert)):
            raise problem
        check = _CHECKS.get(type(node))
        if check:
            check(node)


def _refuse_table(table: exp.Table) -> None:
    """A table is a name: no function that reads files or makes rows, no file by its name."""
    if isinstance(table.this, exp.Anonymous) and str(table.this.this).lower() in OF_ROWS:
        if str(table.this.this).lower() == "unnest" and not table.db:  # psql's, which is always of the catalog
            raise syntax_error("unnest")
        return
    if not isinstance(table.this, exp.Identifier):
        what = str(getattr(table.this, "name", "") or table.this.sql()).lower()
        raise SqlError("42883", f"function {what}() does not exist as a table")
    if any(mark in table.name for mark in "./\\"):
        raise SqlError("42P01", f'relation "{table.name}" does not exist')


_AGGREGATES = """
avg count first_value last_value max min nth_value stddev stddev_pop stddev_samp sum var_pop var_samp variance
"""
_FRAMED = frozenset(_AGGREGATES.split())
"""Window functions that need a frame beside ORDER BY (Database Developer Guide, "Window function syntax summary")."""


def _refuse_window(window: exp.Window) -> None:
    call = window.this.this if isinstance(window.this, exp.IgnoreNulls | exp.RespectNulls) else window.this
    name = str(call.this).lower() if isinstance(call, exp.Anonymous) else ""
    frame = window.args.get("spec")
    if frame and frame.args["kind"].upper() != "ROWS":
        raise syntax_error(frame.args["kind"].upper())
    if name in _FRAMED and window.args.get("order") and not frame:
        raise SqlError("0A000", "Aggregate window functions with an ORDER BY clause require a frame clause")
    if name in _FRAMED and any(isinstance(argument, exp.Distinct) for argument in call.expressions):
        raise SqlError("0A000", "DISTINCT is not implemented for window functions")


def _refuse_select(select: exp.Select) -> None:
    if not select.expressions:
        raise SqlError("42601", "syntax error at end of input")
    distinct = select.args.get("distinct")
    if distinct and distinct.args.get("on"):
        raise unsupported("SELECT DISTINCT ON")
    if select.args.get("windows"):
        raise syntax_error("WINDOW")
    _refuse_qualify(select)
    _refuse_orders(select)


def _refuse_qualify(select: exp.Select) -> None:
    """After a table without an alias the word is read as its alias ("QUALIFY clause")."""
    qualify, from_ = select.args.get("qualify"), select.args.get("from_")
    if qualify is None or from_ is None or any(select.args.get(key) for key in ("where", "group", "having")):
        return
    joins = select.args.get("joins") or ()
    last = joins[-1] if joins else from_
    if isinstance(last.this, exp.Table) and not last.this.alias and not (last.args.get("on") or last.args.get("using")):
        raise syntax_error(lexer.first(qualify.this.sql("redshift")).text)


def _refuse_orders(select: exp.Select) -> None:
    """All WITHIN GROUP of one query order alike ("LISTAGG function", "MEDIAN function": usage notes)."""
    orders = {
        found.expression.sql("redshift").lower()
        for found in select.find_all(exp.WithinGroup)
        if found.parent_select is select and not isinstance(found.parent, exp.Window)
    }
    if len(orders) > 1:
        raise SqlError("0A000", "within group ORDER BY clauses for aggregate functions must be the same")


def _refuse_array(array: exp.Array) -> None:
    """The catalog has arrays, of PostgreSQL, and sqlalchemy-redshift makes one beside them; tables have none."""
    if not any(table.name.lower().startswith(_OF_SYSTEM) for table in array.root().find_all(exp.Table)):
        raise unsupported("ARRAY constructor")


_OF_SYSTEM = ("pg_", "svv_", "stv_", "stl_", "svl_")


def _refuse_of_tables(call: exp.Expr, name: str) -> None:
    """A function of the leader node, which knows no tables ("Leader node-only functions")."""
    named = [table for table in call.root().find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    hidden = {cte.alias.lower() for cte in call.root().find_all(exp.CTE)}
    if any(not table.name.lower().startswith(_OF_SYSTEM) and table.name.lower() not in hidden for table in named):
        text = "Specified types or functions (one per INFO message) not supported on Redshift tables."
        raise SqlError("0A000", text, f'Function "{name}" not supported.')


def _refuse_set_operation(operation: exp.SetOperation) -> None:
    if not isinstance(operation, exp.Union) and operation.args.get("distinct") is False:
        raise unsupported(f"{operation.key.upper()} ALL")


def _refuse_with(with_: exp.With) -> None:
    for cte in with_.expressions if with_.args.get("recursive") else ():
        reads = {table.name.lower() for table in cte.this.find_all(exp.Table)}
        if cte.alias.lower() in reads and not cte.args["alias"].columns:
            raise SqlError("42601", f'recursive common table expression "{cte.alias.lower()}" needs a list of columns')


def _refuse_call(call: exp.Anonymous) -> None:
    given = call.expressions
    if str(call.this).lower() == "generate_series":
        _refuse_of_tables(call, "generate_series")
    if len(given) == 1 and isinstance(given[0], exp.Distinct):
        given = given[0].expressions
    if str(call.this).lower() == "count" and len(given) > 1:
        raise SqlError("42883", "function count() takes one argument")


def _refuse_update(update: exp.Update) -> None:
    if any(isinstance(item, exp.EQ) and isinstance(item.this, exp.Tuple) for item in update.expressions):
        raise syntax_error("(")


def _refuse_name(name: exp.Identifier) -> None:
    """A reserved word without quotes. After a dot PostgreSQL's grammar takes any; OID is a column of its catalog."""
    word = name.name.lower()
    if name.args.get("quoted") or word not in RESERVED:
        return
    column = name.parent if isinstance(name.parent, exp.Column) else None
    if word == "oid" and isinstance(name.parent, exp.Alias):  # as psql names it
        return
    if not isinstance(name.parent, exp.Dot) and not (column and (column.table or word in ("default", "oid"))):
        raise syntax_error(name.name)


def _refuse_join(join: exp.Join) -> None:
    condition = join.args.get("on")
    free = join.meta.get(COMMA, True) or join.kind == "CROSS" or join.method == "NATURAL"
    if condition is None and not join.args.get("using") and not free:
        raise SqlError("42601", "syntax error: a JOIN needs ON or USING")
    if join.side == "FULL" and condition is not None and not _is_equality(condition):
        raise SqlError("0A000", "FULL JOIN is only supported with merge-joinable join conditions")


def _is_equality(condition: exp.Expr) -> bool:
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        return all(map(_is_equality, inner.flatten()))
    return isinstance(inner, exp.EQ) and bool(inner.this.find(exp.Column) and inner.expression.find(exp.Column))


_NAMES_OF_TYPES = """
bigint boolean bpchar char date datetime decimal double float int interval name nchar nvarchar smallint super text time
timestamp timestamptz timetz userdefined varbinary varchar
"""
_TYPES = frozenset(exp.DataType.Type[name.upper()] for name in _NAMES_OF_TYPES.split())
"""Types of casts ("Data types"; "name" and the quoted one are of the catalog)."""


def _refuse_type(node: exp.Cast) -> None:
    kind = node.to.this
    if isinstance(node.to, exp.DataType) and kind in (exp.DataType.Type.GEOMETRY, exp.DataType.Type.GEOGRAPHY):
        raise not_imitated(f"type {node.to.sql('redshift').lower()}")
    if type(node.to) is exp.DataType and kind not in _TYPES:
        raise SqlError("42704", f'type "{node.to.sql("redshift").lower()}" does not exist')


_CHECKS: dict[type[exp.Expr], Callable[[Any], None]] = {
    exp.Anonymous: _refuse_call,
    exp.Array: _refuse_array,
    exp.Cast: _refuse_type,
    exp.Except: _refuse_set_operation,
    exp.Identifier: _refuse_name,
    exp.Intersect: _refuse_set_operation,
    exp.Join: _refuse_join,
    exp.Select: _refuse_select,
    exp.Table: _refuse_table,
    exp.Update: _refuse_update,
    exp.Window: _refuse_window,
    exp.With: _refuse_with,
}


def refuse_merge(tree: exp.Merge) -> None:
    """The restrictions of MERGE in Redshift (Database Developer Guide, "MERGE")."""
    target = tree.this
    if target.alias:
        raise syntax_error(target.alias)
    whens = tree.args["whens"].expressions
    for when in whens:
        if when.args.get("condition"):
            raise syntax_error("AND")
        if when.args.get("source"):
            raise syntax_error("BY")
        if when.args["then"].name.upper() == "DO NOTHING":
            raise syntax_error("DO")
    if [bool(when.args["matched"]) for when in whens] != [True, False]:
        raise SqlError("42601", "MERGE needs one WHEN MATCHED clause followed by one WHEN NOT MATCHED clause")
    if not any(isinstance(part, exp.EQ) for part in _conjuncts(tree.args["on"])):
        raise SqlError("0A000", "MERGE needs an equality of a source column and a target column to match by")
    if any(_is_path(node) for node in tree.walk()):
        raise SqlError("0A000", "Partial reference of SUPER column is not supported in MERGE statement.")
    _refuse_same_source(tree)


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    inner = condition.unnest()
    return inner.flatten() if isinstance(inner, exp.And) else iter((inner,))


def _is_path(node: exp.Expr) -> bool:
    """Whether it goes into a SUPER: `t.a.b` may only be schema, table and column."""
    tables = {table.db.lower() for table in node.root().find_all(exp.Table)} if isinstance(node, exp.Column) else set()
    return isinstance(node, exp.Bracket | exp.Dot) or (
        isinstance(node, exp.Column) and bool(node.db) and node.db.lower() not in tables
    )


def _refuse_same_source(tree: exp.Merge) -> None:
    using, target = tree.args["using"], tree.this
    tables = {(found.db.lower(), found.name.lower()) for found in using.find_all(exp.Table)}
    if (target.db.lower(), target.name.lower()) not in tables:
        return
    if isinstance(using, exp.Table):
        raise SqlError("42601", "Source and target of MERGE cannot be the same table")
    raise SqlError("0A000", "Source view/subquery in Merge statement cannot reference target table.")
