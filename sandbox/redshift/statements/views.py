"""CREATE VIEW, CREATE and REFRESH MATERIALIZED VIEW, and what depends on what."""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sandbox.redshift import catalog, lexer, rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated, syntax_error, unsupported
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import SUPERUSER, TableName
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.grants import grant_defaults
from sandbox.redshift.statements.query import prepare, refuse_rows
from sandbox.redshift.statements.stored import stored_query
from sandbox.redshift.statements.widths import lengths
from sandbox.redshift.translate import relations, rewrites, system_views
from sandbox.redshift.translate.dialect import WrittenRedshift, parse
from sandbox.redshift.translate.shown import shown
from sandbox.redshift.translate.shown import text as view_text
from sandbox.redshift.translate.statement import translate
from sandbox.redshift.wire.decode import Value

_CHANGING = frozenset({"getdate", "sysdate", "current_user", "user", "random", "timeofday", "current_date"})


class CreateView(Command):
    """CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]."""

    def __init__(self, words: TokenCursor, *, replace: bool) -> None:
        self._replace = replace
        self._name = words.table()
        self._columns = words.names() if words.peek() == "(" else ()
        words.expect("AS")
        text = words.rest()
        ending = [token.upper for token in TokenCursor(text).remaining()[-4:]]
        self._late = ending == ["WITH", "NO", "SCHEMA", "BINDING"]
        self._query = text[: TokenCursor(text).remaining()[-4].start] if self._late else text

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it. A late-binding view is only read, not bound: its tables may be missing."""
        name = session.first_place(self._name)
        rights.refuse_schema(session.catalog, session.user, "CREATE", name.parts[0])
        session.lock(name, Mode.EXCLUSIVE)
        tree = parse(self._query)
        if not isinstance(tree, exp.Query):
            raise syntax_error(self._query.split(None, 1)[0])
        before = session.catalog.get("view", *name.parts)
        if before and not (self._replace and not before["materialised"]):
            raise SqlError("42P07", f'Relation "{name.name}" already exists')
        if session.table_exists(name) and not before:
            raise SqlError("42P07", f'Relation "{name.name}" already exists')
        if not session.schema_exists(name.parts[0]):
            raise SqlError("3F000", f'schema "{name.schema}" does not exist')
        view = self._read_late(session, tree) if self._late else self._read_bound(session, tree)
        if before and before["bound"] and view["bound"]:
            _same_columns(before, view)
        session.record(("view", *name.parts), view | {"owner": before["owner"] if before else session.user})
        if not before:
            grant_defaults(session, name)
        return "CREATE VIEW"

    def _read_late(self, session: Session, tree: exp.Expr) -> catalog.Document:
        for table in relations.tables_read(tree):
            if table.schema is None:
                text = "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING."
                raise SqlError("42601", text)
        translate(self._query, (), session.shown())
        return {
            "bound": False, "materialised": False, "query": [self._query], "names": self._columns, "columns": [],
        }  # fmt: skip

    def _read_bound(self, session: Session, tree: exp.Expr) -> catalog.Document:
        columns = described(session, self._query, self._columns)
        return {
            "bound": True, "materialised": False, "query": bound_query(session, self._query, tree),
            "names": [name for name, _ in columns], "columns": columns,
            "lengths": lengths(session, self._query, [name for name, _ in columns]),
        }  # fmt: skip


def described(session: Session, query: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Names and DuckDB types of a query's columns, renamed; the tables that it reads are locked for reading.

    Raises:
        SqlError: what the query itself is refused for, or 42701, 42601 for its names.
    """
    found = translate(query, (), session.shown())
    prepare(session, found)
    for table in sorted(found.reads, key=str):
        session.lock(table, Mode.READ)
    if found.parameters - {"s_now"}:
        raise SqlError("0A000", "a view cannot use a parameter or a function of the session")
    rows = session.run(f"DESCRIBE {rewrites.with_session_literals(found, session.session_values())}").fetchall()
    refuse_rows((str(row[0]), str(row[1])) for row in rows)
    known = [str(row[0]).lower() for row in rows]
    if len(names) > len(known):
        raise SqlError("42601", "CREATE VIEW specifies more column names than columns")
    known[: len(names)] = names
    if len(set(known)) != len(known):
        twice = next(name for name in known if known.count(name) > 1)
        raise SqlError("42701", f'column "{twice}" duplicated')
    return [(name, str(row[1])) for name, row in zip(known, rows, strict=True)]


