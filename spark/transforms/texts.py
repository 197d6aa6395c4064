"""Steps for what people write into files: the texts of leaves are mended before they are judged.

A source that speaks JSON says what it means; a file of text has blanks at the edges, dates in the order of a country
and addresses in the wrong column. Each step changes or refuses leaves of the columns that it is told, and no others.
"""

from collections.abc import Callable, Mapping, Sequence

from spark.contracts import META, Column, Contract
from spark.engine import DataFrame, Expression, current
from spark.engine import functions as F
from spark.grammar import (
    ADDRESS,
    EPOCH,
    GRAMMAR,
    INSTANT,
    ISO_INSTANT,
    LOCAL_INSTANT,
    SLASHED_DATE,
    SLASHED_INSTANT,
)
from spark.leaves import FAULT, kind_of, text_of
from spark.transforms.steps import Step, trimmed


def written_columns(contract: Contract) -> list[str]:
    """Return the columns that the source itself writes: those of the envelope are ours."""
    return [column.name for column in contract.mapped if not any(path.startswith(META) for path in column.path)]


def trim(columns: Sequence[str]) -> Step:
    """Return the step that takes white space from the edges of texts."""
    texts = [text_of(name) for name in columns]
    return lambda leaves: _replace(leaves, {text: F.expr(trimmed(text)) for text in texts})


def refuse_addresses(columns: Sequence[str]) -> Step:
    """Return the step that refuses records in which an e-mail address stands in one of the columns.

    Whoever shifts the columns of a file would otherwise bring personal data to where nobody expects them.
    """
    reasons = {name: f"address:{name}" for name in columns}

    def step(leaves: DataFrame) -> DataFrame:
        found = [F.when(_is_address(F.col(text_of(name))), F.lit(reason)) for name, reason in reasons.items()]
        return _replace(leaves, {FAULT: F.coalesce(F.col(FAULT), *found)})

    return step


def read_instants(columns: Sequence[str]) -> Step:
    """Return the step that writes instants of every known form as the grammar has them; without a zone they are UTC."""

    def step(leaves: DataFrame) -> DataFrame:
        # What an engine is to type stands in a column of its own.
        seconds = (_seconds(F.col(text_of(name))).alias(_seconds_of(name)) for name in columns)
        texts = {text_of(name): _instant(name) for name in columns}
        # Counts of seconds may be numbers, and are instants now.
        kinds = {kind_of(name): _kind(F.col(_seconds_of(name)), F.col(kind_of(name))) for name in columns}
        return _replace(leaves.select("*", *seconds), texts | kinds).select(*leaves.columns)

    return step


def read_dates(columns: Sequence[str]) -> Step:
    """Return the step that writes dates as the grammar has them; of an instant its date, as it is written."""

    def date(text: Expression) -> Expression:
        return (
            F.when(text.contains("/") & text.rlike(SLASHED_DATE), F.concat(*_year_first(text)))
            .when(text.contains(":") & text.rlike(ISO_INSTANT), F.substring(text, 1, 10))
            .otherwise(text)
        )

    return _rewrite({text_of(name): date for name in columns})


def fold(column: Column, words: Mapping[str, Sequence[str]]) -> Step:
    """Return the step that folds the spellings of a word; what is no text stays, and is refused for that.

    Args:
        column: the column, with what any other text becomes, and none at all.
        words: what it becomes, by the spellings that become it: lower case, without blanks, hyphens and underscores.
    """
    became = {spelling: word for word, spellings in words.items() for spelling in spellings}

    def step(leaves: DataFrame) -> DataFrame:
        text, kind = F.col(text_of(column.name)), F.col(kind_of(column.name))
        joined = F.when(text.rlike("[ _.-]"), F.translate(text, " -_.", "")).otherwise(text)
        # A look into one map: a comparison with each list of spellings would be a join for each word in DuckDB.
        pairs = (F.lit(said) for pair in became.items() for said in pair)
        word = F.coalesce(F.element_at(F.create_map(*pairs), F.col(_spelt(column.name))), F.lit(column.otherwise))
        is_text = text.isNull() | kind.isin(*GRAMMAR["varchar"].kinds)
        texts = {
            text_of(column.name): F.when(is_text, word).otherwise(text),
            kind_of(column.name): F.when(is_text, F.lit("string")).otherwise(kind),
        }
        return _replace(leaves.select("*", F.lower(joined).alias(_spelt(column.name))), texts).select(*leaves.columns)

    return step


