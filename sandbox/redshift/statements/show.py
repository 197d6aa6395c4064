"""SHOW: a setting, or what is in the database, a schema, a table, and who may use it."""

from collections.abc import Callable, Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import DATABASE, DEFAULT_SCHEMA, TableName, literal
from sandbox.redshift.parameters import DEFAULTS
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.query import Translated
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column, column


def show(sql: str) -> Statement:
    """The statement for SHOW …."""
    words = TokenCursor(sql)
    words.expect("SHOW")
    read = _LISTS.get(words.peek())
    if read is not None and words.peek(1):
        words.next()
        return read(words)
    if words.take("DATABASES"):
        return _listed(words, "svv_redshift_databases", "database_name", {})
    if words.peek() in ("CATALOGS", "DATASHARES", "POLICIES", "PROCEDURES"):
        raise not_imitated(f"SHOW {words.peek()}")
    return Show(sql)


def _schemas(words: TokenCursor) -> Statement:
    words.expect("FROM", "DATABASE")
    _take_database(words)
    return _listed(words, "svv_all_schemas", "schema_name", {})


def _tables(words: TokenCursor) -> Statement:
    words.expect("FROM", "SCHEMA")
    place = words.table()
    if place.schema not in (None, DATABASE):
        raise _no_database(str(place.schema))
    return _listed(words, '"show tables"', "table_name", {"schema_name": place.name})


def _columns(words: TokenCursor) -> Statement:
    words.expect("FROM", "TABLE")
    place = words.table()
    within = {"schema_name": place.parts[0], "table_name": place.name}
    return _listed(words, '"show columns"', "column_name", within, "ordinal_position")


def _table(words: TokenCursor) -> Statement:
    return _definition(words, "table")


def _view(words: TokenCursor) -> Statement:
    return _definition(words, "view")


def _definition(words: TokenCursor, kind: str) -> Statement:
    """The statement that makes a table, or the query of a view ("SHOW TABLE", "SHOW VIEW")."""
    name = words.table()
    words.end()
    return Definition(kind, name)


def _grants(words: TokenCursor) -> Statement:
    """Grants on an object, or of a user or role ("SHOW GRANTS")."""
    if words.take("FOR"):
        conditions, columns = [_of_identity(words)], _OF_IDENTITY
        if words.take("FROM", "DATABASE"):
            _take_database(words)
    else:
        words.expect("ON")
        conditions, columns = [_on_object(words)], _ON_OBJECT
        if words.take("FOR"):
            conditions.append(_of_identity(words))
    limit = f" LIMIT {words.number()}" if words.take("LIMIT") else ""
    words.end()
    where = " AND ".join([*conditions, _VISIBLE])
    order = "schema_name, object_name, identity_name, privilege_type"
    return Translated(f'SELECT {columns} FROM "show grants" WHERE {where} ORDER BY {order}{limit}', ())


_ON_OBJECT = """schema_name, object_name, object_type, privilege_type, identity_id, identity_name, identity_type,
    admin_option, privilege_scope, database_name, grantor_name"""
_OF_IDENTITY = """database_name, schema_name, object_name, object_type, privilege_type, identity_id, identity_name,
    identity_type, privilege_scope, grantor_name"""
_VISIBLE = """(identity_type = 'public' OR identity_name = current_user
    OR (SELECT u.usesuper FROM pg_user u WHERE u.usename = current_user)
    OR identity_name IN (SELECT g.role_name FROM svv_user_grants g WHERE g.user_name = current_user))"""


def _of_identity(words: TokenCursor) -> str:
    if words.take("PUBLIC"):
        return "identity_type = 'public'"
    kind = "role" if words.take("ROLE") else "user"
    return f"identity_type = '{kind}' AND identity_name = {literal(words.name())}"


def _on_object(words: TokenCursor) -> str:
    if words.take("DATABASE"):
        _take_database(words)
        return "object_type = 'DATABASE'"
    if words.take("SCHEMA"):
        place = words.table()
        return f"object_type = 'SCHEMA' AND schema_name = {literal(place.name)}"
    if words.peek() in ("FUNCTION", "TEMPLATE"):
        raise not_imitated(f"SHOW GRANTS ON {words.peek()}")
    _ = words.take("TABLE")
    schema, name = words.table().parts
    return f"object_type = 'TABLE' AND schema_name = {literal(schema)} AND object_name = {literal(name)}"


def _take_database(words: TokenCursor) -> None:
    name = words.name()
    if name != DATABASE:
        raise _no_database(name)


def _no_database(name: str) -> SqlError:
    return SqlError("3D000", f'database "{name}" does not exist')


def _listed(words: TokenCursor, view: str, name: str, within: dict[str, str], order: str = "") -> Statement:
    """A system view, limited to a schema or table and by LIKE ("SHOW TABLES", "SHOW COLUMNS", "SHOW SCHEMAS")."""
    conditions = [f"{column} = {literal(value)}" for column, value in within.items()]
    if words.take("LIKE"):
        conditions.append(f"{name} LIKE {literal(words.string())}")
    limit = f" LIMIT {words.number()}" if words.take("LIMIT") else ""
    words.end()
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return Translated(f"SELECT * FROM {view}{where} ORDER BY {order or name}{limit}", ())


_LISTS: dict[str, Callable[[TokenCursor], Statement]] = {
    "COLUMNS": _columns,
    "GRANTS": _grants,
    "SCHEMAS": _schemas,
    "TABLE": _table,
    "TABLES": _tables,
    "VIEW": _view,
}


class Definition:
    """SHOW TABLE and SHOW VIEW: one text."""

    ends_failure = False

    def __init__(self, kind: str, name: TableName) -> None:
        self._kind, self._name = kind, name

    def columns(self, session: Session) -> Sequence[Column]:  # noqa: ARG002
        """One column."""
        return [column(f"Show {self._kind.capitalize()} DDL statement", "VARCHAR")]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Returns the text."""
        schema, name = session.resolved(self._name).parts
        text = f'SELECT ddl FROM sandbox_internal."show {self._kind}" WHERE schema_name = $schema AND name = $name'
        row = session.run(text, {"schema": schema or DEFAULT_SCHEMA, "name": name}).fetchone()
        if row is None:
            raise SqlError("42P01", f'{self._kind} "{self._name}" does not exist')
        sink.begin(self.columns(session))
        sink.rows([row])
        return "SHOW"


class Show:
    """SHOW name, or ALL."""

    ends_failure = False

    def __init__(self, sql: str) -> None:
        words = TokenCursor(sql)
        words.expect("SHOW")
        self._name = "timezone" if words.take("TIME", "ZONE") else words.rest().replace('"', "").lower()
        if self._name == "transaction isolation level":
            self._name = "transaction_isolation"
        if self._name not in (*DEFAULTS, "all", "use") and "." not in self._name:
            raise _unrecognized(self._name)

    def columns(self, session: Session) -> Sequence[Column]:  # noqa: ARG002
        """One column, named as the setting; of all settings names and values."""
        if self._name == "all":
            return [column("name", "VARCHAR"), column("setting", "VARCHAR")]
        return [column("Use Database" if self._name == "use" else self._name, "VARCHAR")]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Returns its value."""
        sink.begin(self.columns(session))
        values_of = {"use": ""} | session.values_of_settings()
        if self._name not in (*values_of, "all"):
            raise _unrecognized(self._name)
        everything = [(name, values_of[name]) for name in DEFAULTS]
        sink.rows(everything if self._name == "all" else [(values_of[self._name],)])
        return "SHOW"


def _unrecognized(name: str) -> SqlError:
    return SqlError("42704", f'unrecognized configuration parameter "{name}"')
