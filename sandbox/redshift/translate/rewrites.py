"""The explicit list of rewrites between sqlglot's Redshift tree and DuckDB."""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.names import DATABASE, INTERNAL_SCHEMA, TableName, folded, literal, quote
from sandbox.redshift.parameters import DEFAULTS, value_name
from sandbox.redshift.record import HISTORIES
from sandbox.redshift.translate import (
    blanks,
    conditions,
    decimals,
    dynamic,
    functions,
    groups,
    moment_literals,
    ordering,
    similar,
    united,
    using,
)
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.translate.functions import call, cast
from sandbox.redshift.translate.shown import Body, Shown
from sandbox.redshift.wire.decode import Value

if TYPE_CHECKING:
    from sandbox.redshift.translate.statement import Translation

_SYSTEM_VIEWS = """
pg_am pg_attrdef pg_attribute pg_auth_members pg_cast pg_class pg_class_info pg_collation pg_constraint pg_conversion
pg_database pg_default_acl pg_depend pg_description pg_foreign_table pg_group pg_index pg_inherits pg_language
pg_namespace pg_opclass pg_operator pg_opfamily pg_proc pg_proc_info pg_rewrite pg_roles pg_table_def pg_tables
pg_tablespace pg_trigger pg_type pg_user pg_views svv_all_columns svv_all_schemas svv_all_tables
svv_attached_masking_policy svv_column_privileges svv_columns svv_default_privileges svv_external_columns
svv_external_schemas svv_external_tables svv_masking_policy svv_mv_info svv_redshift_databases svv_relation_privileges
svv_rls_attached_policy svv_rls_policy svv_rls_relation svv_role_grants svv_roles svv_schema_privileges
svv_system_privileges svv_table_info svv_tables svv_user_grants svv_user_info
"""
_PROVISIONED = ("stl_", "stv_", "svl_", "svcs_")
SYSTEM_VIEWS = frozenset(
    {*_SYSTEM_VIEWS.split(), *HISTORIES, "pg_settings", "show tables", "show columns", "show grants"}
)
_INFORMATION = frozenset(
    {"columns", "key_column_usage", "routines", "schemata", "table_constraints", "tables", "views"}
)
LATE_COLUMNS = "pg_get_late_binding_view_cols"
"""A function of the catalog, whose rows a session makes before it asks (`statements/late_views.py`)."""
_MAX_VIEW_DEPTH = 32
_ITSELF = "reelhouse_itself"


