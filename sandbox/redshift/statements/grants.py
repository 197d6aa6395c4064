"""GRANT and REVOKE, and the privileges that new relations begin with."""

from collections.abc import Iterator, Sequence

from sandbox.redshift import rights
from sandbox.redshift.catalog import Document, Key
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import TableName
from sandbox.redshift.rights import Grantee
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.principals import names, refuse_unknown, role_name
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
    option_alone = not giving and (words.take("GRANT", "OPTION", "FOR") or words.take("ADMIN", "OPTION", "FOR"))
    if words.take("ROLE"):
        return GrantRole(words, giving=giving)
    return Grant(words, giving=giving, option_alone=option_alone)


class Grant(Command):
    """Privileges on relations and schemas, of all tables of a schema, of the system; others have no effect."""

    def __init__(self, words: TokenCursor, *, giving: bool, option_alone: bool) -> None:
        self._giving = giving
        self._privileges = list(_privileges(words))
        self._tables: list[TableName] = []
        self._schemas: list[str] = []
        self._all_in: list[str] = []
        self._scopes: list[str] = []
        self._of_system = words.peek() in ("TO", "FROM")
        if words.take("FOR", "TABLES", "IN"):
            self._scopes = [f"schema {name}" for name in names(words)] if words.take("SCHEMA") else _databases(words)
        elif words.take("ON"):
            self._take_objects(words)
        words.expect("TO" if giving else "FROM")
        self._grantees, self._option = _grantees(words)
        self._option = self._option or option_alone
        self._option_alone = option_alone
        _ = words.take("CASCADE") or words.take("RESTRICT")
        if not words.done and words.take("FOR"):
            words.rest()
        words.end()

    def _take_objects(self, words: TokenCursor) -> None:
        if words.take("ALL", "TABLES", "IN", "SCHEMA"):
            self._all_in = names(words)
        elif words.take("SCHEMA"):
            self._schemas = names(words)
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
            refuse_unknown(session, who)
        for key, document in self._documents(session):
            before = session.catalog.get(*key)
            session.record(key, self._merged(before, document))
        return "GRANT" if self._giving else "REVOKE"

    def _documents(self, session: Session) -> Iterator[tuple[Key, Document]]:
        yield from self._on_relations(session)
        for schema in self._schemas:
            if not session.schema_exists(schema):
                raise SqlError("3F000", f'schema "{schema}" does not exist')
            rights.refuse_schema_owner(session.catalog, session.user, schema)
            for privilege, _, who in self._each(_ON_SCHEMAS):
                yield ("schema_grant", schema, privilege, *who), {}
        for scope in self._scopes:
            rights.refuse_superuser(session.catalog, session.user)
            for privilege, _, who in self._each(_ON_TABLES):
                yield ("scoped", scope, privilege, *who), {}
        for privilege, _, who in self._each(()) if self._of_system else ():
            rights.refuse_security_admin(session.catalog, session.user)
            yield ("privilege", privilege, *who), {}

    def _on_relations(self, session: Session) -> Iterator[tuple[Key, Document]]:
        tables = [session.resolved(table) for table in self._tables]
        for schema in self._all_in:
            tables += _relations(session, schema)
        for table in tables:
            if not session.relation_exists(table):
                raise SqlError("42P01", f'relation "{table.name}" does not exist')
            for privilege, columns, who in self._each(_ON_TABLES):
                rights.refuse_grantor(session.catalog, session.user, privilege, table)
                yield ("grant", *table.parts, privilege, *who), {"columns": columns, "option": self._option}

    def _each(self, all_of_them: Sequence[str]) -> Iterator[tuple[str, list[str] | None, Grantee]]:
        for privilege, columns in self._privileges:
            for each in all_of_them if privilege == "ALL" else (privilege,):
                for who in self._grantees:
                    yield each, columns, who

    def _merged(self, before: Document | None, given: Document) -> Document | None:
        """Grants by column add up, a revoked table takes its columns with it, and an option stays until revoked."""
        columns = given.get("columns")
        if self._option_alone:
            return before and before | {"option": False}
        option = {"option": given.get("option", False) or (before or {}).get("option", False)}
        if self._giving:
            if before is None or columns is None:
                return given | option
            held = before.get("columns")
            return before | option if held is None else {"columns": sorted({*held, *columns})} | option
        if before is None or columns is None or before.get("columns") is None:
            return None
        kept = sorted({*before["columns"]} - {*columns})
        return {"columns": kept} | option if kept else None


