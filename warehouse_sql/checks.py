"""Checks: queries that return offending rows. None returned means passed; one that cannot be counted is an error.

What must hold of a table follows from its model's header, so that nobody can forget it; what else should hold
stands in ``checks/*.sql``. They look at the rows of one load (``_load_sequence`` from ``:load_sequence`` on) inside its
transaction, so that a bad load is never seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from extract.errors import DataRefused, ReelhouseError
from extract.masks import MASK, mask_value
from extract.progress import Progress
from spark.contracts import load_contracts
from warehouse_sql.connection import Connection, Parameters
from warehouse_sql.model import HOME, Load, Model, load_models

SHOWN_ROWS = 5
RESERVED = (-1, -2, -3)
_FIELD = re.compile(r"-- (check|on|severity):\s*(.+)")


@dataclass(frozen=True, slots=True)
class Check:
    """A check: ``statement`` returns the rows that offend against what ``about`` says of ``table``."""

    about: str
    table: str
    is_fatal: bool
    statement: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found.

    Attributes:
        table: the table, view or migration.
        about: what should be so.
        is_fatal: whether a load that broke it would be refused; else it only warns.
        count: how many rows or differences offend; 0 where all is as it should be.
        rows: some of them, personal values masked.
    """

    table: str
    about: str
    is_fatal: bool
    count: int
    rows: tuple[dict[str, object], ...] = ()


class CheckFailed(DataRefused):
    """A check found rows that must not be; ``results``: what it and the other checks of its table found."""

    def __init__(self, message: str, results: tuple[Result, ...]) -> None:
        """Tell what failed."""
        super().__init__(message)
        self.results = results


@cache
def checks_of(model: Model) -> tuple[Check, ...]:
    """Return the checks of a model: those that follow from its header, then those from files.

    A view has none: its rows belong to no load, and what it shows follows from tables that were checked.
    """
    if model.load is Load.VIEW:
        return ()
    generated = (Check(about, model.table, True, statement) for about, statement in _generated(model))
    return (*generated, *(check for check in file_checks() if check.table == model.table))


@cache
def file_checks() -> tuple[Check, ...]:
    """Return the checks that stand in files.

    Raises:
        ValueError: a header is incomplete.
    """
    return tuple(_read(path.name, path.read_text(encoding="utf-8")) for path in sorted((HOME / "checks").glob("*.sql")))


def run_checks(connection: Connection, model: Model, parameters: Parameters, progress: Progress) -> tuple[Result, ...]:
    """Run the checks of a model in one statement; return what they found.

    Raises:
        CheckFailed: a fatal check found rows; the message shows some, personal values masked.
        ReelhouseError: the warehouse did not count.
    """
    checks = checks_of(model)
    counts: dict[int, int] = dict(connection.rows(count_statement(checks), parameters))
    if set(counts) != set(range(len(checks))) or None in counts.values():
        raise ReelhouseError(
            f"{model.table}: the warehouse did not answer each of {len(checks)} checks; nothing was kept"
        )
    results = tuple(Result(each.table, each.about, each.is_fatal, counts[n]) for n, each in enumerate(checks))
    for check, result in zip(checks, results, strict=True):
        if result.count and check.is_fatal:
            raise CheckFailed(_failure(connection, check, result.count, parameters), results)
        if result.count:
            progress.event("load.warning", check=check.about, table=check.table, rows=result.count)
    return results


def count_statement(checks: tuple[Check, ...]) -> str:
    """Return one statement that counts the offending rows of each check."""
    return "\nunion all\n".join(
        f"select {number} as check_number, count(*) as row_count from (\n{check.statement}\n) as offending"
        for number, check in enumerate(checks)
    )


def offending_rows(connection: Connection, check: Check, parameters: Parameters) -> list[dict[str, object]]:
    """Return some of the rows that offend against a check, personal values masked."""
    sample = f"select * from (\n{check.statement}\n) as offending limit {SHOWN_ROWS}"
    names, rows = connection.table(sample, parameters)
    personal = {column.name for contract in load_contracts().values() for column in contract.columns if column.personal}
    return [
        {name: MASK if name in personal else mask_value(value) for name, value in zip(names, row, strict=True)}
        for row in rows
    ]


def _failure(connection: Connection, check: Check, count: int, parameters: Parameters) -> str:
    rows = offending_rows(connection, check, parameters)
    shown = "; ".join(", ".join(f"{name}={value}" for name, value in row.items()) for row in rows)
    return (
        f"{check.table}: {check.about}: {count} rows offend, and nothing of this load was published. "
        f"The first of them: {shown}"
    )


