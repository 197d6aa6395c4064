"""A server of the sandbox as a process of its own: started on demand, one per home, ending when nobody needs it.

The server holds an advisory lock on `<name>.lock` for as long as it lives, so the operating system says which server is
the one, whatever was killed. It announces its address in an endpoint file. A starter asks the address in that file for
an answer; whoever gets none spawns a server, and of several spawned at once the first to lock stays.
"""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.errors import ConfigurationError, ReelhouseError
from extract.settings import SECRET_VARIABLES

Endpoint = Mapping[str, Any]

#: Exit code of a server process that found the lock held (EX_TEMPFAIL of sysexits.h).
ALREADY_RUNNING = 75

_POLL_SECONDS = 0.02
#: The secrets of a real account are not for a simulated one: its process does not get them.
_NOT_FOR_THE_SANDBOX = set(SECRET_VARIABLES.values())
_LOG_LINES_SHOWN = 10
#: The folder that holds the package: from there `python -m` finds this code and no other.
_CODE = Path(__file__).resolve().parent.parent


class StartFailed(ReelhouseError):
    """A server of the sandbox did not start; the message ends with the last lines of its log."""


class AlreadyRunning(Exception):
    """Another server of the same name lives in the same home."""


class Ending(Exception):
    """The server has decided to end; the client has to start another one."""


@dataclass(frozen=True)
class Service:
    """A kind of server, and the names of its files in a home folder.

    Attributes:
        name: Stem of `<name>.lock` and `<name>.log`.
        module: Run as `python -m <module>`; it is expected to use `sole_server` and `publish`, and to exit with
            `ALREADY_RUNNING` when the former raises.
        endpoint_file: Name of the JSON file with the server's address and its `pid`.
    """

    name: str
    module: str
    endpoint_file: str

    def endpoint(self, home: Path) -> Endpoint | None:
        """What the endpoint file says, or None where it is absent, no JSON object, or a copy of another home's."""
        try:
            found = json.loads((home / self.endpoint_file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("home") == str(home.resolve()) else None

    def lock(self, home: Path) -> Path:
        """The file that the living server keeps locked."""
        return home / f"{self.name}.lock"

    def log(self, home: Path) -> Path:
        """The file that takes the server's standard output and error."""
        return home / f"{self.name}.log"


# --- for whoever needs a server ---------------------------------------------------------------------------------


def ensure(
    service: Service,
    home: Path,
    arguments: Sequence[str],
    *,
    answers: Callable[[Endpoint], bool],
    patience: float = 30.0,
) -> Endpoint:
    """Return the endpoint of a server that answers, starting one where there is none.

    Args:
        service: Which server.
        home: Its folder; made if absent.
        arguments: Command line of the server, after `python -m <module>`; paths in it have to be absolute.
        answers: Asks the server at an endpoint for a sign of life. It is called often, so it has to give up quickly
            (a refused connection, a second without an answer), returning False.
        patience: Seconds to wait for an answer.

    Raises:
        ConfigurationError: The folder cannot be written.
        StartFailed: The server ended with an error, or did not answer in time.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        service.log(home).touch()
    except OSError as error:
        raise ConfigurationError(f"the sandbox in {home} cannot be written ({error.strerror})") from None
    log_start = service.log(home).stat().st_size
    deadline = time.monotonic() + patience
    child: subprocess.Popen[bytes] | None = None
    while True:
        found = service.endpoint(home)
        if found is not None and answers(found):
            if child is not None and child.pid != found["pid"]:
                child.terminate()  # It lost the race, and must not come up when the winner ends.
            return found
        if child is not None and child.poll() not in (None, ALREADY_RUNNING):
            raise StartFailed(_explain(service, home, log_start, f"ended with code {child.poll()}"))
        if (child is None or child.poll() == ALREADY_RUNNING) and not is_alive(service, home):
            child = _spawn(service, home, arguments)
        if time.monotonic() > deadline:
            if child is not None:
                child.terminate()
            raise StartFailed(_explain(service, home, log_start, f"did not answer within {patience:g} s"))
        time.sleep(_POLL_SECONDS)


def _spawn(service: Service, home: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C in this terminal does not reach it."""
    with service.log(home).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own module, arguments never from outside
            [sys.executable, "-m", service.module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=_CODE,
            env={name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_SANDBOX},
            start_new_session=True,
        )
    # Somebody has to collect the exit status when the server ends before this process does.
    threading.Thread(target=child.wait, name=f"reaper of {service.name}", daemon=True).start()
    return child


def is_alive(service: Service, home: Path) -> bool:
    """Whether a server holds the lock: one that is coming up, going down, or hanging."""
    with service.lock(home).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _explain(service: Service, home: Path, log_start: int, what: str) -> str:
    log = service.log(home)
    with log.open("rb") as file:
        file.seek(log_start)
        lines = file.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES_SHOWN:]
    said = "\n  ".join(lines) if lines else "(it wrote nothing)"
    return f"The sandbox server {service.name} {what}. The end of {log}:\n  {said}"


# --- for the server itself ----------------------------------------------------------------------------------------


@contextmanager
def sole_server(service: Service, home: Path) -> Iterator[None]:
    """Be the only server of this kind in `home`; the endpoint file goes when the context ends.

    Raises:
        AlreadyRunning: Another process holds the lock.
    """
    home.mkdir(parents=True, exist_ok=True)
    with service.lock(home).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise AlreadyRunning(f"A server {service.name} is already running in {home}") from held
        try:
            yield
        finally:
            # Another's, where the home was removed and made again while this one lived.
            if (service.endpoint(home) or {}).get("pid") == os.getpid():
                (home / service.endpoint_file).unlink(missing_ok=True)


def publish(service: Service, home: Path, endpoint: Endpoint) -> None:
    """Write the endpoint file atomically, readable by its owner only (it may hold a token)."""
    path = home / service.endpoint_file
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({**endpoint, "home": str(home.resolve())}, file)
    temporary.replace(path)


class Idleness:
    """How long a server has been without work, and the decision to end, taken once and for all.

    Args:
        seconds: Idle time after which the server ends; never, if 0.
        clock: Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._at_work = 0
        self._idle_since = clock()
        self._ended = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count a session or request for as long as the context lasts.

        Raises:
            Ending: The server has decided to end; drop the connection.
        """
        with self._lock:
            if self._ended:
                raise Ending
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1
                self._idle_since = self._clock()

    def wait_until_idle(self, stop: threading.Event, poll: float = 0.25) -> None:
        """Return when the idle time is over or `stop` is set; no work is taken on after that."""
        while not self._end_if_idle():
            if stop.wait(poll):
                return

    def _end_if_idle(self) -> bool:
        with self._lock:
            idle = self._at_work == 0 and self._clock() - self._idle_since >= self._seconds
            self._ended = self._ended or (self._seconds > 0 and idle)
            return self._ended
