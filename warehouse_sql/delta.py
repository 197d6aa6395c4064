"""The delta pattern, written once for all tables: the SQL by which new states reach a table.

A temporary table holds what the model's SELECT gives, each row with an action: ``insert``, ``update``, ``unchanged``
(the same content seen again: only where it was last seen moves), ``superseded`` (older than what is there), and for
groups of rows that are replaced whole ``delete``. Counts are taken from it, then a DELETE, an UPDATE and an INSERT
bring it to the table. MERGE is not used: it has one WHEN MATCHED without a condition, so it could neither keep an
unchanged row nor skip an older one. What a retention then lets go is added as ``expire``.
"""

from dataclasses import dataclass
from functools import cache

from spark.contracts import Column as ContractColumn
from spark.contracts import Contract
from warehouse_sql.catalog import Column, load_catalog
from warehouse_sql.model import Load, Model, Retention
from warehouse_sql.render import render

LOAD_COLUMN = "_load_sequence"
STAMPS = ("_extracted_at", "_raw_sequence", "_raw_part", "_raw_line")
"""Where a state was seen: the instant of the request, then the place in the raw layer."""
STAGED = "_is_staged"
MOVED = "_moved_from"
"""Of a row that is there already and may change its date: the date under which it is there."""


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
        columns += [f"{MOVED} integer"] if self.model.moves else []
        return f"create temp table {self.model.delta} (\n    {_lines(columns)}\n)"

    def fill(self, *, repoint: bool) -> str:
        """Fill it with what the SELECT gives: of each key the newest to insert, the others superseded."""
        names = (*self.names, STAGED)
        select = render(self.model.text, repoint=repoint)
        staged = STAGED if self._tells_staged() else f"true as {STAGED}"
        action, source = "'insert'", f"(\n{select}\n) as source"
        if self.is_ordered:
            newest = ", ".join(f"source.{name} desc" for name in self.order)
            ranks = {"state_rank": ("row_number()", self._identity())}
            if self.model.group:
                # The rows of one record share their rank; those of older ones are out, whichever rows they are.
                ranks["record_rank"] = ("rank()", tuple(f"source.{name}" for name in self.model.group))
            action = f"case when {' and '.join(f'{rank} = 1' for rank in ranks)} then 'insert' else 'superseded' end"
            windows = ", ".join(
                f"{function} over (partition by {', '.join(names)} order by {newest}) as {rank}"
                for rank, (function, names) in ranks.items()
            )
            source = f"(\nselect source.*, {windows}\nfrom {source}\n) as ranked"
        return (
            f"insert into {self.model.delta} ({', '.join(names)}, _action)\n"
            f"select {', '.join(self.names)}, {staged}, {action}\nfrom {source}"
        )

    def bounds(self) -> str:
        """Ask for the least and greatest value of the column that bounds the joins to the table.

        Where a key may change its date, the dates under which it is held so far count as well.
        """
        model, within = self.model, self.model.within
        if not model.moves:
            return f"select min({within}), max({within}) from {model.delta}"
        return (
            f"select min(dated.{within}), max(dated.{within})\nfrom (\n    select {within} from {model.delta}\n"
            f"    union all\n    select held.{within}\n    from {model.moves} as held\n"
            f"    inner join {model.delta} on {_alike(model.key, 'held', model.delta)}\n) as dated"
        )

    def classify(self) -> str:
        """Compare with the rows that are in the table: those found are no inserts."""
        delta, whens = self.model.delta, []
        if self.is_ordered:
            whens.append(f"when {_older(delta, 'target', self.order)} then 'superseded'")
        whens.append(f"when {self._same()} then 'unchanged'")
        moved = f", {MOVED} = target.{self.model.within}" if self.model.moves else ""
        return (
            f"update {delta}\nset _action = case\n    {_lines(whens, '')}\n    else 'update'\nend{moved}\n"
            f"from {self.model.table} as target\nwhere {delta}._action = 'insert' and {self._matches('target')}"
        )

    def supersede(self) -> str:
        """For groups of a delta: skip the rows of records older than the one from which the table has the group."""
        delta, within = self.model.delta, self._within("target")
        names = ", ".join(f"target.{name}" for name in (*self.model.group, *self.order))
        bounds = f" where {within}" if within else ""
        return (
            f"update {delta}\nset _action = 'superseded'\n"
            f"from (select distinct {names} from {self.model.table} as target{bounds}) as loaded\n"
            f"where {delta}._action = 'insert' and {_alike(self.model.group, 'loaded', delta)}\n"
            f"    and {_older(delta, 'loaded', self.order)}"
        )

    def retire(self) -> str:
        """For groups: add the loaded rows that the new state of their group has no more."""
        delta, model = self.model.delta, self.model
        names = ", ".join(f"target.{name}" for name in self.names)
        # What reserved members are called, a source may call its own: they are left out.
        bounds = self._within("target") or f"target.{model.key[0]} > 0"
        arrived = f"select 1 from {delta} where {delta}._action <> 'superseded' and"
        return (
            f"insert into {delta} ({', '.join(self.names)}, {STAGED}, _action)\n"
            f"select {names}, false, 'delete'\nfrom {model.table} as target\nwhere {bounds}\n"
            f"    and exists ({arrived} {_alike(model.group, delta, 'target')})\n"
            f"    and not exists ({arrived} {_alike(model.key, delta, 'target')})"
        )

    def count(self) -> str:
        """Count the actions: of rows that were staged, and of all."""
        return (
            f"select _action, sum(case when {STAGED} then 1 else 0 end), count(*)\nfrom {self.model.delta}\n"
            "group by _action"
        )

    def delete(self) -> str:
        """For groups: remove the rows that are no more."""
        delta, table = self.model.delta, self.model.table
        return (
            f"delete from {table}\nusing {delta}\nwhere {delta}._action = 'delete' and {self._matches(self.model.name)}"
        )

    def expire(self, retention: Retention) -> str:
        """Name the members and days that a retention lets go, as the table is by now."""
        day, member, table = retention.day, retention.member, self.model.table
        month = f"partition by held.{member}, date_trunc('month', held.{day})"
        return (
            f"insert into {self.model.delta} ({member}, {day}, {STAGED}, _action)\n"
            f"select dated.{member}, dated.{day}, false, 'expire'\nfrom (\n"
            f"    select held.{member}, held.{day}, max(held.{day}) over ({month}) as last_day\n"
            f"    from (select distinct {member}, {day} from {table}) as held\n) as dated\n"
            f"where dated.{day} < dated.last_day\n"
            f"    and dated.{day} < (select dateadd(day, -{retention.days}, max({day})) from {table})"
        )

    def let_go(self, retention: Retention) -> str:
        """Remove the rows of the members and days that a retention lets go."""
        delta, model = self.model.delta, self.model
        expired = _alike((retention.member, retention.day), model.name, delta)
        return f"delete from {model.table}\nusing {delta}\nwhere {delta}._action = 'expire' and {expired}"

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

    def confirm(self) -> str:
        """Count the rows of the table that are as inserted or updated."""
        delta, table = self.model.delta, self.model.name
        same = "\n    and ".join(_equal(delta, table, column) for column in self.columns)
        return (
            f"select count(*)\nfrom {self.model.table}\ninner join {delta} on {self._matches(table)}\n"
            f"where {delta}._action in ('insert', 'update')\n    and {same}"
        )

    def carried(self, contract: Contract) -> tuple[ContractColumn, ...]:
        """Return the columns of a contract that the model takes as they are, blanks at the end of texts excepted."""
        made = {*self.model.differs, "_extra"}
        return tuple(column for column in contract.columns if column.name in self.names and column.name not in made)

    def _identity(self) -> tuple[str, ...]:
        """The columns by which rows of one SELECT are the same: natural ones, so that a collision of keys shows."""
        return tuple(f"source.{name}" for name in self.model.natural or self.model.key)

    def _matches(self, target: str, delta: str | None = None) -> str:
        delta = delta or self.model.delta
        within = self._within(target)
        return _alike(self.model.key, target, delta) + (f" and {within}" if within else "")

    def _within(self, target: str) -> str:
        return f"{target}.{self.model.within} between :within_from and :within_to" if self.model.within else ""

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


def _alike(names: tuple[str, ...], one: str, other: str) -> str:
    return " and ".join(f"{one}.{name} = {other}.{name}" for name in names)


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