class _Engine(DuckDB):
    """DuckDB as `engine.py` sets it: nulls are the largest, as in Redshift, unless a statement says otherwise."""

    NULL_ORDERING = "nulls_are_large"


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB's text, every identifier quoted so that DuckDB's own keywords do not matter."""
    return tree.sql(_Engine, identify=True, comments=False)


def rewrite(tree: exp.Expr, casts: Sequence[str | None]) -> exp.Expr:
    """Applies every rule, children before parents."""
    _cast_parameters(tree, casts)
    for when in list(tree.find_all(exp.When)):
        _merge_insert(when)
    for node in reversed(list(tree.walk(bfs=False))):
        rule = _RULES.get(type(node))
        new = rule(node) if rule else node
        if new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    united.type_literals(tree)
    return tree


def outside_statements(tree: exp.Expr) -> exp.Expr:
    """For text that DuckDB keeps (views, defaults): session values become what can be said without a session."""
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name == "s_now":
            node.replace(call("rs_getdate_in_view"))
        else:
            raise SqlError("0A000", "a view or default cannot use a parameter or a function of the session")
    return tree


def with_session_literals(found: "Translation", values: Mapping[str, Value]) -> str:
    """A text whose session values are written out, for statements in which DuckDB takes no parameters."""
    sql = found.sql
    for name in found.parameters:
        if name not in values:
            raise SqlError("42P02", f"there is no parameter ${name.removeprefix('p')}")
        value = values[name]
        written = str(value) if isinstance(value, int) else literal(str(value))
        typed = f"TIMESTAMP {written}" if isinstance(value, datetime.datetime) else written
        sql = re.sub(rf"\${name}\b", typed.replace("\\", r"\\"), sql)
    return sql


def expand_views(tree: exp.Expr, shown: Shown, depth: int = 0) -> exp.Expr:
    """Puts what stands behind names in their place: views are bound when they are used."""
    if depth > _MAX_VIEW_DEPTH:
        raise SqlError("42P17", "infinite recursion detected in rules for a view")
    hidden, target = cte_names(tree), target_table(tree)
    for table in _named_tables(tree) if shown else ():
        name = table_name(table)
        body = None if (name.schema is None and name.name in hidden) or table is target else shown.body(name)
        if body is None or table.meta.get(_ITSELF):
            continue
        _refuse_denied(body)
        query = parse(body.text)
        for inner in _named_tables(query) if body.itself else ():
            inner.meta[_ITSELF] = table_name(inner) == body.itself
        alias = exp.TableAlias(
            this=exp.to_identifier(table.alias or name.name, quoted=True),
            columns=[exp.to_identifier(column, quoted=True) for column in body.columns] or None,
        )
        expanded = exp.Subquery(this=expand_views(query, shown, depth + 1), alias=alias)
        expanded.set("joins", table.args.get("joins"))
        table.replace(expanded)
        _without_schema(tree, name)
    return tree


def matched_often(tree: exp.Expr) -> exp.Select | None:
    """A query for rows of an UPDATE's target that several rows of its FROM match; None where it has no FROM."""
    source, where, target = tree.args.get("from_"), tree.args.get("where"), target_table(tree)
    if source is None or target is None:
        return None
    rows = exp.column("rowid", table=target.alias_or_name)
    times = exp.GT(this=exp.Anonymous(this="count", expressions=[exp.Star()]), expression=exp.Literal.number(1))
    query = exp.select("1").from_(target.copy()).join(source.this.copy(), join_type="cross")
    return (query.where(where.this.copy()) if where else query).group_by(rows).having(times).limit(1)


def limit_target(tree: exp.Expr, shown: Shown) -> None:
    """Lets UPDATE and DELETE change only the rows that are seen, in place ("Using RLS policies in SQL statements")."""
    target = target_table(tree)
    body = shown.body(table_name(target)) if target is not None and not isinstance(tree, exp.Insert) else None
    if target is None or body is None or body.limit is None:
        return
    _refuse_denied(body)
    alias = quote(body.limit.alias)
    seen = parse(f"SELECT {alias}.rowid FROM {table_name(target).sql} AS {alias} WHERE {body.limit.condition}")
    rows = exp.In(this=exp.column("rowid", table=target.alias_or_name, quoted=True), query=exp.Subquery(this=seen))
    where = tree.args.get("where")
    tree.set("where", exp.Where(this=exp.and_(where.this, rows) if where is not None else rows))


def _refuse_denied(body: Body) -> None:
    if body.limit is not None and body.limit.denied:
        raise SqlError("42501", f"permission denied for relation {body.limit.denied}")


def _without_schema(tree: exp.Expr, name: TableName) -> None:
    """A column named with the schema of what is a subquery now."""
    for column in tree.find_all(exp.Column):
        if column.table.lower() == name.name and column.db and name.schema in (None, column.db.lower()):
            column.set("db", None)
            column.set("catalog", None)


def tables_read(tree: exp.Expr) -> frozenset[TableName]:
    """Tables that a statement reads, without its CTEs and its target."""
    hidden = cte_names(tree)
    target = target_table(tree)
    names = [table_name(table) for table in _named_tables(tree) if table is not target]
    return frozenset(name for name in names if name.schema is not None or name.name not in hidden)


def _named_tables(tree: exp.Expr) -> list[exp.Table]:
    """Tables that are names, and no unnested SUPER."""
    return [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]


def target_table(tree: exp.Expr) -> exp.Table | None:
    """The node that names what a statement changes."""
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        return None
    found = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return found if isinstance(found, exp.Table) else None