def _spelt(column: str) -> str:
    return f"{column}__spelt"


def _seconds_of(column: str) -> str:
    return f"{column}__seconds"


def _instant(column: str) -> Expression:
    text = F.col(text_of(column))
    hyphened = text.contains("-")
    return (
        F.when(F.col(_seconds_of(column)).isNotNull(), _from_epoch(column))
        .when(hyphened & text.rlike(INSTANT), text)
        .when(hyphened & text.rlike(LOCAL_INSTANT), _from_local(text))
        .when(hyphened & text.rlike(ISO_INSTANT), _from_iso(text))
        .when(text.contains("/") & text.rlike(SLASHED_INSTANT), _from_slashes(text))
        .otherwise(text)
    )


def _from_local(text: Expression) -> Expression:
    return F.concat(F.substring(text, 1, 10), F.lit("T"), F.substring(text, 12, 18), F.lit("Z"))


def _from_iso(text: Expression) -> Expression:
    date, minute, second, fraction, zone = (F.regexp_extract(text, ISO_INSTANT, group) for group in range(1, 6))
    return F.concat(date, F.lit("T"), minute, _or(second, ":00"), _fraction(fraction), _zone(zone))


def _zone(zone: Expression) -> Expression:
    hours, minutes = F.substring(zone, 1, 3), F.substring(zone, 4, 2)
    return (
        F.when(zone.rlike(r"^[+-][0-9]{2}\z"), F.concat(zone, F.lit(":00")))
        .when(zone.rlike(r"^[+-][0-9]{4}\z"), F.concat(hours, F.lit(":"), minutes))
        .when(zone.rlike(r"^[+-]"), zone)
        .otherwise(F.lit("Z"))
    )


def _from_slashes(text: Expression) -> Expression:
    second = F.regexp_extract(text, SLASHED_INSTANT, 1)
    return F.concat(*_year_first(text), F.lit("T"), F.substring(text, 12, 5), _or(second, ":00"), F.lit("Z"))


def _year_first(text: Expression) -> tuple[Expression, ...]:
    return F.substring(text, 7, 4), F.lit("-"), F.substring(text, 4, 2), F.lit("-"), F.substring(text, 1, 2)


def _from_epoch(column: str) -> Expression:
    thousandths, fraction = (F.regexp_extract(text_of(column), EPOCH, group) for group in (2, 3))
    instant = F.from_unixtime(current().to_type(_seconds_of(column), "bigint"), "yyyy-MM-dd HH:mm:ss")
    return F.concat(F.replace(instant, F.lit(" "), F.lit("T")), _fraction(F.concat(thousandths, fraction)), F.lit("Z"))


def _fraction(digits: Expression) -> Expression:
    return F.when(digits == "", F.lit("")).otherwise(F.concat(F.lit("."), digits))


def _or(text: Expression, otherwise: str) -> Expression:
    return F.when(text == "", F.lit(otherwise)).otherwise(text)


def _seconds(text: Expression) -> Expression:
    """The seconds since 1970 that a text counts; null where it counts none. Whatever has a colon needs no pattern."""
    return F.when(~text.contains(":") & text.rlike(EPOCH), F.regexp_extract(text, EPOCH, 1))


def _kind(seconds: Expression, kind: Expression) -> Expression:
    return F.when(seconds.isNotNull(), F.lit("string")).otherwise(kind)


def _is_address(text: Expression) -> Expression:
    return text.contains("@") & text.rlike(ADDRESS)


def _rewrite(columns: dict[str, Callable[[Expression], Expression]]) -> Step:
    return lambda leaves: _replace(leaves, {name: change(F.col(name)) for name, change in columns.items()})


def _replace(leaves: DataFrame, columns: dict[str, Expression]) -> DataFrame:
    """Replace columns of a frame, the others and their order as they are."""
    return leaves.select(*(columns[name].alias(name) if name in columns else F.col(name) for name in leaves.columns))
