"""The steps that every transform is made of, driven by the contract.

A leaf frame becomes a judged frame: every column typed, and ``_reason`` telling why a record cannot be loaded (null if
it can). Of the good records of a judged frame the newest state of each key becomes a row.
"""

from collections.abc import Callable

from spark.contracts import Column, Contract
from spark.engine import DataFrame, Expression, current
from spark.engine import Window as W
from spark.engine import functions as F
from spark.grammar import EXTRA_LIMIT, GRAMMAR, NOT_BLANK
from spark.leaves import FAULT, POSITION, UNKNOWN, kind_of, text_of

REASON = "_reason"
_RANK = "_rank"

Step = Callable[[DataFrame], DataFrame]


def judge(contract: Contract) -> Step:
    """Return the step that types a leaf frame and finds the reasons."""

    def step(leaves: DataFrame) -> DataFrame:
        return leaves.transform(_type(contract)).transform(_find_reasons(contract))

    return step


def good(judged: DataFrame) -> DataFrame:
    """Keep the records of a judged frame that can be loaded."""
    return judged.where(F.col(REASON).isNull())


def newest(contract: Contract) -> Step:
    """Return the step that makes rows of the good records: the newest state of each key, in contract order.

    Newer is what the version columns say, then what was asked for later, then what stands later in raw. Nulls are
    oldest.
    """

    def step(records: DataFrame) -> DataFrame:
        columns = [column.name for column in contract.columns]
        newest_first = [F.col(name).desc_nulls_last() for name in (*contract.version, "_extracted_at", *POSITION)]
        states = W.partitionBy(*contract.key).orderBy(*newest_first)
        ranked = records.select(*columns, F.row_number().over(states).alias(_RANK))
        return ranked.where(F.col(_RANK) == 1).select(*columns)

    return step


def _judged_columns(contract: Contract) -> list[Column]:
    """The columns that are made from leaves: all but the position, which the engine knows itself."""
    return [column for column in contract.columns if column.name not in POSITION]


def _type(contract: Contract) -> Step:
    def step(leaves: DataFrame) -> DataFrame:
        columns = _judged_columns(contract)
        return leaves.select(
            *POSITION,
            FAULT,
            UNKNOWN,
            *(_present(column).alias(text_of(column.name)) for column in columns),
            *(_value(column).alias(column.name) for column in columns),
        )

    return step


def _present(column: Column) -> Expression:
    """The text that is there to be typed; white space is nothing where a value is required, a key above all."""
    text = F.col(text_of(column.name))
    if column.required:
        return F.when(text.rlike(NOT_BLANK), text)
    return F.when(text != "", text) if column.empty_is_null else text


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
    value = current().to_type(text_of(column.name), column.kind)
    if rule.low is not None and rule.high is not None:
        measured = F.year(value) if column.kind in {"date", "timestamp"} else value
        accepted = accepted & measured.between(rule.low, rule.high)
    if column.range is not None:
        accepted = accepted & value.between(*column.range)
    if column.length is not None:
        accepted = accepted & (current().byte_length(text_of(column.name)) <= _limit(column))
    return F.when(accepted, value)


def _limit(column: Column) -> int:
    return EXTRA_LIMIT if column.name == "_extra" else column.length or 0


def _find_reasons(contract: Contract) -> Step:
    """The first reason in contract order; what is wrong with the whole line comes before all."""

    def step(typed: DataFrame) -> DataFrame:
        columns = _judged_columns(contract)
        return typed.select(
            *POSITION,
            UNKNOWN,
            *(column.name for column in columns),
            F.coalesce(F.col(FAULT), *map(_reason, columns)).alias(REASON),
        )

    return step


def _reason(column: Column) -> Expression:
    """Why a record cannot be loaded as far as a column goes, null if it can; the closest reason first."""
    name, text = column.name, F.col(text_of(column.name))
    refused = text.isNotNull() & F.col(name).isNull()
    reason = F
    if column.length is not None:
        reason = reason.when(
            refused & (current().byte_length(text_of(name)) > _limit(column)), F.lit(f"too_long:{name}")
        )
    if column.range is not None:
        value = current().to_type(text_of(name), column.kind)
        reason = reason.when(refused & ~value.between(*column.range), F.lit(f"out_of_range:{name}"))
    reason = reason.when(refused, F.lit(f"not_{column.kind}:{name}"))
    return reason.when(text.isNull(), F.lit(f"missing:{name}")) if column.required else reason