def target_of(tree: exp.Expr) -> TableName | None:
    """The name of what a statement changes."""
    table = target_table(tree)
    return table_name(table) if table is not None else None


def table_name(table: exp.Table) -> TableName:
    """The name in a table node, folded to lower case."""
    parts = [folded(part) for part in (table.catalog, table.db, table.name) if part]
    return TableName.of(parts)


def take_terminations(tree: exp.Expr) -> tuple[int, ...]:
    """Replaces PG_TERMINATE_BACKEND(x) in the select list by x; the session ends those it finds there."""
    if not isinstance(tree, exp.Select):
        return ()
    found = []
    for position, item in enumerate(tree.expressions):
        inner = item.unalias()
        if isinstance(inner, exp.Anonymous) and str(inner.this).lower() == "pg_terminate_backend":
            inner.replace(cast(inner.expressions[0], "INTEGER"))
            found.append(position)
    return tuple(found)


def cte_names(tree: exp.Expr) -> set[str]:
    """Names of common tables, which hide tables without a schema."""
    return {cte.alias.lower() for cte in tree.find_all(exp.CTE)}


def _cast_parameters(tree: exp.Expr, casts: Sequence[str | None]) -> None:
    for node in list(tree.find_all(exp.Placeholder)):
        if not re.fullmatch(r"p\d+", node.name):
            raise syntax_error(":")
        position = int(node.name[1:]) - 1
        to = casts[position] if position < len(casts) else None
        if to is None and isinstance(node.parent, exp.Alias | exp.Select):
            to = "TEXT"
        if to:
            node.replace(exp.Cast(this=node.copy(), to=exp.DataType.build(to, dialect="redshift")))


def is_system_view(name: TableName) -> bool:
    """Whether a name means a view of the system."""
    known = name.name in SYSTEM_VIEWS or name.name.startswith(_PROVISIONED)
    return name.schema == "information_schema" or (known and name.schema in (None, "pg_catalog"))


def _identifier(node: exp.Expr) -> exp.Expr:
    return exp.Identifier(this=folded(str(node.this)), quoted=True)


def _table(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Anonymous):
        return _of_catalog(node)
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        return node
    schema, name = node.db.lower(), node.name.lower()
    if node.catalog:
        node.set("catalog", None)
    if schema in (INTERNAL_SCHEMA, "main"):
        raise SqlError("3F000", f'schema "{schema}" does not exist')
    if schema == "information_schema" and name in _INFORMATION:
        return _renamed(node, INTERNAL_SCHEMA, f"information_schema_{name}")
    _refuse_other_catalog(schema, name)
    if name == "pg_table_def" and schema in ("", "pg_catalog"):
        return _of_search_path(node)
    if name == "pg_settings" and schema in ("", "pg_catalog"):
        return _settings(node)
    if name in HISTORIES and schema in ("", "pg_catalog"):
        return _renamed(node, "main", f"{name} now")
    if schema in ("", "pg_catalog") and is_system_view(TableName(None, name)):
        return _renamed(node, INTERNAL_SCHEMA, name)
    return node


@cache
def _of_duckdb() -> frozenset[str]:
    """Views of DuckDB's own that a name without a schema would reach."""
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT view_name FROM duckdb_views() WHERE internal").fetchall()
    return frozenset(str(row[0]) for row in rows) - {"columns", "tables", "views"}


def _refuse_other_catalog(schema: str, name: str) -> None:
    """What DuckDB has of its own in the catalog is not reached through ours."""
    if name in SYSTEM_VIEWS or name.startswith(_PROVISIONED):
        return
    if schema in ("information_schema", "pg_catalog") or (not schema and name in _of_duckdb()):
        raise SqlError("42P01", f'relation "{TableName(schema or None, name)}" does not exist')


