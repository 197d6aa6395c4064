"""ALTER TABLE and ALTER SCHEMA."""

from collections.abc import Callable, Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.create import copied_columns
from sandbox.redshift.statements.table_definition import ColumnDefinition, TableDefinition, take_column_attribute
from sandbox.redshift.statements.views import column_dropped, column_renamed, relation_renamed
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
        self._added: ColumnDefinition | None = None
        self._new_name: str | None = None
        self._followed_by: Callable[[Session, TableName], None] = lambda *_: None
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
        if column.type.max_bytes is None:
            return [f"ADD COLUMN {column.sql}"]
        self._added = column
        return []

    def _read_drop(self, words: TokenCursor) -> list[str]:
        if words.take("CONSTRAINT"):
            words.rest()
            return []
        _ = words.take("COLUMN")
        name = words.name()
        cascade = words.take("CASCADE")
        _ = words.take("RESTRICT")
        self._followed_by = lambda session, table: column_dropped(session, table, name, cascade=cascade)
        return [f"DROP COLUMN {quote(name)}"]

    def _read_rename(self, words: TokenCursor) -> list[str]:
        if words.take("TO"):
            self._new_name = words.name()
            return [f"RENAME TO {quote(self._new_name)}"]
        _ = words.take("COLUMN")
        old = words.name()
        words.expect("TO")
        new = words.name()
        self._followed_by = lambda session, table: column_renamed(session, table, old, new)
        return [f"RENAME COLUMN {quote(old)} TO {quote(new)}"]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes the table under an exclusive lock."""
        session.lock(self._table, Mode.EXCLUSIVE)
        table = self._table if session.is_temporary(self._table) else session.resolved(self._table)
        if not session.is_temporary(table):
            self._followed_by(session, table)
        view = session.catalog.get("view", *table.parts)
        for action in self._actions if view is None or view["materialised"] else ():
            session.run(f"ALTER TABLE {table.sql} {action}")
        if self._new_name is not None:
            self._rename(session, table, self._new_name)
        if self._added is not None:
            self._rebuild(session, self._added)
        return "ALTER TABLE"

    def _rename(self, session: Session, table: TableName, new: str) -> None:
        if session.is_temporary(table):
            session.temporary.discard(TableName(None, table.name))
            session.temporary.add(TableName(None, new))
        else:
            relation_renamed(session, table, TableName(table.schema, new))

    def _rebuild(self, session: Session, added: ColumnDefinition) -> None:
        """Adds a column with a length, that is, a CHECK, which DuckDB cannot add to a table that exists."""
        table = self._table
        columns = copied_columns(session, table, defaults=True)
        new = TableName(table.schema, f"{table.name}__rebuilt")
        temporary = "TEMPORARY " if session.is_temporary(table) else ""
        session.run(f"CREATE {temporary}TABLE {new.sql} ({', '.join([*columns, added.sql])})")
        session.run(f"INSERT INTO {new.sql} SELECT *, {added.default or 'NULL'} FROM {table.sql}")
        session.run(f"DROP TABLE {table.sql}")
        session.run(f"ALTER TABLE {new.sql} RENAME TO {quote(table.name)}")
