"""A run in a process of its own that is killed, or whose calls of the lake and the warehouse go wrong.

Processes are forked from one that has imported everything, so that a run costs no start of Python.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orchestration.pipeline
import orchestration.sandboxes
from extract.errors import ReelhouseError
from extract.lake import DirectoryLake
from extract.progress import Silent
from orchestration.context import Context, Options
from orchestration.pipeline import run
from tests.commands import FORKED
from tests.faults.wire import DELAY, Fate, Fault, Wire
from warehouse_sql.connection import Connection

NAMES = ("get", "put", "put_file", "put_if_absent", "delete")
"""The verbs of a lake that are called for one object."""
WRITES = ("put", "put_file", "put_if_absent")


@dataclass(frozen=True)
class Strike:
    """What befalls a run.

    Attributes:
        kind: ``kill`` after so many seconds; ``kill at event`` when it tells of one; ``kill at write``, ``kill at
            statement`` before the n-th write to the lake, or statement; ``lake``, ``warehouse``: the n-th call has
            another fate than it should.
        at: how many seconds, or which call or event, from 0.
        fate: of the call.
        event: the name of the event.
    """

    kind: Literal["kill", "kill at event", "kill at write", "kill at statement", "lake", "warehouse"]
    at: float
    fate: Fate = "refused"
    event: str = ""


class Telling(Silent):
    """Tells nothing to anybody; a class of its own, that events of this run alone can be waited for."""

    def event(self, name: str, **fields: object) -> None:
        """Ignore the fact."""


Work = Callable[[Context, Telling], object]


def strike(home: Path, token: str, as_of: datetime, blow: Strike, work: Work = run) -> int | None:
    """Let the pipeline of a house work in a process of its own; return its exit code, -9 where it was killed."""
    process = FORKED.Process(target=_stricken, args=(home, token, as_of, blow, work))
    process.start()
    process.join(300)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"{blow} at {as_of:%Y-%m-%d}: the run hangs")
    return process.exitcode


def _stricken(home: Path, token: str, as_of: datetime, blow: Strike, work: Work) -> None:
    os.environ["WISTIA_API_TOKEN"] = token
    context = Context(Options(home=home, as_of=as_of))
    laid: list[Wire] = []
    match blow.kind:
        case "kill":
            threading.Thread(target=_kill_after, args=(blow.at,), daemon=True).start()
        case "kill at event":
            _before(Telling, ("event",), int(blow.at), _die, lambda _, name, **__: name == blow.event)
        case "kill at write":
            _before(DirectoryLake, WRITES, int(blow.at), _die)
        case "kill at statement":
            _before(Connection, ("execute", "rows", "commit"), int(blow.at), _die)
        case "lake":
            _before(DirectoryLake, NAMES, int(blow.at), _misfortune(blow.fate))
        case "warehouse":
            _lay(laid, blow)
    try:
        work(context, Telling())
    except ReelhouseError:
        os._exit(1)
    os._exit(0)  # what is left of the wire is of no interest


def _kill_after(seconds: float) -> None:
    time.sleep(seconds)
    _die()


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _misfortune(fate: Fate) -> Callable[[Callable[[], Any]], Any]:
    """Return what becomes of a call of the lake; one that never answers is given up, which is as good as lost."""

    def befall(call: Callable[[], Any]) -> Any:
        if fate == "delayed":
            time.sleep(DELAY)
            return call()
        if fate != "refused":
            call()
        raise ReelhouseError(f"the lake's answer was {fate}")

    return befall


def _before(
    kind: type,
    names: tuple[str, ...],
    turn: int,
    befall: Callable[[Callable[[], Any]], Any],
    counts: Callable[..., bool] = lambda *_, **__: True,
) -> None:
    """Let something befall the n-th call of some methods of a class, of those that count."""
    left = [turn]

    def wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            left[0] -= counts(*arguments, **named)
            if left[0] == -1 and counts(*arguments, **named):
                return befall(lambda: method(*arguments, **named))
            return method(*arguments, **named)

        return called

    for name in names:
        setattr(kind, name, wrapped(getattr(kind, name)))


def _lay(laid: list[Wire], blow: Strike) -> None:
    """Put a wire before the warehouse; an answer that never comes is waited for a second."""
    import warehouse_sql.load

    warehouse_sql.load.GRACE = 1 - 3600
    opened = orchestration.sandboxes.open_warehouse

    def open_warehouse(*arguments: Any) -> Any:
        laid.append(Wire(opened(*arguments)))
        laid[-1].faults.append(Fault(b"", blow.fate, int(blow.at)))
        return laid[-1].target

    vars(orchestration.pipeline)["open_warehouse"] = open_warehouse
