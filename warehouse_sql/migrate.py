"""Migrations: numbered files that change structure, run once, in order, and are never edited again.

What was applied stands in ``audit.migration`` with the checksum of the file. All pending ones are applied in one
transaction: DDL of Redshift is undone by a rollback like anything else.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from extract.errors import DataRefused
from warehouse_sql.connection import Connection
from warehouse_sql.model import HOME

_FILE = re.compile(r"V(\d{4})__([a-z0-9_]+)\.sql")
_PART = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?:(?!/\*|\*/).)*\*/)|(?P<end>;)|'[^']*'|"[^"]*"|-(?!-)|/(?!\*)|[^;'"/-]+""", re.DOTALL
)
_HAS_LEDGER = "select count(*) from information_schema.tables where table_schema = 'audit' and table_name = 'migration'"
_APPLIED = "select version, name, checksum from audit.migration order by version"
_RECORD = """
insert into audit.migration (version, name, checksum, applied_at)
values (:version, :name, :checksum, getdate())
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file."""

    version: int
    name: str
    checksum: str
    statements: tuple[str, ...]

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"V{self.version:04d}__{self.name}.sql"


@cache
def load_migrations() -> tuple[Migration, ...]:
    """Return the migrations of this package in order.

    Raises:
        ValueError: a file is not named ``V0001__words.sql``, or a number is missing or double.
    """
    migrations = tuple(_migration(path.name, path.read_bytes()) for path in sorted((HOME / "migrations").glob("*.sql")))
    for expected, migration in enumerate(migrations, start=1):
        if migration.version != expected:
            raise ValueError(f"{migration.file}: expected number {expected}")
    return migrations


def split_statements(script: str) -> tuple[str, ...]:
    """Split a script at its semicolons, those in texts, quoted names and comments excepted; comments are left out.

    The wire protocol of prepared statements takes one statement at a time.

    Raises:
        ValueError: a text, a name or a comment does not end, or a comment holds another.
    """
    statements, read = [""], 0
    while part := _PART.match(script, read):
        read = part.end()
        if part["end"]:
            statements.append("")
        elif not part["comment"]:
            statements[-1] += part[0]
    if read < len(script):
        raise ValueError(f"a text, a name or a comment is not closed, or nested: {script[read : read + 40]!r}")
    return tuple(statement.strip() for statement in statements if statement.strip())


def pending_migrations(connection: Connection) -> tuple[Migration, ...]:
    """Return the migrations that this warehouse does not have yet.

    Raises:
        DataRefused: a file that was applied reads otherwise now, or the warehouse is ahead of this release.
    """
    if connection.rows(_HAS_LEDGER)[0][0] == 0:
        return load_migrations()
    applied = {version: (name, checksum) for version, name, checksum in connection.rows(_APPLIED)}
    known = {migration.version: migration for migration in load_migrations()}
    for version, (name, checksum) in applied.items():
        _confirm(known.get(version), version, name, checksum)
    return tuple(migration for migration in load_migrations() if migration.version not in applied)


def apply_migration(connection: Connection, migration: Migration) -> None:
    """Run a migration and record it, in the open transaction."""
    for statement in migration.statements:
        connection.execute(statement)
    record = {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
    connection.execute(_RECORD, record)


def _confirm(migration: Migration | None, version: int, name: str, checksum: str) -> None:
    if migration is None:
        raise DataRefused(
            f"the warehouse has migration {version} ({name}), which this release does not know; use the release that "
            "applied it, or a later one"
        )
    if migration.checksum != checksum:
        raise DataRefused(
            f"{migration.file} was edited after it had been applied (checksum {checksum[:12]} then, "
            f"{migration.checksum[:12]} now); restore the file and write the change as a new migration"
        )


def _migration(file: str, data: bytes) -> Migration:
    found = _FILE.fullmatch(file)
    if found is None:
        raise ValueError(f"{file}: a migration is named V0001__words.sql")
    return Migration(int(found[1]), found[2], hashlib.sha256(data).hexdigest(), split_statements(data.decode()))
