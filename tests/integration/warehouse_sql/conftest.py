"""Fixtures of the warehouse's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.warehouse_sql.house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty lake and an empty warehouse."""
    with open_house(tmp_path) as opened:
        yield opened