def _of_catalog(node: exp.Expr) -> exp.Expr:
    """What a driver asks of the catalog by a function in FROM, with the names of columns that it gives."""
    name = str(node.this.this).lower()
    if name not in functions.OF_ROWS:
        return node
    given = node.args.get("alias")
    alias = exp.to_identifier((node.alias or name).lower(), quoted=True)
    names = [exp.to_identifier(column.name.lower(), quoted=True) for column in given.columns] if given else []
    place = exp.to_table(f'temp.main."{name} now"' if name == LATE_COLUMNS else f"{INTERNAL_SCHEMA}.{name}")
    query = exp.select("*").from_(place)
    if name == "current_database":
        query = exp.select(exp.alias_(exp.Placeholder(this="s_database"), name, quoted=True))
    if name == "generate_series":
        numbers = call("unnest", call("generate_series", *node.this.expressions))
        query = exp.select(exp.alias_(numbers, name, quoted=True))
    return exp.Subquery(
        this=query, alias=exp.TableAlias(this=alias, columns=names or None), joins=node.args.get("joins")
    )


def _of_search_path(node: exp.Table) -> exp.Expr:
    """PG_TABLE_DEF shows the tables of the schemas that are searched."""
    searched = call("string_split", exp.Placeholder(this="s_search_path"), ",")
    inside = call("list_contains", searched, exp.column("schemaname", quoted=True))
    query = exp.select("*").from_(exp.to_table(f"{INTERNAL_SCHEMA}.pg_table_def")).where(inside)
    alias = exp.to_identifier((node.alias or node.name).lower(), quoted=True)
    return exp.Subquery(this=query, alias=exp.TableAlias(this=alias), joins=node.args.get("joins"))


def _settings(node: exp.Table) -> exp.Expr:
    """PG_SETTINGS: the parameters of the session, each a value that it gives to the statement."""
    values = [exp.Placeholder(this=value_name(name, needed=False)) for name in DEFAULTS]
    listed = {"name": call("list_value", *DEFAULTS), "setting": call("list_value", *values)}
    fixed = {"context": "user", "vartype": "string", "source": "session", "short_desc": "", "category": ""}
    items = [exp.alias_(call("unnest", made), column, quoted=True) for column, made in listed.items()]
    items += [exp.alias_(exp.Literal.string(text), column, quoted=True) for column, text in fixed.items()]
    alias = exp.TableAlias(this=exp.to_identifier((node.alias or node.name).lower(), quoted=True))
    return exp.Subquery(this=exp.select(*items), alias=alias, joins=node.args.get("joins"))


def _renamed(node: exp.Table, schema: str, name: str) -> exp.Table:
    alias = node.alias or node.name
    new = exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(schema, quoted=True))
    if schema == "main":
        new.set("catalog", exp.to_identifier("temp", quoted=True))
    new.set("alias", exp.TableAlias(this=exp.to_identifier(alias.lower(), quoted=True)))
    new.set("joins", node.args.get("joins"))
    return new


def _function(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, exp.Table):  # an unnested SUPER
        return node
    if str(node.this).lower() == "array" and node.find(exp.Select) in node.expressions:
        return _names_listed(node)
    name = str(node.this).lower()
    if isinstance(node.parent, exp.Dot) and node.parent.this.name == "pg_catalog" and name in functions.OF_CATALOG:
        return call(f"rs_{name}", *node.expressions)
    if name in dynamic.ROUNDED and len(node.expressions) == 1 and dynamic.is_super(node.expressions[0]):
        return call(f"rs_super_{dynamic.ROUNDED[name]}", node.expressions[0])
    if name == "generate_series":
        return call("unnest", call(name, *node.expressions))
    if name == "sum" and len(node.expressions) == 1 and dynamic.is_super(node.expressions[0]):
        return node if isinstance(node.parent, exp.Window) else call("rs_super_sum", node.expressions[0])
    if name in ("coalesce", "ifnull", "isnull", "nvl"):
        dynamic.unite(node)
        _agree(node.expressions)
    if name == "nullif" and len(node.expressions) == 2:
        return blanks.null_if(*node.expressions)
    if name == "count":
        return blanks.count(node)
    made = functions.build(name, node.expressions)
    is_list = name == "listagg" and not isinstance(node.parent, exp.WithinGroup | exp.Window)
    return call("rs_listed", made) if is_list else made


