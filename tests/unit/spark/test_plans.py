"""Plans are made once for the life of the code, and a file that cannot be used costs time and nothing else."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark.contracts import load_contracts
from spark.engine import plans
from spark.transforms.registry import TRANSFORMS

CONTRACT = load_contracts()["wistia__visitor"]
TRANSFORM = TRANSFORMS[CONTRACT.entity]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = tmp_path / "cache" / "plans-now.json"
    monkeypatch.setattr(plans, "_file", lambda: found)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    plans._known.cache_clear()
    yield found
    plans._known.cache_clear()


def made() -> plans.Plan:
    return "select 1", ["one"]


def never() -> plans.Plan:
    raise AssertionError("made again")


def test_the_next_process_finds_what_was_made_and_older_code_is_forgotten(file: Path) -> None:
    file.parent.mkdir()
    (file.parent / "plans-before.json").write_text("{}")
    assert plans.plan_of(CONTRACT, TRANSFORM, made) == made()
    plans._known.cache_clear()
    assert plans.plan_of(CONTRACT, TRANSFORM, never) == made()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_another_contract_of_the_same_name_has_a_plan_of_its_own(file: Path) -> None:
    plans.plan_of(CONTRACT, TRANSFORM, made)
    other = CONTRACT.model_copy(update={"version": ()})
    assert plans.plan_of(other, TRANSFORM, lambda: ("select 2", [])) == ("select 2", [])


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": 1}'])
def test_a_damaged_file_is_no_file(file: Path, damage: str) -> None:
    file.parent.mkdir()
    file.write_text(damage)
    assert plans.plan_of(CONTRACT, TRANSFORM, made) == made()


def test_where_nothing_may_be_written_nothing_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert plans.plan_of(CONTRACT, TRANSFORM, made) == made()
    assert not file.parent.exists()
