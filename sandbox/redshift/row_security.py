"""Which rows of a protected relation a user sees: the policies that are attached to them, put together. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.redshift import rights
from sandbox.redshift.catalog import Catalog, Document
from sandbox.redshift.names import TableName

IGNORE = "IGNORE RLS"
"""The privilege of the system to see all rows; superusers and sys:secadmin have it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a user's rows of a relation have in common.

    Attributes:
        condition: in Redshift's SQL, over the relation's columns.
        alias: the name that the relation has in it.
        denied: a table that a policy reads without a right to it, if there is one.
    """

    condition: str
    alias: str
    denied: str | None = None


def filters(catalog: Catalog, user: str) -> dict[TableName, Filter]:
    """What limits a user, by relation; whoever has no policy for a protected relation sees none of its rows."""
    if ignores_policies(catalog, user):
        return {}
    found = {}
    for key, protection in catalog.under("protected"):
        relation = TableName(key[0], key[1])
        found[relation] = _combined(catalog, user, relation, protection)
    return found


def ignores_policies(catalog: Catalog, user: str) -> bool:
    """Whether a user sees all rows whatever is attached."""
    who = rights.identities(catalog, user)
    return rights.is_security_admin(catalog, user) or any(catalog.get("privilege", IGNORE, *each) for each in who)


def policies_of(catalog: Catalog, relation: TableName) -> Iterator[tuple[rights.Grantee, str, Document]]:
    """What is attached to a relation: to whom, the policy's name, the policy."""
    for key, _ in catalog.under("row_policy", *relation.parts):
        name, kind, grantee = key
        yield (kind, grantee), name, catalog.documents["rls", name]


def _combined(catalog: Catalog, user: str, relation: TableName, protection: Document) -> Filter:
    who = rights.identities(catalog, user)
    chosen = {name: policy for grantee, name, policy in policies_of(catalog, relation) if grantee in who}
    if not chosen:
        return Filter("FALSE", relation.name)
    conjunction = f" {protection['conjunction'].upper()} "
    condition = conjunction.join(f"({policy['condition']})" for policy in chosen.values())
    alias = next(iter(chosen.values()))["alias"] or relation.name
    denied = (_denied(catalog, name, policy) for name, policy in chosen.items())
    return Filter(condition, alias, next((table for table in denied if table), None))


def _denied(catalog: Catalog, name: str, policy: Document) -> str | None:
    """The first table that a policy reads and that nobody has granted to it."""
    for schema, table in policy["lookups"]:
        if catalog.get("grant", schema, table, "SELECT", "rls policy", name) is None:
            return str(table)
    return None
