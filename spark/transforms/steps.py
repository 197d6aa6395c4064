"""The steps that every transform is made of, driven by the contract.

A leaf frame becomes a judged frame: every column typed, and ``_reason`` telling why a record cannot be loaded (null if
it can). Of the good records of a judged frame the newest state of each key becomes a row.
"""

from collections.abc import Callable, Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase

from spark.contracts import Column, Contract
from spark.engine import DataFrame, Expression, current
from spark.engine import Window as W
from spark.engine import functions as F
from spark.grammar import EXTRA_LIMIT, GRAMMAR, NOT_BLANK, TRIMMED
from spark.leaves import FAULT, FORGOTTEN, POSITION, UNKNOWN, RawPlace, kind_of, text_of
from spark.proof import REASON

BATCH = "_batch"
_RANK, _PLACE, _ELEMENT = "_rank", "_place", "_element"

Step = Callable[[DataFrame], DataFrame]


def judge(contract: Contract) -> Step:
    """Return the step that types a leaf frame and finds the reasons."""

    def step(leaves: DataFrame) -> DataFrame:
        return leaves.transform(_type(contract)).transform(_bound(contract)).transform(_find_reasons(contract))

    return step


def refuse(reasons: Callable[[], Sequence[Expression]]) -> Step:
    """Return the step that refuses records of a judged frame for what several of their columns say together.

    ``reasons`` makes expressions that are null, or the reason; it is called when the engine is known.
    """

    def step(judged: DataFrame) -> DataFrame:
        refused = F.coalesce(F.col(REASON), *reasons()).alias(REASON)
        return judged.select(*(refused if name == REASON else F.col(name) for name in judged.columns))

    return step


def refused(judged: DataFrame) -> DataFrame:
    """Keep the records of a judged frame that go to quarantine."""
    return judged.where(F.col(REASON).isNotNull() & (F.col(REASON) != FORGOTTEN))


def good(judged: DataFrame) -> DataFrame:
    """Keep the records of a judged frame that can be loaded."""
    return judged.where(F.col(REASON).isNull())


def only(places: Iterable[RawPlace]) -> Step:
    """Return the step that keeps the records at some places of raw."""
    wanted = [f"{sequence}/{part}/{line}" for sequence, part, line in sorted(places)]
    return lambda judged: judged.where(F.concat_ws("/", *POSITION).isin(wanted))


def batch_of(ends: Sequence[int]) -> Expression:
    """Return the number of the batch that a record was in.

    Args:
        ends: the last raw sequence of each batch, ascending; nothing where all is one batch.
    """
    number = F.lit(len(ends))
    if len(ends) < 2:
        return number
    first, *others = enumerate(ends)
    batch = F.when(F.col(POSITION[0]) <= first[1], F.lit(first[0]))
    for index, end in others:
        batch = batch.when(F.col(POSITION[0]) <= end, F.lit(index))
    return batch.otherwise(number)


def newest(contract: Contract, ends: Sequence[int] = ()) -> Step:
    """Return the step that keeps, of the good records, the newest state of each key, in contract order.

    Newer is what the version columns say, then what was asked for later, then what stands later in raw. Nulls are
    oldest.

    Args:
        contract: the contract of the entity.
        ends: where the batches end of each of which the newest is kept; see ``batch_of``.
    """

    def step(records: DataFrame) -> DataFrame:
        columns = [column.name for column in contract.record_columns]
        newest_first = [F.col(name).desc_nulls_last() for name in (*contract.version, "_extracted_at", *POSITION)]
        states = W.partitionBy(*contract.record_key, BATCH).orderBy(*newest_first)
        batched = records.select(*columns, batch_of(ends).alias(BATCH))
        ranked = batched.select(*columns, F.row_number().over(states).alias(_RANK))
        return ranked.where(F.col(_RANK) == 1).select(*columns)

    return step


