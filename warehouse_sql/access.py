"""Roles, rights and policies: what ``access.yaml`` declares, and the statements between it and what a warehouse has.

Every statement may be run twice. What a user may not see of the system views looks missing and is granted once more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from warehouse_sql.connection import Connection
from warehouse_sql.model import HOME
from warehouse_sql.policies import HeldPolicies, MaskPolicy, RowsPolicy, policy_statements, read_policies

Privilege = Literal["select", "insert", "update", "delete"]
Schema = Literal["staging", "restricted", "core", "mart", "audit"]
_ROLES = "select role_name from svv_roles"
_RELATIONS = """
select table_schema, table_name
from svv_tables
where table_schema in ('staging', 'restricted', 'core', 'mart', 'audit') and table_type in ('BASE TABLE', 'VIEW')
"""
_HELD = """
select identity_name, namespace_name, relation_name, privilege_type
from svv_relation_privileges
where identity_type = 'role'
"""
_USES = "select identity_name, namespace_name, privilege_type from svv_schema_privileges where identity_type = 'role'"
_DEFAULTS = """
select grantee_name, schema_name, privilege_type
from svv_default_privileges
where grantee_type = 'role' and object_type = 'RELATION' and owner_name = current_user
"""
_SESSIONS = """
select member.role_name, member.user_name, info.session_timeout
from svv_user_grants as member
inner join svv_user_info as info on member.user_name = info.user_name
"""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(_Part):
    """A role.

    Attributes:
        about: what it is for.
        session_timeout: seconds that an idle session of a member may last.
        grants: schema -> privileges on all its tables and views, present and future.
    """

    about: Annotated[str, Field(min_length=1)]
    session_timeout: Annotated[int, Field(ge=60, le=1_728_000)]
    grants: dict[Schema, Annotated[tuple[Privilege, ...], BeforeValidator(tuple)]]


class Access(_Part):
    """All that is declared."""

    roles: dict[Annotated[str, Field(pattern=r"^reelhouse_[a-z_]+$")], Role]
    masks: dict[str, MaskPolicy] = {}
    rows: dict[str, RowsPolicy] = {}

    @model_validator(mode="after")
    def _known_roles(self) -> Self:
        named = {role for mask in self.masks.values() for role in mask.roles}
        named |= {role for policy in self.rows.values() for role in policy.roles}
        if unknown := named - set(self.roles):
            raise ValueError(f"{', '.join(sorted(unknown))}: no role of this file")
        return self


@dataclass(frozen=True, slots=True)
class Held:
    """What a warehouse has; names of roles, schemas, relations, privileges in small letters.

    Attributes:
        roles: the roles that there are.
        relations: the tables and views by schema.
        privileges: role, schema, relation and privilege.
        uses: role, schema and privilege on the schema.
        defaults: role, schema and privilege that tables to come of this user begin with.
        sessions: role, member, and the seconds that an idle session of the member lasts.
        policies: masks and row policies.
    """

    roles: frozenset[str]
    relations: Mapping[str, frozenset[str]]
    privileges: frozenset[tuple[str, str, str, str]]
    uses: frozenset[tuple[str, str, str]]
    defaults: frozenset[tuple[str, str, str]]
    sessions: tuple[tuple[str, str, int], ...]
    policies: HeldPolicies


@cache
def load_access() -> Access:
    """Return what is declared."""
    return Access.model_validate(yaml.safe_load((HOME / "access.yaml").read_text(encoding="utf-8")))


def read_held(connection: Connection) -> Held:
    """Read what the warehouse has."""
    relations: dict[str, set[str]] = {}
    for schema, name in connection.rows(_RELATIONS):
        relations.setdefault(str(schema), set()).add(str(name))
    return Held(
        roles=frozenset(str(name) for (name,) in connection.rows(_ROLES)),
        relations={schema: frozenset(names) for schema, names in relations.items()},
        privileges=frozenset(
            (str(role), str(schema), str(name), str(privilege).lower())
            for role, schema, name, privilege in connection.rows(_HELD)
        ),
        uses=_triples(connection, _USES),
        defaults=_triples(connection, _DEFAULTS),
        sessions=tuple((str(role), str(user), int(limit or 0)) for role, user, limit in connection.rows(_SESSIONS)),
        policies=read_policies(connection),
    )


def access_statements(access: Access, held: Held) -> Iterator[str]:
    """Yield the statements that bring a warehouse to what is declared; none where it is so."""
    for name, role in access.roles.items():
        if name not in held.roles:
            yield f"create role {name}"
        for schema, privileges in role.grants.items():
            if (name, schema, "usage") not in held.uses:
                yield f"grant usage on schema {schema} to role {name}"
            yield from _grants(name, schema, privileges, held)
        yield from _revocations(name, role, held)
    yield from _timeouts(access, held)
    yield from policy_statements(access.masks, access.rows, held.policies)


def _grants(role: str, schema: str, privileges: tuple[str, ...], held: Held) -> Iterator[str]:
    relations = held.relations.get(schema, frozenset())
    missing = [
        privilege
        for privilege in privileges
        if any((role, schema, relation, privilege) not in held.privileges for relation in relations)
    ]
    if missing:
        yield f"grant {', '.join(missing)} on all tables in schema {schema} to role {role}"
    if to_come := [privilege for privilege in privileges if (role, schema, privilege) not in held.defaults]:
        yield f"alter default privileges in schema {schema} grant {', '.join(to_come)} on tables to role {role}"


def _revocations(name: str, role: Role, held: Held) -> Iterator[str]:
    declared = {(schema, privilege) for schema, privileges in role.grants.items() for privilege in privileges}
    for owner, schema, relation, privilege in sorted(held.privileges):
        if owner == name and (schema, privilege) not in declared:
            yield f'revoke {privilege} on {schema}."{relation}" from role {name}'
    for owner, schema, privilege in sorted(held.defaults):
        if owner == name and (schema, privilege) not in declared:
            yield f"alter default privileges in schema {schema} revoke {privilege} on tables from role {name}"
    for owner, schema, privilege in sorted(held.uses):
        if owner == name and (privilege != "usage" or schema not in role.grants):
            yield f"revoke {privilege} on schema {schema} from role {name}"


def _timeouts(access: Access, held: Held) -> Iterator[str]:
    """Members of several roles have the shortest timeout."""
    wanted: dict[str, int] = {}
    for role, user, _ in held.sessions:
        if role in access.roles:
            limit = access.roles[role].session_timeout
            wanted[user] = min(limit, wanted.get(user, limit))
    for user, limit in sorted(wanted.items()):
        if any(seconds != limit for _, member, seconds in held.sessions if member == user):
            quoted = user.replace('"', '""')
            yield f'alter user "{quoted}" session timeout {limit}'


def _triples(connection: Connection, statement: str) -> frozenset[tuple[str, str, str]]:
    return frozenset((str(who), str(schema), str(what).lower()) for who, schema, what in connection.rows(statement))
