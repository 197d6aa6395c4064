"""One model after the other: what a load does to each table, inside its transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from extract.errors import DataRefused
from extract.progress import Progress
from spark.contracts import Contract, load_contracts
from spark.manifest import EntityEntry
from spark.proof import read_sums
from warehouse_sql.checks import Result, run_checks
from warehouse_sql.connection import Connection
from warehouse_sql.delta import LOAD_COLUMN, MOVED, Delta, delta_of
from warehouse_sql.ledger import Counts
from warehouse_sql.model import Load, Model, load_models
from warehouse_sql.plan import loaded_models, temporary_reads
from warehouse_sql.proof import delta_sums, differing
from warehouse_sql.render import render
from warehouse_sql.staging import is_staging, staging_table

NEAR = timedelta(days=31)
"""How far from the days of a delta its checks look for what should be nowhere else."""


@dataclass(slots=True)
class Application:
    """The state of one load while its models are applied."""

    connection: Connection
    sequence: int
    entries: Mapping[str, EntityEntry]
    """What the manifest says of each entity."""
    copied: Mapping[str, int]
    """Rows copied, by entity."""
    progress: Progress
    counts: dict[str, Counts] = field(default_factory=dict)
    """What was done so far, by table."""
    changed: set[str] = field(default_factory=set)
    """Tables that this load has changed, and temporary ones that say how."""
    temporary: list[str] = field(default_factory=list)
    checks: list[Result] = field(default_factory=list)
    """What the checks of the tables that this load changed found."""

    def run(self) -> dict[str, Counts]:
        """Apply all models and their checks; return what was done to each table.

        Raises:
            DataRefused: the counts do not balance, or a check failed.
        """
        models = loaded_models()
        for number, model in enumerate(models, start=1):
            _apply_model(self, model)
            self.progress.advance(f"load {self.sequence}", number, "tables", len(models))
        if self.temporary:
            self.connection.execute(f"drop table {', '.join(self.temporary)}")
        return self.counts


def _apply_model(load: Application, model: Model) -> None:
    parameters: dict[str, int] = {"load_sequence": load.sequence}
    if not _has_news(load, model):
        counts = _proved(model, Counts(copied=None), load.copied)
    elif model.load is Load.PARTITIONS:
        counts = _apply_partitions(load, model, parameters)
    else:
        counts = _apply_delta(load, model, parameters)
    load.counts[model.table] = counts
    if model.table in load.changed:
        load.checks += run_checks(load.connection, model, parameters, load.progress)


def _has_news(load: Application, model: Model) -> bool:
    """Tell whether anything that a model reads is new in this load; where nothing is, nothing comes of it.

    Staging tables that no entity fills hold settings, which may have changed.
    """
    if model.load is Load.PARTITIONS:
        return bool(_changed_sources(load, model))
    staged = {staging_table(contract): load.copied[entity] for entity, contract in load_contracts().items()}
    read = {*model.reads, *temporary_reads(model)} - {model.table}
    return any(staged.get(table, is_staging(table)) or table in load.changed for table in read)


def _changed_sources(load: Application, model: Model) -> tuple[str, ...]:
    """The date keys of a stored mart's facts that this load has changed."""
    return tuple(source for source in model.sources if source.rpartition(".")[0] in load.changed)


def _apply_delta(load: Application, model: Model, parameters: dict[str, int]) -> Counts:
    contract = load_contracts()[model.entity] if model.entity else None
    delta = delta_of(model, (*model.newest, *contract.version) if contract else ())
    connection = load.connection
    repoint = bool(temporary_reads(model) & load.changed)
    _create(load, model)
    for other in loaded_models() if repoint else ():
        if other.delta in temporary_reads(model) and other.delta not in load.temporary:
            _create(load, other)  # of a model that had no news
    if connection.execute(delta.fill(repoint=repoint), parameters) == 0:
        return _proved(model, Counts(copied=None), load.copied)
    if contract:
        _prove_values(load, delta, contract)
    if model.within:
        _bound(connection, delta.bounds(), parameters)
    if model.group and delta.is_ordered:
        connection.execute(delta.supersede(), parameters)
    connection.execute(delta.classify(), parameters)
    if model.group:
        connection.execute(delta.retire(), parameters)
    staged, every = _counted(connection, delta)
    _bring(connection, delta, every, parameters)
    _confirm(connection, delta, every, parameters)
    if set(every) - {"unchanged", "superseded"}:
        load.changed |= {model.table, model.delta}
    deleted = every.get("delete", 0) + _let_go(connection, delta, every)
    return _proved(model, _as_counts(staged if model.entity else every, deleted), load.copied)


def _create(load: Application, model: Model) -> None:
    load.connection.execute(delta_of(model).create())
    load.temporary.append(model.delta)


def _bring(connection: Connection, delta: Delta, actions: dict[str, int], parameters: dict[str, int]) -> None:
    if "delete" in actions:
        _expect(connection.execute(delta.delete(), parameters), delta, actions, ("delete",))
    if "update" in actions or ("unchanged" in actions and delta.is_ordered):
        _expect(connection.execute(delta.update(), parameters), delta, actions, ("update", "unchanged"))
    if "insert" in actions:
        _expect(connection.execute(delta.insert(), parameters), delta, actions, ("insert",))