def fan_out(contract: Contract) -> Step:
    """Return the step that makes rows of records: as many as their arrays are long, one where nothing fans out."""
    fan = contract.fan_out
    if fan is None:
        return lambda records: records

    def step(records: DataFrame) -> DataFrame:
        first, *others = fan.arrays
        # Under names of their own: what explodes stands beside the arrays that it comes from.
        places = records.select("*", F.size(first).alias(fan.length), F.posexplode(first).alias(_PLACE, _ELEMENT))
        made = {
            fan.position: F.col(_PLACE),
            first: F.col(_ELEMENT),
            **{name: F.element_at(name, F.col(_PLACE) + 1) for name in others},
        }
        names = [column.name for column in contract.columns]
        return places.select(*(made[name].alias(name) if name in made else F.col(name) for name in names))

    return step


def row_count(contract: Contract) -> Expression:
    """Return the number of rows that a record becomes, told from its arrays and not from the rows."""
    return F.size(contract.fan_out.arrays[0]) if contract.fan_out else F.lit(1)


def cut_to_date(column: str) -> Step:
    """Return the step that cuts the text of an instant in UTC down to its date, before it is judged as one."""
    date = text_of(column)

    def step(leaves: DataFrame) -> DataFrame:
        cut = F.substring(F.col(date), 1, 10).alias(date)
        return leaves.select(*(cut if name == date else F.col(name) for name in leaves.columns))

    return step


def _judged_columns(contract: Contract) -> list[Column]:
    """The columns that are made from leaves: all but the position, which the engine knows itself."""
    return [column for column in contract.record_columns if column.name not in POSITION]


def _type(contract: Contract) -> Step:
    def step(leaves: DataFrame) -> DataFrame:
        columns, arrays = _judged_columns(contract), _arrays(contract)
        hashed = [column.name for column in columns if column.keyed_hash]
        plainly = (F.expr(plain(text_of(name))).alias(_plain_of(name)) for name in hashed)
        return (leaves.select("*", *plainly) if hashed else leaves).select(
            *POSITION,
            FAULT,
            UNKNOWN,
            *(_present(column).alias(text_of(column.name)) for column in columns),
            *((_array if column.name in arrays else _value)(column).alias(column.name) for column in columns),
        )

    return step


def _present(column: Column) -> Expression:
    """The text that is there to be typed; white space is nothing where a value is required, a key above all."""
    text = F.col(text_of(column.name))
    if column.keyed_hash:
        text = F.col(_plain_of(column.name))
        return F.when(text != "", text)
    if column.required:
        return F.when(text.rlike(NOT_BLANK), text)
    return F.when(text != "", text) if column.empty_is_null else text


def trimmed(column: str) -> str:
    """Return the SQL for the text of a column without the white space around it."""
    last = f"substr({column}, -1, 1)"
    # What begins and ends with characters of ASCII that are seen, needs no pattern.
    perhaps = f"{column} < '!' or {column} > '~' or {last} < '!' or {last} > '~'"
    return f"case when {perhaps} then regexp_extract({column}, '{TRIMMED}', 1) else {column} end"


def plain(column: str) -> str:
    """Return the SQL for an address as it is hashed: however somebody typed it, it is the same person."""
    text = trimmed(column)
    small = f"translate({text}, '{ascii_uppercase}', '{ascii_lowercase}')"
    return f"case when {column} rlike '[A-Z]' then {small} else {text} end"


def _plain_of(column: str) -> str:
    return f"{column}__plain"


def _value(column: Column) -> Expression:
    """The typed value; null where there is none or where the grammar refuses the text."""
    rule = GRAMMAR[column.kind]
    text = F.col(text_of(column.name))
    accepted = text.isNotNull() if column.json_text else F.col(kind_of(column.name)).isin(*rule.kinds)
    if rule.pattern is not None:
        accepted = accepted & text.rlike(rf"^(?:{rule.pattern})\z")
    if column.empty_is_null:
        accepted = accepted & (text != "")
    if not rule.nul:
        accepted = accepted & ~F.expr(f"contains({text_of(column.name)}, chr(0))")
    if column.keyed_hash:
        hashed = _plain_of(column.name)
        return F.when(accepted & (F.col(hashed) != ""), current().keyed_hash(hashed))
    if column.length is not None:
        accepted = accepted & (current().byte_length(text_of(column.name)) <= _limit(column))
    return F.when(accepted, current().to_type(text_of(column.name), column.kind))


