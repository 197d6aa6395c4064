"""The grammar of CREATE TABLE: columns, constraints and physical attributes."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import TableName, literal, quote
from sandbox.redshift.translate.statement import translate_expression
from sandbox.redshift.types import DeclaredType, take_type

_ENCODINGS = frozenset(
    {
        "AUTO",
        "RAW",
        "AZ64",
        "BYTEDICT",
        "DELTA",
        "DELTA32K",
        "LZO",
        "MOSTLY8",
        "MOSTLY16",
        "MOSTLY32",
        "RUNLENGTH",
        "TEXT255",
        "TEXT32K",
        "ZSTD",
    }
)
_MOST_SORT_KEYS, _MOST_INTERLEAVED, _MOST_COLUMNS = 400, 8, 1600
_COLUMN_END = (
    ",", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE", "NOT", "NULL", "UNIQUE", "PRIMARY",
    "REFERENCES",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """A column that numbers its rows; `always`: it cannot be given a value."""

    seed: int
    step: int
    always: bool


@dataclass(slots=True)
class ColumnDefinition:
    """A column as it is declared; keys are kept as declared and never enforced."""

    name: str
    type: DeclaredType
    default: str | None = None
    not_null: bool = False
    encoding: str | None = None
    identity: Identity | None = None

    @property
    def sql(self) -> str:
        """For DuckDB."""
        return self.sql_with(None)

    def sql_with(self, sequence: str | None) -> str:
        """For DuckDB, with the sequence that gives its default, if it is an identity."""
        if sequence is not None:
            call = f"nextval({literal(sequence)})"
            return f"{quote(self.name)} {self.type.engine} DEFAULT {call} NOT NULL"
        default = f" DEFAULT {self.default}" if self.default is not None else ""
        required = " NOT NULL" if self.not_null else ""
        return f"{quote(self.name)} {self.type.engine}{default}{required}{self.type.check(self.name)}"


@dataclass(slots=True)
class TableDefinition:
    """A table as it is declared: what shapes its rows, and what only shapes its storage."""

    name: TableName
    temporary: bool
    if_not_exists: bool
    columns: list[ColumnDefinition] = field(default_factory=list)
    like: TableName | None = None
    like_defaults: bool = False
    query: str | None = None
    query_names: tuple[str, ...] = ()
    distkeys: list[str] = field(default_factory=list)
    sortkeys: list[str] = field(default_factory=list)
    diststyle: str | None = None
    primary_keys: list[tuple[str, ...]] = field(default_factory=list)
    other_keys: set[str] = field(default_factory=set)
    storage_given: set[str] = field(default_factory=set)

    def document(self, owner: str) -> dict[str, Any]:
        """What the catalog keeps of it beyond its columns."""
        style = self.diststyle or ("KEY" if self.distkeys else "AUTO")
        return {
            "owner": owner, "diststyle": style, "distkey": self.distkeys, "sortkey": self.sortkeys,
            "primary_key": [name for key in self.primary_keys for name in key],
            "other_keys": sorted(self.other_keys),
            "encodings": {column.name: column.encoding for column in self.columns if column.encoding},
            "created": datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(" "),
        }  # fmt: skip


def read_table(words: TokenCursor, *, temporary: bool) -> TableDefinition:
    """Reads what follows CREATE [TEMP] TABLE.

    Raises:
        SqlError: 42601 for bad syntax or two distribution keys, 42704 for a type that Redshift lacks.
    """
    if_not_exists = words.take("IF", "NOT", "EXISTS")
    name = words.table()
    table = TableDefinition(name, temporary or name.name.startswith("#"), if_not_exists)
    if words.peek() == "(":
        _take_body(words, table)
    _take_attributes(words, table)
    if words.take("AS"):
        table.query = words.rest()
    words.end()
    if not (table.columns or table.like or table.query):
        raise words.unexpected()
    if len(table.distkeys) > 1:
        raise SqlError("42601", "multiple distribution keys are not allowed for a table")
    _check_keys(table)
    return table


def _check_keys(table: TableDefinition) -> None:
    if table.like is not None and table.storage_given:
        raise SqlError("42601", "a table LIKE another has its distribution and sort keys, and takes no others")
    known = {column.name for column in table.columns}
    if len(table.columns) > _MOST_COLUMNS:
        raise SqlError("54011", f"tables can have at most {_MOST_COLUMNS} columns")
    if len(known) != len(table.columns):
        raise SqlError("42701", "column specified more than once")
    for key in table.distkeys + table.sortkeys if known else ():
        if key not in known:
            raise SqlError("42703", f'column "{key}" named in key does not exist')
    for column in table.columns:
        if column.type.engine == "JSON" and column.name in table.distkeys + table.sortkeys:
            raise SqlError("0A000", f'column "{column.name}" of type super cannot be a distribution or sort key')
    if len(table.primary_keys) > 1:
        raise SqlError("42P16", f'multiple primary keys for table "{table.name.name}" are not allowed')
    if table.diststyle == "KEY" and known and not table.distkeys:
        raise SqlError("42601", "DISTSTYLE KEY needs a DISTKEY")


def _take_body(words: TokenCursor, table: TableDefinition) -> None:
    if words.peek(2) in (",", ")"):
        table.query_names = words.names()
        return
    words.expect("(")
    while True:
        if words.take("LIKE"):
            table.like = words.table()
            table.like_defaults = words.take("INCLUDING", "DEFAULTS")
            _ = words.take("EXCLUDING", "DEFAULTS")
        elif not _take_constraint(words, table):
            table.columns.append(_take_column(words, table))
        if not words.take(","):
            break
    words.expect(")")


def _take_constraint(words: TokenCursor, table: TableDefinition) -> bool:
    named = words.take("CONSTRAINT")
    if named:
        words.name()
    if words.take("PRIMARY", "KEY"):
        required = words.names()
        table.primary_keys.append(required)
        for column in table.columns:
            column.not_null = column.not_null or column.name in required
    elif words.take("UNIQUE"):
        table.other_keys |= {*words.names()}
    elif words.take("FOREIGN", "KEY"):
        table.other_keys |= {*words.names()}
        words.expect("REFERENCES")
        _take_reference(words)
    elif named or words.peek() == "CHECK":
        raise words.unexpected()
    else:
        return False
    return True


def _take_reference(words: TokenCursor) -> None:
    words.table()
    if words.peek() == "(":
        words.names()


def _take_column(words: TokenCursor, table: TableDefinition) -> ColumnDefinition:
    column = ColumnDefinition(words.name(), take_type(words))
    while not words.done and words.peek() not in (",", ")"):
        take_column_attribute(words, column, table)
    return column


def take_column_attribute(words: TokenCursor, column: ColumnDefinition, table: TableDefinition) -> None:
    """Reads one attribute or constraint of a column."""
    if words.take("DEFAULT"):
        column.default = translate_expression(words.text_until(*_COLUMN_END))
    elif words.take("PRIMARY", "KEY"):
        column.not_null = True
        table.primary_keys.append((column.name,))
    elif words.take("NOT", "NULL"):
        column.not_null = True
    elif words.take("NULL") or _take_collation(words) or _take_key(words, column, table):
        pass
    elif words.take("UNIQUE"):
        table.other_keys.add(column.name)
    elif words.take("ENCODE"):
        column.encoding = take_encoding(words)
    elif words.take("REFERENCES"):
        table.other_keys.add(column.name)
        _take_reference(words)
    elif words.take("IDENTITY"):
        column.identity = _take_identity(words, column, always=True)
    elif words.take("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        column.identity = _take_identity(words, column, always=False)
    else:
        raise words.unexpected()


def _take_key(words: TokenCursor, column: ColumnDefinition, table: TableDefinition) -> bool:
    keys = {"DISTKEY": table.distkeys, "SORTKEY": table.sortkeys}.get(words.peek())
    if keys is None:
        return False
    words.next()
    keys.append(column.name)
    return True


def _take_collation(words: TokenCursor) -> bool:
    if not words.take("COLLATE"):
        return False
    kind = words.name()
    if kind not in ("case_sensitive", "cs", "case_insensitive", "ci"):
        raise SqlError("42601", f'syntax error at or near "{kind}"')
    if kind in ("case_insensitive", "ci"):
        raise not_imitated("COLLATE CASE_INSENSITIVE")
    return True


def _take_identity(words: TokenCursor, column: ColumnDefinition, *, always: bool) -> Identity:
    words.expect("(")
    seed = _take_integer(words)
    words.expect(",")
    step = _take_integer(words)
    words.expect(")")
    if column.type.engine not in ("INTEGER", "BIGINT"):
        raise SqlError("42P16", "identity column type must be INT or BIGINT")
    if step == 0:
        raise SqlError("22023", "identity step cannot be 0")
    column.not_null = True
    return Identity(seed, step, always)


def _take_integer(words: TokenCursor) -> int:
    return -words.number() if words.take("-") else words.number()


def take_encoding(words: TokenCursor) -> str:
    """Reads the name of a compression encoding.

    Raises:
        SqlError: 42601 for one that Redshift lacks.
    """
    found = words.next().upper
    if found not in _ENCODINGS:
        raise SqlError("42601", f'encoding type "{found.lower()}" is not supported')
    return found


def _take_attributes(words: TokenCursor, table: TableDefinition) -> None:
    while not words.done and words.peek() != "AS":
        if words.take("BACKUP"):
            words.next()
        else:
            take_storage(words, table)


def take_storage(words: TokenCursor, table: TableDefinition) -> None:
    """Reads one attribute of a table's storage."""
    if words.take("DISTSTYLE"):
        table.diststyle = words.next().upper
        table.storage_given |= {"diststyle"}
        if table.diststyle not in ("AUTO", "EVEN", "KEY", "ALL"):
            raise words.unexpected()
    elif words.take("DISTKEY"):
        table.distkeys += words.names() if words.peek() == "(" else (words.name(),)
        table.storage_given |= {"diststyle", "distkey"}
    elif words.take("ENCODE"):
        words.expect("AUTO")
    else:
        table.storage_given |= {"sortkey"}
        if words.take("SORTKEY", "AUTO") or words.take("SORTKEY", "NONE"):
            return
        most = _MOST_INTERLEAVED if words.take("INTERLEAVED") else _MOST_SORT_KEYS
        _ = words.take("COMPOUND")
        words.expect("SORTKEY")
        if table.sortkeys:
            raise SqlError("42601", "multiple sort keys are not allowed for a table")
        table.sortkeys += words.names()
        if len(table.sortkeys) > most:
            raise SqlError("42601", f"a sort key has {most} columns at most, {len(table.sortkeys)} given")