def _agree(items: Sequence[exp.Expr]) -> None:
    """A text beside a whole number is one too, or refused ("NVL and COALESCE functions", its example)."""
    if not any(isinstance(item, exp.Literal) and item.is_int for item in items):
        return
    for item in items:
        if item.is_string:
            if not re.fullmatch(r"\s*[+-]?\d+\s*", item.name):
                raise SqlError("22P02", f'invalid input syntax for integer: "{item.name}"')
            item.replace(exp.Literal.number(item.name.strip()))


def _names_listed(node: exp.Expr) -> exp.Expr:
    """ARRAY(SELECT …), which psql asks of the catalog alone; Redshift has it nowhere else."""
    if not all(rewritten.db == INTERNAL_SCHEMA for rewritten in node.find_all(exp.Table)):
        raise syntax_error("SELECT")
    return call("rs_names_listed", call("array", node.expressions[0]))


def _array(node: exp.Expr) -> exp.Expr:
    """ARRAY[…], which only the catalog has: a text, as its columns of arrays are here."""
    marks = [exp.Literal.string(",") for _ in node.expressions[1:]] + [exp.Literal.string("}")]
    return call("concat", "{", *(part for pair in zip(node.expressions, marks, strict=True) for part in pair))


def _operator(node: exp.Expr) -> exp.Expr:
    """OPERATOR(pg_catalog.~), as psql writes it."""
    sign = str(node.args["operator"]).rpartition(".")[2]
    if sign not in ("~", "!~"):
        raise SqlError("42883", f"operator does not exist: {sign}")
    found = exp.RegexpLike(this=node.this, expression=node.expression)
    return exp.not_(found) if sign == "!~" else found


def _cast(node: exp.Expr) -> exp.Expr:
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
    if value.is_string and not re.fullmatch(r"\s*[+-]?\d+\s*", value.name):
        raise SqlError("22P02", f'invalid input syntax for integer: "{value.name}"')
    return node


def _to_boolean(node: exp.Expr) -> exp.Expr:
    """Whole numbers and texts only; decimals, doubles and moments are no truth ("Boolean type")."""
    value = node.this.unnest()
    if isinstance(value, exp.Literal) and not value.is_string and not value.is_int:
        raise SqlError("42846", "cannot cast type numeric to boolean")
    return call("rs_to_boolean", node.this) if isinstance(value, exp.Column | exp.Cast) else node


_KEYS = frozenset({"conkey", "confkey"})
_ARRAYS = _KEYS | {"proallargtypes", "proargmodes", "proargnames"}


def _subscript(node: exp.Expr) -> exp.Expr:
    """Only SUPER has elements in Redshift, and they count from 0; arrays of the catalog are texts, and count from 1."""
    index = node.expressions[0]
    inner = node.this.unnest()
    if (isinstance(inner, exp.Column) and inner.name in _ARRAYS) or getattr(inner, "this", "") == "rs_current_schemas":
        element = call("list_extract", call("string_split", call("trim", inner.copy(), "{}"), ","), index)
        return cast(element, "BIGINT") if isinstance(inner, exp.Column) and inner.name in _KEYS else element
    if not isinstance(index, exp.Literal):
        return call("rs_element", node.this, index)
    path = f"$[{index.name}]" if not index.is_string else f'$."{index.name}"'
    return call("json_extract", node.this, path)


def _dot(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Identifier) and node.this.name == "pg_catalog":
        function: exp.Expr = node.expression
        return function
    return call("json_extract", node.this, f'$."{node.expression.name.lower()}"')


def _extract(node: exp.Expr) -> exp.Expr:
    return functions.build("date_part", [exp.Literal.string(node.name), node.expression])


