"""What a warehouse remembers of migrations, held against the files: what is pending, and what does not go together.

What was applied stands in ``audit.migration`` with the checksum of its file; statements that ran outside of a
transaction stand in ``audit.migration_step`` as well, each before it begins and after it ended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from extract.progress import Progress
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import Connection, StatementRefused, connect
from warehouse_sql.migrate import (
    Migration,
    MigrationRefused,
    Trouble,
    load_migrations,
    statement_checksum,
    widening,
)

LOG = "audit.migration"
_RELATIONS = """
select table_schema, table_name
from information_schema.tables
where table_schema in ('staging', 'restricted', 'core', 'mart', 'audit')
"""
_HAS_NEEDS = """
select count(*) from information_schema.columns
where table_schema = 'audit' and table_name = 'migration' and column_name = 'needs_version'
"""
_APPLIED = "select version, name, checksum, needs_version from audit.migration order by version"
_APPLIED_BEFORE_NEEDS = "select version, name, checksum, 0 as needs_version from audit.migration order by version"
_RECORD = """
insert into audit.migration (version, name, checksum, applied_at)
values (:version, :name, :checksum, getdate())
"""
_RECORD_NEEDS = """
insert into audit.migration (version, name, checksum, applied_at, needs_version)
values (:version, :name, :checksum, getdate(), :needs_version)
"""
_STEPS = """
select statement_number, checksum, finished_at, refusal
from audit.migration_step
where version = :version
order by statement_number
"""
_FORGET_STEP = "delete from audit.migration_step where version = :version and statement_number = :number"
_BEGIN_STEP = """
insert into audit.migration_step (version, statement_number, checksum, began_at)
values (:version, :number, :checksum, getdate())
"""
_FINISH_STEP = """
update audit.migration_step set finished_at = getdate()
where version = :version and statement_number = :number
"""
_REFUSE_STEP = """
update audit.migration_step set refusal = :refusal
where version = :version and statement_number = :number
"""
_LENGTH = """
select character_maximum_length
from information_schema.columns
where table_schema = :schema and table_name = :name and column_name = :column
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration as the warehouse remembers it."""

    version: int
    name: str
    checksum: str
    needs: int


@dataclass(frozen=True, slots=True)
class Step:
    """A statement that was begun outside of a transaction."""

    number: int
    checksum: str
    is_finished: bool
    refusal: str | None


def our_relations(connection: Connection) -> list[str]:
    """Return the tables of this release that the warehouse shows to this user, whoever made them."""
    relations = {f"{schema}.{name}" for schema, name in connection.rows(_RELATIONS)}
    return sorted(relations & set(load_catalog()))


def has_log(connection: Connection) -> bool:
    """Tell whether the warehouse remembers migrations.

    Raises:
        MigrationRefused: it does not, and yet has tables of ours.
    """
    ours = our_relations(connection)
    if LOG in ours:
        return True
    if ours:
        raise MigrationRefused(
            Trouble.UNRECORDED,
            f"this warehouse has {', '.join(ours[:3])}{' and others' if len(ours) > 3 else ''}, but no audit.migration "
            "that this user may see. Give the user its rights; or, if the tables are of a reelhouse whose record was "
            "lost, type `reelhouse warehouse apply --baseline N`, N being the newest migration that they went "
            "through; if they are somebody else's, use another database",
        )
    return False


def applied_migrations(connection: Connection) -> tuple[Applied, ...]:
    """Return what the warehouse remembers, in order of number; it must remember something."""
    has_needs = connection.rows(_HAS_NEEDS)[0][0] > 0
    return tuple(Applied(*row) for row in connection.rows(_APPLIED if has_needs else _APPLIED_BEFORE_NEEDS))


def pending_migrations(connection: Connection) -> tuple[Migration, ...]:
    """Return the migrations that this warehouse does not have yet, in order.

    A warehouse may be ahead of this release, as long as the migrations that this one does not know take nothing away
    that it uses: between neighbouring releases they only add.

    Raises:
        MigrationRefused: what the warehouse remembers does not go together with the files.
    """
    if not has_log(connection):
        return load_migrations()
    return still_pending(applied_migrations(connection), load_migrations())


def still_pending(applied: Iterable[Applied], migrations: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """Return the migrations that are not among those applied.

    Raises:
        MigrationRefused: one was edited, was left out, or is of a release that this one cannot work beside.
    """
    known = {migration.version: migration for migration in migrations}
    newest = max(known, default=0)
    found = {record.version: record for record in applied}
    for record in found.values():
        if record.version > newest:
            _confirm_ahead(record, newest)
        else:
            _confirm_unedited(known[record.version], record)
    pending = tuple(migration for migration in migrations if migration.version not in found)
    if pending and found and pending[0].version < max(found):
        raise MigrationRefused(
            Trouble.OUT_OF_ORDER,
            f"{pending[0].file} was never applied, but migration {max(found)} was: it would run out of its order. If "
            "it is new, give it the next free number; if its row in audit.migration was deleted, put the row back",
        )
    return pending


def apply_migration(connection: Connection, migration: Migration) -> None:
    """Run a migration, verify and record it, in the open transaction.

    Raises:
        MigrationRefused: a statement was refused, or the verification failed; the transaction is to be undone.
    """
    for number, statement in enumerate(migration.statements, start=1):
        try:
            connection.execute(statement)
        except StatementRefused as error:
            raise MigrationRefused(
                Trouble.REFUSED,
                f"{migration.file}: the warehouse refused statement {number} ({error.code}): {error.reason}. The whole "
                f"transaction was undone; {_advice(error)}",
            ) from error
    verify(connection, migration)
    record(connection, migration)


def apply_outside(connection: Connection, migration: Migration, progress: Progress) -> None:
    """Run a migration that cannot run in a transaction, from where it stopped; ``connection`` holds the lock meanwhile.

    Raises:
        MigrationRefused: a statement was refused, or one that was done reads otherwise now; the message says which.
    """
    with connect(connection.target) as aside:
        steps = {step.number: step for step in steps_of(aside, migration)}
        for number, statement in enumerate(migration.statements, start=1):
            if not _is_done(aside, migration, number, steps.get(number)):
                _take_step(aside, migration, number, statement)
                progress.event("load.migration_step", file=migration.file, statement=number)
        verify(aside, migration)
        record(aside, migration)
        aside.commit()


def steps_of(connection: Connection, migration: Migration) -> tuple[Step, ...]:
    """Return the statements of a migration that were begun outside of a transaction."""
    rows = connection.rows(_STEPS, {"version": migration.version})
    return tuple(Step(number, checksum, finished is not None, refusal) for number, checksum, finished, refusal in rows)


def verify(connection: Connection, migration: Migration) -> None:
    """Ask whether a migration left what it should.

    Raises:
        MigrationRefused: it did not.
    """
    for problem in unverified(connection, migration):
        raise MigrationRefused(Trouble.UNVERIFIED, f"{migration.file}: {problem}; nothing of it was recorded")


def unverified(connection: Connection, migration: Migration) -> Iterator[str]:
    """Yield what the verification of a migration finds wrong, in words without a value."""
    for number, query in enumerate(migration.verify, start=1):
        try:
            if rows := len(connection.rows(query)):
                yield f"verification {number} returned {rows} rows instead of none"
        except StatementRefused as error:
            yield f"verification {number} was refused ({error.code}): {error.reason}"
            return  # the transaction is aborted


def record(connection: Connection, migration: Migration) -> None:
    """Remember a migration as applied, in the open transaction."""
    values = {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
    if migration.needs:
        connection.execute(_RECORD_NEEDS, values | {"needs_version": migration.needs})
    else:
        connection.execute(_RECORD, values)


def _take_step(aside: Connection, migration: Migration, number: int, statement: str) -> None:
    step = {"version": migration.version, "number": number}
    aside.execute(_FORGET_STEP, step)
    aside.execute(_BEGIN_STEP, step | {"checksum": statement_checksum(statement)})
    aside.commit()
    try:
        aside.execute_alone(statement)
    except StatementRefused as error:
        aside.rollback()
        aside.execute(_REFUSE_STEP, step | {"refusal": f"{error.code}: {error.reason}"[:1000]})
        aside.commit()
        raise MigrationRefused(
            Trouble.HALF_WAY,
            f"{migration.file}: the warehouse refused statement {number} of {len(migration.statements)} "
            f"({error.code}): {error.reason}. It runs outside of a transaction: the {number - 1} before it are done, "
            "which audit.migration_step remembers. Remove the cause, or correct the statements that are not done in "
            f"the file, and type `reelhouse warehouse apply`: it goes on with statement {number}",
        ) from error
    aside.execute(_FINISH_STEP, step)
    aside.commit()


def _is_done(aside: Connection, migration: Migration, number: int, step: Step | None) -> bool:
    """Tell whether a statement was done; of one that was cut off, from the catalog where that can be told."""
    if step is None:
        return False
    statement = migration.statements[number - 1]
    is_same = step.checksum == statement_checksum(statement)
    if step.is_finished and not is_same:
        raise MigrationRefused(
            Trouble.EDITED,
            f"{migration.file}: statement {number} was edited after it had run (checksum {step.checksum[:12]} then); "
            "only statements that have not run yet may change. Restore it and write the change as a new migration",
        )
    if step.is_finished or not is_same or step.refusal is not None or not _shows(aside, statement):
        return step.is_finished
    aside.execute(_FINISH_STEP, {"version": migration.version, "number": number})
    aside.commit()
    return True


def _shows(aside: Connection, statement: str) -> bool:
    """Whether the catalog shows that a statement was done; what it cannot show may be done twice."""
    change = widening(statement)
    if change is None:
        return False
    schema, _, name = change.table.rpartition(".")
    rows = aside.rows(_LENGTH, {"schema": schema, "name": name, "column": change.column})
    return [f"({length})" for (length,) in rows] == [change.type[change.type.index("(") :]]


def _confirm_ahead(record: Applied, newest: int) -> None:
    if record.needs > newest:
        raise MigrationRefused(
            Trouble.AHEAD,
            f"the warehouse has migration {record.version} ({record.name}), which took away what this release uses; it "
            f"needs a release that knows migration {record.needs} at least, and this one ends with {newest}",
        )


def _confirm_unedited(migration: Migration, record: Applied) -> None:
    if migration.checksum != record.checksum:
        raise MigrationRefused(
            Trouble.EDITED,
            f"{migration.file} was edited after it had been applied (checksum {record.checksum[:12]} then, "
            f"{migration.checksum[:12]} now); restore the file and write the change as a new migration",
        )


def _advice(error: StatementRefused) -> str:
    if error.code == "42501":
        return "this user may not do it: run `reelhouse warehouse apply` as the owner of the tables"
    return "correct its cause and run again"
