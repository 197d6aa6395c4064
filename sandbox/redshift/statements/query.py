"""Queries and changes: SELECT, INSERT, UPDATE, DELETE, MERGE."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.record import HISTORIES
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements import late_views
from sandbox.redshift.translate import relations, system_views
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.translate.shown import Shown
from sandbox.redshift.translate.statement import Translation, translate, translate_tree
from sandbox.redshift.wire.decode import Value, samples
from sandbox.redshift.wire.types import CAST_BY_OID, Column, as_char, column

BATCH_ROWS = 1_000
"""Rows made and sent at once: few enough to stay in the processor's cache, which is a quarter of the work of 10,000."""
_MODES = {"insert": Mode.APPEND, "update": Mode.WRITE, "delete": Mode.WRITE, "merge": Mode.WRITE}


class Translated:
    """A statement that DuckDB runs after translation."""

    ends_failure = False

    def __init__(self, sql: str, oids: Sequence[int]) -> None:
        self._sql = sql
        self._casts = tuple(CAST_BY_OID.get(oid) for oid in oids)
        self._samples = samples(oids)
        self._last: tuple[Shown, Translation] | None = None

    def columns(self, session: Session) -> Sequence[Column] | None:
        """Asks DuckDB to describe a query, which it does without running it."""
        found = self._translated(session)
        if found.kind != "select":
            return None
        _take_locks(session, found)
        described = session.run(
            f"DESCRIBE {found.sql}", _parameters(session, found, self._samples), alone=True
        ).fetchall()
        refuse_rows((str(name), str(kind)) for name, kind, *_ in described)
        names = _with_chars([column(name, kind) for name, kind, *_ in described], found)
        return [column(c.name, "BOOLEAN") if i in found.terminates else c for i, c in enumerate(names)]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        """Runs it under its locks."""
        found = self._translated(session)
        if found.target is not None:
            _refuse_target(session, found, found.target)
        _take_locks(session, found)
        if found.kind == "update" and session.settings.get("error_on_nondeterministic_update") in ("true", "on", "1"):
            self._refuse_matches(session, values)
        if found.kind == "insert" and found.target is not None:
            found = _with_columns(session, found, found.target)
        cursor = session.run(found.sql, _parameters(session, found, values), alone=True)
        if found.kind != "select":
            return _tag(found.kind, cursor)
        _send(session, found, cursor, sink)
        return "SELECT"

    def _refuse_matches(self, session: Session, values: Sequence[Value]) -> None:
        """Refuses an UPDATE in which several rows match one ("error_on_nondeterministic_update")."""
        query = relations.matched_often(parse(self._sql))
        if query is None:
            return
        found = translate_tree(query, self._casts, session.shown())
        if session.run(found.sql, _parameters(session, found, values)).fetchone():
            raise SqlError("XX000", "Found multiple matches to update the same tuple.")

    def value(self, session: Session, values: Sequence[Value]) -> Any:
        """The first value of a query's first row."""
        return self.row(session, values)[0]

    def row(self, session: Session, values: Sequence[Value] = ()) -> tuple[Any, ...]:
        """The only row of a query."""
        found = self._translated(session)
        _take_locks(session, found)
        (row,) = session.run(found.sql, _parameters(session, found, values), alone=True).fetchall()
        return tuple(row)

    def lock(self, session: Session) -> None:
        """Takes the locks of a statement, before others that belong to it take the snapshot."""
        _take_locks(session, self._translated(session))

    def plan(self, session: Session, values: Sequence[Value]) -> list[str]:
        """The lines of the engine's plan for it."""
        found = self._translated(session)
        _take_locks(session, found)
        rows = session.run(f"EXPLAIN {found.sql}", _parameters(session, found, values)).fetchall()
        return [line for row in rows for line in str(row[1]).splitlines() if line]

    def _translated(self, session: Session) -> Translation:
        """Once for a statement while its views stay: one too long to be remembered is described, then run."""
        shown = session.shown()
        if self._last is None or self._last[0] is not shown:
            self._last = shown, translate(self._sql, self._casts, shown)
        return self._last[1]


def delete(sql: str, oids: Sequence[int]) -> Translated:
    """DELETE [FROM] …: Redshift needs no FROM."""
    words = TokenCursor(sql)
    words.expect("DELETE")
    return Translated(sql if words.peek() == "FROM" else f"DELETE FROM {words.rest()}", oids)


def refuse_rows(columns: Iterable[tuple[str, str]]) -> None:
    """Refuses whole rows: the name of a table is no column, but in DuckDB.

    Raises:
        SqlError: 42703.
    """
    for name, kind in columns:
        if kind.startswith("STRUCT("):
            raise SqlError("42703", f'column "{name}" does not exist')


def result_columns(cursor: duckdb.DuckDBPyConnection) -> list[Column]:
    """The columns of a result that DuckDB is about to give."""
    return [column(item[0], str(item[1])) for item in cursor.description or ()]


def _refuse_target(session: Session, found: Translation, target: TableName) -> None:
    """Only tables are changed, and an identity column is given no value."""
    identities = session.identities(target)
    if any(identities.values()):
        names = [str(row[0]) for row in session.run(f"DESCRIBE SELECT * FROM {target.sql}").fetchall()]
        given = {names[at] if isinstance(at, int) and at < len(names) else at for at in found.writes}
        if any(always and name in given for name, always in identities.items()):
            raise SqlError("0A000", "cannot set an identity column to a value")
    if session.is_temporary(target):
        return
    view = session.catalog.get("view", *session.resolved(target).parts)
    if view is not None:
        kind = "materialized view" if view["materialised"] else "view"
        raise SqlError("0A000", f'cannot {found.kind} {kind} "{target.name}"')


