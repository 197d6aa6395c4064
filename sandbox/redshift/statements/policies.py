"""Masking policies: made, attached to columns, detached, dropped."""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.principals import role_name
from sandbox.redshift.statements.row_policies import AttachRowPolicy
from sandbox.redshift.statements.views import columns_of
from sandbox.redshift.translate.dialect import WrittenRedshift, parse
from sandbox.redshift.translate.statement import translate_expression
from sandbox.redshift.types import take_type
from sandbox.redshift.wire.decode import Value


class CreatePolicy(Command):
    """CREATE MASKING POLICY [IF NOT EXISTS] name WITH (column type, …) USING (expression, …)."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_not_exists = words.take("IF", "NOT", "EXISTS")
        self._name = words.name()
        words.expect("WITH", "(")
        self._inputs: list[str] = []
        while True:
            self._inputs.append(words.name())
            take_type(words)
            if not words.take(","):
                break
        words.expect(")")
        self._expressions = _expressions(words, self._inputs)
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Keeps it."""
        _refuse(session)
        if session.catalog.get("policy", self._name):
            if self._if_not_exists:
                return "CREATE MASKING POLICY"
            raise SqlError("42710", f'masking policy "{self._name}" already exists')
        session.record(("policy", self._name), {"inputs": self._inputs, "expressions": self._expressions})
        return "CREATE MASKING POLICY"


def _expressions(words: TokenCursor, inputs: Sequence[str]) -> list[str]:
    if not words.take("USING"):
        raise words.unexpected()
    tree = parse(f"SELECT {words.balanced()}")
    for item in tree.expressions:
        translate_expression(item.sql(WrittenRedshift))
    for column in tree.find_all(exp.Column):
        if column.name.lower() not in inputs:
            raise SqlError("42703", f'column "{column.name.lower()}" is not in the WITH clause of the policy')
    return [str(item.unalias().sql(WrittenRedshift)) for item in tree.expressions]


def attach(sql: str) -> Statement:
    """The statement for ATTACH … or DETACH …."""
    words = TokenCursor(sql)
    attaching = words.next().upper == "ATTACH"
    if words.take("RLS", "POLICY"):
        return AttachRowPolicy(words, attaching=attaching)
    words.expect("MASKING", "POLICY")
    return Attach(words, attaching=attaching)


class Attach(Command):
    """ATTACH MASKING POLICY p ON t (columns) [USING (columns)] TO {user | ROLE r | PUBLIC} [PRIORITY n]."""

    def __init__(self, words: TokenCursor, *, attaching: bool) -> None:
        self._attaching = attaching
        self._policy = words.name()
        words.expect("ON")
        self._table = words.table()
        self._columns = words.names()
        self._inputs = words.names() if words.take("USING") else self._columns
        words.expect("TO" if self._attaching else "FROM")
        if words.take("PUBLIC"):
            self._grantee = rights.PUBLIC
        else:
            self._grantee = ("role" if words.take("ROLE") else "user", role_name(words))
        self._priority = words.number() if words.take("PRIORITY") else 0
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Lets those who are meant see the columns through the policy, from now on, in views as well."""
        _refuse(session)
        table = session.resolved(self._table)
        session.lock(table, Mode.EXCLUSIVE)
        policy = session.catalog.get("policy", self._policy)
        if policy is None:
            raise SqlError("42704", f'masking policy "{self._policy}" does not exist')
        key = ("mask", *table.parts, self._policy, *self._grantee)
        if not self._attaching:
            if session.catalog.get(*key) is None:
                raise SqlError("42704", f'masking policy "{self._policy}" is not attached to {table.name}')
            session.record(key, None)
            return "DETACH MASKING POLICY"
        self._check(session, policy)
        expressions = [_over(text, policy["inputs"], self._inputs) for text in policy["expressions"]]
        masked = dict(zip(self._columns, expressions, strict=True))
        document = {"expressions": masked, "inputs": list(self._inputs), "priority": self._priority}
        session.record(key, document)
        return "ATTACH MASKING POLICY"

    def _check(self, session: Session, policy: dict[str, list[str]]) -> None:
        table = session.resolved(self._table)
        known = {name for name, _ in columns_of(session, table)}
        for column in (*self._columns, *self._inputs):
            if column not in known:
                raise SqlError("42703", f'column "{column}" of relation "{table.name}" does not exist')
        if len(self._columns) != len(policy["expressions"]) or len(self._inputs) != len(policy["inputs"]):
            raise SqlError("42601", "the policy has another number of columns")
        for key, other in session.catalog.under("mask", *table.parts):
            shared = set(other["expressions"]) & set(self._columns)
            if shared and other["priority"] == self._priority and key[0] != self._policy:
                text = f'column "{min(shared)}" has a masking policy of priority {self._priority} already'
                raise SqlError("42710", text)


def _over(text: str, inputs: Sequence[str], columns: Sequence[str]) -> str:
    """An expression of a policy over the columns of a table."""
    names = dict(zip(inputs, columns, strict=True))
    tree = parse(f"SELECT {text}")
    for column in list(tree.find_all(exp.Column)):
        column.replace(exp.column(names[column.name.lower()], quoted=True))
    return str(tree.expressions[0].sql(WrittenRedshift))


class DropPolicy(Command):
    """DROP MASKING POLICY [IF EXISTS] name [CASCADE]."""

    def __init__(self, words: TokenCursor) -> None:
        self._if_exists = words.take("IF", "EXISTS")
        self._name = words.name()
        self._cascade = words.take("CASCADE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops it; while it is attached only with CASCADE."""
        _refuse(session)
        if session.catalog.get("policy", self._name) is None:
            if self._if_exists:
                return "DROP MASKING POLICY"
            raise SqlError("42704", f'masking policy "{self._name}" does not exist')
        attached = [("mask", *key) for key, _ in session.catalog.under("mask") if key[2] == self._name]
        if attached and not self._cascade:
            raise SqlError("2BP01", f"cannot drop masking policy {self._name} because it is attached: use CASCADE")
        for key in [*attached, ("policy", self._name)]:
            session.record(key, None)
        return "DROP MASKING POLICY"


def _refuse(session: Session) -> None:
    rights.refuse_security_admin(session.catalog, session.user)
