"""Fixtures of the warehouse's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.warehouse_sql.house import House, open_laid_out_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty lake and an empty warehouse."""
    with open_laid_out_house(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A warehouse that is laid out, for tests that only fill it."""
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture
def filled(made: House) -> House:
    """An empty lake and a warehouse that is made already."""
    made.empty()
    return made
