"""A browser, and the application served as a person serves it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from extract.clock import format_instant

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OF_STREAMLIT = ("/_stcore/health", "/_stcore/host-config")
"""Below a page's own path Streamlit looks for its server first, is told 404, and finds it above."""
DRAWN = """
() => document.querySelectorAll('[data-stale=true], [data-testid=stSkeleton]').length === 0
  && [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every((chart) => chart.querySelector('.main-svg'))
  && [...document.querySelectorAll('[data-testid=stDataFrame]')].every((table) => table.querySelector('canvas'))
"""
"""Nothing is being asked, and all is drawn: Streamlit fetches the code of its parts when it needs them."""
PATIENCE = 90_000
"""Milliseconds: a machine may be busy."""


def program() -> str:
    """Return the browser of this machine; whoever needs it is skipped where there is none."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(PROGRAMS)} is installed (apt-get install chromium)")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open a browser."""
    path = program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page, and what its console complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))

    def _hear(self, said: ConsoleMessage) -> None:
        where = str(said.location.get("url", ""))
        if said.type == "error" and not where.endswith(OF_STREAMLIT):
            self.complaints.append(f"{said.text} ({where})")

    def go(self, path: str) -> None:
        """Open a page of the application and wait until it is drawn."""
        self.page.goto(f"{self.address}/{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page is drawn."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.page.wait_for_function(DRAWN)

    def metric(self, label: str) -> str:
        """Return the figure of a card."""
        card = self.page.get_by_test_id("stMetric").filter(
            has=self.page.get_by_test_id("stMetricLabel").get_by_text(label, exact=True)
        )
        return card.first.get_by_test_id("stMetricValue").inner_text()


@contextmanager
def served(home: Path, as_of: datetime, log: Path) -> Iterator[str]:
    """Serve the application over a sandbox, as a process of its own; yield its address."""
    port = free_port()
    options = ["--port", str(port), "--home", str(home), "--as-of", format_instant(as_of)]
    command = [sys.executable, "-m", "orchestration", "dashboard", *options]
    # Somebody who never used Streamlit, and whose browser is not opened.
    stranger = {**os.environ, "HOME": str(log.parent), "BROWSER": "true"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=stranger, cwd=Path(__file__).parents[3]
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"{address}/_stcore/health", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError(f"not served after two minutes: {log.read_text()}")
