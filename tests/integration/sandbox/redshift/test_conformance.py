"""The cases in `tests/cases/redshift`, each with the source of its expectation, through the real driver."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
import yaml
from redshift_connector.error import Error

from sandbox.redshift import lexer, serve

CASES = Path(__file__).parents[3] / "cases" / "redshift"
_KEYS = {"name", "source", "given", "sql", "columns", "rows", "error"}


def _cases() -> list[Any]:
    found = []
    for file in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            assert case.keys() <= _KEYS, (file.name, case)
            assert case["source"], case
            assert case.keys() & {"columns", "rows", "error"}, case
            found.append(pytest.param(case, id=f"{file.stem}: {case['name']}"))
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cursor for all cases that only ask."""
    with (
        serve(None, tmp_path_factory.mktemp("lake")) as endpoint,
        redshift_connector.connect(
            host=endpoint.host, port=endpoint.port, database="dev", user=endpoint.user, password="", ssl=False
        ) as connection,
    ):
        connection.autocommit = True
        yield connection.cursor()


@pytest.fixture
def undone(shared: Any) -> Iterator[Any]:
    """The same, in a transaction that is rolled back: a tenth of the time of an endpoint of one's own."""
    shared.execute("begin")
    yield shared
    shared.execute("rollback")


_UNDONE = frozenset({"SELECT", "WITH", "CREATE", "INSERT", "UPDATE", "DELETE", "MERGE"})
"""Statements that mean the same in a transaction, but for what asks about transactions, rights and the past."""
_APART = re.compile(
    r"\b(sys_|stl_|svv_|pg_|sysdate|getdate|current_|last_|user|role|policy|materialized|late|schema)", re.IGNORECASE
)


def statements_of(case: dict[str, Any]) -> list[str]:
    """What a case runs, in order; what it expects is of the last."""
    sql, given = case["sql"], case.get("given", ())
    first = lexer.split(given) if isinstance(given, str) else given
    return [*first, *([sql] if isinstance(sql, str) else sql)]


def place(statements: Sequence[str]) -> str:
    """The cheapest place in which a case means what it says."""
    words = {lexer.first(statement).upper for statement in statements}
    if len(statements) == 1 and words <= {"SELECT", "WITH"}:
        return "shared"
    return "undone" if words <= _UNDONE and not any(map(_APART.search, statements)) else "cursor"


@pytest.mark.parametrize("case", _cases())
def test_case(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    statements = statements_of(case)
    before, last = statements[:-1], statements[-1]
    cursor = request.getfixturevalue(place(statements))
    for statement in before:
        cursor.execute(statement)
    if "error" in case:
        with pytest.raises(Error) as refused:
            cursor.execute(last)
        fields = refused.value.args[0]
        assert fields["C"] == case["error"]["code"]
        assert case["error"]["says"] in fields["M"] + fields.get("D", "")
        assert "\x1b" not in str(fields)
        return
    cursor.execute(last)
    if "columns" in case:
        assert [column[0] for column in cursor.description] == case["columns"]
    if "rows" in case:
        assert [[plain(value) for value in row] for row in cursor.fetchall()] == case["rows"]


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date | datetime | time) else value
