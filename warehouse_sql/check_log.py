"""What checks found when they were last run: notes in the lake, so that the dictionary need not wake the warehouse.

`warehouse check` looks at all rows and writes one note, each load adds what it checked of its own rows to another. They
are notes and no proof: a load is published by its checks alone, and a note that is lost is written again by the next.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from extract.clock import format_instant
from extract.lake import Lake
from warehouse_sql.attempts import address_hash
from warehouse_sql.checks import Result

FOLDER = "staging/_checked/"
EVERY_ROW = "all rows"


@dataclass(frozen=True, slots=True)
class LastResult:
    """What a check found when it was last run.

    Attributes:
        table: the table, view or migration.
        about: what should be so.
        is_fatal: whether a load that broke it would be refused; else it only warns.
        count: how many rows offended.
        rows: of which rows it was asked.
        checked_at: when, by the run's clock (ISO 8601, UTC).
    """

    table: str
    about: str
    is_fatal: bool
    count: int
    rows: str
    checked_at: str


def note_examination(lake: Lake, warehouse: str, results: Iterable[Result], at: datetime) -> None:
    """Write down what the checks of all rows found, in place of what they found before."""
    _write(lake, _key(warehouse, "all-rows"), _noted(results, EVERY_ROW, at))


def note_load(lake: Lake, warehouse: str, results: Iterable[Result], load: str, at: datetime) -> None:
    """Write down what the checks of a load found; of tables that it did not touch, what earlier loads had found."""
    key = _key(warehouse, "loads")
    if noted := list(_noted(results, f"the rows of {load}", at)):
        _write(lake, key, _newest([*_read(lake, key), *noted]))


def last_results(lake: Lake, warehouse: str) -> tuple[LastResult, ...]:
    """Return what each check of a warehouse found when it was last run; nothing of those that never were."""
    found = [result for info in lake.list_after(_key(warehouse, "")) for result in _read(lake, info.key)]
    return tuple(_newest(sorted(found, key=lambda result: result.checked_at)))


def _newest(results: Iterable[LastResult]) -> Iterator[LastResult]:
    yield from {(result.table, result.about): result for result in results}.values()


def _noted(results: Iterable[Result], rows: str, at: datetime) -> Iterator[LastResult]:
    for result in results:
        yield LastResult(result.table, result.about, result.is_fatal, result.count, rows, format_instant(at))


def _key(warehouse: str, name: str) -> str:
    return f"{FOLDER}{address_hash(warehouse)}/{name and f'{name}.json'}"


def _write(lake: Lake, key: str, results: Iterable[LastResult]) -> None:
    lake.put(key, json.dumps([asdict(result) for result in results], indent=1).encode())


def _read(lake: Lake, key: str) -> list[LastResult]:
    """Return what a note says; one that a later release wrote otherwise says nothing."""
    if next(lake.list_after(key), None) is None:
        return []
    try:
        return [LastResult(**result) for result in json.loads(lake.get(key))]
    except (ValueError, TypeError):
        return []
