"""The list of faults is whole: each has a number, and tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FAULTS = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))
AGREED = ROOT.parent / "shared" / "faults.md"


@cache
def functions_of(file: Path) -> frozenset[str]:
    """Return the names of a module's functions, those of its fixtures and helpers among them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_numbers_follow_each_other() -> None:
    assert list(FAULTS) == list(range(1, len(FAULTS) + 1))


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_has_tests_that_are_there(number: int) -> None:
    assert FAULTS[number]["tests"]
    for test in FAULTS[number]["tests"]:
        file, _, name = test.partition("::")
        assert (ROOT / file).exists(), test
        assert not name or name in functions_of(ROOT / file), test
        assert name.startswith("test_") or (ROOT / file / "expect.yaml").is_file(), test


@pytest.mark.parametrize(
    "page", ["README.md", "warehouse_sql/README.md", "dashboards/README.md", "tests/faults/README.md"]
)
def test_pages_of_promises_name_tests_that_are_there(page: str) -> None:
    there = {str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"(?:tests/[\w/]+/)?test_\w+\.py", (ROOT / page).read_text(encoding="utf-8")))
    assert len(named) > 5
    assert [
        name for name in named if name not in there and not {file for file in there if file.endswith(f"/{name}")}
    ] == []


def test_it_is_the_list_that_was_agreed_on() -> None:
    if not AGREED.is_file():
        pytest.skip("the agreed list is not beside this checkout")
    assert list(map(int, re.findall(r"^(\d+)\. ", AGREED.read_text(encoding="utf-8"), re.MULTILINE))) == list(FAULTS)
