"""An API whose manners change between runs, and what a lake holds, to be compared by content."""

import json
import os
import threading
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from extract.clock import RunClock, new_run_id
from extract.lake import DirectoryLake, Lake
from extract.manifest import raw_log
from extract.progress import Silent
from extract.runner import run_extraction
from extract.settings import Settings, Wistia
from extract.writer import StreamReport
from sandbox.wistia.account import Account
from sandbox.wistia.api import Api, Manners
from sandbox.wistia.server import Server
from sandbox.wistia.simulator import Simulator
from sandbox.wistia.weather import Weather
from tests.integration.extract.account import STREAMS, lines

TIMEOUT = 0.5
STALL = 0.9
"""Seconds; longer than the time-out, so that what stalls is given up."""
FOREVER = 10**9
UNDOCUMENTED = ("share_link", "attributes")

Contents = dict[str, set[tuple[str, str]]]


class Moody:
    """A simulator in this process whose manners can be changed while its address stays."""

    def __init__(self, server: Server, account: Account) -> None:
        self.server = server
        self._account = account
        self.simulator = Simulator(server.base_url, Manners().token, os.getpid())

    def behave(self, manners: Manners | None = None) -> None:
        """Treat clients so from now on; counts of requests begin anew, and the clock has to be set."""
        self.server.api = Api(self._account, manners or Manners())

    def extract(self, lake: Lake, as_of: datetime, **wistia: Any) -> dict[str, StreamReport]:
        """Extract as at an instant; return the reports by stream."""
        self.simulator.set_clock(as_of)
        values: dict[str, Any] = {"base_url": self.simulator.base_url, "requests_per_minute": 1_000_000}
        values |= {"timeout": TIMEOUT}
        settings = Settings(wistia=Wistia(**(values | wistia)))
        token, clock = SecretStr(self.simulator.token), RunClock(as_of)
        report = run_extraction(lake, settings, token, clock, new_run_id(as_of), Silent())
        return {stream.stream: stream for stream in report.streams}


@contextmanager
def moody(account: Account) -> Iterator[Moody]:
    """Serve an account for as long as the context lasts."""
    server = Server(Api(account, Manners()))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Moody(server, account)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()


def sampled(names: Iterable[Any], usual: Container[Any]) -> list[Any]:
    """Return parameters of which the usual run takes some and the long one all."""
    return [pytest.param(name, marks=() if name in usual else pytest.mark.long) for name in names]


def weather(faults: dict[str, float], **more: Any) -> Weather:
    """Weather that loses no time: who is to wait need not wait long, and what stalls outlasts the time-out a little."""
    return Weather(faults, **({"most_in_a_row": 1, "retry_after": 0, "stall": STALL} | more))


def contents(lake: DirectoryLake, leave_out: Sequence[str] = ()) -> Contents:
    """Return the distinct records that the manifests of each stream vouch for, each with the media it was asked of.

    ``leave_out`` names fields of records that do not count.
    """
    return {
        stream: {
            (line["_meta"]["params"].get("media_id", ""), _text(line["record"], leave_out))
            for line in lines(lake, stream)
        }
        for stream in STREAMS
    }


def cursors(lake: Lake) -> dict[str, Any]:
    """Return where each stream stands: what the next run asks for, and what it takes for news."""
    heads = {stream: raw_log(lake, stream).head() for stream in STREAMS}
    return {stream: (head.complete, head.cursor_after) for stream, head in heads.items() if head}


def _text(record: Any, leave_out: Sequence[str]) -> str:
    kept = {name: value for name, value in record.items() if name not in leave_out}
    return json.dumps(kept, sort_keys=True)
