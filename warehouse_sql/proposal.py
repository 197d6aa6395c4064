"""What a warehouse lacks of this release, in words and as SQL. Nothing here changes anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from extract.lake import Lake
from extract.manifest import raw_log
from spark.contracts import load_contracts
from warehouse_sql.access import access_statements, load_access, read_held
from warehouse_sql.catalog import read_tables
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.drift import Found, differences, following, read_tables_of, stale_comments, strangers
from warehouse_sql.migrate import Migration, load_migrations
from warehouse_sql.migration_log import (
    has_log,
    pending_migrations,
    steps_of,
)
from warehouse_sql.model import Load, Model
from warehouse_sql.prepare import is_loaded
from warehouse_sql.repeatable import MOVED, NOTHING, Stale, raised_models, repeatables, stale

_STEPS_TABLE = "audit.migration_step"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that ``apply`` would do.

    Attributes:
        kind: migration, table, calendar, mart, view, rules, rebuild, comments or access.
        name: what is changed.
        words: what happens to it, what it concerns and how much it reads.
        statements: the SQL.
        is_repair: whether it brings back what somebody changed by hand.
    """

    kind: str
    name: str
    words: str
    statements: tuple[str, ...]
    is_repair: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a warehouse lacks.

    Attributes:
        changes: what ``apply`` would do, in order.
        drift: what was changed by hand and stands in the way.
        strangers: tables in our schemas that are not ours; they are left alone.
    """

    changes: tuple[Change, ...]
    drift: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()

    @property
    def rebuilds(self) -> tuple[str, ...]:
        """The facts and dimensions that are to be made anew."""
        return tuple(change.name for change in self.changes if change.kind == "rebuild")


def plan(target: Target, lake: Lake) -> Plan:
    """Tell what a warehouse lacks of this release; nothing is changed and nothing locked.

    Raises:
        MigrationRefused: what the warehouse remembers does not go together with the files.
    """
    with connect(target) as connection:
        return plan_in(connection, lake)


def plan_in(connection: Connection, lake: Lake) -> Plan:
    """Do as ``plan`` does, in the open transaction."""
    is_new = not has_log(connection)
    found = read_tables_of(connection)
    pending = pending_migrations(connection)
    # Before a warehouse has its first migrations, there is nothing to be held against anything.
    states = [Stale(item, None, 1) for item in repeatables()] if is_new else stale(connection)
    changes = [_migration(connection, migration, found) for migration in pending]
    changes += _definitions(connection, states, found)
    changes += () if is_new else _repairs(found, states)
    if not is_new and is_loaded(connection):
        changes += _rebuilds(connection, states, lake, found)
    changes += comment_changes(found)
    changes += access_changes(connection)
    hand_made = () if is_new else tuple(_hand_made(found, pending))
    return Plan(tuple(changes), hand_made, tuple(strangers(found)))


def _migration(connection: Connection, migration: Migration, found: Mapping[str, Found]) -> Change:
    number = f"{len(migration.statements)} statement{'s' if len(migration.statements) > 1 else ''}"
    words = f"{number} in one transaction with the others, then verified"
    if migration.is_outside:
        words = f"{number}, each for itself outside of a transaction, then verified"
        steps = steps_of(connection, migration) if _STEPS_TABLE in found else ()
        if steps:
            done = sum(step.is_finished for step in steps)
            words += f"; {done} are done, and it stopped in statement {steps[-1].number}"
            words += f" ({steps[-1].refusal})" if steps[-1].refusal else ""
    return Change("migration", migration.file, words, migration.statements)


def _definitions(connection: Connection, states: list[Stale], found: Mapping[str, Found]) -> Iterator[Change]:
    waiting = {model.table for model in raised_models(states)}
    for state in states:
        if state.item.name in waiting:
            continue
        statements = tuple(state.item.statements(state.previous))
        kind, words = _described(connection, state, found)
        if state.is_remade or not state.is_new:
            yield Change(kind, state.item.name, words, statements)


def _described(connection: Connection, state: Stale, found: Mapping[str, Found]) -> tuple[str, str]:
    match state.item.model.load if state.item.model else None:
        case None if state.item.definition == MOVED:
            return "table", "dropped if it is there: what it showed is staged in restricted"
        case None:
            return "table", "made" if state.is_new else "follows its contract; it shows the last load only"
        case Load.VIEW:
            return "view", "made" if state.is_new else "dropped and made with its new SELECT; nothing is read"
        case Load.CALENDAR:
            return "calendar", "filled" if state.is_new else "filled anew"
        case Load.PARTITIONS:
            model = state.item.model
            made = "made" if state.is_new else "made anew, all of it"
            return "mart", f"{made}: {_partitions(connection, model, found)}" if model else ""
        case _:
            return "rules", "its SELECT is new, its version is not: it holds for what is loaded from now on"


def _partitions(connection: Connection, model: Model | None, found: Mapping[str, Found]) -> str:
    """Say which days a stored mart is made of, and how many rows they are read from."""
    parts = []
    for source in model.sources if model else ():
        table, _, column = source.rpartition(".")
        if table in found:
            parts.append(_days(connection, table, column))
    return "; ".join(parts) or "nothing is loaded yet"


def _days(connection: Connection, table: str, column: str) -> str:
    query = f"select count(*), count(distinct {column}), min(nullif({column}, -1)), max({column}) from {table}"
    ((rows, days, first, last),) = connection.rows(query)
    if not rows:
        return f"{table} is empty"
    return f"{days:,} days from {_day(first)} to {_day(last)}, {rows:,} rows of {table}"


def _rebuilds(connection: Connection, states: list[Stale], lake: Lake, found: Mapping[str, Found]) -> Iterator[Change]:
    models = raised_models(states)
    if not models:
        return
    versions = {state.item.name: state for state in states if state.is_raised}
    landed = _landed(lake)
    for model in models:
        state = versions.get(model.table)
        why = f"version {state.version} -> {state.item.version}" if state else "reads a table that is made anew"
        what = _all_rows(connection, model, found)
        words = f"{why}: {what} made anew by a replay, which reads {landed} and asks the source for nothing"
        select = next(item.definition for item in repeatables() if item.name == model.table)
        yield Change("rebuild", model.table, words, (select,))


def _all_rows(connection: Connection, model: Model, found: Mapping[str, Found]) -> str:
    if model.table not in found:
        return "all rows"
    if model.within:
        return _days(connection, model.table, model.within)
    ((rows,),) = connection.rows(f"select count(*) from {model.table}")
    return f"all {rows:,} rows"


def _landed(lake: Lake) -> str:
    streams = sorted({contract.stream for contract in load_contracts().values()})
    heads = [head for stream in streams if (head := raw_log(lake, stream).head())]
    rows, objects = sum(head.total_rows for head in heads), sum(head.total_objects for head in heads)
    return f"{rows:,} records in {objects:,} objects of {len(heads)} streams"


def comment_changes(found: Mapping[str, Found]) -> list[Change]:
    """Return what brings the descriptions of tables and columns to those of the files."""
    stale_ones = list(stale_comments(found))
    tables = sorted({comment.table for comment in stale_ones})
    if not tables:
        return []
    words = f"{len(stale_ones)} descriptions of {len(tables)} tables and views; nothing is read"
    return [Change("comments", "descriptions", words, tuple(comment.statement for comment in stale_ones))]


def access_changes(connection: Connection) -> list[Change]:
    """Return what brings roles and rights to those declared."""
    statements = tuple(access_statements(load_access(), read_held(connection)))
    if not statements:
        return []
    return [Change("access", "roles and rights", f"{len(statements)} statements; nothing is read", statements)]


def _hand_made(found: Mapping[str, Found], pending: tuple[Migration, ...]) -> Iterator[str]:
    """Yield what is not as the migrations left it that were applied, and cannot be made again from a definition."""
    statements = (
        statement for migration in load_migrations() if migration not in pending for statement in migration.statements
    )
    yield from (difference.words for difference in differences(found, read_tables(statements)))


def _repairs(found: Mapping[str, Found], states: list[Stale]) -> Iterator[Change]:
    """Yield the staging tables and views that were changed or dropped by hand, and are made again."""
    changing = {state.item.name for state in states}
    items = {item.name: item for item in repeatables()}
    problems: dict[str, list[str]] = {}
    for difference in differences(found, following()):
        if difference.table not in changing:
            problems.setdefault(difference.table, []).append(difference.words)
    for table, found_wrong in problems.items():
        item = items[table]
        words = f"{listed(found_wrong)}; somebody changed it by hand, and it is made again"
        statements = tuple(item.statements(NOTHING))
        yield Change("view" if item.model else "table", table, words, statements, is_repair=True)


def listed(problems: Sequence[str]) -> str:
    """Write problems as one text; of many the first."""
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    return "; ".join(problems[:5]) + more


def _day(key: int | None) -> str:
    if key is None or key < 0:
        return "outside the calendar"
    return date(key // 10000, key // 100 % 100, key % 100).isoformat()
