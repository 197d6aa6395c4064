"""All checks of a warehouse as it stands, over all rows and days, each with what offends against it.

A load checks what it touched; this looks at everything: the checks of each table, whether what a view says is its key
is one, whether each migration still finds what it left, and whether somebody changed a table by hand.
"""

from collections.abc import Iterator

from extract.errors import DataRefused
from warehouse_sql.catalog import load_catalog
from warehouse_sql.checks import Check, Result, checks_of, count_statement, offending_rows
from warehouse_sql.connection import Connection, Target, connect
from warehouse_sql.drift import differences, following, read_tables_of
from warehouse_sql.migrate import load_migrations
from warehouse_sql.migration_log import has_log, pending_migrations, unverified
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order
from warehouse_sql.repeatable import EVERY_ROW


def examine(target: Target) -> tuple[Result, ...]:
    """Run all checks; nothing is changed.

    Raises:
        DataRefused: the warehouse is not of this release, so its checks would not fit it.
        ReelhouseError: the warehouse did not count.
    """
    with connect(target) as connection:
        if not has_log(connection) or pending_migrations(connection):
            raise DataRefused(
                "the warehouse does not have all migrations of this release, so there is nothing to be checked by: "
                "type `reelhouse warehouse apply` first"
            )
        return tuple(_results(connection))


def whole_checks(model: Model) -> tuple[Check, ...]:
    """Return the checks of a model that can be made outside of a load; of a view, whether its key is one."""
    if model.load is Load.VIEW:
        names = ", ".join(model.key)
        statement = f"select {names}, count(*) as row_count\nfrom {model.table}\ngroup by {names}\nhaving count(*) > 1"
        return (Check(f"unique by {names}", model.table, True, statement),)
    # What reads the delta of a load asks only what the uniqueness of the key asks of all rows.
    return tuple(check for check in checks_of(model) if "delta_" not in check.statement)


def _results(connection: Connection) -> Iterator[Result]:
    yield _structure(connection)
    for migration in load_migrations():
        problems = list(unverified(connection, migration))
        yield Result(migration.file, "finds what it left", True, len(problems), _told(problems))
        connection.rollback()  # a refused verification aborts the transaction
    for model in build_order():
        yield from _of_model(connection, model)


def _structure(connection: Connection) -> Result:
    declared = {**load_catalog(), **following()}
    problems = [difference.words for difference in differences(read_tables_of(connection), declared)]
    return Result("all tables", "are as migrations and contracts make them", True, len(problems), _told(problems))


def _told(problems: list[str]) -> tuple[dict[str, object], ...]:
    return tuple({"problem": problem} for problem in problems)


def _of_model(connection: Connection, model: Model) -> Iterator[Result]:
    checks = whole_checks(model)
    counts: dict[int, int] = dict(connection.rows(count_statement(checks), EVERY_ROW))
    if set(counts) != set(range(len(checks))) or None in counts.values():
        raise DataRefused(f"{model.table}: the warehouse did not answer each of {len(checks)} checks")
    for number, check in enumerate(checks):
        rows = tuple(offending_rows(connection, check, EVERY_ROW)) if counts[number] else ()
        yield Result(check.table, check.about, check.is_fatal, counts[number], rows)
