"""What proves that values stayed what they were: a second reading of some lines, and a sum for each column.

Counts notice a row that is lost or there twice. They do not notice two columns that changed places or a number that
was rounded. So some rows of every batch are read a second time from their raw lines, by other means than the engine's
(``expected``), and each column of what was written has a *sum*, which stands in the manifest and which every later
stage can compute of its own copy: over all rows, the remainder of the value times a weight that follows from the row's
place in the raw layer. A value that changed, moved to another column or to another row changes it.

Sums are whole numbers made of what DuckDB, Spark and Redshift compute alike: remainders, days, microseconds, digits of
an MD5, products of doubles with powers of two (exact; IEEE 754). Blanks at the end of a text do not count, as Redshift
takes them for nothing. Of a double count 32 binary places below 2^20 in size, whole numbers below 2^52, nothing beyond.
Of a sum counts what 64 bits hold of it: so Spark adds in a third of the time of exact numbers with 38 digits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from spark.contracts import META, Column, Contract, FanOut, Kind
from spark.leaves import POSITION, RawPlace

REASON = "_reason"
"""Of a judged record, why it cannot be loaded; null where it can."""
MODULUS = 2**31 - 1
NULL = MODULUS - 1
"""What counts for no value."""
WEIGHTS = 1021
SPAN = 2**64
"""Sums are equal that differ by a multiple of this."""
SMALL, LARGE, SCALE = 2**20, 2**52, 2**32
UNKNOWN = object()
"""Of a value that the second reading does not compute."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an SQL writes what sums and comparisons are made of.

    Attributes:
        whole: by type, a value as a whole number or null; ``{c}`` is the column.
        total: the sum of a whole number over all rows, however many they are; exact, or off by a multiple of ``SPAN``.
        fingerprint: 64 bits that tell rows apart, made of ``{columns}`` and of whether they are null (``{nulls}``).
        exploded: records of a fan-out as the rows that they become: ``{columns}`` of the record, ``{arrays}`` of them
            made to values, ``{first}`` of the arrays, ``{position}``, and the table ``{records}``.
        element: how a value of ``{array}`` is written in it. These and ``fingerprint`` are empty where
            nothing is compared with records.
    """

    whole: Mapping[Kind, str]
    total: str
    fingerprint: str = ""
    exploded: str = ""
    element: str = ""


@dataclass(frozen=True, slots=True)
class Proved:
    """What an engine found in the files of an entity.

    Attributes:
        alike: rows that equal, in every column, the judged record from whose line they come.
        sums: by column; see ``read_sums``.
        sample: the rows that were to be shown, in contract order.
    """

    alike: int
    sums: dict[str, int]
    sample: Sequence[tuple[Any, ...]]


def sums_of(
    contract: Contract,
    dialect: Dialect,
    columns: Sequence[Column],
    rows: str,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> str:
    """Return the SELECT that sums some columns, one item each.

    Args:
        contract: of the rows.
        dialect: how they are computed.
        columns: which.
        rows: what the rows are from, and which of them count: ``table where …``; it has the columns of lineage as well.
        before: items that stand before the sums.
        after: items that stand behind them.
    """
    places = ["31 * _raw_line", "7 * _raw_part", *([contract.fan_out.position] if contract.fan_out else [])]
    values = [f"coalesce({dialect.whole[column.kind].format(c=column.name)}, {NULL})" for column in columns]
    named = ", ".join(f"{value} as value_{number}" for number, value in enumerate(values))
    # The weight stands once, and not in each sum: an engine plans it once, and hundreds of sums are planned for a load.
    weighed = f"select 1 + mod({' + '.join(places)}, {WEIGHTS}) as weight, {named} from {rows}"  # noqa: S608
    totals = (dialect.total.format(f"weight * value_{number}") for number, _ in enumerate(values))
    return f"select {', '.join([*before, *totals, *after])}\nfrom ({weighed}) as weighed"


def read_sums(columns: Sequence[Column], totals: Sequence[Any]) -> dict[str, int]:
    """Read the sums of some columns from an answer, which may hold more: from 0, which is that of no rows, to SPAN."""
    return {column.name: int(total or 0) % SPAN for column, total in zip(columns, totals, strict=False)}


def compared(contract: Contract, dialect: Dialect, written: str, judged: str) -> str:
    """Return the query for how many rows of a table equal the record of their line in another.

    What is joined is places and fingerprints, not the rows: 5 million of those would be sorted and moved once more.
    """
    fan = contract.fan_out
    places = (*POSITION, fan.position) if fan else POSITION
    made = (*places, fan.length) if fan else places
    names = [column.name for column in contract.columns if column.name not in made]
    nulls = ", ".join(f"{name} is null" for name in names)
    marked = f"{', '.join(places)}, {dialect.fingerprint.format(columns=', '.join(names), nulls=nulls)} as _mark"
    rows = _exploded(contract, fan, dialect, judged) if fan else f"(select * from {judged} where {REASON} is null)"  # noqa: S608
    return (
        f"select count(*) from (select {marked} from {written}) as written "  # noqa: S608
        f"join (select {marked} from {rows} as records) as judged using ({', '.join(places)}, _mark)"
    )


def _exploded(contract: Contract, fan: FanOut, dialect: Dialect, judged: str) -> str:
    """The rows of records, so that no join carries an array beside each of its values."""
    columns = (column.name for column in contract.record_columns if column.name not in fan.arrays)
    arrays = (f"{dialect.element.format(array=name)} as {name}" for name in fan.arrays)
    select = dialect.exploded.format(
        columns=", ".join(columns), arrays=", ".join(arrays), first=fan.arrays[0], position=fan.position, records=judged
    )
    return f"({select} where {REASON} is null)"


def sample(contract: Contract, written: str, places: Sequence[RawPlace]) -> str:
    """Return the query for the rows of some raw lines; of what fans out, the first, the last and one of a line."""
    sequence, part, line = POSITION
    lines = defaultdict(list)
    for *raw, number in places:
        lines[tuple(raw)].append(str(number))
    among = " or ".join(
        f"({sequence} = {number} and {part} = {place} and {line} in ({', '.join(found)}))"
        for (number, place), found in lines.items()
    )
    fan = contract.fan_out
    few = f" and {fan.position} in (0, mod({line}, {fan.length}), {fan.length} - 1)" if fan else ""
    return f"select {', '.join(column.name for column in contract.columns)} from {written} where ({among}){few}"  # noqa: S608


def whole(value: str) -> str:
    """Return the SQL for what is left of a whole number."""
    return f"mod({value}, {MODULUS})"


def of_double(floor: str) -> str:
    """Return the SQL for a double; ``floor`` is how a dialect cuts ``{x}`` down to a bigint."""
    fine, coarse = floor.format(x=f"{{c}} * {SCALE}"), floor.format(x="{c}")
    return (
        f"case when {{c}} is null then null when abs({{c}}) < {SMALL} then {whole(fine)} "
        f"when abs({{c}}) < {LARGE} then {whole(coarse)} else 0 end"
    )


def expected(contract: Contract, line: Mapping[str, Any], place: int | None) -> dict[str, Any]:
    """Return what a good raw line says of each column, read without an engine.

    ``UNKNOWN`` stands for hashes, what is JSON text, and numbers in a column of texts, whose form is the engines' own.

    Args:
        contract: of the line's entity.
        line: the line, parsed; numbers with a point or an exponent as decimals.
        place: the place in the arrays where the contract fans out, else None.
    """
    fan = contract.fan_out
    return {
        column.name: len(_found(contract.column(fan.arrays[0]), line))
        if fan and column.name == fan.length
        else place
        if fan and column.name == fan.position
        else _value(column, _element(_found(column, line), place if fan and column.name in fan.arrays else None))
        for column in contract.mapped
    }


def _found(column: Column, line: Mapping[str, Any]) -> Any:
    """The first of a column's paths at which something stands."""
    for path in column.path:
        value: Any = line if path.startswith(META) else line["record"]
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _element(value: Any, place: int | None) -> Any:
    return value if place is None else value[place]


def _value(column: Column, found: Any) -> Any:
    if column.keyed_hash:
        return UNKNOWN
    if found is None or (column.empty_is_null and found == ""):
        return None
    if column.json_text:
        return UNKNOWN
    match column.kind:
        case "varchar":
            return found if isinstance(found, str) else UNKNOWN
        case "bigint" | "integer":
            return int(found)
        case "double":
            return float(found)
        case "boolean":
            return found in (True, "true")
        case "date":
            return _instant(found).date() if len(found) > 10 else date.fromisoformat(found)
        case "timestamp":
            return _instant(found).astimezone(UTC).replace(tzinfo=None)


def _instant(text: str) -> datetime:
    """Digits beyond microseconds are cut, as the grammar says."""
    whole_part, point, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return datetime.fromisoformat(f"{whole_part}{point}{digits[:6]}{rest[len(digits) :]}")
