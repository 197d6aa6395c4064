"""ALTER TABLE and ALTER SCHEMA."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.table_definition import ColumnDefinition, TableDefinition, take_column_attribute
from sandbox.redshift.types import take_type
from sandbox.redshift.wire.decode import Value


def alter(sql: str) -> Statement:
    """The statement for ALTER TABLE …."""
    words = TokenCursor(sql)
    words.expect("ALTER")
    if not words.take("TABLE"):
        raise not_imitated(f"ALTER {words.peek()}")
    return AlterTable(words)


class AlterTable(Command):
    """ADD and DROP COLUMN, RENAME; keys, owners and storage attributes are accepted without effect."""

    def __init__(self, words: TokenCursor) -> None:
        self._table = words.table()
        self._actions = self._read(words)
        words.end()

    def _read(self, words: TokenCursor) -> list[str]:
        if words.take("ADD"):
            return self._read_add(words)
        if words.take("DROP"):
            return self._read_drop(words)
        if words.take("RENAME"):
            return self._read_rename(words)
        if words.take("APPEND"):
            raise not_imitated("ALTER TABLE APPEND")
        if words.take("ALTER") and words.peek() not in ("DISTSTYLE", "DISTKEY", "SORTKEY", "COMPOUND", "ENCODE"):
            raise not_imitated("ALTER TABLE ALTER COLUMN")
        words.rest()
        return []

    def _read_add(self, words: TokenCursor) -> list[str]:
        if words.peek() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
            words.rest()
            return []
        _ = words.take("COLUMN")
        column = ColumnDefinition(words.name(), take_type(words))
        while not words.done:
            take_column_attribute(words, column, TableDefinition(self._table, False, False))
        if column.not_null and column.default is None:
            raise SqlError(
                "42601", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
            )
        return [f"ADD COLUMN {column.sql}"]

    def _read_drop(self, words: TokenCursor) -> list[str]:
        if words.take("CONSTRAINT"):
            words.rest()
            return []
        _ = words.take("COLUMN")
        name = words.name()
        _ = words.take("CASCADE") or words.take("RESTRICT")
        return [f"DROP COLUMN {quote(name)}"]

    def _read_rename(self, words: TokenCursor) -> list[str]:
        if words.take("TO"):
            return [f"RENAME TO {quote(words.name())}"]
        _ = words.take("COLUMN")
        old = words.name()
        words.expect("TO")
        return [f"RENAME COLUMN {quote(old)} TO {quote(words.name())}"]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes the table under an exclusive lock."""
        session.lock(self._table, Mode.EXCLUSIVE)
        for action in self._actions:
            session.run(f"ALTER TABLE {self._table.sql} {action}")
            if action.startswith("RENAME TO") and session.is_temporary(self._table):
                session.temporary.add(TableName(None, action.split('"')[1]))
        return "ALTER TABLE"
