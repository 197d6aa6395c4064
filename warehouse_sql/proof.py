"""Sums of columns as Redshift computes them, held against those of the staging manifest (see ``spark.proof``)."""

from collections.abc import Mapping, Sequence

from spark.contracts import Column, Contract
from spark.proof import Dialect, of_double, sums_of, whole

DIALECT = Dialect(
    {
        "varchar": "strtol(left(md5(nullif(rtrim({c}, ' '), '')), 7), 16)",
        "bigint": whole("{c}"),
        "integer": whole("{c}"),
        "double": of_double("cast(floor({x}) as bigint)"),
        "boolean": "case when {c} then 1 when not {c} then 0 end",
        "date": "datediff(day, cast('1970-01-01' as date), {c})",
        "timestamp": whole("datediff(microsecond, cast('1970-01-01' as timestamp), {c})"),
    },
    # A sum of bigints is a bigint ("SUM function"), and some millions of rows are too many for one.
    total="sum(cast({} as decimal(38, 0)))",
)
Sums = Mapping[str, int]


def staged_sums(tables: Mapping[str, Contract]) -> str:
    """Return one query for what some staging tables hold: the entity, the number of rows, and the sum of each column.

    All rows of an answer have as many columns as the widest table, so the others end in nulls.
    """
    width = max(len(contract.columns) for contract in tables.values())
    return "\nunion all\n".join(_staged_sums(table, contract, width) for table, contract in tables.items())


def delta_sums(contract: Contract, columns: Sequence[Column], delta: str) -> str:
    """Return the query for the sums of what a delta took from staging, one column each."""
    return sums_of(contract, DIALECT, columns, f"{delta} where _is_staged")


def differing(expected: Sums, found: Sums) -> list[str]:
    """Return the columns whose sums are not as expected."""
    return [name for name, total in found.items() if expected.get(name) != total]


def _staged_sums(table: str, contract: Contract, width: int) -> str:
    nothing = ["cast(null as decimal(38, 0))"] * (width - len(contract.columns))
    return sums_of(contract, DIALECT, contract.columns, table, [f"'{contract.entity}'", "count(*)"], nothing)