def _bound(contract: Contract) -> Step:
    """The step that drops values out of the range of their type or column, after all are typed: each is typed once."""
    values = [column for column in _judged_columns(contract) if column.name not in _arrays(contract)]
    bounded = [column for column in values if GRAMMAR[column.kind].low is not None or column.range]

    def step(typed: DataFrame) -> DataFrame:
        within = {column.name: _within_bounds(column).alias(column.name) for column in bounded}
        return typed.select(*(within.get(name, F.col(name)) for name in typed.columns))

    return step


def _within_bounds(column: Column) -> Expression:
    rule, value = GRAMMAR[column.kind], F.col(column.name)
    accepted = F.lit(True)
    if rule.low is not None and rule.high is not None:
        measured = F.year(value) if column.kind in {"date", "timestamp"} else value
        accepted = accepted & measured.between(rule.low, rule.high)
    if column.range is not None:
        accepted = accepted & _within(value, column.range)
    return F.when(accepted, value)


def _array(column: Column) -> Expression:
    """The typed elements of an array; null where there is no array or where the grammar refuses an element.

    Numbers hold no comma and no bracket, so a text that is cut at its commas is cut into its elements.
    """
    text = text_of(column.name)
    pattern = rf"^(?:{GRAMMAR[column.kind].pattern})\z"
    elements = F.filter(F.split(F.expr(f"substr({text}, 2, length({text}) - 2)"), ","), lambda element: element != "")
    values = current().to_array(text, column.kind)
    accepted = (F.col(kind_of(column.name)) == "array") & _all(elements, lambda element: element.rlike(pattern))
    return F.when(accepted & _all(values, lambda value: value.isNotNull()), values)


def _all(array: Expression, holds: Callable[[Expression], Expression]) -> Expression:
    return F.size(F.filter(array, holds)) == F.size(array)


def _within(value: Expression, bounds: tuple[float | None, float | None]) -> Expression:
    low, high = bounds
    if low is None:
        return value <= high
    return value >= low if high is None else value.between(low, high)


def _limit(column: Column) -> int:
    return EXTRA_LIMIT if column.name == "_extra" else column.length or 0


def _find_reasons(contract: Contract) -> Step:
    """The first reason in contract order; what is wrong with the whole line comes before all."""

    def step(typed: DataFrame) -> DataFrame:
        columns, arrays = _judged_columns(contract), _arrays(contract)
        reasons = [(_array_reason if column.name in arrays else _reason)(column) for column in columns]
        unequal = [F.when(F.size(arrays[0]) != F.size(name), F.lit(f"unequal_length:{name}")) for name in arrays[1:]]
        return typed.select(
            *POSITION,
            UNKNOWN,
            *(column.name for column in columns),
            F.coalesce(F.col(FAULT), *reasons, *unequal).alias(REASON),
        )

    return step


def _reason(column: Column) -> Expression:
    """Why a record cannot be loaded as far as a column goes, null if it can; the closest reason first."""
    name, text = column.name, F.col(text_of(column.name))
    refused = text.isNotNull() & F.col(name).isNull()
    reason = F
    if column.length is not None and not column.keyed_hash:
        reason = reason.when(
            refused & (current().byte_length(text_of(name)) > _limit(column)), F.lit(f"too_long:{name}")
        )
    if column.range is not None:
        value = current().to_type(text_of(name), column.kind)
        reason = reason.when(refused & ~_within(value, column.range), F.lit(f"out_of_range:{name}"))
    reason = reason.when(refused, F.lit(f"not_{column.kind}:{name}"))
    return reason.when(text.isNull(), F.lit(f"missing:{name}")) if column.required else reason


def _array_reason(column: Column) -> Expression:
    name, text, bounds = column.name, F.col(text_of(column.name)), column.range
    reason = F.when(text.isNull(), F.lit(f"missing:{name}"))
    reason = reason.when(F.col(name).isNull(), F.lit(f"not_array_of_{column.kind}:{name}"))
    if bounds is None:
        return reason
    return reason.when(~_all(F.col(name), lambda element: _within(element, bounds)), F.lit(f"out_of_range:{name}"))


def _arrays(contract: Contract) -> tuple[str, ...]:
    return contract.fan_out.arrays if contract.fan_out else ()
