"""Reading a Parquet file of staging again, to say which of its columns and rows break the contract.

For the one who has to mend what COPY refused: COPY names a file and a column, never a row.
"""

from collections.abc import Iterable, Iterator, Sequence

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import ObjectEntry
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.contracts import Column, Contract
from spark.engine import DataFrame, Engine, Expression, current, open_engine, using
from spark.engine import functions as F
from spark.leaves import POSITION
from spark.scratch import scratch_folder

SHOWN_ROWS = 5
"""Of each column."""
_FOUND = "_found"
NO_KEY = PrivacyKey.of("for-an-engine-that-reads-and-hashes-nothing")


def breaches(settings: Settings, lake: Lake, contract: Contract, files: Iterable[ObjectEntry]) -> tuple[str, ...]:
    """Return what in the files breaks the contract, in words, with no value of a row; nothing where all is well.

    Args:
        settings: which engine reads.
        lake: where the files are.
        contract: of their entity.
        files: Parquet files.

    Raises:
        ConfigurationError: the engine is not installed.
        ReelhouseError: the lake or the engine failed.
    """
    with scratch_folder() as folder, open_engine(settings, lake, folder, NO_KEY) as opened, using(opened):
        return tuple(
            f"{lake.url(entry.key)}: {text}" for entry in files for text in _of_file(opened, contract, entry.key)
        )


def _of_file(engine: Engine, contract: Contract, key: str) -> Iterator[str]:
    try:
        frame, found = engine.read_parquet(key)
    except DataRefused:
        yield "it cannot be read as Parquet"
        return
    wanted = [(column.name, str(column.kind)) for column in contract.columns]
    if found != wanted:
        yield from _of_columns(found, wanted)
        return
    for column in contract.columns:
        yield from _of_rows(engine, frame, column)


def _of_columns(found: Sequence[tuple[str, str]], wanted: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Parquet is copied by position, so a column is known by its place."""
    if len(found) != len(wanted):
        yield f"it has {len(found)} columns, the contract {len(wanted)}"
    for place, (one, other) in enumerate(zip(found, wanted, strict=False), start=1):
        if one != other:
            yield f"column {place} is {' '.join(one)}, and {' '.join(other)} by contract"


def _of_rows(engine: Engine, frame: DataFrame, column: Column) -> Iterator[str]:
    condition = _breaks(column)
    if condition is None:
        return
    size = current().byte_length(column.name) if column.length is not None else F.lit(0)
    broken = frame.where(condition).select(*POSITION, size.alias(_FOUND)).orderBy(*POSITION)
    ((count,),) = engine.rows(broken.agg(F.count("*").alias("rows")))
    if not count:
        return
    places = [
        f"line {line} of object {part} of raw manifest {sequence}{f' ({found:,} bytes)' if found else ''}"
        for sequence, part, line, found in engine.rows(broken.limit(SHOWN_ROWS))
    ]
    yield f"{column.name} {_rule(column)}: {count} rows do not: {'; '.join(places)}"


def _breaks(column: Column) -> Expression | None:
    """Tell of a row whether its value breaks the contract; None where no value of the type can."""
    value = F.col(column.name)
    if column.length is not None:
        too_long = current().byte_length(column.name) > column.length
        return too_long | value.isNull() if column.required else too_long
    return value.isNull() if column.required else None


def _rule(column: Column) -> str:
    rules = [f"has at most {column.length:,} bytes"] if column.length is not None else []
    return " and ".join([*rules, *(["is never null"] if column.required else [])])
