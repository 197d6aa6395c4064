"""ALTER TABLE … APPEND FROM: rows are moved from one table to another, and the move is committed."""

from collections.abc import Callable

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.row_security import ignores_policies
from sandbox.redshift.session import Session


def append_from(words: TokenCursor) -> Callable[[Session, TableName], None]:
    """Reads what follows APPEND FROM, and returns what is to be done with the target."""
    source = words.table()
    ignore_extra = words.take("IGNOREEXTRA")
    fill_target = words.take("FILLTARGET")
    if ignore_extra and fill_target:
        raise SqlError("42601", "IGNOREEXTRA and FILLTARGET cannot be used together")
    return lambda session, target: _append(session, source, target, ignore_extra, fill_target)


def _append(session: Session, source: TableName, target: TableName, ignore_extra: bool, fill_target: bool) -> None:
    """Moves by name ("ALTER TABLE APPEND"): columns of both must match, but for what the options say.

    Raises:
        SqlError: a temporary table, or columns that do not match in name, type or storage.
    """
    if session.is_temporary(source) or session.is_temporary(target):
        raise SqlError("0A000", "ALTER TABLE APPEND needs permanent tables")
    session.lock(source, Mode.EXCLUSIVE)
    source = session.resolved(source)
    if session.catalog.get("protected", *source.parts) and not ignores_policies(session.catalog, session.user):
        raise SqlError("42501", f'ALTER TABLE APPEND from the RLS-protected relation "{source.name}" needs IGNORE RLS')
    given, wanted = _columns(session, source), _columns(session, target)
    _match(given, wanted, ignore_extra, fill_target)
    identities = session.identities(target)
    if any(always for always in identities.values()):
        raise SqlError("0A000", "ALTER TABLE APPEND cannot move rows into a table with an IDENTITY column")
    names = ", ".join(quote(name) for name in given if name in wanted)
    session.run(f"INSERT INTO {target.sql} ({names}) SELECT {names} FROM {source.sql}")
    session.run(f"DELETE FROM {source.sql}")


def _match(given: dict[str, object], wanted: dict[str, object], ignore_extra: bool, fill_target: bool) -> None:
    extra = [name for name in given if name not in wanted]
    missing = [name for name in wanted if name not in given]
    if extra and not ignore_extra:
        raise SqlError("0A000", f'column "{extra[0]}" of the source is not in the target: use IGNOREEXTRA')
    if missing and not fill_target:
        raise SqlError("0A000", f'column "{missing[0]}" of the target is not in the source: use FILLTARGET')
    for name in given:
        if name in wanted and given[name] != wanted[name]:
            raise SqlError("0A000", f'column "{name}" has other attributes in the source than in the target')


def _columns(session: Session, table: TableName) -> dict[str, object]:
    rows = session.run(
        "SELECT column_name, (data_type, bytes, is_char) FROM sandbox_internal.columns "
        "WHERE schema_name = $schema AND table_name = $name ORDER BY position",
        {"schema": table.schema, "name": table.name},
    ).fetchall()
    document = session.catalog.get("table", *table.parts) or {}
    storage = (document.get("distkey"), document.get("sortkey"))
    return {str(name): (kind, storage) for name, kind in rows}
