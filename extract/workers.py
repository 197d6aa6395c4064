"""A pool of threads as large as its work calls for, which never keeps a process from ending."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

R = TypeVar("R")

AWAKE = 0.2
"""Seconds after which the main thread looks whether it has been interrupted."""


class Stopped(Exception):
    """The run has been stopped; raised inside worker threads only."""


class Stop:
    """Tells all threads of a run to end, waking those that wait."""

    def __init__(self) -> None:
        """Start unset."""
        self._event = threading.Event()

    def set(self) -> None:
        """End everything."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            Stopped: the run has been stopped meanwhile.
        """
        if self._event.wait(seconds):
            raise Stopped


class Workers:
    """Threads that do what they are given, in order, so many at a time as are called for at that moment.

    They are daemons, unlike those of ``concurrent.futures``: a request that hangs for its timeout of a minute does not
    hold up a Ctrl-C.
    """

    def __init__(self, width: Callable[[], int]) -> None:
        """Prepare; ``width`` tells how many may work at the same time. A thread starts when it is needed."""
        self._width = width
        self._tasks: deque[Callable[[], None]] = deque()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._is_closed = False
        self._change = threading.Condition()

    @property
    def threads(self) -> int:
        """How many have been started."""
        return len(self._threads)

    def submit(self, work: Callable[[], R]) -> "Future[R]":
        """Have something done; its result or its exception is in the future."""
        future: Future[R] = Future()

        def do() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
                    future.set_exception(error)

        with self._change:
            self._tasks.append(do)
            self._employ()
        return future

    def close(self, patience: float = 0.5) -> None:
        """Let the threads end; wait no longer than so many seconds for those that are busy."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _employ(self) -> None:
        """Wake a thread for each task that may be done now, or start one."""
        open_places = min(self._width() - self._busy, len(self._tasks))
        idle = len(self._threads) - self._busy
        for _ in range(open_places - idle):
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()
        if open_places > 0:
            self._change.notify(open_places)

    def _work(self) -> None:
        while task := self._next():
            task()
            with self._change:
                self._busy -= 1
                self._employ()

    def _next(self) -> Callable[[], None] | None:
        """Wait for a task; None when there will be none."""
        with self._change:
            self._change.wait_for(lambda: self._is_closed or (self._tasks and self._busy < self._width()))
            if self._is_closed:
                return None
            self._busy += 1
            return self._tasks.popleft()


def result_of(future: "Future[R]") -> R:
    """Wait for a result; raises what the work raised."""
    # A signal that arrives just before a thread begins to wait for a lock does not wake it (CPython runs handlers
    # between instructions of the main thread), so a wait without end could swallow a Ctrl-C.
    while not future.done():
        wait([future], timeout=AWAKE)
    return future.result()
