"""The cases in `tests/cases/redshift_concurrent`: sessions that take turns, under either isolation level."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redshift_connector
import yaml
from redshift_connector.error import Error

from sandbox.redshift.endpoint import Endpoint, serving
from sandbox.redshift.warehouse import Warehouse

_FOLDER = Path(__file__).parents[3] / "cases" / "redshift_concurrent"
_CASES = [case for file in sorted(_FOLDER.glob("*.yaml")) for case in yaml.safe_load(file.read_text())]
_PATIENCE = 20
_GIVEN = (
    "drop table if exists tab1, tab2, numbers, made", "create table tab1 (a int)", "create table tab2 (a int)",
    "create table numbers (digits int)", "insert into numbers values (0), (1)",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Warehouse, Endpoint]]]:
    """A warehouse of each level, and where it is served."""
    with ExitStack() as open_ones:
        found = {}
        for level in ("snapshot", "serializable"):
            warehouse = Warehouse(None, tmp_path_factory.mktemp("lake"), serializable=level == "serializable")
            open_ones.callback(warehouse.close)
            found[level] = warehouse, open_ones.enter_context(serving(warehouse))
        yield found


class Sessions:
    """Connections by name, opened when they are first spoken of."""

    def __init__(self, endpoint: Endpoint, warehouse: Warehouse, pool: ThreadPoolExecutor) -> None:
        self._endpoint, self._warehouse, self._pool = endpoint, warehouse, pool
        self._opened: dict[str, Any] = {}
        self._waiting: dict[str, Future[Any]] = {}

    def take(self, who: str, statement: str, expected: Any = None) -> None:
        if statement == "then":
            assert self._waiting.pop(who).result(_PATIENCE) is None
        elif expected == "waits":
            self._waiting[who] = self._pool.submit(self._run, who, statement)
            locks = self._warehouse.locks
            with locks._changed:
                assert locks._changed.wait_for(lambda: locks._waiting, _PATIENCE), "the statement does not wait"
        elif isinstance(expected, str | int):
            with pytest.raises(Error) as refused:
                self._run(who, statement)
            assert str(expected) in str(refused.value.args[0])
        else:
            assert self._run(who, statement) == expected, (who, statement)

    def _run(self, who: str, statement: str) -> list[list[Any]] | None:
        if who not in self._opened:
            found = self._endpoint
            self._opened[who] = redshift_connector.connect(
                host=found.host, port=found.port, database="dev", user=found.user, password="", ssl=False
            )
            self._opened[who].autocommit = True
        cursor = self._opened[who].cursor()
        cursor.execute(statement)
        return [list(row) for row in cursor.fetchall()] if cursor.description else None

    def close(self) -> None:
        for connection in self._opened.values():
            connection.close()


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], served: dict[str, tuple[Warehouse, Endpoint]]) -> None:
    assert case["source"]
    warehouse, endpoint = served[case["level"]]
    with ThreadPoolExecutor(1) as pool:
        sessions = Sessions(endpoint, warehouse, pool)
        try:
            for statement in _GIVEN:
                sessions.take("given", statement)
            for step in case["steps"]:
                sessions.take(*step)
        finally:
            sessions.close()
