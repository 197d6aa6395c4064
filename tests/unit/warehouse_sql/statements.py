"""Every statement that the warehouse package can send, rendered, with parameters as they are bound."""

from collections.abc import Iterator
from itertools import islice

from spark.contracts import load_contracts
from warehouse_sql import (
    access,
    attempts,
    carry_over,
    drift,
    generations,
    ledger,
    load,
    migration_log,
    one_load,
    prepare,
    repeatable,
    replay,
    replay_log,
)
from warehouse_sql.apply import clear, refill, touch
from warehouse_sql.checks import checks_of, count_statement
from warehouse_sql.comments import comment_statements
from warehouse_sql.delta import delta_of
from warehouse_sql.export import fingerprint_statement
from warehouse_sql.migrate import load_migrations
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order
from warehouse_sql.repeatable import repeatables
from warehouse_sql.staging import copy_statement


def every_statement() -> dict[str, str]:
    """Return the statements by a name that tells where each comes from."""
    return dict([*_files(), *_models(), *_fixed()])


def _files() -> Iterator[tuple[str, str]]:
    for migration in load_migrations():
        for number, statement in enumerate(migration.statements):
            yield f"{migration.file}:{number}", statement
        for number, statement in enumerate(migration.verify):
            yield f"{migration.file} verified:{number}", statement
    for table in ("core.dim_media", "mart.media_summary"):  # of each kind one: there are five hundred
        for number, statement in enumerate(islice(comment_statements(table), 2)):
            yield f"{table} described:{number}", statement
    for item in repeatables():
        for number, statement in enumerate(item.statements(None)):
            yield f"{item.name}:{number}", statement
    for contract in load_contracts().values():
        yield f"copy {contract.entity}", copy_statement(contract, "s3://lake/staging/copy.manifest")


def _models() -> Iterator[tuple[str, str]]:
    for model in build_order():
        if model.load in (Load.DELTA, Load.MEMBERS, Load.CHAIN):
            yield from ((f"{model.table} {name}", statement) for name, statement in _delta(model))
        if model.load is Load.PARTITIONS:
            yield f"{model.table} touch", touch(model, model.sources)
            yield f"{model.table} clear", clear(model)
            yield f"{model.table} refill", refill(model)
        if model.load is not Load.VIEW:
            yield f"{model.table} checks", count_statement(checks_of(model))


def _delta(model: Model) -> Iterator[tuple[str, str]]:
    version = load_contracts()[model.entity].version if model.entity else ()
    delta = delta_of(model, tuple(version))
    yield "create", delta.create()
    yield "fill", delta.fill(repoint=False)
    if delta.fill(repoint=True) != delta.fill(repoint=False):
        yield "fill and repoint", delta.fill(repoint=True)
    yield "classify", delta.classify()
    yield "count", delta.count()
    yield "update", delta.update()
    yield "insert", delta.insert()
    if model.within:
        yield "bounds", delta.bounds()
    if model.group:
        yield "retire", delta.retire()
        yield "delete", delta.delete()
    if model.group and delta.is_ordered:
        yield "supersede", delta.supersede()
    if model.retention:
        yield "expire", delta.expire(model.retention)
        yield "let go", delta.let_go(model.retention)


def _fixed() -> Iterator[tuple[str, str]]:
    yield "export fingerprints", fingerprint_statement()
    for number, statement in enumerate(generations.create_next()):
        yield f"next generation:{number}", statement
    modules = (
        access,
        attempts,
        carry_over,
        drift,
        ledger,
        load,
        migration_log,
        one_load,
        prepare,
        repeatable,
        replay,
        replay_log,
    )
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, str) and name.startswith("_") and value.lstrip().split(" ")[0] in VERBS:
                yield f"{module.__name__}.{name}", value


VERBS = ("select", "insert", "update", "delete")
