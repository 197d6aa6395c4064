"""Days of an account, then everything behind raw built anew: without a request, and every table ends as it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from extract.progress import Silent
from orchestration.pipeline import newest_report, replay_stage
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import CONFIGURATION, House, house
from tests.faults.test_killed_at_commit import content

pytestmark = pytest.mark.long
DAYS = [datetime(2026, 1, 8, 2, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
Content = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house(tmp_path_factory.mktemp("replay"), InventedAccount(small(visitors=100, events=80))):
        for day in DAYS:
            assert built.run(day).outcome == "published"
        yield built


def test_a_replay_asks_nobody_and_ends_in_what_the_days_built(lived: House) -> None:
    before = content(lived)
    nobody = CONFIGURATION.format(base_url="http://127.0.0.1:1/v1")
    (lived.home / "reelhouse.yaml").write_text(nobody)
    report = replay_stage(lived.context(DAYS[-1]), Silent())
    assert report
    assert {table: rows for table, rows in content(lived).items() if not table.endswith("__previous")} == before
    assert all(count == now for count, now in report.rows.values())
    left = newest_report(lived.context(DAYS[-1]).lake)
    assert left
    assert (left["outcome"], left["replay"]["upto"]) == ("published", 3)
