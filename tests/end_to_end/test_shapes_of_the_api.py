"""The same account read through both shapes of the API ends in the same tables, whichever the lake was begun with."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.status import read_status
from sandbox.wistia.api import Manners
from tests.conftest import House, house
from tests.faults.test_killed_at_commit import account, content

DAYS = [datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9)]
Content = dict[str, list[tuple[Any, ...]]]


def loaded(home: Path, shapes: Sequence[str]) -> Iterator[House]:
    """Yield a pipeline that has run once a day, each day through the shape that is named for it."""
    for built in house(home, account(), Manners(refused={"/analytics": 403})):
        for day, shape in zip(DAYS, shapes, strict=True):
            built.speak(shape)
            assert built.run(day).outcome == "published"
        yield built


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Content]:
    for built in loaded(tmp_path_factory.mktemp("v1"), ("v1", "v1")):
        yield content(built)


@pytest.mark.parametrize("shapes", [("modern", "modern"), ("v1", "modern"), ("modern", "v1")], ids="-".join)
def test_both_shapes_end_in_the_same_tables(shapes: Sequence[str], first_version: Content, tmp_path: Path) -> None:
    for built in loaded(tmp_path, shapes):
        assert content(built) == first_version
        assert read_status(built.context(DAYS[-1])).drift == ()
        assert read_status(built.context(DAYS[-1])).quarantined == {}
