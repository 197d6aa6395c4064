"""Plans are made once for the life of the code, and a file that cannot be used costs time and nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark.contracts import load_contracts
from spark.engine import plans
from spark.engine.plans import Plan, Plans, name_of
from spark.transforms.registry import TRANSFORMS

CONTRACT = load_contracts()["wistia__visitor"]
TRANSFORM = TRANSFORMS[CONTRACT.entity]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = tmp_path / "cache" / "plans-now.json"
    monkeypatch.setattr(plans, "_file", lambda: found)
    plans._known.cache_clear()
    yield found
    plans._known.cache_clear()


def made() -> Plan:
    return "select 1", ["one"]


def never() -> Plan:
    raise AssertionError("made again")


def _of_a_process(make: object = made) -> Plan:
    plans._known.cache_clear()
    process = Plans()
    plan = process.of("a plan", make)  # type: ignore[arg-type]
    process.keep()
    return plan


def test_the_next_process_finds_what_was_made(file: Path) -> None:
    assert _of_a_process() == made()
    assert _of_a_process(never) == made()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_code_of_long_ago_is_forgotten(file: Path) -> None:
    file.parent.mkdir()
    for age in range(plans.KEPT_FILES + 3):
        older = file.parent / f"plans-{age}.json"
        older.write_text("{}")
        os.utime(older, (1000 - age, 1000 - age))
    _of_a_process()
    kept = {file.name, *(f"plans-{age}.json" for age in range(plans.KEPT_FILES - 1))}
    assert {path.name for path in file.parent.iterdir()} == kept


def test_another_contract_of_the_same_name_has_a_plan_of_its_own() -> None:
    other = CONTRACT.model_copy(update={"version": ()})
    assert name_of(CONTRACT, TRANSFORM) != name_of(other, TRANSFORM)


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": 1}'])
def test_a_damaged_file_is_no_file(file: Path, damage: str) -> None:
    file.parent.mkdir()
    file.write_text(damage)
    assert _of_a_process() == made()


def test_where_nothing_can_be_written_nothing_is(file: Path) -> None:
    file.parent.write_text("no folder")
    assert _of_a_process() == made()
    assert file.parent.read_text() == "no folder"