def _substring(node: exp.Expr) -> exp.Expr:
    """SUBSTRING(s FROM a FOR n)."""
    start = node.args.get("start") or exp.Literal.number(1)
    given = [node.this, start, *([node.args["length"]] if node.args.get("length") else [])]
    return functions.build("substring", given)


def _like(node: exp.Expr) -> exp.Expr:
    """The backslash escapes in patterns of Redshift; in DuckDB nothing does unless it is said."""
    node.set("this", functions.as_text(node.this))
    if isinstance(node.parent, exp.Escape) or "\\" not in node.expression.name:
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _select(node: exp.Expr) -> exp.Expr:
    using.join(node)
    made = groups.select(node)
    ordering.select(made)
    return made


def _compute(node: exp.Expr) -> exp.Expr:
    made = dynamic.operate(node)
    return functions.compute(node) if made is node and not decimals.is_of_none(node) else made


def _trim(node: exp.Expr) -> exp.Expr:
    """TRIM takes blanks where no characters are named ("TRIM function"), DuckDB every space of Unicode."""
    if node.expression is None:
        node.set("expression", exp.Literal.string(" "))
    return node


def _within_group(node: exp.Expr) -> exp.Expr:
    """LISTAGG's order moves inside its parentheses, that of percentiles becomes their argument."""
    aggregate: exp.Expr = node.this
    order = node.expression.expressions
    name = str(aggregate.this) if isinstance(aggregate, exp.Anonymous) else ""
    if name == "string_agg":
        *values, last = aggregate.expressions
        order = [_by_what_is_listed(values[0], item) for item in order]
        aggregate.set("expressions", [*values, exp.Order(this=last, expressions=order)])
        return aggregate if isinstance(node.parent, exp.Window) else call("rs_listed", aggregate)
    if name not in ("quantile_cont", "quantile_disc") or len(order) != 1 or len(aggregate.expressions) != 1:
        raise SqlError("42601", f"{aggregate.name.upper()} does not take this WITHIN GROUP")
    share = aggregate.expressions[0]
    if order[0].args.get("desc"):
        share = exp.Paren(this=exp.Sub(this=exp.Literal.number(1), expression=share))
    value = order[0].this
    if name == "quantile_cont":
        value = functions.interpolated(value, aggregate.expressions[0])
    return call(name, value, share)


def _by_what_is_listed(listed: exp.Expr, item: exp.Expr) -> exp.Expr:
    """DuckDB orders distinct values by nothing else: what was written as the value is ordered as the value."""
    if isinstance(listed, exp.Distinct):
        (value,) = listed.expressions
        if item.this in value.find_all(type(item.this)):
            item.set("this", value.copy())
    return item


def _window(node: exp.Expr) -> exp.Expr:
    """An average over a window is a sum over it by a count over it, and so is a share: see the rules of both."""
    blanks.window(node)
    made: exp.Expr = node.this
    name = str(made.this) if isinstance(made, exp.Anonymous) else ""
    if name == "string_agg":
        return call("rs_listed", node.copy())
    if name != "rs_average" and not (isinstance(made, exp.Paren) and isinstance(made.this, exp.Div)):
        return node
    for aggregate in list(made.find_all(exp.Anonymous)):
        if str(aggregate.this) in ("sum", "count"):
            aggregate.replace(_same_window(node, aggregate.copy()))
    return made.copy()


def _same_window(node: exp.Expr, aggregate: exp.Expr) -> exp.Expr:
    window = node.copy()
    window.set("this", aggregate)
    return window


def _column(node: exp.Expr) -> exp.Expr:
    """The word DEFAULT in a list of values is no column; the name of our database tells nothing."""
    if node.args.get("catalog") is not None and node.args["catalog"].name == DATABASE:
        node.set("catalog", None)
    in_values = isinstance(node.parent, exp.Tuple) and isinstance(node.parent.parent, exp.Values)
    return exp.Var(this="DEFAULT") if in_values and node.name == "default" else node


