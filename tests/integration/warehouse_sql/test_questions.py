"""Twenty questions of a marketing team: each query runs as an analyst and gives the rows worked out by hand."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from extract.errors import ReelhouseError
from tests.integration.warehouse_sql.house import House, Told, open_laid_out_house
from warehouse_sql.connection import Target, connect
from warehouse_sql.model import HOME
from warehouse_sql.query import query
from warehouse_sql.upgrade import apply

CASES = Path(__file__).parents[2] / "cases" / "questions"
QUESTION = re.compile(r"^### (\d+)\. .*?\n```sql\n(.*?)\n```", re.DOTALL | re.MULTILINE)
QUERIES = {int(number): text for number, text in QUESTION.findall((HOME / "QUESTIONS.md").read_text(encoding="utf-8"))}
EXPECTED: dict[int, list[list[Any]]] = yaml.safe_load((CASES / "expect.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """An analyst of a warehouse in which the answers are known."""
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as house:
        apply_to(house)
        for step in yaml.safe_load((CASES / "given.yaml").read_text(encoding="utf-8")):
            house.stage(step)
        house.load()
        with connect(house.target) as connection:
            connection.execute("create user ada password disable")
            connection.execute("grant role reelhouse_analyst to ada")
            connection.commit()
        yield replace(house.target, user="ada")


def apply_to(house: House) -> None:
    """Bring the warehouse to this release, roles included."""

    apply(house.target, house.lake, house.attempt("apply", 30).lock, Told())


def test_there_are_twenty() -> None:
    assert list(QUERIES) == list(range(1, 21)) == list(EXPECTED)


@pytest.mark.parametrize("number", QUERIES)
def test_a_question_is_answered(analyst: Target, number: int) -> None:
    assert [list(row) for row in query(analyst, QUERIES[number]).rows] == EXPECTED[number]


@pytest.mark.parametrize("number", QUERIES)
def test_a_query_is_short_and_redshift_s(number: int) -> None:
    assert len(QUERIES[number].splitlines()) <= 12
    assert len(sqlglot.parse(QUERIES[number], dialect="redshift")) == 1


def test_an_analyst_reads_nothing_else(analyst: Target) -> None:
    for table in ("restricted.stg_wistia__visitor", "audit.load_history"):
        with pytest.raises(ReelhouseError, match="permission denied"):
            query(analyst, f"select * from {table}")
