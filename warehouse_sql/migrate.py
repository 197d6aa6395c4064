"""Migration files: numbered, they change structure, run once, in order, and are never edited again.

Beside ``V0007__words.sql`` stands ``V0007__words.verify.sql``: queries that name columns which the migration made, or
return rows that it should have left otherwise; each must run and return nothing. It is no part of the checksum, so a
later migration that takes something away takes it out of the earlier verify files too.

A file runs in a transaction, with the others that are pending: DDL of Redshift is undone by a rollback like anything
else. A few statements cannot (Database Developer Guide, "ALTER TABLE", "VACUUM"); a file of those runs statement by
statement, each recorded, and may stop half-way. So only such are taken of which one can tell afterwards whether
they happened, or which may happen twice; they stand in files of their own.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from extract.errors import DataRefused
from warehouse_sql.model import HOME

_FILE = re.compile(r"V(\d{4})__([a-z0-9_]+)\.sql")
_NEEDS = re.compile(r"^-- needs:\s*V(\d{4})\s*$", re.MULTILINE)
_PART = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?:(?!/\*|\*/).)*\*/)|(?P<end>;)|'[^']*'|"[^"]*"|-(?!-)|/(?!\*)|[^;'"/-]+""", re.DOTALL
)
_WIDENING = re.compile(
    r"alter\s+table\s+([\w.]+)\s+alter\s+column\s+(\w+)\s+type\s+(\w+\s*\(\s*\d+\s*\))", re.IGNORECASE
)
_REPEATABLE_OUTSIDE = re.compile(r"vacuum\b.*|alter\s+table\s+[\w.]+\s+append\s+from\b.*", re.IGNORECASE | re.DOTALL)
_NOT_TAKEN = re.compile(
    r"truncate\b|(create|drop|alter)\s+(database|external|library)\b|alter\s+table\s+\S+\s+alter\s+column\b|"
    r"begin\b|commit\b|end\b|rollback\b|abort\b|reindex\b|analyze\b",
    re.IGNORECASE,
)
"""What commits, or cannot run in a transaction, and cannot be taken up again either."""


class Trouble(Enum):
    """What can be wrong between a warehouse and the migrations, each with the code that its message begins with."""

    EDITED = "M1"
    MISSING = "M2"
    OUT_OF_ORDER = "M3"
    AHEAD = "M4"
    UNRECORDED = "M5"
    HALF_WAY = "M6"
    UNVERIFIED = "M7"
    DRIFTED = "M8"
    REFUSED = "M9"


class MigrationRefused(DataRefused):
    """The warehouse and the migrations do not go together; ``trouble`` says in which way."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(f"{trouble.value}: {message}")
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Widening:
    """A VARCHAR that becomes longer: whether it happened shows in the catalog."""

    table: str
    column: str
    type: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file.

    Attributes:
        version: its number.
        name: its words.
        checksum: SHA-256 of its bytes.
        statements: what it does, in order.
        verify: queries that must run after it and return no rows.
        needs: the newest migration that a release must know at least to work on with a warehouse that has this one;
            0 where it takes nothing away.
    """

    version: int
    name: str
    checksum: str
    statements: tuple[str, ...]
    verify: tuple[str, ...] = ()
    needs: int = 0

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"V{self.version:04d}__{self.name}.sql"

    @property
    def is_outside(self) -> bool:
        """Whether its statements run outside of a transaction."""
        return any(runs_outside(statement) for statement in self.statements)


@cache
def load_migrations() -> tuple[Migration, ...]:
    """Return the migrations of this package in order.

    Raises:
        MigrationRefused: a number is missing or there twice.
        ValueError: a file is not named ``V0001__words.sql``, has no verify file, or mixes what runs inside and outside
            of a transaction.
    """
    return read_migrations(HOME / "migrations")


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Return the migrations of a folder in order; raises as ``load_migrations`` does."""
    files = sorted(path for path in folder.glob("*.sql") if not path.name.endswith(".verify.sql"))
    migrations = tuple(_migration(path) for path in files)
    for expected, migration in enumerate(migrations, start=1):
        if migration.version != expected:
            problem = "is there twice" if migration.version < expected else f"and no V{expected:04d} before it"
            raise MigrationRefused(
                Trouble.MISSING,
                f"{migration.file} {problem}: migrations are numbered without gaps. Restore the file, or renumber "
                "what was never applied",
            )
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


def runs_outside(statement: str) -> bool:
    """Tell whether a statement runs outside of a transaction."""
    return widening(statement) is not None or _REPEATABLE_OUTSIDE.fullmatch(statement) is not None


def widening(statement: str) -> Widening | None:
    """Return what a statement makes longer; None where it does something else."""
    found = _WIDENING.fullmatch(statement.strip())
    return Widening(found[1].lower(), found[2].lower(), re.sub(r"\s", "", found[3]).lower()) if found else None


def statement_checksum(statement: str) -> str:
    """Return the hash of one statement."""
    return hashlib.sha256(statement.encode()).hexdigest()


def _migration(path: Path) -> Migration:
    found = _FILE.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path.name}: a migration is named V0001__words.sql")
    data, verify = path.read_bytes(), path.with_suffix(".verify.sql")
    if not verify.is_file():
        raise ValueError(
            f"{path.name}: a migration needs {verify.name} beside it, queries that return no rows after it"
        )
    script = data.decode()
    statements = split_statements(script)
    for problem in _problems(statements):
        raise ValueError(f"{path.name}: {problem}")
    needs = _NEEDS.search(script)
    return Migration(
        version=int(found[1]),
        name=found[2],
        checksum=hashlib.sha256(data).hexdigest(),
        statements=statements,
        verify=split_statements(verify.read_text(encoding="utf-8")),
        needs=int(needs[1]) if needs else 0,
    )


def _problems(statements: tuple[str, ...]) -> Iterator[str]:
    outside = [statement for statement in statements if runs_outside(statement)]
    if outside and len(outside) < len(statements):
        yield f"{outside[0].splitlines()[0]!r} runs outside of a transaction and belongs into a file of its own"
    for statement in statements:
        if not runs_outside(statement) and _NOT_TAKEN.match(statement):
            yield f"{statement.splitlines()[0]!r} cannot run in a transaction, nor be taken up again where it stopped"