def _same_columns(before: catalog.Document, after: catalog.Document) -> None:
    """CREATE OR REPLACE keeps names and types ("CREATE VIEW")."""
    old, new = [tuple(item) for item in before["columns"]], after["columns"]
    if len(old) != len(new):
        raise SqlError("42P16", "cannot change number of columns in view")
    for (old_name, old_type), (new_name, new_type) in zip(old, new, strict=True):
        if old_name != new_name:
            raise SqlError("42P16", f'cannot change name of view column "{old_name}"')
        if old_type != new_type:
            raise SqlError("42P16", f'cannot change data type of view column "{old_name}"')


def bound_query(session: Session, query: str, tree: exp.Expr) -> list[str | catalog.Document]:
    """The text of a query in pieces: what was written, and references to the relations that it is bound to."""
    hidden = relations.cte_names(tree)
    edits: list[tuple[int, int, str | catalog.Document]] = []
    named: set[tuple[str, str]] = set()
    for table in tree.find_all(exp.Table):
        name = relations.table_name(table)
        if (name.schema is None and name.name in hidden) or system_views.is_system_view(name):
            continue
        start, end = int(table.parts[0].meta["start"]), int(table.parts[-1].meta["end"]) + 1
        edits.append((start, end, _reference(session, name, alias=not table.alias)))
        named.add((name.schema or "", name.name))
    # What is a query now has no schema.
    edits += [
        (int(column.parts[0].meta["start"]), int(column.args["table"].meta["start"]), "")
        for column in tree.find_all(exp.Column)
        if column.db and (column.db.lower(), column.table.lower()) in named
    ]
    pieces: list[str | catalog.Document] = []
    at = 0
    for start, end, piece in sorted(edits, key=lambda edit: edit[0]):
        pieces += [query[at:start], piece]
        at = end
    return [*pieces, query[at:]]


def _reference(session: Session, name: TableName, *, alias: bool) -> catalog.Document:
    if session.is_temporary(name):
        raise not_imitated("a view of a temporary table")
    found = session.resolved(name)
    view = session.catalog.get("view", *found.parts)
    columns = None
    if view is None or view["materialised"]:
        rows = session.run(f"DESCRIBE SELECT * FROM {found.sql}").fetchall()
        columns = {str(row[0]).lower(): str(row[0]).lower() for row in rows}
    return {"relation": found.parts, "columns": columns, "alias": name.name if alias else None}


