"""Who may do what: users, roles and groups, what is granted to them, and which masks they see through. Pure."""

from sandbox.redshift.catalog import Catalog
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import DEFAULT_SCHEMA, SUPERUSER, TableName

Grantee = tuple[str, str]
"""user, role or group, and its name; ("public", "") is everybody."""
PUBLIC: Grantee = ("public", "")
SECURITY_ADMIN = "sys:secadmin"


def is_superuser(catalog: Catalog, user: str) -> bool:
    """Whether nothing is forbidden to a user."""
    document = catalog.get("user", user)
    return user == SUPERUSER or bool(document and document["superuser"])


def identities(catalog: Catalog, user: str) -> frozenset[Grantee]:
    """A user with everything that counts for them: their groups, their roles, the roles of these, everybody."""
    return catalog.derived(("identities", user), lambda: _identities(catalog, user))


def _identities(catalog: Catalog, user: str) -> frozenset[Grantee]:
    memberships = [(key[:2], key[2:4]) for key, _ in catalog.under("member")]
    found: set[Grantee] = {PUBLIC, ("user", user)}
    frontier: set[tuple[str, ...]] = {*found}
    while frontier:
        new = {into for member, into in memberships if member in frontier} - found
        found |= {(kind, name) for kind, name in new}
        frontier = {*new}
    return frozenset(found)


def is_security_admin(catalog: Catalog, user: str) -> bool:
    """Whether a user may make and attach policies."""
    return is_superuser(catalog, user) or ("role", SECURITY_ADMIN) in identities(catalog, user)


def owner(catalog: Catalog, relation: TableName) -> str:
    """Who owns a table or view."""
    document = catalog.get("view", *relation.parts) or catalog.get("table", *relation.parts)
    return str(document["owner"]) if document and "owner" in document else SUPERUSER


def granted(catalog: Catalog, user: str, privilege: str, relation: TableName) -> frozenset[str] | None:
    """The columns for which a user has a privilege on a relation: None for all of them, an empty set for none."""
    if is_superuser(catalog, user) or owner(catalog, relation) == user:
        return None
    columns: set[str] = set()
    for grantee in identities(catalog, user):
        scopes = (f"schema {relation.parts[0]}", "database")
        if any(catalog.get("scoped", scope, privilege, *grantee) is not None for scope in scopes):
            return None
        document = catalog.get("grant", *relation.parts, privilege, *grantee)
        if document and document["columns"] is None:
            return None
        columns |= set(document["columns"]) if document else set()
    return frozenset(columns)


def refuse_relation(catalog: Catalog, user: str, privilege: str, relation: TableName, columns: frozenset[str]) -> None:
    """Refuses the use of a relation without the privilege for it, or of columns beyond those granted.

    Args:
        catalog: what is granted.
        user: who.
        privilege: SELECT, INSERT, UPDATE, DELETE, TRUNCATE …
        relation: with its schema.
        columns: those that are used; '*' for all.

    Raises:
        SqlError: 42501.
    """
    if is_superuser(catalog, user):
        return
    refuse_schema(catalog, user, "USAGE", relation.parts[0])
    allowed = granted(catalog, user, privilege, relation)
    if allowed is not None and (not allowed or not columns <= allowed):
        raise SqlError("42501", f"permission denied for relation {relation.name}")


def refuse_schema(catalog: Catalog, user: str, privilege: str, schema: str) -> None:
    """Refuses the use of a schema, or making something in it; `public` is open to everybody.

    Raises:
        SqlError: 42501.
    """
    document = catalog.get("schema", schema)
    if is_superuser(catalog, user) or schema == DEFAULT_SCHEMA or (document and document["owner"] == user):
        return
    if all(catalog.get("schema_grant", schema, privilege, *who) is None for who in identities(catalog, user)):
        raise SqlError("42501", f"permission denied for schema {schema}")


def refuse_owner(catalog: Catalog, user: str, relation: TableName) -> None:
    """Refuses to change or drop what belongs to another.

    Raises:
        SqlError: 42501.
    """
    if not is_superuser(catalog, user) and owner(catalog, relation) != user:
        raise SqlError("42501", f"must be owner of relation {relation.name}")


def refuse_grantor(catalog: Catalog, user: str, privilege: str, relation: TableName) -> None:
    """Refuses to give away a privilege that is another's, and that one holds without the option to give it on.

    Raises:
        SqlError: 42501.
    """
    document = catalog.get("grant", *relation.parts, privilege, "user", user)
    if not (document and document.get("option")):
        refuse_owner(catalog, user, relation)


def refuse_schema_owner(catalog: Catalog, user: str, schema: str) -> None:
    """Refuses to give away or drop a schema of another.

    Raises:
        SqlError: 42501.
    """
    document = catalog.get("schema", schema)
    if not is_superuser(catalog, user) and not (document and document["owner"] == user):
        raise SqlError("42501", f"must be owner of schema {schema}")


def refuse_superuser(catalog: Catalog, user: str) -> None:
    """Refuses what only superusers do.

    Raises:
        SqlError: 42501.
    """
    if not is_superuser(catalog, user):
        raise SqlError("42501", "permission denied: must be superuser")


def refuse_security_admin(catalog: Catalog, user: str) -> None:
    """Refuses what only those do who look after policies.

    Raises:
        SqlError: 42501.
    """
    if not is_security_admin(catalog, user):
        raise SqlError("42501", "permission denied: must be superuser or have the role sys:secadmin")


def masks(catalog: Catalog, user: str) -> dict[TableName, dict[str, str]]:
    """What a user sees instead of columns: by relation and column, an expression over the relation's columns.

    Of several policies on a column the one of the highest priority counts ("Dynamic data masking policy hierarchy").
    """
    who = identities(catalog, user)
    chosen: dict[TableName, dict[str, tuple[int, str]]] = {}
    for key, document in catalog.under("mask"):
        if key[3:5] not in who:
            continue
        columns = chosen.setdefault(TableName(key[0], key[1]), {})
        for column, expression in document["expressions"].items():
            if document["priority"] > columns.get(column, (-1, ""))[0]:
                columns[column] = document["priority"], expression
    return {relation: {column: text for column, (_, text) in found.items()} for relation, found in chosen.items()}
