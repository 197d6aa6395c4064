"""Extractions from the simulator: daily runs end where one full pull does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from extract.clock import RunClock, new_run_id
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.runner import run_extraction
from extract.settings import Settings, Wistia
from extract.writer import StreamReport
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from tests.integration.extract.account import STREAMS, lines

FIRST = datetime(2026, 1, 8, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with serve(InventedAccount(small(), 7)) as simulator:
        yield simulator


def extract(simulator: Simulator, lake: DirectoryLake, as_of: datetime) -> dict[str, StreamReport]:
    simulator.set_clock(as_of)
    settings = Settings(wistia=Wistia(base_url=simulator.base_url, requests_per_minute=1_000_000))
    token = SecretStr(simulator.token)
    report = run_extraction(lake, settings, token, RunClock(as_of), new_run_id(as_of), Silent())
    return {stream.stream: stream for stream in report.streams}


def final_states(lake: DirectoryLake, stream: str, key: str) -> dict[str, str]:
    """Return what was landed last of each key."""
    return {line["record"][key]: str(line["record"]) for line in lines(lake, stream)}


def final_states_of_medias(lake: DirectoryLake, stream: str) -> dict[tuple[str, str | None], str]:
    """Return what was landed last of each media, and of each of its days where it has some."""
    return {
        (line["_meta"]["params"]["media_id"], line["record"].get("date")): str(line["record"])
        for line in lines(lake, stream)
    }


def test_daily_runs_hold_what_one_full_pull_holds(simulator: Simulator, tmp_path: Path) -> None:
    daily, at_once = DirectoryLake(tmp_path, "daily"), DirectoryLake(tmp_path, "at-once")
    for day in range(6):
        reports = extract(simulator, daily, FIRST + day * DAY)
        if day:
            assert reports["wistia/visitors"].requests <= 3
            assert reports["wistia/events"].requests <= 4
    extract(simulator, at_once, FIRST + 5 * DAY)
    for stream, key in (("wistia/visitors", "visitor_key"), ("wistia/events", "event_key")):
        landed, shown = final_states(daily, stream, key), final_states(at_once, stream, key)
        assert len(shown) > 1000
        assert {known: state for known, state in landed.items() if known in shown} == shown
    for stream in ("wistia/media_stats", "wistia/media_engagement", "wistia/media_by_date"):
        assert final_states_of_medias(daily, stream) == final_states_of_medias(at_once, stream)


def test_a_second_run_at_the_same_instant_commits_nothing(simulator: Simulator, tmp_path: Path) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    for day in (0, 1):
        committed = {name: report.sequence for name, report in extract(simulator, lake, FIRST + day * DAY).items()}
        # On the second day the patrol's window follows what is new.
        assert committed == {stream: 3 if day and stream == "wistia/events" else day + 1 for stream in STREAMS}
        again = extract(simulator, lake, FIRST + day * DAY)
        assert {stream: report.sequence for stream, report in again.items()} == dict.fromkeys(STREAMS)


def test_what_the_simulator_counts_is_what_the_report_says(simulator: Simulator, tmp_path: Path) -> None:
    before = simulator.requests()
    reports = extract(simulator, DirectoryLake(tmp_path, "lake"), FIRST)
    assert simulator.requests() - before == sum(report.requests for report in reports.values())