class CreateMaterialisedView(Command):
    """CREATE MATERIALIZED VIEW name [BACKUP …] [table attributes] [AUTO REFRESH {YES | NO}] AS query."""

    def __init__(self, words: TokenCursor) -> None:
        self._name = words.table()
        self._automatic = False
        while not words.take("AS"):
            if words.take("AUTO", "REFRESH"):
                self._automatic = words.next().upper == "YES"
            elif words.take("BACKUP") or words.take("DISTSTYLE"):
                words.next()
            elif words.take("DISTKEY") or words.take("SORTKEY") or words.take("COMPOUND", "SORTKEY"):
                words.names()
            else:
                raise words.unexpected()
        self._query = words.rest()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it and fills it."""
        name = session.first_place(self._name)
        rights.refuse_schema(session.catalog, session.user, "CREATE", name.parts[0])
        session.lock(name, Mode.EXCLUSIVE)
        tree = parse(self._query)
        _refuse_materialised(session, tree)
        if session.catalog.get("view", *name.parts) or session.table_exists(name):
            raise SqlError("42P07", f'Relation "{name.name}" already exists')
        columns = described(session, self._query, ())
        view = {
            "bound": True, "materialised": True, "query": bound_query(session, self._query, tree), "columns": columns,
            "names": [], "automatic": self._automatic, "owner": session.user,
        }  # fmt: skip
        stored = stored_query(session, self._query, (), name)
        stored.store(session, name)
        session.record(("view", *name.parts), view | {"kinds": stored.kinds})
        grant_defaults(session, name)
        return "CREATE MATERIALIZED VIEW"


def _refuse_materialised(session: Session, tree: exp.Expr) -> None:
    """Limits of materialised views ("CREATE MATERIALIZED VIEW": limitations)."""
    if not isinstance(tree, exp.Query):
        raise syntax_error(tree.key)
    if tree.args.get("order") or tree.args.get("limit"):
        raise unsupported("ORDER BY, LIMIT or OFFSET in a materialized view")
    for call in tree.find_all(exp.Anonymous, exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentUser):
        name = str(call.this).lower() if isinstance(call, exp.Anonymous) else call.sql_name().lower()
        if name in _CHANGING or not isinstance(call, exp.Anonymous):
            raise SqlError("0A000", f"The mutable function {name} is not supported in a materialized view")
    for table in relations.tables_read(tree):
        found = session.resolved(table)
        view = session.catalog.get("view", *found.parts)
        if view is not None and not view["materialised"]:
            raise unsupported("a materialized view of a view")
        if session.is_temporary(table) or system_views.is_system_view(table):
            raise unsupported("a materialized view of a temporary or system table")
        if any(key[0] in ("protected", "row_policy", "mask") for key, _ in session.catalog.of_relation(found)):
            raise unsupported("a materialized view of a table with row-level security or masking policies")


class Refresh(Command):
    """REFRESH MATERIALIZED VIEW name."""

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("REFRESH", "MATERIALIZED", "VIEW")
        self._name = words.table()
        _ = words.take("CASCADE") or words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Computes it again, wholly; its readers see the old rows until this transaction ends."""
        name = session.resolved(self._name)
        view = session.catalog.get("view", *name.parts)
        if view is None or not view["materialised"]:
            raise SqlError("42P01", f'materialized view "{self._name}" does not exist')
        session.require_owner(name)
        session.lock(name, Mode.WRITE)
        query = stored_query(session, view_text(view), (), name)
        session.run(f"DELETE FROM {name.sql}")
        session.run(f"INSERT INTO {name.sql} {query.sql}")
        sink.notice(f"Materialized view {name.name} was recomputed successfully.")
        return "REFRESH"


def columns_of(session: Session, relation: TableName) -> list[tuple[str, str]]:
    """Names and DuckDB types of the columns of a table or view, as a superuser sees them."""
    warehouse = session.warehouse
    seen = shown(session.catalog, (), frozenset(), SUPERUSER, warehouse.supers, warehouse.decimals, {})
    found = translate(f"SELECT * FROM {relation.sql}", (), seen)
    rows = session.run(f"DESCRIBE {rewrites.with_session_literals(found, session.session_values())}").fetchall()
    return [(str(row[0]).lower(), str(row[1])) for row in rows]


def materialised_over(session: Session, relation: TableName) -> bool:
    """Whether a materialised view reads a relation."""
    return any(_view(session, name)["materialised"] for name in dependents(session, relation))


def policies_reading(session: Session, table: TableName) -> list[str]:
    """Row policies whose conditions read a table."""
    return [key[0] for key, policy in session.catalog.under("rls") if [*table.parts] in policy["lookups"]]


def dependents(session: Session, name: TableName) -> list[TableName]:
    """Views that are bound to a relation."""
    return sorted(
        (
            TableName(*key)
            for key, view in session.catalog.under("view")
            if any(list(reference["relation"]) == list(name.parts) for reference in _references(view))
        ),
        key=str,
    )


def _references(view: catalog.Document) -> Iterator[catalog.Document]:
    return (piece for piece in view["query"] if not isinstance(piece, str))


