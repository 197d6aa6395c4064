"""Sums of columns as Redshift computes them, held against those of the staging manifest (see ``spark.proof``)."""

from collections.abc import Mapping, Sequence

from extract.errors import ReelhouseError
from spark.contracts import Column, Contract
from spark.proof import Dialect, of_double, sum_expressions, whole

DIALECT = Dialect(
    {
        "varchar": "strtol(left(md5(nullif(rtrim({c}), '')), 7), 16)",
        "bigint": whole("{c}"),
        "integer": whole("{c}"),
        "double": of_double("cast(floor({x}) as bigint)"),
        "boolean": "case when {c} then 1 when not {c} then 0 end",
        "date": "datediff(day, cast('1970-01-01' as date), {c})",
        "timestamp": whole("datediff(microsecond, cast('1970-01-01' as timestamp), {c})"),
    },
    total="sum({})",
)
Sums = Mapping[str, int]
Found = Mapping[str, int | None]


def staged_sums(tables: Mapping[str, Contract]) -> str:
    """Return one query for the sums of all columns of some staging tables: the entity, and its sums in one text."""
    return "\nunion all\n".join(_staged_sums(table, contract) for table, contract in tables.items())


def delta_sums(contract: Contract, columns: Sequence[Column], delta: str) -> str:
    """Return the query for the sums of what a delta took from staging, one column each."""
    items = ",\n    ".join(sum_expressions(contract, DIALECT, columns))
    return f"select\n    {items}\nfrom {delta}\nwhere _is_staged"


def differing(expected: Sums, found: Found) -> list[str]:
    """Return the columns whose sums are not as expected."""
    return [name for name, total in found.items() if expected.get(name) != total]


def read_sums(columns: Sequence[Column], text: str | None) -> dict[str, int]:
    """Read the sums of a staging table.

    Raises:
        ReelhouseError: the warehouse did not tell them.
    """
    if not text:
        raise ReelhouseError("the warehouse did not sum the columns of a staging table; nothing was loaded")
    return {column.name: int(total) for column, total in zip(columns, text.split(), strict=True)}


def _staged_sums(table: str, contract: Contract) -> str:
    names = [column.name for column in contract.columns]
    totals = sum_expressions(contract, DIALECT, contract.columns)
    items = ",\n    ".join(f"{total} as {name}" for name, total in zip(names, totals, strict=True))
    text = " || ' ' || ".join(f"cast(summed.{name} as varchar(40))" for name in names)
    return (
        f"select '{contract.entity}' as entity, {text} as sums\nfrom (\nselect\n    {items}\nfrom {table}\n) as summed"
    )
