"""ALTER, by what is altered; and ALTER TABLE: one change a statement, as in Redshift."""

from collections.abc import Callable, Iterable, Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated, too_long
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.append import append_from
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.databases import AlterDatabase
from sandbox.redshift.statements.grants import AlterDefaultPrivileges
from sandbox.redshift.statements.principals import alter_principal
from sandbox.redshift.statements.row_policies import AlterRowPolicy, row_level_security
from sandbox.redshift.statements.schemas import AlterSchema
from sandbox.redshift.statements.table_definition import (
    ColumnDefinition,
    TableDefinition,
    take_column_attribute,
    take_encoding,
    take_storage,
)
from sandbox.redshift.statements.tables import copied_columns, make_again, remember_kinds
from sandbox.redshift.statements.views import column_dropped, column_renamed, dependents, relation_renamed
from sandbox.redshift.types import DeclaredType, length_of_char, take_type
from sandbox.redshift.wire.decode import Value

Change = Callable[[Session, TableName], None]


def alter(sql: str) -> Statement:
    """The statement for ALTER …."""
    words = TokenCursor(sql)
    words.expect("ALTER")
    if words.take("TABLE"):
        return AlterTable(words)
    if words.take("MATERIALIZED", "VIEW"):
        return AlterMaterialisedView(words)
    if words.take("RLS", "POLICY"):
        return AlterRowPolicy(words)
    if words.take("SCHEMA"):
        return AlterSchema(words)
    if words.take("DEFAULT", "PRIVILEGES"):
        return AlterDefaultPrivileges(words)
    if words.take("DATABASE"):
        return AlterDatabase(words)
    return alter_principal(words)


