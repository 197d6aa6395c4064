"""Bringing a warehouse to this release by hand, and taking an existing one for what its tables show it to be.

``apply`` does what the plan tells, under the lock of the loads: migrations, what follows its definition, comments,
roles and rights. Facts and dimensions whose model's version was raised are then made anew by a replay, which reads what
landed and asks the source for nothing.
"""

from collections.abc import Callable, Iterator, Mapping

from extract.errors import ReelhouseError
from extract.lake import Lake
from extract.progress import Progress
from warehouse_sql.catalog import read_tables
from warehouse_sql.connection import Connection, StatementRefused, Target, connect
from warehouse_sql.drift import Found, differences, read_tables_of
from warehouse_sql.migrate import Migration, MigrationRefused, Trouble, load_migrations
from warehouse_sql.migration_log import LOG, our_relations, record, unverified
from warehouse_sql.prepare import make_again, prepare
from warehouse_sql.proposal import Change, Plan, access_changes, comment_changes, listed, plan_in
from warehouse_sql.staging import is_staging


def apply(target: Target, lake: Lake, lock: Callable[[Connection], None], progress: Progress) -> Plan:
    """Bring a warehouse to this release; return what was done and, as ``rebuilds``, what a replay is to make anew.

    Args:
        target: the warehouse.
        lake: the lake that it is loaded from.
        lock: takes the lock of the loads in the open transaction.
        progress: told what was applied.

    Raises:
        MigrationRefused: the two do not go together, or the tables were changed by hand.
        LockHeld: another run is at work.
        ReelhouseError: this user may not make roles; all but them is done.
    """
    with connect(target) as connection:
        before = plan_in(connection, lake)
        connection.rollback()
        if before.drift:
            raise MigrationRefused(Trouble.DRIFTED, _of_drift(before.drift))
        if not before.changes:
            return before
        _repair(connection, lock, before)
        prepare(connection, lambda: lock(connection), progress, rebuilds_follow=True)
        lock(connection)
        _execute(connection, comment_changes(read_tables_of(connection)))
        lock(connection)
        _give_rights(connection)
        left = {(change.kind, change.name) for change in plan_in(connection, lake).changes if change.kind != "rebuild"}
    return Plan(tuple(change for change in before.changes if (change.kind, change.name) not in left))


def baseline(target: Target, version: int) -> tuple[str, ...]:
    """Take the tables that are there for those of the migrations up to ``version``; return the names of the files.

    For a warehouse whose record was lost: its tables are compared with what the migrations make, and the record is
    written. Tables of ``audit`` that are gone are made again, empty; staging shows the last load and is made again too.

    Raises:
        MigrationRefused: the warehouse has a record, or its tables are others.
    """
    migrations = _up_to(version)
    with connect(target) as connection:
        _refuse_baseline(our_relations(connection))
        found = read_tables_of(connection)
        statements = [statement for migration in migrations for statement in migration.statements]
        for statement in _lost_audit(statements, found):
            connection.execute(statement)
        declared = read_tables(statements)
        found = read_tables_of(connection)
        problems = [difference.words for difference in differences(found, declared)]
        for migration in migrations if not problems else ():
            problems += [f"{migration.file}: {problem}" for problem in unverified(connection, migration)]
        if problems:
            raise MigrationRefused(
                Trouble.DRIFTED,
                f"the tables are not those of the migrations up to {version}: {listed(problems)}. Nothing was "
                "recorded: give another number, or bring the tables there",
            )
        for table in found:
            if is_staging(table) and ".stg_" in table:
                connection.execute(f"drop table {table}")
        for migration in migrations:
            record(connection, migration)
        connection.commit()
    return tuple(migration.file for migration in migrations)


def _repair(connection: Connection, lock: Callable[[Connection], None], planned: Plan) -> None:
    spoiled = [change.name for change in planned.changes if change.is_repair]
    if spoiled:
        lock(connection)
    for name in spoiled:
        make_again(connection, name)
    connection.commit()


def _execute(connection: Connection, changes: list[Change]) -> None:
    for change in changes:
        for statement in change.statements:
            connection.execute(statement)
    connection.commit()


def _give_rights(connection: Connection) -> None:
    try:
        _execute(connection, access_changes(connection))
    except StatementRefused as error:
        raise ReelhouseError(
            f"roles and rights: the warehouse refused them ({error.code}): {error.reason}. Everything else is applied; "
            "have a superuser, or a user with the right to create roles, type `reelhouse warehouse apply` once"
        ) from None


def _of_drift(problems: tuple[str, ...]) -> str:
    return (
        f"the warehouse is not as its migrations left it: {listed(problems)}. Nothing was done. Somebody changed it "
        "by hand: undo that, or, where it should stay, write it as a migration. A table whose data is gone is made as "
        "the migrations make it, and filled by `reelhouse replay`"
    )


def _up_to(version: int) -> tuple[Migration, ...]:
    migrations = tuple(migration for migration in load_migrations() if migration.version <= version)
    if version < 1 or len(migrations) < version:
        raise MigrationRefused(
            Trouble.MISSING, f"there is no migration {version}; this release has 1 to {len(load_migrations())}"
        )
    return migrations


def _refuse_baseline(ours: list[str]) -> None:
    if LOG in ours:
        raise MigrationRefused(
            Trouble.UNRECORDED, "this warehouse remembers its migrations; a baseline is for one that does not"
        )
    if not ours:
        raise MigrationRefused(
            Trouble.UNRECORDED, "this warehouse has no tables of reelhouse: type `reelhouse warehouse apply` alone"
        )


def _lost_audit(statements: list[str], found: Mapping[str, Found]) -> Iterator[str]:
    """Yield what makes the tables of audit again that are gone; the schema too."""
    yield "create schema if not exists audit"
    for statement in statements:
        words = statement.lower().split()
        table = next((word for word in words if word.startswith("audit.")), "")
        if words[1:2] == ["table"] and table and table not in found:
            yield statement
