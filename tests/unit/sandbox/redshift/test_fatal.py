"""A database that has given up serves nobody: the endpoint ends, and the next one opens the file anew."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from sandbox.redshift.errors import SqlError
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.warehouse import Warehouse
from sandbox.redshift.wire.decode import Value


class Failing:
    """A statement in the middle of which DuckDB raises."""

    ends_failure = False

    def __init__(self, error: duckdb.Error) -> None:
        self._error = error

    def columns(self, session: Session) -> None:
        return None

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        raise self._error


class Nowhere:
    count = 0

    def begin(self, columns: object) -> None: ...
    def rows(self, batch: object) -> None: ...
    def notice(self, text: str) -> None: ...


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (duckdb.FatalException("FATAL Error: database has been invalidated because of a previous fatal error"), True),
        (duckdb.IOException("IO Error: No space left on device"), False),
    ],
)
def test_the_endpoint_ends_when_duckdb_has_given_up_and_not_before(
    error: duckdb.Error, ends: bool, tmp_path: Path
) -> None:
    warehouse = Warehouse(None, tmp_path)
    with pytest.raises(SqlError):
        Session(warehouse, "somebody").execute(Failing(error), (), Nowhere(), "text")
    assert warehouse.ended.is_set() is ends
    warehouse.close()


class GivingUp:
    """A connection to a database that gives up when it is to commit."""

    def execute(self, statement: str) -> None:
        if statement == "COMMIT":
            raise duckdb.FatalException("FATAL Error: Failed to commit: No space left on device")


class Changing:
    """A statement that changes something."""

    ends_failure = False

    def columns(self, session: Session) -> None:
        return None

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        session.connection = GivingUp()  # type: ignore[assignment]
        session._open = True
        return "INSERT 0 1"


def test_giving_up_is_noticed_in_the_commit_of_a_single_statement(tmp_path: Path) -> None:
    warehouse = Warehouse(None, tmp_path)
    with pytest.raises(SqlError):
        Session(warehouse, "somebody").execute(Changing(), (), Nowhere(), "text")
    assert warehouse.ended.is_set()
    warehouse.close()
