"""The simulator as a process of its own: one per home, found again, started again, ending by itself."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from sandbox.process import ALREADY_RUNNING, StartFailed
from sandbox.wistia.process import SERVICE, ensure
from sandbox.wistia.simulator import Simulator

ROOT = Path(__file__).parents[4]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose simulator, if any, is ended after the test."""
    folder = tmp_path / "a home"
    yield folder
    found = SERVICE.endpoint(folder)
    if found is not None:
        end(int(found["pid"]))


def start(home: Path, idle: float = 60) -> Simulator:
    return ensure(home, profile="small", seed=7, idle=idle)


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lives(pid))


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.02)


def test_a_simulator_starts_when_needed_and_is_found_again(home: Path) -> None:
    first = start(home)
    first.set_clock(datetime(2026, 1, 9, tzinfo=UTC))
    assert start(home) == first
    assert first.clock() == datetime(2026, 1, 9, tzinfo=UTC)
    endpoint = json.loads((home / "wistia.json").read_text())
    assert endpoint == {
        "port": int(first.base_url.split(":")[2].removesuffix("/v1")),
        "pid": first.pid,
        "token": first.token,
        "profile": "small",
        "seed": 7,
        "home": str(home),
    }
    assert stat.S_IMODE((home / "wistia.json").stat().st_mode) == 0o600
    assert first.pid != os.getpid()
    assert os.getsid(first.pid) == first.pid, "Ctrl-C in our terminal would reach it"


def test_many_starters_at_once_end_with_one_simulator(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: start(home), range(4)))) == 1


def test_a_second_process_in_the_same_home_gives_way(home: Path) -> None:
    first = start(home)
    command = [sys.executable, "-m", "sandbox.wistia", "--home", str(home), "--profile", "small"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert second.returncode == ALREADY_RUNNING
    assert "already running" in second.stderr
    assert first.answers()
    assert start(home) == first


def test_a_killed_simulator_is_replaced(home: Path) -> None:
    first = start(home)
    end(first.pid)
    assert (home / "wistia.json").exists(), "what a killed process leaves behind"
    second = start(home)
    assert second.pid != first.pid
    assert second.answers()


def test_a_file_that_leads_to_a_stranger_or_is_none_is_replaced(home: Path, tmp_path: Path) -> None:
    stranger = start(tmp_path / "another home")
    try:
        home.mkdir()
        port = int(stranger.base_url.split(":")[2].removesuffix("/v1"))
        (home / "wistia.json").write_text(json.dumps({"port": port, "pid": os.getpid(), "token": "x"}))
        first = start(home)
        assert first.pid not in (stranger.pid, os.getpid())
        end(first.pid)
        (home / "wistia.json").write_text('{"port": ')
        assert start(home).answers()
    finally:
        end(stranger.pid)


def test_a_simulator_that_nobody_asks_ends_and_takes_its_file_along(home: Path) -> None:
    first = start(home, idle=1)
    wait_until(lambda: not lives(first.pid))
    assert not (home / "wistia.json").exists()
    assert not first.answers()
    assert start(home).pid != first.pid


def test_a_home_with_another_account_is_refused_with_what_to_do(home: Path) -> None:
    running = start(home)
    with pytest.raises(StartFailed, match=f"process {running.pid}.*seed 7, not published.*another home"):
        ensure(home, profile="published", seed=8)


def test_a_failed_start_shows_the_end_of_the_log(home: Path) -> None:
    with pytest.raises(StartFailed, match=r"ended with code 2(.|\n)*invalid choice: 'huge'"):
        ensure(home, profile="huge")


def test_two_processes_with_one_seed_answer_with_the_same_bytes(home: Path, tmp_path: Path) -> None:
    def answers(simulator: Simulator) -> list[bytes]:
        simulator.set_clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
        headers = {"Authorization": f"Bearer {simulator.token}"}
        paths = ("medias", "stats/medias/v08dlrgr7v", "stats/visitors?per_page=100", "stats/events?per_page=100")
        return [requests.get(f"{simulator.base_url}/{path}", headers=headers, timeout=5).content for path in paths]

    other = start(tmp_path / "another home")
    try:
        assert answers(start(home)) == answers(other)
    finally:
        end(other.pid)


def test_the_command_line_has_all_switches(home: Path) -> None:
    command = [sys.executable, "-m", "sandbox.wistia", "--home", str(home), "--profile", "small", "--seed", "7"]
    switches = (
        "--requests-per-minute 1000 --fixed-minutes --latency 0.001 --slow-first-page 0.001 --fault 500=0.5 "
        "--fault reset=0.5 --rough 0 --faults-in-a-row 1 --fault-where /medias --stall 1 --retry-after 2 --drift 3600 "
        "--repeated 0.5 --purge 1:30 --revoked 6:7 --refuse /projects=403 --refuse /account=404 --unknown-fields"
    )
    with subprocess.Popen([*command, *switches.split()], cwd=ROOT) as process:
        wait_until(lambda: SERVICE.endpoint(home) is not None)
        running = start(home)
        headers = {"Authorization": f"Bearer {running.token}"}

        def status(path: str) -> int:
            return requests.get(running.base_url + path, headers=headers, timeout=5).status_code

        before = running.clock()
        with suppress(requests.ConnectionError):
            assert status("/medias") == 500
        rows = requests.get(f"{running.base_url}/stats/events?per_page=100", headers=headers, timeout=5).json()
        assert len({row["event_key"] for row in rows}) < 90
        assert all("attributes" in row and row["received_at"] >= "2025-12" for row in rows)
        assert [status(path) for path in ("/projects", "/account", "/medias")] == [403, 404, 200]
        assert status("/health") == 401
        assert status("/stats/account") == 200
        assert (running.clock() - before).total_seconds() == 7 * 3600
        process.kill()
    (home / "wistia.json").unlink()


@pytest.mark.parametrize("switches", ["--fault rain=0.1", "--fault 500", "--purge 3", "--refuse /medias=500"])
def test_a_switch_that_makes_no_sense_is_refused(home: Path, switches: str) -> None:
    command = [sys.executable, "-m", "sandbox.wistia", "--home", str(home), *switches.split()]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "error: " in ended.stderr
