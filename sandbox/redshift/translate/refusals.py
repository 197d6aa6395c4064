"""Syntax that sqlglot reads and Redshift refuses (Database Developer Guide, "Unsupported PostgreSQL features")."""

from sqlglot import exp

from sandbox.redshift.errors import SqlError, not_imitated, syntax_error, unsupported

_REFUSED: dict[type[exp.Expr], SqlError] = {
    exp.Filter: syntax_error("("),
    exp.NullSafeEQ: syntax_error("DISTINCT"),
    exp.NullSafeNEQ: syntax_error("DISTINCT"),
    exp.Lateral: syntax_error("LATERAL"),
    exp.OnConflict: syntax_error("ON"),
    exp.Returning: syntax_error("RETURNING"),
    exp.Values: syntax_error("VALUES"),
    exp.Array: unsupported("ARRAY constructor"),
    exp.Lambda: syntax_error("->"),
    exp.JSONExtract: SqlError("42883", "operator does not exist: ->"),
    exp.JSONExtractScalar: SqlError("42883", "operator does not exist: ->>"),
    exp.Lock: unsupported("SELECT FOR UPDATE"),
    exp.Struct: syntax_error("{"),
    exp.Unnest: not_imitated("unnesting of SUPER"),
    exp.TableSample: syntax_error("TABLESAMPLE"),
    exp.Into: SqlError("0A000", "SELECT INTO is not imitated by this sandbox endpoint: use CREATE TABLE AS"),
}


def refuse(tree: exp.Expr) -> None:
    """Raises what Redshift would answer, for the first thing in the tree that it does not take."""
    for node in tree.walk():
        problem = _REFUSED.get(type(node))
        if problem and not (isinstance(node, exp.Values) and isinstance(node.parent, exp.Insert)):
            raise problem
        if isinstance(node, exp.Table):
            _refuse_table(node)


def _refuse_table(table: exp.Table) -> None:
    """A table is a name: no function that reads files or makes rows, no file by its name."""
    if not isinstance(table.this, exp.Identifier):
        what = str(getattr(table.this, "name", "") or table.this.sql()).lower()
        raise SqlError("42883", f"function {what}() does not exist as a table")
    if any(mark in table.name for mark in "./\\"):
        raise SqlError("42P01", f'relation "{table.name}" does not exist')


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
    if [bool(when.args["matched"]) for when in whens] != [True, False]:
        raise SqlError("42601", "MERGE needs one WHEN MATCHED clause followed by one WHEN NOT MATCHED clause")
    _refuse_same_source(tree)


def _refuse_same_source(tree: exp.Merge) -> None:
    using, target = tree.args["using"], tree.this
    tables = {(found.db.lower(), found.name.lower()) for found in using.find_all(exp.Table)}
    if (target.db.lower(), target.name.lower()) not in tables:
        return
    if isinstance(using, exp.Table):
        raise SqlError("42601", "Source and target of MERGE cannot be the same table")
    raise SqlError("0A000", "Source view/subquery in Merge statement cannot reference target table.")
