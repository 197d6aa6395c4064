"""Names of tables, and how they are written for DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.redshift.errors import SqlError

DATABASE = "dev"
"""The one database of the endpoint, named as a new Redshift namespace names it."""
DEFAULT_SCHEMA = "public"
SUPERUSER = "awsuser"
"""Who may do everything; any other user has what is granted to them."""
INTERNAL_SCHEMA = "sandbox_internal"
"""Where system views and histories live; hidden from SVV_ views and not reachable by its name."""

VERSION_TEXT = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), "
    "Redshift 1.0.0 (reelhouse sandbox)"
)


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as a statement names it: lower case, schema None where it is left out."""

    schema: str | None
    name: str

    @classmethod
    def of(cls, parts: Sequence[str]) -> "TableName":
        """From one to three parts; a database other than ours is refused as Redshift refuses it."""
        if len(parts) > 3 or (len(parts) == 3 and parts[0] != DATABASE):
            raise SqlError("0A000", f'cross-database reference to database "{parts[0]}" is not supported')
        return cls(parts[-2] if len(parts) > 1 else None, parts[-1])

    @property
    def parts(self) -> tuple[str, str]:
        """Schema and name, of a name that has both."""
        return self.schema or DEFAULT_SCHEMA, self.name

    @property
    def sql(self) -> str:
        """Quoted for DuckDB."""
        return quote(self.name) if self.schema is None else f"{quote(self.schema)}.{quote(self.name)}"

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


def folded(identifier: str) -> str:
    """An identifier as Redshift keeps it: in lower case, of 127 bytes at most ("Names and identifiers")."""
    lower = identifier.lower()
    return lower if len(lower) <= _SURELY_SHORT else lower.encode()[:_MOST_BYTES].decode(errors="ignore")


_MOST_BYTES = 127
_SURELY_SHORT = _MOST_BYTES // 4
"""Characters of at most four bytes each."""


def quote(identifier: str) -> str:
    """An identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal in DuckDB's form, in which a backslash is only itself."""
    return "'" + text.replace("'", "''") + "'"
