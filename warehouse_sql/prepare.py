"""Brings a warehouse to this release: migrations first, then what follows its definition.

Views, staging tables, the calendar and stored marts are made again whenever their definition changes; a stored mart
from the facts that are there, all its partitions. Facts and dimensions are made anew when the version of their model
is raised; a SELECT that changes without that holds for what is loaded from then on. All this is remembered in
``audit.repeatable``. A load does what costs little and stops before it would make facts anew: that is for
``reelhouse warehouse apply``.
"""

from collections.abc import Callable, Sequence

from extract.errors import DataRefused
from extract.progress import Progress
from warehouse_sql.checks import checks_of, run_checks
from warehouse_sql.connection import Connection, Retryable, StatementRefused
from warehouse_sql.generations import PREVIOUS
from warehouse_sql.migrate import MigrationRefused
from warehouse_sql.migration_log import apply_migration, apply_outside, has_log, pending_migrations
from warehouse_sql.repeatable import NOTHING, Stale, raised_models, repeatables, stale

_DUPLICATES = ("42P07", "42P06", "23505")
"""Codes of "already exists"."""
_DEPENDED_ON = "2BP01"
_FORGET = "delete from audit.repeatable where name = :name"
_FORGET_ALL = "delete from audit.repeatable where name in ({})"
_FORGET_PREVIOUS = f"delete from audit.repeatable where right(name, {len(PREVIOUS)}) = '{PREVIOUS}'"
_KEEP_PREVIOUS = f"update audit.repeatable set name = name || '{PREVIOUS}' where name in ({{}})"
_RESTORE_PREVIOUS = f"""
update audit.repeatable set name = left(name, len(name) - {len(PREVIOUS)})
where right(name, {len(PREVIOUS)}) = '{PREVIOUS}'
"""
_COLUMNS = ("name", "checksum", "definition", "model_version")
_SPOIL = "update audit.repeatable set checksum = '', definition = :definition where name = :name"
_VIEW_RIGHTS = """
select privilege_type, identity_type, identity_name, admin_option
from svv_relation_privileges
where namespace_name = :schema and relation_name = :name
"""
_IS_LOADED = "select count(*) from audit.load_history"


def prepare(
    connection: Connection, lock: Callable[[], None], progress: Progress, *, rebuilds_follow: bool = False
) -> None:
    """Apply what is pending; do nothing, and take no lock, where nothing is.

    It is one transaction, but that migrations which cannot run in one part it: what stands before them is published.

    Args:
        connection: a session without an open transaction.
        lock: takes the lock of the loads in the open transaction.
        progress: told what was applied.
        rebuilds_follow: facts and dimensions whose model's version was raised will be made anew after this, and then be
            told of by ``remember_rebuilt``; else, where there are such, nothing is done at all.

    Raises:
        DataRefused: the warehouse and the migrations do not go together, facts must be made anew and may not, or the
            calendar offends against its header.
    """
    is_new = not has_log(connection)
    if not is_new and not pending_migrations(connection) and not stale(connection):
        connection.rollback()
        return
    if not is_new:
        # A transaction keeps seeing what was there at its first statement, however long it waits for the lock.
        connection.rollback()
        lock()
    try:
        _migrate(connection, lock, progress)
    except (MigrationRefused, StatementRefused) as error:
        refusal = error if isinstance(error, StatementRefused) else error.__cause__
        if is_new and isinstance(refusal, StatementRefused) and refusal.code in _DUPLICATES:
            raise Retryable(
                f"this warehouse showed no audit.migration, and yet: {refusal.reason}. Another run made it meanwhile"
            ) from None
        raise
    _define(connection, progress, is_new=is_new, rebuilds_follow=rebuilds_follow)
    connection.commit()


def is_loaded(connection: Connection) -> bool:
    """Tell whether anything was ever loaded."""
    return bool(connection.rows(_IS_LOADED)[0][0])


def _migrate(connection: Connection, lock: Callable[[], None], progress: Progress) -> None:
    # Asked again under the lock: another run may have done the work meanwhile.
    while pending := pending_migrations(connection):
        inside = 0
        while inside < len(pending) and not pending[inside].is_outside:
            apply_migration(connection, pending[inside])
            progress.event("load.migrated", file=pending[inside].file)
            inside += 1
        if inside == len(pending):
            return
        if inside:
            connection.commit()
            lock()
            continue
        apply_outside(connection, pending[0], progress)
        progress.event("load.migrated", file=pending[0].file)
        connection.rollback()
        lock()


