"""GRANT and REVOKE, users, groups and roles."""

from collections.abc import Iterator, Sequence

from sandbox.redshift import rights
from sandbox.redshift.catalog import Document, Key
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import TableName
from sandbox.redshift.rights import Grantee
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value

_ON_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "DROP", "ALTER", "TRUNCATE")
_ON_SCHEMAS = ("CREATE", "USAGE", "ALTER", "DROP")
_WITHOUT_EFFECT = frozenset(
    {"DATABASE", "FUNCTION", "LANGUAGE", "PROCEDURE", "DATASHARE", "MODEL", "FUNCTIONS", "PROCEDURES"}
)


def grant(sql: str) -> Statement:
    """The statement for GRANT … or REVOKE …."""
    words = TokenCursor(sql)
    giving = words.next().upper == "GRANT"
    if not giving:
        _ = words.take("GRANT", "OPTION", "FOR") or words.take("ADMIN", "OPTION", "FOR")
    if words.take("ROLE"):
        return GrantRole(words, giving=giving)
    return Grant(words, giving=giving)


class Grant(Command):
    """Privileges on tables, views and schemas; those on anything else are accepted without effect."""

    def __init__(self, words: TokenCursor, *, giving: bool) -> None:
        self._giving = giving
        self._privileges = list(_privileges(words))
        self._tables: list[TableName] = []
        self._schemas: list[str] = []
        self._all_in: list[str] = []
        if words.take("ON"):
            self._take_objects(words)
        words.expect("TO" if giving else "FROM")
        self._grantees = _grantees(words)
        _ = words.take("WITH", "GRANT", "OPTION") or words.take("CASCADE") or words.take("RESTRICT")
        if not words.done and words.take("FOR"):
            words.rest()
        words.end()

    def _take_objects(self, words: TokenCursor) -> None:
        if words.take("ALL", "TABLES", "IN", "SCHEMA"):
            self._all_in = _names(words)
        elif words.take("SCHEMA"):
            self._schemas = _names(words)
        elif (
            words.peek() in _WITHOUT_EFFECT
            or words.peek() in ("ALL", "DEFAULT", "MASKING", "RLS")
            or "'" in words.peek()
        ):
            words.text_until("TO", "FROM")
        else:
            _ = words.take("TABLE")
            self._tables = [words.table()]
            while words.take(","):
                self._tables.append(words.table())

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Remembers or forgets each privilege of each grantee."""
        for who in self._grantees:
            _refuse_unknown(session, who)
        for key, document in self._documents(session):
            before = session.catalog.get(*key)
            session.record(key, self._merged(before, document))
        return "GRANT" if self._giving else "REVOKE"

    def _documents(self, session: Session) -> Iterator[tuple[Key, Document]]:
        tables = [session.resolved(table) for table in self._tables]
        for schema in self._all_in:
            tables += _relations(session, schema)
        for table in tables:
            if not session.relation_exists(table):
                raise SqlError("42P01", f'relation "{table.name}" does not exist')
            rights.refuse_owner(session.catalog, session.user, table)
            for privilege, columns, who in self._each(_ON_TABLES):
                yield ("grant", *table.parts, privilege, *who), {"columns": columns}
        for schema in self._schemas:
            if not session.schema_exists(schema):
                raise SqlError("3F000", f'schema "{schema}" does not exist')
            rights.refuse_schema_owner(session.catalog, session.user, schema)
            for privilege, _, who in self._each(_ON_SCHEMAS):
                yield ("schema_grant", schema, privilege, *who), {}

    def _each(self, all_of_them: Sequence[str]) -> Iterator[tuple[str, list[str] | None, Grantee]]:
        for privilege, columns in self._privileges:
            for each in all_of_them if privilege == "ALL" else (privilege,):
                for who in self._grantees:
                    yield each, columns, who

    def _merged(self, before: Document | None, given: Document) -> Document | None:
        """Grants by column add up; a revoked table takes its columns with it."""
        columns = given.get("columns")
        if self._giving:
            if before is None or columns is None:
                return given
            held = before.get("columns")
            return before if held is None else {"columns": sorted({*held, *columns})}
        if before is None or columns is None or before.get("columns") is None:
            return None
        kept = sorted({*before["columns"]} - {*columns})
        return {"columns": kept} if kept else None


def _privileges(words: TokenCursor) -> Iterator[tuple[str, list[str] | None]]:
    while True:
        word = words.next().upper
        if word == "ALL":
            _ = words.take("PRIVILEGES")
        columns = list(words.names()) if words.peek() == "(" else None
        while words.peek() not in (
            ",",
            "ON",
            "TO",
            "FROM",
            "",
        ):  # privileges of several words are remembered by the first
            words.next()
        yield word, columns
        if not words.take(","):
            return


def _names(words: TokenCursor) -> list[str]:
    found = [words.name()]
    while words.take(","):
        found.append(words.name())
    return found


def _grantees(words: TokenCursor) -> list[Grantee]:
    found: list[Grantee] = []
    while True:
        if words.take("PUBLIC"):
            found.append(rights.PUBLIC)
        else:
            kind = "role" if words.take("ROLE") else "group" if words.take("GROUP") else "user"
            found.append((kind, role_name(words)))
        if not words.take(","):
            return found


def role_name(words: TokenCursor) -> str:
    """The name of a role or user; those of the system have a colon in them."""
    name = words.name()
    return f"{name}:{words.name()}" if words.take(":") else name


def _refuse_unknown(session: Session, who: Grantee) -> None:
    kind, name = who
    if kind in ("role", "group") and session.catalog.get(kind, name) is None and not name.startswith("sys:"):
        raise SqlError("42704", f'{kind} "{name}" does not exist')


def _relations(session: Session, schema: str) -> list[TableName]:
    rows = session.run(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = $schema", {"schema": schema}
    ).fetchall()
    found = {TableName(schema, str(row[0])) for row in rows}
    return sorted(found | {TableName(schema, key[0]) for key, _ in session.catalog.under("view", schema)}, key=str)


class GrantRole(Command):
    """GRANT ROLE a TO user or ROLE b."""

    def __init__(self, words: TokenCursor, *, giving: bool) -> None:
        self._giving = giving
        self._roles = [role_name(words)]
        while words.take(","):
            _ = words.take("ROLE")
            self._roles.append(role_name(words))
        words.expect("TO" if giving else "FROM")
        self._grantees = _grantees(words)
        _ = words.take("WITH", "ADMIN", "OPTION")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Puts the grantees into the roles, or takes them out."""
        rights.refuse_superuser(session.catalog, session.user)
        for role in self._roles:
            _refuse_unknown(session, ("role", role))
            for who in self._grantees:
                _refuse_unknown(session, who)
                session.record(("member", *who, "role", role), {} if self._giving else None)
        return "GRANT" if self._giving else "REVOKE"


