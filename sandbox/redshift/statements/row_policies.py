"""Row-level security: policies made, altered, attached to relations, detached, dropped; and turned on and off."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from sandbox.redshift import rights, row_security
from sandbox.redshift.catalog import Document
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, syntax_error, unsupported
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.record import now
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.principals import refuse_unknown, role_name
from sandbox.redshift.statements.views import columns_of, materialised_over, policies_reading
from sandbox.redshift.translate import relations, rewrites, system_views
from sandbox.redshift.translate.dialect import WrittenRedshift, parse
from sandbox.redshift.translate.statement import translate
from sandbox.redshift.types import take_type
from sandbox.redshift.wire.decode import Value


class CreateRowPolicy(Command):
    """CREATE RLS POLICY name [WITH (column type, …) [[AS] alias]] USING (condition)."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_not_exists = words.take("IF", "NOT", "EXISTS")
        self._name = words.name()
        self._columns: dict[str, str] = {}
        self._alias: str | None = None
        if words.take("WITH"):
            words.expect("(")
            self._take_columns(words)
            if words.take("AS") or words.peek() != "USING":
                self._alias = words.name()
        words.expect("USING")
        self._condition = words.balanced()
        words.end()

    def _take_columns(self, words: TokenCursor) -> None:
        while True:
            name = words.name()
            self._columns[name] = take_type(words).engine
            if not words.take(","):
                break
        words.expect(")")

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Keeps it, once its condition can be read and its tables are there."""
        rights.refuse_security_admin(session.catalog, session.user)
        if session.catalog.get("rls", self._name):
            if self._if_not_exists:
                return "CREATE RLS POLICY"
            raise SqlError("42710", f'RLS policy "{self._name}" already exists')
        _keep(session, self._name, {"columns": self._columns, "alias": self._alias}, self._condition)
        return "CREATE RLS POLICY"


class AlterRowPolicy(Command):
    """ALTER RLS POLICY name USING (condition)."""

    def __init__(self, words: TokenCursor) -> None:
        self._name = words.name()
        words.expect("USING")
        self._condition = words.balanced()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Gives it another condition over the same columns, wherever it is attached."""
        rights.refuse_security_admin(session.catalog, session.user)
        _keep(session, self._name, _policy(session, self._name), self._condition)
        return "ALTER RLS POLICY"


def _policy(session: Session, name: str) -> Document:
    found = session.catalog.get("rls", name)
    if found is None:
        raise SqlError("42704", f'RLS policy "{name}" does not exist')
    return found


def _keep(session: Session, name: str, policy: Document, text: str) -> None:
    condition, lookups = _read(session, policy, text)
    made = {"condition": condition, "lookups": lookups, "by": session.user, "at": now().isoformat(" ")}
    session.record(("rls", name), policy | made)


def _read(session: Session, policy: Document, text: str) -> tuple[str, list[list[str]]]:
    """A condition with the schemas of its tables, and these; DuckDB binds it over the columns declared.

    Raises:
        SqlError: what cannot be read, what no policy may read, or columns that are not declared.
    """
    tree = parse(f"SELECT 1 WHERE {text}")
    where = tree.args.get("where")
    if where is None or not isinstance(tree, exp.Select):
        raise syntax_error(text.split(None, 1)[0])
    _refuse_correlated(where, policy)
    lookups = {_lookup(session, table) for table in tree.find_all(exp.Table)}
    condition = where.this.sql(WrittenRedshift)
    columns = ", ".join(f"CAST(NULL AS {_DECLARED.get(k, k)}) AS {quote(n)}" for n, k in policy["columns"].items())
    alias = quote(policy["alias"] or "relation")
    found = translate(f"SELECT 1 FROM (SELECT {columns or '1'}) AS {alias} WHERE ({condition})", (), session.shown())
    session.run(f"DESCRIBE {rewrites.with_session_literals(found, session.session_values())}")
    return condition, sorted([*name.parts] for name in lookups)


_DECLARED = {"JSON": "SUPER", "BLOB": "VARBYTE"}


def _refuse_correlated(where: exp.Expr, policy: Document) -> None:
    """Subqueries that look at the protected relation ("Considerations and limitations using RLS policies")."""
    for query in where.find_all(exp.Select):
        own = {table.alias_or_name.lower() for table in query.find_all(exp.Table)}
        for column in query.find_all(exp.Column):
            if column.table and column.table.lower() not in own and column.table.lower() == policy["alias"]:
                raise SqlError("0A000", "RLS policy could not be rewritten.")


def _lookup(session: Session, table: exp.Table) -> TableName:
    """The table that a policy reads, written with its schema from now on."""
    name = relations.table_name(table)
    found = session.resolved(name)
    if (
        session.is_temporary(name)
        or system_views.is_system_view(name)
        or session.catalog.get("view", *found.parts)
        or session.catalog.get("protected", *found.parts)
    ):
        raise unsupported(f'relation "{found.name}" inside an RLS policy')
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name.name, quoted=True)))
    table.set("this", exp.to_identifier(found.name, quoted=True))
    table.set("db", exp.to_identifier(found.parts[0], quoted=True))
    return found