def remember_rebuilt(connection: Connection) -> None:
    """Remember, in the open transaction, that facts and dimensions were made anew by the rules of this release.

    By which they were made before is kept beside, for as long as the tables of before are.
    """
    connection.execute(_FORGET_PREVIOUS)
    connection.execute(_KEEP_PREVIOUS.format(_listed_rules()))
    _remember(connection, stale(connection))


def restore_rules(connection: Connection) -> None:
    """Remember, in the open transaction, again the rules of before: the tables that they made are back."""
    connection.execute(_FORGET_ALL.format(_listed_rules()))
    connection.execute(_RESTORE_PREVIOUS)


def _listed_rules() -> str:
    return ", ".join(f"'{item.name}'" for item in repeatables() if not item.is_made)


def make_again(connection: Connection, name: str) -> None:
    """See to it, in the open transaction, that a staging table or view is made again although its definition stands."""
    connection.execute(_SPOIL, {"name": name, "definition": NOTHING})


def _define(connection: Connection, progress: Progress, *, is_new: bool, rebuilds_follow: bool) -> None:
    states = stale(connection)
    waiting = {model.table for model in raised_models(states)} if is_loaded(connection) else set[str]()
    if waiting and not rebuilds_follow:
        connection.rollback()
        raise DataRefused(
            f"this release makes {', '.join(sorted(waiting))} by other rules than the warehouse was loaded with. "
            "Nothing was loaded: `reelhouse warehouse plan` says what it costs to make them anew, and `reelhouse "
            "warehouse apply` does it"
        )
    made = [state for state in states if state.item.name not in waiting]
    for state in made:
        if not (is_new and state.item.is_stored):  # in a warehouse that was made just now there is nothing to store
            _make(connection, state, progress)
    _remember(connection, made)


def _make(connection: Connection, state: Stale, progress: Progress) -> None:
    item = state.item
    rights = _rights(connection, item.name) if item.is_view and not state.is_new else ()
    try:
        for statement in item.statements(state.previous):
            connection.execute(statement, item.parameters)
    except StatementRefused as error:
        if error.code != _DEPENDED_ON:
            raise
        raise DataRefused(
            f"{item.name} is to be made again, and a view that is bound to it stands in the way ({error.reason}). "
            "Nothing was changed: drop that view, or make it WITH NO SCHEMA BINDING, and run again"
        ) from None
    for right in rights:
        connection.execute(right)
    if item.model and item.parameters and checks_of(item.model):
        run_checks(connection, item.model, item.parameters, progress)
    if state.is_remade:
        progress.event("load.defined", table=item.name)


def _rights(connection: Connection, view: str) -> tuple[str, ...]:
    """Return what gives a view that is dropped and made again the rights that it had."""
    schema, _, name = view.partition(".")
    held = connection.rows(_VIEW_RIGHTS, {"schema": schema, "name": name})
    return tuple(_grant(view, *right) for right in held)


def _grant(view: str, privilege: str, kind: str, who: str, can_grant: bool) -> str:
    quoted = who.replace('"', '""')
    grantee = {"public": "public", "user": f'"{quoted}"'}.get(kind.lower(), f'{kind} "{quoted}"')
    return f"grant {privilege} on {view} to {grantee}{' with grant option' if can_grant else ''}"


def _remember(connection: Connection, states: Sequence[Stale]) -> None:
    """Write down by which definitions objects were made, all in one statement."""
    for state in states:
        if not state.is_new:
            connection.execute(_FORGET, {"name": state.item.name})
    rows, parameters = [], dict[str, object]()
    for number, item in enumerate(state.item for state in states):
        names = [f"{column}_{number}" for column in _COLUMNS]
        rows.append(f"({', '.join(f':{name}' for name in names)}, getdate())")
        parameters |= zip(names, (item.name, item.checksum, item.definition, item.version), strict=True)
    if rows:
        columns = ", ".join((*_COLUMNS, "applied_at"))
        connection.execute(f"insert into audit.repeatable ({columns})\nvalues {', '.join(rows)}", parameters)