class CreatePrincipal(Command):
    """CREATE USER, GROUP or ROLE. A user's password is not kept: the endpoint has one for all, or none."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._name = role_name(words)
        options = [token.upper for token in words.remaining()]
        self._superuser = "CREATEUSER" in options
        self._group = (
            words.remaining()[options.index("GROUP") + 1].name if kind == "user" and "GROUP" in options else None
        )
        self._members = _members(words) if kind == "group" else []
        if not words.done:
            words.rest()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it."""
        rights.refuse_superuser(session.catalog, session.user)
        if session.catalog.get(self._kind, self._name):
            raise SqlError("42710", f'{self._kind} "{self._name}" already exists')
        session.record((self._kind, self._name), {"superuser": self._superuser, "owner": session.user})
        if self._group is not None:
            session.record(("member", "user", self._name, "group", self._group), {})
        for member in self._members:
            session.record(("member", "user", member, "group", self._name), {})
        return f"CREATE {self._kind.upper()}"


def _members(words: TokenCursor) -> list[str]:
    _ = words.take("WITH")
    return _names(words) if words.take("USER") else []


class AlterGroup(Command):
    """ALTER GROUP g ADD | DROP USER u [, …]."""

    def __init__(self, words: TokenCursor) -> None:
        self._group = words.name()
        self._adding = words.take("ADD", "USER")
        if not self._adding:
            words.expect("DROP", "USER")
        self._users = _names(words)
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Puts users into the group, or takes them out."""
        rights.refuse_superuser(session.catalog, session.user)
        _refuse_unknown(session, ("group", self._group))
        for user in self._users:
            session.record(("member", "user", user, "group", self._group), {} if self._adding else None)
        return "ALTER GROUP"


class DropPrincipal(Command):
    """DROP USER, GROUP or ROLE [IF EXISTS] name [, …] [FORCE]: what was granted goes with it."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._if_exists = words.take("IF", "EXISTS")
        self._names = [role_name(words)]
        while words.take(","):
            self._names.append(role_name(words))
        self._force = words.take("FORCE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops it."""
        rights.refuse_superuser(session.catalog, session.user)
        for name in self._names:
            if session.catalog.get(self._kind, name) is None:
                if not self._if_exists:
                    raise SqlError("42704", f'{self._kind} "{name}" does not exist')
                continue
            held = [
                key
                for key in session.catalog.documents
                if key[-2:] == (self._kind, name) or key[:3] == ("member", self._kind, name)
            ]
            if self._kind == "role" and held and not self._force:
                raise SqlError("2BP01", f"cannot drop role {name} because other objects depend on it: use FORCE")
            for key in [*held, (self._kind, name)]:
                session.record(key, None)
        return f"DROP {self._kind.upper()}"


def principal(words: TokenCursor) -> str | None:
    """Takes USER, GROUP or ROLE, in small letters, or nothing."""
    if words.peek() in ("USER", "GROUP", "ROLE"):
        return words.next().upper.lower()
    return None


def alter_principal(words: TokenCursor) -> Statement:
    """ALTER GROUP; users and roles are altered only outside."""
    if words.take("GROUP"):
        return AlterGroup(words)
    raise not_imitated(f"ALTER {words.peek()}")
