"""The delta pattern, written once for all tables: the SQL by which new states reach a table.

A temporary table holds what the model's SELECT gives, each row with an action: ``insert``, ``update``, ``unchanged``
(the same content seen again: only where it was last seen moves), ``superseded`` (older than what is there), and for
chains ``delete``. Counts are taken from it, then an UPDATE and an INSERT bring it to the table. MERGE is not used: it
has one WHEN MATCHED without a condition, so it could neither keep an unchanged row nor skip an older one.
"""

from dataclasses import dataclass
from functools import cache

from warehouse_sql.catalog import Column, load_catalog
from warehouse_sql.model import Load, Model
from warehouse_sql.render import render

LOAD_COLUMN = "_load_sequence"
STAMPS = ("_extracted_at", "_raw_sequence", "_raw_part", "_raw_line")
"""Where a state was seen: the instant of the request, then the place in the raw layer."""
STAGED = "_is_staged"


@dataclass(frozen=True, slots=True)
class Delta:
    """The statements for one model. ``version`` names the columns that decide, before the stamps, what is newer."""

    model: Model
    columns: tuple[Column, ...]
    version: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the model's SELECT gives, in order of the table."""
        return tuple(column.name for column in self.columns)

    @property
    def is_ordered(self) -> bool:
        """Whether states of a key can be older or newer than each other."""
        return self.model.load is Load.DELTA

    @property
    def order(self) -> tuple[str, ...]:
        """The columns that decide which of two states is newer, the most important first."""
        return (*self.version, *STAMPS) if self.is_ordered else ()

    def create(self) -> str:
        """Make the temporary table. Types are written out: CREATE TABLE AS would guess the lengths of texts."""
        columns = [f"{column.name} {column.type}" for column in self.columns]
        columns += [f"{STAGED} boolean not null", "_action varchar(10) not null"]
        return f"create temp table {self.model.delta} (\n    {_lines(columns)}\n)"

    def fill(self, *, repoint: bool) -> str:
        """Fill it with what the SELECT gives: of each key the newest to insert, the others superseded."""
        names = (*self.names, STAGED)
        select = render(self.model.text, repoint=repoint)
        staged = STAGED if self._tells_staged() else f"true as {STAGED}"
        action, source = "'insert'", f"(\n{select}\n) as source"
        if self.is_ordered:
            action = "case when state_rank = 1 then 'insert' else 'superseded' end"
            newest = ", ".join(f"source.{name} desc" for name in self.order)
            source = (
                f"(\nselect source.*, row_number() over (partition by {', '.join(self._identity())} order by {newest}) "
                f"as state_rank\nfrom {source}\n) as ranked"
            )
        return (
            f"insert into {self.model.delta} ({', '.join(names)}, _action)\n"
            f"select {', '.join(self.names)}, {staged}, {action}\nfrom {source}"
        )

    def bounds(self) -> str:
        """Ask for the least and greatest value of the column that bounds the joins to the table."""
        return f"select min({self.model.within}), max({self.model.within}) from {self.model.delta}"

    def classify(self) -> str:
        """Compare with the rows that are in the table: those found are no inserts."""
        delta, whens = self.model.delta, []
        if self.is_ordered:
            whens.append(f"when {_older(delta, 'target', self.order)} then 'superseded'")
        whens.append(f"when {self._same()} then 'unchanged'")
        return (
            f"update {delta}\nset _action = case\n    {_lines(whens, '')}\n    else 'update'\nend\n"
            f"from {self.model.table} as target\nwhere {delta}._action = 'insert' and {self._matches('target')}"
        )

    def retire(self) -> str:
        """For chains: add the loaded versions of the touched members that the new chains do not have."""
        delta, target = self.model.delta, self.model.table
        durable, key = self.model.durable, self.model.key[0]
        names = ", ".join(f"target.{name}" for name in self.names)
        return (
            f"insert into {delta} ({', '.join(self.names)}, {STAGED}, _action)\n"
            f"select {names}, false, 'delete'\nfrom {target} as target\n"
            f"where target.{key} > 0 and target.{durable} in (select {delta}.{durable} from {delta})\n"
            f"and not exists (select 1 from {delta} where {delta}.{key} = target.{key})"
        )

    def count(self) -> str:
        """Count the actions: of rows that were staged, and of all."""
        return (
            f"select _action, sum(case when {STAGED} then 1 else 0 end), count(*)\nfrom {self.model.delta}\n"
            "group by _action"
        )

    def delete(self) -> str:
        """For chains: remove the versions that are no more."""
        key, delta = self.model.key[0], self.model.delta
        return (
            f"delete from {self.model.table}\n"
            f"where {key} in (select {delta}.{key} from {delta} where {delta}._action = 'delete')"
        )

    def update(self) -> str:
        """Bring changed rows, and where unchanged ones were last seen, to the table."""
        fixed = {*self.model.key, *self.model.natural}
        sets = [f"{name} = arrived.{name}" for name in self.names if name not in fixed]
        sets.append(
            f"{LOAD_COLUMN} = case when arrived._action = 'update' then cast(:load_sequence as bigint) "
            f"else {self.model.name}.{LOAD_COLUMN} end"
        )
        actions = "('update', 'unchanged')" if self.is_ordered else "('update')"
        return (
            f"update {self.model.table}\nset\n    {_lines(sets)}\nfrom {self.model.delta} as arrived\n"
            f"where arrived._action in {actions} and {self._matches(self.model.name, 'arrived')}"
        )

    def insert(self) -> str:
        """Bring new rows to the table."""
        names = ", ".join(self.names)
        return (
            f"insert into {self.model.table} ({names}, {LOAD_COLUMN})\n"
            f"select {names}, cast(:load_sequence as bigint)\nfrom {self.model.delta}\nwhere _action = 'insert'"
        )

    def _identity(self) -> tuple[str, ...]:
        """The columns by which rows of one SELECT are the same: natural ones, so that a collision of keys shows."""
        return tuple(f"source.{name}" for name in self.model.natural or self.model.key)

    def _matches(self, target: str, delta: str | None = None) -> str:
        delta = delta or self.model.delta
        terms = [f"{target}.{name} = {delta}.{name}" for name in self.model.key]
        if self.model.within:
            terms.append(f"{target}.{self.model.within} between :within_from and :within_to")
        return " and ".join(terms)

    def _same(self) -> str:
        fixed = {*self.model.key, *self.model.natural}
        compared = [column for column in self.columns if column.name not in fixed and not column.name.startswith("_")]
        return "\n        and ".join(_equal(self.model.delta, "target", column) for column in compared) or "true"

    def _tells_staged(self) -> bool:
        return STAGED in self.model.text


@cache
def delta_of(model: Model, version: tuple[str, ...] = ()) -> Delta:
    """Return the statements of a model."""
    columns = tuple(column for column in load_catalog()[model.table] if column.name != LOAD_COLUMN)
    return Delta(model, columns, version)


def _equal(one: str, other: str, column: Column) -> str:
    """Compare null-safely. A sentinel makes trailing blanks count, which Redshift ignores when it compares texts."""
    left, right = f"{one}.{column.name}", f"{other}.{column.name}"
    if column.is_text:
        return f"nvl({left} || '.', '') = nvl({right} || '.', '')"
    if not column.is_nullable:
        return f"{left} = {right}"
    return f"({left} = {right} or ({left} is null and {right} is null))"


def _older(one: str, other: str, order: tuple[str, ...]) -> str:
    """Say that a row comes before another by several columns; unknown, that is, no, where the other has none."""
    first, *rest = order
    less = f"{one}.{first} < {other}.{first}"
    if not rest:
        return less
    return f"({less} or ({one}.{first} = {other}.{first} and {_older(one, other, tuple(rest))}))"


def _lines(parts: list[str], separator: str = ",") -> str:
    return f"{separator}\n    ".join(parts)
