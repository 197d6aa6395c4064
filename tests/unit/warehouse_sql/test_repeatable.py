"""What is made again, and how."""

import pytest

from warehouse_sql.model import Load
from warehouse_sql.repeatable import Repeatable, repeatables

VIEWS = [item for item in repeatables() if item.model and item.model.load is Load.VIEW]


@pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
def test_a_view_is_dropped_before_it_is_made(view: Repeatable) -> None:
    """Redshift replaces a view only by one with the same columns ("CREATE VIEW"); the sandbox is more lenient."""
    drop, create, comment = view.statements("as it was")
    assert drop == f"drop view if exists {view.name}"
    assert create.startswith(f"create view {view.name} as\n")
    assert create.endswith("\nwith no schema binding")
    assert comment.startswith(f"comment on view {view.name} is 'One row per ")