def _merge_insert(node: exp.Expr) -> exp.Expr:
    """WHEN NOT MATCHED THEN INSERT VALUES (…), which sqlglot reads as a call of a function "values"."""
    then = node.args["then"]
    given = then.this if isinstance(then, exp.Insert) and not then.expression else None
    if isinstance(given, exp.Tuple) and isinstance(given.expressions[0], exp.Anonymous):
        node.set("then", exp.Insert(expression=exp.Tuple(expressions=given.expressions[0].expressions)))
    return node


def _current_timestamp(node: exp.Expr) -> exp.Expr:
    return call("rs_getdate_in_view") if node.args.get("sysdate") else node


def _current_date(_: exp.Expr) -> exp.Expr:
    return cast(call("rs_getdate_in_view"), "DATE")


def _session_user(_: exp.Expr) -> exp.Expr:
    return exp.Placeholder(this="s_user")


def _at_time_zone(node: exp.Expr) -> exp.Expr:
    node.set("zone", functions.zone_meant(node.args["zone"]))
    return node


def _try_cast(node: exp.Expr) -> exp.Expr:
    """A cast that gives NULL where it fails ("TRY_CAST function"); a text for an integer must be a whole number."""
    kind = node.args["to"].this
    made = exp.Cast(this=node.this, to=node.args["to"])
    if kind in _INTEGERS and isinstance(node.this, exp.Column | exp.Literal):
        whole = exp.not_(call("rs_is_no_whole", node.this.copy()))
        return exp.Case(ifs=[exp.If(this=whole, true=call("try", made))])
    return call("try", _cast(made))


def _of_unary_sign(name: str) -> Callable[[exp.Expr], exp.Expr]:
    """The operators of square and cubic roots, as the functions of these names."""
    return lambda node: functions.build(name, [node.this])


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Abs: _of_unary_sign("abs"),
    exp.Add: dynamic.operate,
    exp.All: blanks.any_of,
    exp.And: conditions.operands,
    exp.Array: _array,
    exp.Anonymous: _function,
    exp.Any: blanks.any_of,
    exp.AtTimeZone: _at_time_zone,
    exp.Between: blanks.between,
    exp.Bracket: _subscript,
    exp.BitwiseXor: lambda node: call("xor", node.this, node.expression),
    exp.Case: blanks.choose,
    exp.Cbrt: _of_unary_sign("cbrt"),
    exp.Cast: _cast,
    exp.Column: _column,
    exp.CurrentDate: _current_date,
    exp.CurrentTimestamp: _current_timestamp,
    exp.CurrentUser: _session_user,
    exp.SessionUser: _session_user,
    exp.DecodeCase: blanks.decode,
    exp.Div: _compute,
    exp.Dot: _dot,
    exp.EQ: blanks.compare,
    exp.Except: groups.combined,
    exp.Extract: _extract,
    exp.GT: blanks.compare,
    exp.GTE: blanks.compare,
    exp.Having: conditions.clause,
    exp.Identifier: _identifier,
    exp.If: conditions.branch,
    exp.ILike: _like,
    exp.In: blanks.member,
    exp.Intersect: groups.combined,
    exp.Join: conditions.join,
    exp.Like: _like,
    exp.LT: blanks.compare,
    exp.LTE: blanks.compare,
    exp.Mod: dynamic.operate,
    exp.Mul: _compute,
    exp.Neg: dynamic.negate,
    exp.NEQ: blanks.compare,
    exp.Not: conditions.clause,
    exp.Operator: _operator,
    exp.Or: conditions.operands,
    exp.Qualify: conditions.clause,
    exp.Escape: similar.escape,
    exp.Select: _select,
    exp.SimilarTo: similar.similar,
    exp.Sqrt: _of_unary_sign("sqrt"),
    exp.Sub: dynamic.operate,
    exp.Substring: _substring,
    exp.Table: _table,
    exp.Trim: _trim,
    exp.TryCast: _try_cast,
    exp.Union: groups.union,
    exp.Where: conditions.clause,
    exp.Window: _window,
    exp.WithinGroup: _within_group,
}