def _prove_values(load: Application, delta: Delta, contract: Contract) -> None:
    """Hold the sums of the columns that a delta took as they were staged against those of the manifest."""
    entry = load.entries.get(contract.entity)
    if entry is None or not entry.sums:
        return
    columns = delta.carried(contract)
    (totals,) = load.connection.rows(delta_sums(contract, columns, delta.model.delta))
    if wrong := differing(entry.sums, read_sums(columns, totals)):
        raise DataRefused(
            f"{delta.model.table}: {', '.join(wrong)} are not as they were staged, although the model takes them as "
            "they are; nothing was loaded"
        )


def _confirm(connection: Connection, delta: Delta, actions: dict[str, int], parameters: dict[str, int]) -> None:
    """Count the rows that the table has now as the delta says."""
    wanted = actions.get("insert", 0) + actions.get("update", 0)
    found = connection.rows(delta.confirm(), parameters)[0][0] if wanted else 0
    if found != wanted:
        raise DataRefused(
            f"{delta.model.table}: {wanted} rows were inserted or updated, and {found} are in the table as they were "
            "to be; nothing was loaded"
        )


def _let_go(connection: Connection, delta: Delta, actions: dict[str, int]) -> int:
    """Remove what the retention lets go; only new rows make others old, or let others follow in their month."""
    retention = delta.model.retention
    if retention is None or "insert" not in actions or connection.execute(delta.expire(retention)) == 0:
        return 0
    return connection.execute(delta.let_go(retention))


def _expect(changed: int, delta: Delta, actions: dict[str, int], names: tuple[str, ...]) -> None:
    """Compare what a statement changed with the actions that it stands for."""
    wanted = sum(actions.get(name, 0) for name in names if name != "unchanged" or delta.is_ordered)
    if changed != wanted:
        raise DataRefused(
            f"{delta.model.table}: {wanted} rows were to {' or '.join(names)}, the warehouse changed {changed}; "
            "nothing was loaded"
        )


def _apply_partitions(load: Application, model: Model, parameters: dict[str, int]) -> Counts:
    connection, partition = load.connection, model.within
    connection.execute(touch_table(model))
    load.temporary.append(model.touched)
    if connection.execute(touch(model, _changed_sources(load, model))) == 0:
        return Counts(copied=None)
    _bound(connection, f"select min({partition}), max({partition}) from {model.touched}", parameters)
    load.changed.add(model.table)
    deleted = connection.execute(clear(model), parameters)
    return Counts(copied=None, inserted=connection.execute(refill(model), parameters), deleted=deleted)


def touch_table(model: Model) -> str:
    """Return the statement that makes the temporary table for the partitions to be made anew."""
    return f"create temp table {model.touched} ({model.within} integer not null)"


def touch(model: Model, sources: tuple[str, ...]) -> str:
    """Return the statement that collects the partitions that a load touched, by the deltas of some of its sources."""
    selects = []
    for source in sources:
        table, _, column = source.rpartition(".")
        fact = load_models()[table]
        selects.append(f"select {column} from {fact.delta} where _action in ('insert', 'update')")
        if fact.moves and column == fact.within:  # the day that a row left has changed as well
            selects.append(f"select {MOVED} from {fact.delta} where _action = 'update'")
    return f"insert into {model.touched} ({model.within})\n" + "\nunion\n".join(selects)


def clear(model: Model) -> str:
    """Return the statement that removes the touched partitions."""
    return (
        f"delete from {model.table}\nwhere {model.within} between :within_from and :within_to\n"
        f"    and {model.within} in (select {model.touched}.{model.within} from {model.touched})"
    )


def refill(model: Model) -> str:
    """Return the statement that makes the touched partitions anew."""
    names = ", ".join(delta_of(model).names)
    return (
        f"insert into {model.table} ({names}, {LOAD_COLUMN})\nselect {names}, cast(:load_sequence as bigint)\n"
        f"from (\n{render(model.text)}\n) as source"
    )


def _bound(connection: Connection, statement: str, parameters: dict[str, int]) -> None:
    """Ask for the days of a delta, by which what reads the table is bounded; near are those up to a month away."""
    first, last = connection.rows(statement)[0]
    parameters |= {"within_from": first, "within_to": last}
    parameters |= {"near_from": _moved(first, -NEAR), "near_to": _moved(last, NEAR)}


def _moved(date_key: int, by: timedelta) -> int:
    """Move a date key; what is no day of the calendar stays."""
    if date_key < 0:
        return date_key
    day = date(date_key // 10_000, date_key // 100 % 100, date_key % 100) + by
    return int(f"{day:%Y%m%d}")


def _counted(connection: Connection, delta: Delta) -> tuple[dict[str, int], dict[str, int]]:
    rows = connection.rows(delta.count())
    staged = {str(action): int(count) for action, count, _ in rows}
    return staged, {str(action): int(count) for action, _, count in rows}


def _as_counts(actions: dict[str, int], deleted: int) -> Counts:
    return Counts(
        copied=None,
        inserted=actions.get("insert", 0),
        updated=actions.get("update", 0),
        unchanged=actions.get("unchanged", 0),
        superseded=actions.get("superseded", 0),
        deleted=deleted,
    )


def _proved(model: Model, counts: Counts, copied: Mapping[str, int]) -> Counts:
    """Balance the actions of a table with the rows copied for it."""
    if model.entity is None:
        return counts
    done = counts.inserted + counts.updated + counts.unchanged + counts.superseded
    if done != copied[model.entity]:
        raise DataRefused(
            f"{model.table}: {copied[model.entity]} rows were copied, but {counts.inserted} inserted, {counts.updated} "
            f"updated, {counts.unchanged} unchanged and {counts.superseded} superseded make {done}; nothing was loaded"
        )
    return replace(counts, copied=done)