_INSERT = re.compile(r'INSERT INTO (?:"(?:[^"]|"")*"\.)*"(?:[^"]|"")*"')


def _with_columns(session: Session, found: Translation, target: TableName) -> Translation:
    """An INSERT of fewer values than the table has columns is one into the first ones."""
    head = _INSERT.match(found.sql)
    if head is None or found.width is None:
        return found
    rows = session.run(f"DESCRIBE SELECT * FROM {target.sql}").fetchall()
    if found.width > len(rows):
        raise SqlError("42601", "INSERT has more expressions than target columns")
    into = f"INSERT INTO {target.sql} ({', '.join(quote(str(row[0])) for row in rows[: found.width])})"
    return found if found.width == len(rows) else replace(found, sql=into + found.sql[head.end() :])


_PRIVILEGES = {"insert": ("INSERT",), "update": ("UPDATE",), "delete": ("DELETE",), "merge": ("SELECT", "INSERT")}


def prepare(session: Session, found: Translation) -> None:
    """Refuses what the user has no right to; what stands behind a view is its owner's matter. Makes the histories.

    Raises:
        SqlError: 42501.
    """
    if system_views.LATE_COLUMNS in found.sql:
        late_views.show(session)
    for name in found.reads:
        if name.name in HISTORIES and system_views.is_system_view(name):
            who = None if rights.is_superuser(session.catalog, session.user) else session.user
            session.warehouse.record.show(name.name, session.run, who)
    if rights.is_superuser(session.catalog, session.user):
        return
    for name in sorted(found.named, key=str):
        if not system_views.is_system_view(name):
            session.require("SELECT", name, _used_of(session, found, name))
    for privilege in (*_PRIVILEGES[found.kind], *found.changes) if found.target is not None else ():
        session.require(privilege, found.target or TableName(None, ""), _written_of(found, privilege))


def _used_of(session: Session, found: Translation, name: TableName) -> frozenset[str]:
    """The columns of a relation among those that a statement uses; asked only where rights are by column."""
    relation = session.resolved(name)
    if session.is_temporary(name) or rights.granted(session.catalog, session.user, "SELECT", relation) is None:
        return frozenset()
    view = session.catalog.get("view", *relation.parts)
    if view is not None:
        known = {str(column) for column, _ in view["columns"]}
    else:
        known = {str(row[0]).lower() for row in session.run(f"DESCRIBE SELECT * FROM {relation.sql}").fetchall()}
    return frozenset(found.columns & (known | {"*"}))


def _written_of(found: Translation, privilege: str) -> frozenset[str]:
    return frozenset(str(name) for name in found.writes) if privilege == "UPDATE" else frozenset()


def _take_locks(session: Session, found: Translation) -> None:
    prepare(session, found)
    if found.target is not None:
        session.lock(found.target, _MODES[found.kind])
    for name in sorted(found.reads, key=str):
        if not system_views.is_system_view(name):
            session.lock(name, Mode.READ)


def _parameters(session: Session, found: Translation, values: Sequence[Value]) -> dict[str, Value]:
    """Values by name, only those that the text uses: DuckDB refuses others."""
    if not found.parameters:
        return {}
    given: dict[str, Value] = {f"p{position}": value for position, value in enumerate(values, start=1)}
    # A text that is only compared loses the blanks at its end, as the columns beside it do.
    given |= {f"t{at}": v.rstrip(" ") if isinstance(v, str) else v for at, v in enumerate(values, start=1)}
    given |= session.session_values()
    for name in found.parameters:
        if name.startswith("s_need_") and name not in given:
            shown = name.removeprefix("s_need_").replace("__dot__", ".")
            raise SqlError("42704", f'unrecognized configuration parameter "{shown}"')
    return {name: given.get(name) for name in found.parameters}


def _tag(kind: str, cursor: duckdb.DuckDBPyConnection) -> str:
    row = cursor.fetchone()
    count = int(row[0]) if row else 0
    # Redshift's MERGE is not documented to report a count, and the driver reads none from its tag.
    return {"insert": f"INSERT 0 {count}", "merge": "MERGE"}.get(kind, f"{kind.upper()} {count}")


def _send(session: Session, found: Translation, cursor: duckdb.DuckDBPyConnection, sink: Sink) -> None:
    columns = _with_chars(result_columns(cursor), found)
    if found.terminates:
        columns = [column(c.name, "BOOLEAN") if i in found.terminates else c for i, c in enumerate(columns)]
    sink.begin(columns)
    while batch := cursor.fetchmany(BATCH_ROWS):
        sink.rows([_terminating(session, found, row) for row in batch] if found.terminates else batch)


def _with_chars(columns: list[Column], found: Translation) -> list[Column]:
    if not found.padded:
        return columns
    widths = [found.padded.get(at, found.padded.get(made.name)) for at, made in enumerate(columns)]
    return [made if width is None else as_char(made, width) for made, width in zip(columns, widths, strict=True)]


def _terminating(session: Session, found: Translation, row: tuple[Any, ...]) -> tuple[Any, ...]:
    cells = list(row)
    for position in found.terminates:
        cells[position] = cells[position] is not None and session.warehouse.terminate(cells[position])
    return tuple(cells)
