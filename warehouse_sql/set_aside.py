"""Loads that can never succeed and were passed by hand: a mark in the lake for each, until it is tried again.

The mark lies beside the receipts, so that ``status`` shows it without waking the warehouse. Loads are applied in order,
but their tables do not depend on it: which of two states is newer stands in the rows. So the loads behind one that was
set aside may go on, and it may follow later.
"""

import json
from collections.abc import Container
from contextlib import suppress
from dataclasses import asdict, dataclass

from extract.clock import RunClock, format_instant
from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import sequence_name
from warehouse_sql.attempts import address_hash

MARKS = "staging/_set_aside/"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A load that was passed by hand.

    Attributes:
        sequence: its staging sequence.
        reason: what whoever passed it wrote.
        set_aside_at: when, by the run's clock (ISO 8601, UTC).
        run_id: the run that was told so.
    """

    sequence: int
    reason: str
    set_aside_at: str
    run_id: str


def set_aside(lake: Lake, warehouse: str, sequence: int, reason: str, clock: RunClock, run_id: str) -> None:
    """Mark a load as passed; a mark that is there already is written anew."""
    mark = SetAside(sequence, reason, format_instant(clock.now()), run_id)
    lake.put(_key(warehouse, sequence), json.dumps(asdict(mark), indent=1).encode())


def take_back(lake: Lake, warehouse: str, sequence: int) -> None:
    """Remove the mark of a load; one that has none stays as it is."""
    lake.delete(_key(warehouse, sequence))


def marks(lake: Lake, warehouse: str) -> dict[int, SetAside]:
    """Return the loads of a warehouse that are passed, by sequence.

    Raises:
        DataRefused: a mark does not parse.
    """
    found = [mark for info in lake.list_after(_folder(warehouse)) if (mark := _read(lake, info.key))]
    return {mark.sequence: mark for mark in found}


def next_above(sequence: int, passed: Container[int]) -> int:
    """Return the last of the numbers that follow a sequence and are passed, or the sequence itself."""
    while sequence + 1 in passed:
        sequence += 1
    return sequence


def _read(lake: Lake, key: str) -> SetAside | None:
    """Return a mark; None where it was taken back meanwhile."""
    try:
        data = lake.get(key)
    except DataRefused:
        return None
    with suppress(ValueError, TypeError):
        return SetAside(**json.loads(data))
    raise DataRefused(f"{lake.url(key)} is no mark of a load that was set aside; look at it, and delete it")


def _folder(warehouse: str) -> str:
    return f"{MARKS}{address_hash(warehouse)}/"


def _key(warehouse: str, sequence: int) -> str:
    return f"{_folder(warehouse)}{sequence_name(sequence)}.json"