def remove_relation(session: Session, name: TableName, *, cascade: bool) -> None:
    """Drops a table or view, with the views that are bound to it if asked.

    Raises:
        SqlError: 2BP01 if there are any and it is not asked.
    """
    for policy in policies_reading(session, name):
        raise SqlError("2BP01", f"cannot drop table {name.name} because RLS policy {policy} reads it")
    for view in dependents(session, name):
        if not cascade:
            kind = "view" if session.catalog.get("view", *name.parts) else "table"
            detail = f"view {view.name} depends on {kind} {name.name}"
            text = f"cannot drop {kind} {name.name} because other objects depend on it"
            raise SqlError("2BP01", text, detail)
        session.lock(view, Mode.EXCLUSIVE)
        remove_relation(session, view, cascade=True)
    found = session.catalog.get("view", *name.parts)
    if found is None or found["materialised"]:
        session.run(f"DROP TABLE {name.sql}")
    for sequence in (session.catalog.get("table", *name.parts) or {}).get("sequences", ()):
        session.run(f"DROP SEQUENCE {sequence}")
    for key, _ in list(session.catalog.of_relation(name)):
        session.record(key, None)


def relation_renamed(session: Session, old: TableName, new: TableName) -> None:
    """Lets everything that belongs to a relation, and every view bound to it, follow its new name."""
    for key, document in list(session.catalog.of_relation(old)):
        session.record(key, None)
        session.record((key[0], *new.parts, *key[3:]), document)
    _rewrite_references(session, old, {"relation": new.parts})
    _rename_lookups(session, old, new)


def _rename_lookups(session: Session, old: TableName, new: TableName) -> None:
    """Lets the row policies that read a table follow its new name."""
    for policy in policies_reading(session, old):
        document = session.catalog.documents["rls", policy]
        tree = parse(f"SELECT 1 WHERE {document['condition']}")
        for table in tree.find_all(exp.Table):
            if relations.table_name(table) == old:
                table.set("this", exp.to_identifier(new.name, quoted=True))
                table.set("db", exp.to_identifier(new.parts[0], quoted=True))
        lookups = [[*new.parts] if each == [*old.parts] else each for each in document["lookups"]]
        condition = tree.args["where"].this.sql(WrittenRedshift)
        session.record(("rls", policy), document | {"condition": condition, "lookups": lookups})


def column_renamed(session: Session, table: TableName, old: str, new: str) -> None:
    """Lets every view bound to a table go on under the column's old name."""
    for view in dependents(session, table):
        for reference in _references(_view(session, view)):
            if tuple(reference["relation"]) == table.parts and reference["columns"]:
                columns = {then: new if now == old else now for then, now in reference["columns"].items()}
                _rewrite_references(session, table, {"columns": columns}, only=view)


def column_dropped(session: Session, table: TableName, column: str, *, cascade: bool) -> None:
    """Drops the views that use a column if asked.

    Raises:
        SqlError: 2BP01 if there are any and it is not asked.
    """
    for view in dependents(session, table):
        document = _view(session, view)
        reference = next(item for item in _references(document) if tuple(item["relation"]) == table.parts)
        then = next((then for then, now in (reference["columns"] or {}).items() if now == column), None)
        words = {token.name for piece in document["query"] if isinstance(piece, str) for token in lexer.tokens(piece)}
        if then is None:
            continue
        if then in words or "*" in words:
            if not cascade:
                text = f"cannot drop table {table.name} column {column} because other objects depend on it"
                raise SqlError("2BP01", text, f"view {view.name} depends on table {table.name} column {column}")
            remove_relation(session, view, cascade=True)
            continue
        columns = {key: now for key, now in reference["columns"].items() if now != column}
        _rewrite_references(session, table, {"columns": columns}, only=view)


def _view(session: Session, name: TableName) -> catalog.Document:
    return session.catalog.get("view", *name.parts) or {}


def _rewrite_references(
    session: Session, table: TableName, change: catalog.Document, *, only: TableName | None = None
) -> None:
    for view in dependents(session, table) if only is None else [only]:
        document = _view(session, view)
        query = [
            piece if isinstance(piece, str) or tuple(piece["relation"]) != table.parts else piece | change
            for piece in document["query"]
        ]
        session.record(("view", *view.parts), document | {"query": query})
