"""A model file: its header, typed, and its text. One file is one table or view of a schema."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

HOME = Path(__file__).parent
SCHEMAS = {"dimensions": "core", "facts": "core", "restricted": "restricted", "marts": "mart"}
_FIELD = re.compile(
    r"-- (grain|key|natural|group|within|moves|newest|dated|reads|load|keep|differs|refs|version|columns):\s*(.*)"
)
_COLUMN = re.compile(r"--   (\w+)\s{2,}(\S.*)")
_KEEP = re.compile(r"(\d+) days of (\w+), then the last of each (\w+) and month")
_RULES = (
    r"(?P<kind>delta) of (?P<entity>\w+)",
    r"(?P<kind>chain) by (?P<group>\w+)",
    r"(?P<kind>partitions) of (?P<sources>\S.*)",
    r"(?P<kind>members|view|calendar)",
)


class Load(Enum):
    """How a model's table is kept right."""

    DELTA = "delta"
    """The newest state of each key of one staging table replaces the loaded one."""
    MEMBERS = "members"
    """Members not seen before are added."""
    CHAIN = "chain"
    """The versions of the natural keys that changed are made anew."""
    PARTITIONS = "partitions"
    """The partitions that the load touched are made anew."""
    VIEW = "view"
    """A late-binding view."""
    CALENDAR = "calendar"
    """Filled when the warehouse is made, and again whenever the SELECT changes."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Which rows stay: all of the last days, and of the months before the last day of each member.

    Attributes:
        days: how many days before the newest day in the table stay whole.
        day: the column that holds the day.
        member: the column that names the member.
    """

    days: int
    day: str
    member: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its header tells it.

    Attributes:
        schema: ``core``, ``restricted`` or ``mart``, by the folder of the file.
        name: name of the table or view, and of the file.
        grain: the sentence "one row per ...".
        key: columns that are unique together.
        natural: of a dimension, the columns from which the key is derived.
        group: columns that rows share which are replaced together: of a delta whose records give several rows each, a
            newer record replaces the rows of an older one whole; of a chain, all versions of a member.
        within: of a fact or a stored mart, the date key by which joins to it are bounded.
        moves: of a fact whose rows may change their date, the table that tells under which date each key is held; None
            where the date follows from the key.
        dated: of a table that tells who somebody is, the column by which a row is too old to be kept; its staging table
            has it too.
        newest: of a delta, columns that decide before its contract's version which of two states is newer.
        reads: tables that the SQL reads.
        load: how the table is kept right.
        entity: of a delta, the entity whose staging table it merges.
        retention: which rows stay; None where all do.
        sources: of a partitioned mart, the facts and their date keys, as ``schema.table.column``.
        differs: of a delta, columns that have the name of a staged one and not its values.
        refs: foreign keys and the dimensions that they point to; each dimension's key has the column's own name, or
            is ``date_key``.
        version: tells its reader that the rules changed so much that rows of before must be made anew.
        columns: descriptions by column, in order, lineage included.
        notes: what else there is to know, as the header tells it.
        text: the template of the SELECT.
    """

    schema: str
    name: str
    grain: str
    key: tuple[str, ...]
    natural: tuple[str, ...]
    group: tuple[str, ...]
    within: str | None
    moves: str | None
    newest: tuple[str, ...]
    dated: str | None
    reads: tuple[str, ...]
    load: Load
    entity: str | None
    retention: Retention | None
    sources: tuple[str, ...]
    differs: tuple[str, ...]
    refs: tuple[tuple[str, str], ...]
    version: int
    columns: tuple[tuple[str, str], ...]
    notes: str
    text: str

    @property
    def table(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def delta(self) -> str:
        """The temporary table that holds what a load does to the table."""
        return f"delta_{self.name}"

    @property
    def touched(self) -> str:
        """The temporary table that holds the partitions that a load makes anew."""
        return f"touched_{self.name}"


@cache
def load_models() -> dict[str, Model]:
    """Return the models of this package by table name, in order of name."""
    files = (file for folder in SCHEMAS for file in sorted((HOME / folder).glob("*.sql")))
    models = (parse_model(SCHEMAS[file.parent.name], file.stem, file.read_text(encoding="utf-8")) for file in files)
    return {model.table: model for model in models}


def parse_model(schema: str, name: str, source: str) -> Model:
    """Read a model from its source.

    Raises:
        ValueError: a line of the header is missing or cannot be read.
    """
    header = [line for line in source.splitlines() if line.startswith("--")]
    fields = {found[1]: found[2].strip() for line in header if (found := _FIELD.fullmatch(line.rstrip()))}
    missing = {"grain", "key", "reads", "load", "version", "columns"} - set(fields)
    if missing:
        raise ValueError(f"{schema}.{name}: the header lacks {', '.join(sorted(missing))}")
    rule = _rule(f"{schema}.{name}", fields["load"])
    return Model(
        schema=schema,
        name=name,
        grain=fields["grain"],
        key=_names(fields["key"]),
        natural=_names(fields.get("natural", "")),
        group=_names(rule.get("group") or fields.get("group", "")),
        within=fields.get("within"),
        moves=fields.get("moves"),
        newest=_names(fields.get("newest", "")),
        dated=fields.get("dated"),
        reads=() if fields["reads"] == "nothing" else _names(fields["reads"]),
        load=Load(rule["kind"]),
        entity=rule.get("entity"),
        retention=_retention(f"{schema}.{name}", fields["keep"]) if "keep" in fields else None,
        sources=_names(rule.get("sources", "")),
        differs=_names(fields.get("differs", "")),
        refs=tuple(_pair(ref) for ref in _names(fields.get("refs", ""))),
        version=int(fields["version"]),
        columns=tuple((found[1], found[2]) for line in header if (found := _COLUMN.fullmatch(line))),
        notes=_notes(header),
        text="\n".join(line for line in source.splitlines() if not line.startswith("--")).strip(),
    )


def _notes(header: list[str]) -> str:
    """The prose of a header: what follows its first empty line."""
    prose = header[header.index("--") + 1 :] if "--" in header else []
    return " ".join(line.removeprefix("--").strip() for line in prose)


def _rule(table: str, text: str) -> dict[str, str]:
    for pattern in _RULES:
        if found := re.fullmatch(pattern, text):
            return found.groupdict()
    raise ValueError(f"{table}: unknown load rule {text!r}")


def _retention(table: str, text: str) -> Retention:
    found = _KEEP.fullmatch(text)
    if found is None:
        raise ValueError(f"{table}: unknown retention {text!r}")
    return Retention(int(found[1]), found[2], found[3])


def _pair(text: str) -> tuple[str, str]:
    column, table = text.split()
    return column, table


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
