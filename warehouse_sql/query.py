"""One statement of a person, and what it answers."""

from dataclasses import dataclass

from warehouse_sql.connection import Row, Target, connect


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement answered; without columns where it answers none."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def query(target: Target, text: str) -> Result:
    """Run one statement in a transaction of its own and keep what it did.

    Raises:
        StatementRefused: the warehouse refuses it.
        ConfigurationError: the warehouse cannot be reached.
    """
    with connect(target) as connection:
        columns, rows = connection.table(text.strip().rstrip(";"))
        connection.commit()
    return Result(columns, tuple(rows))
