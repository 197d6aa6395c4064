"""Fault 31: an empty account, an empty day, a first run and one with nothing to do succeed, and do no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redshift_connector

from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EMPTY, small
from tests.conftest import House, house

FIRST = datetime(2026, 1, 8, 2, tzinfo=UTC)
DAY = timedelta(days=1)
QUIET = replace(small(visitors=200, events=150), daily_visitors=(0, 0))


@pytest.fixture(
    params=[
        pytest.param(EMPTY, id="an empty account"),
        pytest.param(QUIET, id="an account in which nothing happens", marks=pytest.mark.long),
    ]
)
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A pipeline after its first run."""
    for built in house(tmp_path, InventedAccount(request.param, 7)):
        assert built.run(FIRST).outcome == "published"
        yield built


def committed(built: House) -> set[str]:
    """Return the lake's objects but for reports of runs and what a run tells the others of its requests."""
    keys = {info.key for info in built.context(FIRST).lake.list_after("")}
    return {key for key in keys if key.split("/")[0] not in {"runs", "leases"}}


def counts(built: House) -> list[int]:
    tables = ("dim_visitor", "fct_viewing_session", "fct_account_snapshot")
    return [built.one(f"select count(*) from core.{table}") for table in tables]


def test_a_run_with_nothing_to_do_succeeds_and_does_no_more(loaded: House, monkeypatch: pytest.MonkeyPatch) -> None:
    objects, rows = committed(loaded), counts(loaded)
    with monkeypatch.context() as patch:
        patch.setattr(redshift_connector, "connect", lambda **_: pytest.fail("the warehouse was woken"))
        assert loaded.run(FIRST).outcome == "nothing new"
    assert committed(loaded) == objects
    assert loaded.run(FIRST + DAY).outcome == "published", "a day on which nobody came has its snapshots"
    assert counts(loaded) == [*rows[:2], rows[2] + 1]
