"""The views and functions of the system in FROM: where the engine has what they show."""

from functools import cache

import duckdb
from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import INTERNAL_SCHEMA, TableName
from sandbox.redshift.parameters import DEFAULTS, value_name
from sandbox.redshift.record import HISTORIES
from sandbox.redshift.translate import functions
from sandbox.redshift.translate.calls import call

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


def is_system_view(name: TableName) -> bool:
    """Whether a name means a view of the system."""
    known = name.name in SYSTEM_VIEWS or name.name.startswith(_PROVISIONED)
    return name.schema == "information_schema" or (known and name.schema in (None, "pg_catalog"))


def place(node: exp.Expr) -> exp.Expr:
    """What stands in FROM: what is of the system is put where the engine has it, what is the engine's own refused."""
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
