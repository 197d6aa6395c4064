"""When a server of the sandbox ends, and whose it is."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from extract.errors import ConfigurationError
from sandbox.process import Ending, Idleness, Service, ensure, publish, sole_server

SERVICE = Service(name="thing", module="no.such.module", endpoint_file="thing.json")


class Clock:
    """Monotonic seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def has_ended(idleness: Idleness) -> bool:
    """Whether the server takes no work on any more; without waiting for it."""
    stop = threading.Event()
    stop.set()
    idleness.wait_until_idle(stop)
    try:
        with idleness.at_work():
            return False
    except Ending:
        return True


def test_a_server_ends_after_its_idle_time_and_takes_no_work_on() -> None:
    clock = Clock()
    idleness = Idleness(60, clock)
    clock.now = 60
    assert has_ended(idleness)
    with pytest.raises(Ending), idleness.at_work():
        pass


def test_idle_time_starts_when_the_last_work_is_done() -> None:
    clock = Clock()
    idleness = Idleness(60, clock)
    with idleness.at_work():
        clock.now = 30
    clock.now = 89
    assert not has_ended(idleness)
    clock.now = 149
    assert has_ended(idleness)


def test_a_server_at_work_is_not_idle_however_long_it_takes() -> None:
    clock = Clock()
    idleness = Idleness(60, clock)
    with idleness.at_work():
        clock.now = 1000
        assert not has_ended(idleness)
    assert not has_ended(idleness)


def test_idle_time_of_zero_means_for_ever() -> None:
    clock = Clock()
    idleness = Idleness(0, clock)
    clock.now = 1e9
    assert not has_ended(idleness)


def test_a_copied_home_has_no_server_yet(tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    publish(SERVICE, home, {"port": 1, "pid": 2})
    shutil.copytree(home, copy)
    assert SERVICE.endpoint(home)
    assert SERVICE.endpoint(copy) is None


def test_a_home_that_cannot_be_written_is_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        ensure(SERVICE, tmp_path / "file" / "home", [], answers=lambda _: True)


def test_a_server_takes_its_own_announcement_along_and_no_others(tmp_path: Path) -> None:
    """Its home may have been removed and made again, with a server of its own, while it lived."""
    home = tmp_path / "home"
    with sole_server(SERVICE, home):
        publish(SERVICE, home, {"port": 1, "pid": os.getpid()})
    assert SERVICE.endpoint(home) is None
    with sole_server(SERVICE, home):
        publish(SERVICE, home, {"port": 1, "pid": os.getpid()})
        shutil.rmtree(home)
        home.mkdir()
        publish(SERVICE, home, {"port": 2, "pid": os.getpid() + 1})
    assert (SERVICE.endpoint(home) or {})["port"] == 2