def _generated(model: Model) -> Iterator[tuple[str, str]]:
    table, within = model.table, _within(model, model.name)
    of_load = f"{model.name}._load_sequence >= :load_sequence{within}"
    yield f"unique by {', '.join(model.key)}", _duplicates(model, model.key)
    if model.natural:
        # What reserved members are called, a source may call its own: they are left out.
        real = f" and {model.name}.{model.key[0]} > 0"
        yield f"unique by {', '.join(model.natural)}", _duplicates(model, model.natural, real)
        yield "reserved members are present", _reserved(model)
    keys = (*model.key, *(column for column, _ in model.refs))
    nulls = " or ".join(f"{model.name}.{name} is null" for name in dict.fromkeys(keys))
    yield "keys are not null", f"select {', '.join(model.key)} from {table} where {of_load} and ({nulls})"
    for column, dimension in model.refs:
        yield f"{column} is in {dimension}", _orphans(model, column, dimension, of_load)
    if model.load is Load.CHAIN:
        yield f"the versions of a {model.group[0]} follow each other without gap or overlap", _chain(model)
        yield f"each {model.group[0]} has exactly one current version", _currents(model)


def _duplicates(model: Model, key: tuple[str, ...], condition: str = "") -> str:
    names = ", ".join(f"{model.name}.{name}" for name in key)
    # What a load made anew whole is looked at whole, without a look for each of its keys.
    touched = (model.within,) if model.load is Load.PARTITIONS else key
    same = " and ".join(f"changed.{name} = {model.name}.{name}" for name in touched)
    return (
        f"select {names}, count(*) as row_count\nfrom {model.table}\n"
        f"where exists (\n    select 1 from {model.table} as changed\n"
        f"    where changed._load_sequence >= :load_sequence and {same}{_within(model, 'changed')}\n)"
        f"{_within(model, model.name)}{condition}\ngroup by {names}\nhaving count(*) > 1"
    )


def _reserved(model: Model) -> str:
    reserved = " union all ".join(f"select {key} as reserved_key" for key in RESERVED)
    key = model.key[0]
    return (
        f"select reserved.reserved_key\nfrom ({reserved}) as reserved\n"
        f"left join {model.table} on {model.name}.{key} = reserved.reserved_key\nwhere {model.name}.{key} is null"
    )


def _orphans(model: Model, column: str, dimension: str, of_load: str) -> str:
    key = load_models()[dimension].key[0]
    names = ", ".join(f"{model.name}.{name}" for name in dict.fromkeys((*model.key, column)))
    return (
        f"select {names}\nfrom {model.table}\nleft join {dimension} as referred\n"
        f"    on {model.name}.{column} = referred.{key}\nwhere {of_load} and referred.{key} is null"
    )


def _chain(model: Model) -> str:
    (member,) = model.group
    return (
        f"select {member}, valid_from, valid_to from (\n"
        f"    select {member}, valid_from, valid_to, is_current,\n"
        f"        row_number() over (partition by {member} order by valid_from) as version_number,\n"
        f"        lead(valid_from) over (partition by {member} order by valid_from) as next_from\n"
        f"    from {model.table}\n    where {model.key[0]} > 0\n) as chain\n"
        "where valid_from >= valid_to or valid_to <> nvl(next_from, cast('9999-12-31' as timestamp))\n"
        "    or (version_number = 1 and valid_from <> '1900-01-01')"
    )


def _currents(model: Model) -> str:
    (member,) = model.group
    return (
        f"select {member}, sum(case when is_current then 1 else 0 end) as current_count\nfrom {model.table}\n"
        f"where {model.key[0]} > 0\ngroup by {member}\nhaving sum(case when is_current then 1 else 0 end) <> 1"
    )


def _within(model: Model, name: str) -> str:
    return f" and {name}.{model.within} between :within_from and :within_to" if model.within else ""


def _read(file: str, source: str) -> Check:
    header = [line for line in source.splitlines() if line.startswith("--")]
    fields = {found[1]: found[2] for line in header if (found := _FIELD.fullmatch(line))}
    if set(fields) != {"check", "on", "severity"} or fields["severity"] not in ("fail", "warn"):
        raise ValueError(f"{file}: the header needs check, on, and severity (fail or warn)")
    statement = "\n".join(line for line in source.splitlines() if not line.startswith("--")).strip()
    return Check(fields["check"], fields["on"], fields["severity"] == "fail", statement)
