"""What users gave to tables and a new generation must have too: rights, comments, policies. And what it cannot have.

A right on a table belongs to the table and not to its name, so a table that takes over a name has none but those that
default privileges gave it. Late-binding views follow names; other views stay with the tables that they were made on,
and would go on to show those of before.
"""

import re
from collections.abc import Iterator

from extract.errors import ConfigurationError
from warehouse_sql.connection import Connection
from warehouse_sql.generations import NEXT, replayed_tables

_OURS = "in ('staging', 'restricted', 'core', 'mart')"
_RIGHTS = f"""
select
    namespace_name, relation_name, privilege_type, identity_type, identity_name, admin_option,
    cast(null as varchar(128)) as column_name
from pg_catalog.svv_relation_privileges
where namespace_name {_OURS}
"""
_COLUMN_RIGHTS = f"""
select namespace_name, relation_name, privilege_type, identity_type, identity_name, false, column_name
from pg_catalog.svv_column_privileges
where namespace_name {_OURS}
"""
_TABLE_COMMENTS = f"""
select table_schema, table_name, cast(null as varchar(128)) as column_name, remarks
from pg_catalog.svv_tables
where table_schema {_OURS} and remarks is not null
"""
_COLUMN_COMMENTS = f"""
select table_schema, table_name, column_name, remarks
from pg_catalog.svv_columns
where table_schema {_OURS} and remarks is not null
"""
_MASKS = f"""
select schema_name, table_name, policy_name, grantee_type, grantee, priority, output_columns, input_columns
from pg_catalog.svv_attached_masking_policy
where schema_name {_OURS}
"""
_ROW_POLICIES = f"""
select relschema, relname, polname, granteekind, grantee
from pg_catalog.svv_rls_attached_policy
where relschema {_OURS}
"""
_PROTECTED = f"""
select relschema, relname, rls_conjunction_type
from pg_catalog.svv_rls_relation
where is_rls_on and relschema {_OURS}
"""
_VIEWS = "select schemaname, viewname, definition from pg_catalog.pg_views"
_LATE = re.compile(r"with\s+no\s+schema\s+binding", re.IGNORECASE)
_NAME = re.compile(r"\w+")


def carry_over(connection: Connection) -> Iterator[str]:
    """Yield the statements that give the next generation what the tables have that are read now.

    Masking and row-level policies are seen by superusers and by users with the role ``sys:secadmin`` alone
    ("SVV_ATTACHED_MASKING_POLICY", "SVV_RLS_ATTACHED_POLICY"): where tables have some, a replay has to be run by one.
    """
    for row in (*connection.rows(_RIGHTS), *connection.rows(_COLUMN_RIGHTS)):
        if _is_replayed(row):
            yield _grant(*row)
    for schema, table, column, text in (*connection.rows(_TABLE_COMMENTS), *connection.rows(_COLUMN_COMMENTS)):
        if _is_replayed((schema, table)) and text:
            of = f"column {schema}.{table}{NEXT}.{column}" if column else f"table {schema}.{table}{NEXT}"
            yield f"comment on {of} is {_literal(text)}"
    for row in connection.rows(_MASKS):
        if _is_replayed(row):
            yield _mask(*row)
    yield from _row_policies(connection)


def refuse_bound_views(connection: Connection) -> None:
    """Make sure that no view would stay behind with the tables of before.

    Raises:
        ConfigurationError: some would; the message names them.
    """
    bound = sorted(
        f"{schema}.{view}"
        for schema, view, definition in connection.rows(_VIEWS)
        if definition and not _LATE.search(definition) and _reads_ours(definition)
    )
    if bound:
        raise ConfigurationError(
            f"{', '.join(bound)}: views that are bound to tables of reelhouse and would go on to show those of before "
            "a replay. Make them anew with WITH NO SCHEMA BINDING (materialised ones: drop them, and make them again "
            "afterwards), and run again. Nothing was changed"
        )


def _reads_ours(definition: str) -> bool:
    text = definition.replace('"', "")
    return any(re.search(rf"\b{re.escape(table)}\b", text) for table in replayed_tables())


def _is_replayed(row: tuple[object, ...]) -> bool:
    return f"{row[0]}.{row[1]}" in replayed_tables()


def _grant(
    schema: str,
    table: str,
    privilege: str,
    kind: str,
    who: str,
    can_grant: bool,
    column: str | None,
) -> str:
    what = f"{privilege} ({_quoted(column)})" if column else privilege
    option = " with grant option" if can_grant else ""
    return f"grant {what} on {schema}.{table}{NEXT} to {_grantee(kind, who)}{option}"


def _mask(
    schema: str, table: str, policy: str, kind: str, who: str, priority: int, columns: str, inputs: str | None
) -> str:
    using = f" using ({_columns(inputs)})" if inputs else ""
    return (
        f"attach masking policy {_quoted(policy)} on {schema}.{table}{NEXT} ({_columns(columns)}){using} "
        f"to {_grantee(kind, who)} priority {priority}"
    )


def _row_policies(connection: Connection) -> Iterator[str]:
    """Policies first, then the switch: a table that is switched on without a policy shows nothing."""
    for schema, table, policy, kind, who in connection.rows(_ROW_POLICIES):
        if _is_replayed((schema, table)):
            yield f"attach rls policy {_quoted(policy)} on {schema}.{table}{NEXT} to {_grantee(kind, who)}"
    for schema, table, conjunction in connection.rows(_PROTECTED):
        if _is_replayed((schema, table)):
            yield f"alter table {schema}.{table}{NEXT} row level security on conjunction type {conjunction or 'and'}"


def _grantee(kind: str, who: str) -> str:
    words = {"public": "public", "user": _quoted(who), "role": f"role {_quoted(who)}", "group": f"group {_quoted(who)}"}
    return words[kind.lower()]


def _columns(text: str) -> str:
    """The names in a list as the system views write it: ["a", "b"]."""
    return ", ".join(map(_quoted, _NAME.findall(text)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