def _privileges(words: TokenCursor) -> Iterator[tuple[str, list[str] | None]]:
    while True:
        privilege = words.next().upper
        if privilege == "ALL":
            _ = words.take("PRIVILEGES")
        columns = list(words.names()) if words.peek() == "(" else None
        while words.peek() not in (",", "ON", "FOR", "TO", "FROM", ""):  # those of the system have several words
            privilege = f"{privilege} {words.next().upper}"
        yield privilege, columns
        if not words.take(","):
            return


def _databases(words: TokenCursor) -> list[str]:
    words.expect("DATABASE")
    words.name()
    return ["database"]


def _grantees(words: TokenCursor) -> tuple[list[Grantee], bool]:
    """Who is meant, and whether they may give it on.

    Raises:
        SqlError: 0LP01 where others than users are to give it on.
    """
    found: list[Grantee] = []
    option = False
    while True:
        if words.take("PUBLIC"):
            found.append(rights.PUBLIC)
        elif words.take("RLS", "POLICY"):
            found.append(("rls policy", words.name()))
        elif words.take("MASKING", "POLICY"):
            found.append(("masking policy", words.name()))
        else:
            kind = "role" if words.take("ROLE") else "group" if words.take("GROUP") else "user"
            found.append((kind, role_name(words)))
        if words.take("WITH", "GRANT", "OPTION"):
            option = True
            if found[-1][0] != "user":
                raise SqlError("0LP01", "grant options can only be granted to individual users")
        if not words.take(","):
            return found, option


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
        self._grantees, _ = _grantees(words)
        _ = words.take("WITH", "ADMIN", "OPTION")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Puts the grantees into the roles, or takes them out."""
        rights.refuse_superuser(session.catalog, session.user)
        for role in self._roles:
            refuse_unknown(session, ("role", role))
            for who in self._grantees:
                refuse_unknown(session, who)
                session.record(("member", *who, "role", role), {} if self._giving else None)
        return "GRANT" if self._giving else "REVOKE"


class AlterDefaultPrivileges(Command):
    """ALTER DEFAULT PRIVILEGES [FOR USER u, …] [IN SCHEMA s, …] {GRANT … TO | REVOKE … FROM} …."""

    def __init__(self, words: TokenCursor) -> None:
        self._owners = names(words) if words.take("FOR", "USER") else []
        self._schemas = names(words) if words.take("IN", "SCHEMA") else []
        self._giving = words.next().upper == "GRANT"
        if not self._giving:
            _ = words.take("GRANT", "OPTION", "FOR")
        self._privileges = [privilege for privilege, _ in _privileges(words)]
        words.expect("ON")
        self._on = words.next().upper
        if self._on not in ("TABLES", "FUNCTIONS", "PROCEDURES"):
            raise words.unexpected()
        words.expect("TO" if self._giving else "FROM")
        self._grantees, self._option = _grantees(words)
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Remembers what tables and views made later by these owners begin with; those of now keep what they have."""
        for who in self._grantees:
            refuse_unknown(session, who)
        for owner in self._owners:
            if owner != session.user:
                rights.refuse_superuser(session.catalog, session.user)
        for schema in self._schemas:
            if not session.schema_exists(schema):
                raise SqlError("3F000", f'schema "{schema}" does not exist')
        for key in self._keys(session) if self._on == "TABLES" else ():
            session.record(key, {"option": self._option} if self._giving else None)
        return "ALTER DEFAULT PRIVILEGES"

    def _keys(self, session: Session) -> Iterator[Key]:
        for owner in self._owners or [session.user]:
            for schema in self._schemas or [""]:
                for given in self._privileges:
                    for privilege in _ON_TABLES if given == "ALL" else (given,):
                        for who in self._grantees:
                            yield ("default", owner, schema, privilege, *who)


def grant_defaults(session: Session, relation: TableName) -> None:
    """Gives a new relation what its owner has said that new ones begin with, everywhere and in its schema."""
    for schema in ("", relation.parts[0]):
        for key, document in list(session.catalog.under("default", session.user, schema)):
            session.record(("grant", *relation.parts, *key), {"columns": None, "option": document.get("option", False)})
