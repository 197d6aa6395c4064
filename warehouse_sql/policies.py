"""Masks and row policies: what ``access.yaml`` declares, held against what the warehouse has.

A policy has a hash of its definition in its name, so that another definition is another policy. Who may not see the
system views of policies (superusers and ``sys:secadmin`` may: "SVV_MASKING_POLICY", "SVV_RLS_POLICY") sees none.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from warehouse_sql.connection import Connection

OURS, _SECRET = "reelhouse_", "{secret}"
_MASKS = "select policy_name from pg_catalog.svv_masking_policy where policy_name like 'reelhouse|_%' escape '|'"
_ATTACHED_MASKS = """
select policy_name, schema_name, table_name, output_columns, grantee
from pg_catalog.svv_attached_masking_policy
where policy_name like 'reelhouse|_%' escape '|'
"""
_ROW_POLICIES = "select polname from pg_catalog.svv_rls_policy where polname like 'reelhouse|_%' escape '|'"
_ATTACHED_ROW_POLICIES = """
select polname, relschema, relname, grantee
from pg_catalog.svv_rls_attached_policy
where polname like 'reelhouse|_%' escape '|'
"""
_PROTECTED = "select relschema, relname from pg_catalog.svv_rls_relation where is_rls_on"
Table = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
Texts = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(tuple)]
Mask = tuple[str, str, str, str]
"""Policy, table, column and role."""
RowPolicy = tuple[str, str, str]
"""Policy, table and role."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: Annotated[str, Field(min_length=1)]


class MaskPolicy(_Part):
    """What roles see instead of columns, wherever they meet them, in views as well.

    Attributes:
        about: what it is for.
        type: of the columns.
        shows: the expression that is shown; ``value`` is what stands in the column, ``{secret}`` a text that is made up
            with the policy. It stands in the definition alone, which superusers and ``sys:secadmin`` may read.
        columns: ``schema.table.column``.
        roles: who sees it so.
    """

    type: str
    shows: str
    columns: Texts
    roles: Texts


class RowsPolicy(_Part):
    """Which rows roles see of tables; whoever has none of these roles sees none, whatever was granted to them.

    Attributes:
        about: what it is for.
        where: the condition.
        tables: ``schema.table``.
        roles: who sees the rows.
    """

    where: str
    tables: Annotated[tuple[Table, ...], BeforeValidator(tuple)]
    roles: Texts


@dataclass(frozen=True, slots=True)
class HeldPolicies:
    """What a warehouse has of policies whose names begin with ours."""

    masks: frozenset[str]
    attached_masks: frozenset[Mask]
    row_policies: frozenset[str]
    attached_row_policies: frozenset[RowPolicy]
    protected: frozenset[str]


def read_policies(connection: Connection) -> HeldPolicies:
    """Read what the warehouse has."""
    return HeldPolicies(
        masks=frozenset(str(name) for (name,) in connection.rows(_MASKS)),
        attached_masks=frozenset(
            (str(policy), f"{schema}.{table}", str(column), str(role))
            for policy, schema, table, columns, role in connection.rows(_ATTACHED_MASKS)
            for column in str(columns).strip("[]").replace('"', "").replace(" ", "").split(",")
        ),
        row_policies=frozenset(str(name) for (name,) in connection.rows(_ROW_POLICIES)),
        attached_row_policies=frozenset(
            (str(policy), f"{schema}.{table}", str(role))
            for policy, schema, table, role in connection.rows(_ATTACHED_ROW_POLICIES)
        ),
        protected=frozenset(f"{schema}.{table}" for schema, table in connection.rows(_PROTECTED)),
    )


def policy_statements(masks: dict[str, MaskPolicy], rows: dict[str, RowsPolicy], held: HeldPolicies) -> Iterator[str]:
    """Yield the statements that bring a warehouse to the policies declared; none where it is so."""
    named_masks = {_name(name, mask): mask for name, mask in masks.items()}
    named_rows = {_name(name, policy): policy for name, policy in rows.items()}
    yield from _mask_statements(named_masks, held)
    yield from _row_statements(named_rows, held)


def _mask_statements(masks: dict[str, MaskPolicy], held: HeldPolicies) -> Iterator[str]:
    wanted = {
        (name, *_split(column), role) for name, mask in masks.items() for column in mask.columns for role in mask.roles
    }
    for name, table, column, role in sorted(held.attached_masks - wanted):
        yield f"detach masking policy {name} on {table} ({column}) from role {role}"
    for name in sorted(set(masks) - held.masks):
        mask = masks[name]
        shows = mask.shows.replace(_SECRET, secrets.token_hex(32))
        yield f"create masking policy {name} with (value {mask.type}) using ({shows})"
    for name, table, column, role in sorted(wanted - held.attached_masks):
        yield f"attach masking policy {name} on {table} ({column}) to role {role}"
    yield from (f"drop masking policy {name}" for name in sorted(held.masks - set(masks)))


def _row_statements(policies: dict[str, RowsPolicy], held: HeldPolicies) -> Iterator[str]:
    wanted = {
        (name, table, role) for name, policy in policies.items() for table in policy.tables for role in policy.roles
    }
    for name, table, role in sorted(held.attached_row_policies - wanted):
        yield f"detach rls policy {name} on {table} from role {role}"
    for name in sorted(set(policies) - held.row_policies):
        yield f"create rls policy {name} using ({policies[name].where})"
    for name, table, role in sorted(wanted - held.attached_row_policies):
        yield f"attach rls policy {name} on {table} to role {role}"
    for table in sorted({table for _, table, _ in wanted} - held.protected):
        yield f"alter table {table} row level security on"
    for table in sorted({table for _, table, _ in held.attached_row_policies} - {table for _, table, _ in wanted}):
        yield f"alter table {table} row level security off"
    yield from (f"drop rls policy {name}" for name in sorted(held.row_policies - set(policies)))


def _name(name: str, policy: _Part) -> str:
    digest = hashlib.sha256(policy.model_dump_json(exclude={"about", "columns", "tables", "roles"}).encode())
    return f"{OURS}{name}_{digest.hexdigest()[:8]}"


def _split(column: str) -> tuple[str, str]:
    table, _, name = column.rpartition(".")
    return table, name