class AlterTable(Command):
    """ALTER TABLE t with its change; constraints are accepted without effect."""

    def __init__(self, words: TokenCursor) -> None:
        self._table = words.table()
        self._outside = ""
        self._of_owner = True
        self._changes_columns = False
        self._change = self._read(words)
        words.end()

    def _read(self, words: TokenCursor) -> Change:
        if words.take("ADD"):
            return self._add(words)
        if words.take("DROP"):
            self._changes_columns = words.peek() != "CONSTRAINT"
            return _drop(words)
        if words.take("RENAME"):
            self._changes_columns = words.peek() != "TO"
            return _rename(words)
        if words.take("APPEND", "FROM"):
            self._outside = "ALTER TABLE APPEND"
            return append_from(words)
        if words.take("ROW", "LEVEL", "SECURITY"):
            self._of_owner = False
            return row_level_security(words)
        if words.take("OWNER", "TO"):
            owner = words.name()
            return lambda session, table: _describe_anew(session, table, {"owner": owner})
        if words.take("ALTER"):
            return self._alter(words)
        raise not_imitated(f"ALTER TABLE {words.peek()}")

    def _add(self, words: TokenCursor) -> Change:
        if words.peek() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
            return self._constrain(words)
        _ = words.take("COLUMN")
        self._changes_columns = True
        column = ColumnDefinition(words.name(), take_type(words))
        keys = TableDefinition(self._table, False, False)
        while not words.done:
            take_column_attribute(words, column, keys)
        if column.identity:
            raise SqlError("0A000", "ALTER TABLE ADD COLUMN does not take IDENTITY")
        if column.not_null and column.default is None:
            raise SqlError(
                "42601", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
            )
        return lambda session, table: _add_column(session, table, column, keys.other_keys)

    def _constrain(self, words: TokenCursor) -> Change:
        """Constraints bind nobody; a primary key is remembered for those who ask."""
        if words.take("CONSTRAINT"):
            words.name()
        if words.take("UNIQUE") or words.take("FOREIGN", "KEY"):
            names = words.names()
            _ = words.done or words.rest()
            return lambda session, table: _add_keys(session, table, names)
        words.expect("PRIMARY", "KEY")
        key = list(words.names())
        return lambda session, table: _describe_anew(session, table, {"primary_key": key})

    def _alter(self, words: TokenCursor) -> Change:
        if words.peek() in ("DISTSTYLE", "DISTKEY", "SORTKEY", "COMPOUND", "ENCODE"):
            storage = TableDefinition(self._table, False, False)
            while not words.done:
                take_storage(words, storage)
            return lambda session, table: _store_anew(session, table, storage)
        _ = words.take("COLUMN")
        name = words.name()
        if words.take("ENCODE"):
            encoding = take_encoding(words)
            return lambda session, table: _encode(session, table, name, encoding)
        words.expect("TYPE")
        kind = take_type(words)
        self._outside = "ALTER TABLE ALTER COLUMN"
        return lambda session, table: _resize(session, table, name, kind)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Changes the table under an exclusive lock."""
        if self._outside and session.in_transaction:
            raise SqlError("25001", f"{self._outside} cannot run inside a transaction block")
        session.lock(self._table, Mode.EXCLUSIVE)
        table = self._table if session.is_temporary(self._table) else session.resolved(self._table)
        if not session.relation_exists(table):
            raise SqlError("42P01", f'relation "{self._table}" does not exist')
        if self._of_owner:
            session.require_owner(table)
        self._change(session, table)
        if self._changes_columns:
            remember_kinds(session, table)
        return "ALTER TABLE"


class AlterMaterialisedView(AlterTable):
    """ALTER MATERIALIZED VIEW mv {AUTO REFRESH … | ROW LEVEL SECURITY …}, or what it shares with tables."""

    def _read(self, words: TokenCursor) -> Change:
        if words.take("AUTO", "REFRESH"):
            automatic = words.next().upper == "YES"
            return lambda session, view: _describe_anew(session, view, {"automatic": automatic})
        return super()._read(words)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        """Changes it."""
        view = session.catalog.get("view", *session.resolved(self._table).parts)
        if view is None or not view["materialised"]:
            raise SqlError("42P01", f'materialized view "{self._table}" does not exist')
        super().run(session, values, sink)
        return "ALTER MATERIALIZED VIEW"


def _describe_anew(session: Session, table: TableName, change: dict[str, object]) -> None:
    if session.is_temporary(table):
        return
    kind = "view" if session.catalog.get("view", *table.parts) else "table"
    document = session.catalog.get(kind, *table.parts) or {}
    session.record((kind, *table.parts), document | change)


def _store_anew(session: Session, table: TableName, storage: TableDefinition) -> None:
    given = storage.document(session.user)
    _describe_anew(session, table, {key: given[key] for key in storage.storage_given})


def _encode(session: Session, table: TableName, column: str, encoding: str) -> None:
    document = session.catalog.get("table", *table.parts) or {}
    _describe_anew(session, table, {"encodings": document.get("encodings", {}) | {column: encoding}})


def _add_column(session: Session, table: TableName, column: ColumnDefinition, keys: set[str]) -> None:
    if keys:
        _add_keys(session, table, keys)
    if column.encoding:
        _encode(session, table, column.name, column.encoding)
    session.warehouse.note_types(table, {column.name: column.type.engine})
    if column.type.max_bytes is None:
        session.run(f"ALTER TABLE {table.sql} ADD COLUMN {column.sql}")
        return
    # A column with a length is a CHECK, which DuckDB cannot add to a table that exists.
    columns = copied_columns(session, table, defaults=True, identities=True)
    _rebuild(session, table, [*columns.values(), column.sql], f"*, {column.default or 'NULL'}")


def _drop(words: TokenCursor) -> Change:
    if words.take("CONSTRAINT"):
        words.rest()
        return lambda session, table: _describe_anew(session, table, {"other_keys": []})
    _ = words.take("COLUMN")
    name = words.name()
    cascade = words.take("CASCADE")
    _ = words.take("RESTRICT")

    def change(session: Session, table: TableName) -> None:
        if not session.is_temporary(table):
            column_dropped(session, table, name, cascade=cascade)
        session.run(f"ALTER TABLE {table.sql} DROP COLUMN {quote(name)}")
        _rename_in_document(session, table, name, None)

    return change


def _rename(words: TokenCursor) -> Change:
    if words.take("TO"):
        name = words.name()
        return lambda session, table: _rename_relation(session, table, name)
    _ = words.take("COLUMN")
    old = words.name()
    words.expect("TO")
    new = words.name()

    def change(session: Session, table: TableName) -> None:
        session.run(f"ALTER TABLE {table.sql} RENAME COLUMN {quote(old)} TO {quote(new)}")
        session.warehouse.note_like(table, table, {old: new})
        if not session.is_temporary(table):
            column_renamed(session, table, old, new)
        _rename_in_document(session, table, old, new)

    return change


def _rename_relation(session: Session, table: TableName, name: str) -> None:
    session.warehouse.note_like(TableName(None, name), table)
    if session.is_temporary(table):
        session.run(f"ALTER TABLE {table.sql} RENAME TO {quote(name)}")
        session.temporary[name] = session.temporary.pop(table.name)
        session.temporary_kinds[name] = session.temporary_kinds.pop(table.name, ())
        return
    new = TableName(table.schema, name)
    if session.relation_exists(new):
        raise SqlError("42P07", f'Relation "{name}" already exists')
    view = session.catalog.get("view", *table.parts)
    if view is None or view["materialised"]:
        session.run(f"ALTER TABLE {table.sql} RENAME TO {quote(name)}")
    relation_renamed(session, table, new)


def _rename_in_document(session: Session, table: TableName, old: str, new: str | None) -> None:
    """Keys, encodings and identities of a column follow its name, or go with it."""
    document = None if session.is_temporary(table) else session.catalog.get("table", *table.parts)
    if document is None:
        return

    def renamed(names: Sequence[str]) -> list[str]:
        return [name if name != old else new for name in names if name != old or new is not None]  # type: ignore[misc]

    change = {
        key: {name: document[key][before] for before in document[key] for name in renamed([before])}
        for key in ("encodings", "identities")
    }
    keys = {key: renamed(document.get(key, ())) for key in ("distkey", "sortkey", "primary_key", "other_keys")}
    session.record(("table", *table.parts), document | change | keys)


def _resize(session: Session, table: TableName, name: str, kind: DeclaredType) -> None:
    """Another length for a VARCHAR; not below what is stored ("ALTER TABLE": ALTER COLUMN TYPE)."""
    columns = copied_columns(session, table, defaults=True, identities=True)
    if name not in columns:
        raise SqlError("42703", f'column "{name}" of relation "{table.name}" does not exist')
    if (
        kind.max_bytes is None
        or kind.is_char
        or " VARCHAR" not in columns[name]
        or length_of_char(columns[name]) is not None
    ):
        raise SqlError("0A000", f'cannot alter type of column "{name}": only the size of a VARCHAR can be changed')
    if " DEFAULT " in columns[name]:
        raise SqlError("0A000", f'cannot alter type of column "{name}" that has a default value')
    _refuse_fixed(session, table, name)
    row = session.run(f"SELECT max(strlen({quote(name)})) FROM {table.sql}").fetchone()
    if row and row[0] is not None and row[0] > kind.max_bytes:
        raise too_long(f"character varying({kind.max_bytes})")
    if dependents(session, table):
        raise SqlError("0A000", "cannot alter type of a column used by a view or rule")
    required = " NOT NULL" if " NOT NULL" in columns[name] else ""
    columns[name] = f"{quote(name)} {kind.engine}{required}{kind.check(name)}"
    _rebuild(session, table, list(columns.values()), "*")


_FIXED_ENCODINGS = frozenset({"BYTEDICT", "RUNLENGTH", "TEXT255", "TEXT32K"})


def _refuse_fixed(session: Session, table: TableName, name: str) -> None:
    """Columns with a key or one of four encodings keep their type ("ALTER TABLE": ALTER COLUMN TYPE)."""
    document = session.catalog.get("table", *table.parts) or {}
    if name in (*document.get("primary_key", ()), *document.get("other_keys", ())):
        raise SqlError("0A000", f'cannot alter type of column "{name}" that has a constraint')
    encoding = document.get("encodings", {}).get(name, "")
    if encoding in _FIXED_ENCODINGS:
        raise SqlError("0A000", f'cannot alter type of column "{name}" with the encoding {encoding}')


def _add_keys(session: Session, table: TableName, names: Iterable[str]) -> None:
    document = session.catalog.get("table", *table.parts) or {}
    _describe_anew(session, table, {"other_keys": sorted({*document.get("other_keys", ()), *names})})


def _rebuild(session: Session, table: TableName, columns: Sequence[str], items: str) -> None:
    """Makes a table anew with other columns, its rows and comments in it."""
    aside = TableName(table.schema, f"{table.name}__rebuilt")
    make_again(session, table, aside, columns, items)
    session.run(f"ALTER TABLE {aside.sql} RENAME TO {quote(table.name)}")
