"""Faults 17, 18 and 41: bad records at the edges of what holds them; every record ends in exactly one place."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from extract.lake import DirectoryLake
from tests.integration.spark.lakes import land, newest, quarantined, raw_line, run, staged

VISITORS, VISITOR = "wistia/visitors", "wistia__visitor"
GOOD = {"last_active_at": "2026-01-07T00:00:00Z", "load_count": 1, "play_count": 1}
BAD = {**GOOD, "load_count": "many"}


def batches() -> list[list[str]]:
    """Objects of up to three records, each good (g), bad (b) or a duplicate of the first good one (d)."""
    shapes = ["b", "g", "bg", "gb", "bgg", "ggb", "gbg", "bgb", "bbb", "gdg", "dbd"]
    return [[shape] for shape in shapes] + [["b", "g"], ["g", "b"], ["gb", "bg"], ["bb", "gg"], ["g", "b", "d"]]


@pytest.mark.parametrize("objects", batches(), ids="+".join)
def test_nothing_is_lost_where_something_ends(objects: Sequence[str], tmp_path: Path) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    letters = "".join(objects)
    number = iter(range(len(letters)))
    lines = [[_line(letter, next(number)) for letter in each] for each in objects]
    land(lake, VISITORS, *lines)
    report = run(lake)
    counts = report.entities[VISITOR]
    good = letters.count("g") + ("d" in letters)
    assert (counts.landed, counts.normalised, counts.quarantined) == (len(letters), good, letters.count("b"))
    assert counts.balanced
    manifest = newest(lake)
    rows, bad = staged(lake, manifest, VISITOR), quarantined(lake, manifest, VISITORS)
    taken = {(row["_raw_part"], row["_raw_line"]) for row in rows}
    refused = {(row["raw_part"], row["raw_line"]) for row in bad}
    assert (len(taken), len(refused)) == (len(rows), len(bad)) == (good, letters.count("b"))
    assert not taken & refused
    assert {row["reason"] for row in bad} <= {"not_bigint:load_count"}


def _line(letter: str, number: int) -> str:
    key = "twice" if letter == "d" else f"v{number}"
    return raw_line({**(BAD if letter == "b" else GOOD), "visitor_key": key})
