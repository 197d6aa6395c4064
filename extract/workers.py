"""A bounded pool of threads that never keeps a process from ending."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
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
    """Threads that do what they are given, in order.

    They are daemons, unlike those of ``concurrent.futures``: a request that hangs for its timeout of a minute does not
    hold up a Ctrl-C.
    """

    def __init__(self, count: int) -> None:
        """Start ``count`` threads."""
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], R]) -> "Future[R]":
        """Have something done; its result or its exception is in the future."""
        future: Future[R] = Future()

        def do() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
                    future.set_exception(error)

        self._tasks.put(do)
        return future

    def close(self, patience: float = 0.5) -> None:
        """Let the threads end; wait no longer than so many seconds for those that are busy."""
        for _ in self._threads:
            self._tasks.put(None)
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def gather(futures: Sequence["Future[R]"]) -> list[R]:
    """Return the results in order; at the first failure those that have not begun are cancelled and it is raised."""
    try:
        return [_result(future) for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _result(future: "Future[R]") -> R:
    # A signal that arrives just before a thread begins to wait for a lock does not wake it (CPython runs handlers
    # between instructions of the main thread), so a wait without end could swallow a Ctrl-C.
    while not future.done():
        wait([future], timeout=AWAKE)
    return future.result()