class AttachRowPolicy(Command):
    """ATTACH | DETACH RLS POLICY p ON [TABLE] t, … {TO | FROM} {user | ROLE r | PUBLIC}, …."""

    def __init__(self, words: TokenCursor, *, attaching: bool) -> None:
        self._attaching = attaching
        self._policy = words.name()
        words.expect("ON")
        _ = words.take("TABLE")
        self._relations = [words.table()]
        while words.take(","):
            self._relations.append(words.table())
        words.expect("TO" if attaching else "FROM")
        self._grantees = [_grantee(words)]
        while words.take(","):
            self._grantees.append(_grantee(words))
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Limits those who are meant, from when row-level security is on."""
        rights.refuse_security_admin(session.catalog, session.user)
        policy = _policy(session, self._policy)
        for who in self._grantees:
            refuse_unknown(session, who)
        for named in self._relations:
            session.lock(named, Mode.EXCLUSIVE)
            relation = session.resolved(named)
            if self._attaching:
                self._check(session, named, policy)
            for who in self._grantees:
                self._record(session, ("row_policy", *relation.parts, self._policy, *who))
        return f"{'ATTACH' if self._attaching else 'DETACH'} RLS POLICY"

    def _record(self, session: Session, key: tuple[str, ...]) -> None:
        if not self._attaching and session.catalog.get(*key) is None:
            whom = key[-1] or "public"
            raise SqlError("42704", f'RLS policy "{self._policy}" is not attached to "{key[2]}" for {whom}')
        session.record(key, {"grantor": session.user} if self._attaching else None)

    def _check(self, session: Session, named: TableName, policy: Document) -> None:
        relation = session.resolved(named)
        if session.is_temporary(named) or system_views.is_system_view(named):
            raise unsupported(f'attaching an RLS policy to "{named.name}"')
        known = {name for name, _ in columns_of(session, relation)}
        for column in policy["columns"]:
            if column not in known:
                raise SqlError("42703", f'column "{column}" of relation "{relation.name}" does not exist')
        if policies_reading(session, relation) or materialised_over(session, relation):
            raise unsupported(f'attaching an RLS policy to "{relation.name}", which a policy or MV reads,')
        others = row_security.policies_of(session.catalog, relation)
        if any(other["alias"] != policy["alias"] for _, _, other in others):
            raise SqlError("0A000", f'all RLS policies attached to "{relation.name}" must have the same table alias')


def _grantee(words: TokenCursor) -> rights.Grantee:
    if words.take("PUBLIC"):
        return rights.PUBLIC
    return ("role" if words.take("ROLE") else "user", role_name(words))


class DropRowPolicy(Command):
    """DROP RLS POLICY [IF EXISTS] name [CASCADE | RESTRICT]."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_exists = words.take("IF", "EXISTS")
        self._name = words.name()
        self._cascade = words.take("CASCADE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops it; while it is attached only with CASCADE."""
        rights.refuse_security_admin(session.catalog, session.user)
        if session.catalog.get("rls", self._name) is None and self._if_exists:
            return "DROP RLS POLICY"
        _policy(session, self._name)
        attached = [key for key in session.catalog.documents if key[0] == "row_policy" and key[3] == self._name]
        if attached and not self._cascade:
            raise SqlError("2BP01", f"cannot drop RLS policy {self._name} because it is attached: use CASCADE")
        granted = [key for key in session.catalog.documents if key[-2:] == ("rls policy", self._name)]
        for key in [*attached, *granted, ("rls", self._name)]:
            session.record(key, None)
        return "DROP RLS POLICY"


def row_level_security(words: TokenCursor) -> Callable[[Session, TableName], None]:
    """Reads {ON | OFF} [CONJUNCTION TYPE {AND | OR}] [FOR DATASHARES], and returns what is to be done."""
    turning_on = words.take("ON")
    if not turning_on:
        words.expect("OFF")
    conjunction = words.next().upper.lower() if words.take("CONJUNCTION", "TYPE") else None
    if conjunction not in (None, "and", "or"):
        raise words.unexpected()
    if words.take("FOR", "DATASHARES"):
        return lambda *_: None

    def change(session: Session, relation: TableName) -> None:
        rights.refuse_security_admin(session.catalog, session.user)
        if session.is_temporary(relation):
            raise unsupported("row-level security on a temporary table")
        before = session.catalog.get("protected", *relation.parts) or {}
        kept = {"conjunction": conjunction or before.get("conjunction", "and")}
        session.record(("protected", *relation.parts), kept if turning_on else None)

    return change
