"""Proving that the rows that were written say what their raw lines say, before a manifest vouches for them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any

from extract.errors import DataRefused
from extract.lake import Lake
from extract.manifest import ObjectEntry
from spark.contracts import Contract
from spark.engine import Engine
from spark.engine.raw_lines import read_lines
from spark.leaves import POSITION, RawPlace
from spark.proof import UNKNOWN, expected
from spark.raw import Backlog, RawObject, checked

AS_THEY_STAND = "wistia/"
"""Streams whose records are typed as they stand. What files hold is brought into form first (blanks, dates in all
spellings, words for one device): a second reading would have to repeat that, and prove nothing."""
SAMPLE, SAMPLED_LINES = 40, 2000
"""Lines of an entity that are read a second time, and the lines of an object among which they are."""
Row = Mapping[str, Any]


def prove_values(
    engine: Engine, lake: Lake, contract: Contract, files: Sequence[ObjectEntry], backlog: Backlog
) -> dict[str, int]:
    """Compare all rows with the judged records, and some with their raw lines; return the sum of each column.

    Raises:
        DataRefused: a row is another than it must be; the message names columns and places, no values.
    """
    chosen = {(raw.sequence, raw.part): raw for raw in _chosen([raw for raw in backlog.objects if raw.entry.rows])}
    proved = engine.prove(contract, files, _sampled(list(chosen.values())))
    rows = sum(file.rows for file in files)
    if proved.alike != rows:
        raise DataRefused(
            f"{contract.stream}: of {rows} rows that were written {proved.alike} equal the record of their line. "
            "Nothing was published; this is a fault of reelhouse or of the storage: please report it with these numbers"
        )
    if contract.stream.startswith(AS_THEY_STAND):
        names = [column.name for column in contract.columns]
        _read_again(lake, contract, [dict(zip(names, row, strict=True)) for row in proved.sample], chosen)
    return proved.sums


def _chosen(objects: Sequence[RawObject]) -> list[RawObject]:
    last = len(objects) - 1
    return [objects[place] for place in sorted({0, last // 2, last})]


def _sampled(objects: Sequence[RawObject]) -> list[RawPlace]:
    """Lines that are spread over the beginnings of some objects; always the same."""
    each = SAMPLE // len(objects)
    beginnings = ((raw, min(raw.entry.rows, SAMPLED_LINES)) for raw in objects)
    return [
        (raw.sequence, raw.part, line) for raw, end in beginnings for line in range(1, end + 1, max(1, end // each))
    ]


def _read_again(
    lake: Lake, contract: Contract, rows: Sequence[Row], chosen: Mapping[tuple[int, int], RawObject]
) -> None:
    by_object = defaultdict(list)
    for row in rows:
        by_object[row["_raw_sequence"], row["_raw_part"]].append(row)
    for place, some in by_object.items():
        lines = _lines(lake, chosen[place], {int(row["_raw_line"]) for row in some})
        for row in some:
            if row["_raw_line"] in lines:
                _compare(contract, row, lines[row["_raw_line"]])


def _lines(lake: Lake, raw: RawObject, wanted: set[int]) -> dict[int, Any]:
    lines = read_lines(raw, BytesIO(checked(lake, raw)))
    numbered = enumerate(islice(lines, max(wanted)), start=1)
    parsed = {}
    for number, line in numbered:
        if number in wanted:
            with suppress(ValueError, RecursionError):  # engines forgive a last comma, and count deeper than Python
                parsed[number] = json.loads(line, parse_float=Decimal)
    return parsed


def _compare(contract: Contract, row: Row, line: Mapping[str, Any]) -> None:
    place = row[contract.fan_out.position] if contract.fan_out else None
    told = expected(contract, line, place)
    wrong = [name for name, value in told.items() if value is not UNKNOWN and value != row[name]]
    if wrong:
        where = ", ".join(f"{name} {row[name]}" for name in POSITION)
        raise DataRefused(
            f"{contract.stream}: {', '.join(wrong)} of a row that was written say something else than its raw line "
            f"({where}), read a second time. Nothing was published; this is a fault of reelhouse: please report it"
        )
