"""A virtual clock for several processes and the lake between them: threads of which one runs at a time."""

import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from extract.errors import DataRefused
from extract.lake import ObjectInfo
from extract.lake.base import Version

EPOCH = datetime(2026, 1, 8, 2, 0, 0, 900_000, tzinfo=UTC)


class Killed(BaseException):
    """Ends a process where it stands, as SIGKILL does."""


class World:
    """Time, which goes on when everybody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Process]] = []
        self._number = 0
        self._processes: list[Process] = []

    def start(self, at: float, work: Callable[["Process"], None], killed: float = float("inf")) -> "Process":
        """Begin a process at an instant, and kill it at another, in whatever it does then."""
        process = Process(self, work, killed)
        self._processes.append(process)
        self.schedule(at, process)
        return process

    def schedule(self, at: float, process: "Process") -> None:
        self._number += 1
        heapq.heappush(self._queue, (at, self._number, process))

    def run(self) -> None:
        """Go on until every process has ended; raises what any of them raised."""
        while self._queue:
            at, _, process = heapq.heappop(self._queue)
            self.now = at
            process.resume()
        for process in self._processes:
            if process.failure:
                raise process.failure


class Process:
    """One process of a world."""

    def __init__(self, world: World, work: Callable[["Process"], None], killed: float) -> None:
        self.world = world
        self.failure: BaseException | None = None
        self._killed = killed
        self._go, self._rests = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)

    def resume(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._go.release()
        self._rests.acquire()

    def sleep(self, seconds: float) -> None:
        """Let the others run until so much later."""
        until = self.world.now + seconds
        self.world.schedule(min(until, max(self._killed, self.world.now)), self)
        self._rests.release()
        self._go.acquire()
        if self.world.now >= self._killed:
            raise Killed

    def _run(self, work: Callable[["Process"], None]) -> None:
        self._go.acquire()
        try:
            work(self)
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the world is run
            self.failure = error
        finally:
            self._rests.release()


@dataclass
class Objects:
    """What is in a virtual lake; times of writing are whole seconds, as S3 lists them."""

    data: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)


@dataclass
class VirtualLake:
    """A process's view of a lake whose answers take their time; what is asked happens at some moment in between."""

    objects: Objects
    process: Process
    chance: Random = field(default_factory=lambda: Random(0))
    slowness: float = 0.0
    calls: list[str] = field(default_factory=list)
    bucket: str = "lake"

    def get(self, key: str) -> bytes:
        with self._taking_time("get"):
            if key not in self.objects.data:
                raise DataRefused(f"{key} does not exist")
            return self.objects.data[key][0]

    def put(self, key: str, data: bytes) -> None:
        with self._taking_time("put"):
            written = EPOCH + timedelta(seconds=self.process.world.now)
            self.objects.data[key] = (data, written.replace(microsecond=0))

    def erase(self, key: str) -> None:
        self.delete(key)

    def delete(self, key: str) -> None:
        with self._taking_time("delete"):
            self.objects.data.pop(key, None)

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        with self._taking_time("list"):
            found = [
                ObjectInfo(key, len(data), written, state=str(hash(data)))
                for key, (data, written) in sorted(self.objects.data.items())
                if key.startswith(prefix) and key > after
            ]
        yield from found

    def open_version(self, key: str) -> AbstractContextManager[Version | None]:
        raise NotImplementedError

    def put_if_absent(self, key: str, data: bytes) -> bool:
        raise NotImplementedError

    def put_file(self, key: str, path: Path) -> None:
        raise NotImplementedError

    def settled(self, prefix: str) -> Iterator[ObjectInfo]:
        raise NotImplementedError

    def requests_sent(self) -> dict[str, int]:
        return {}

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def engine_path(self, key: str) -> str:
        raise NotImplementedError

    def _taking_time(self, verb: str) -> "_Waiting":
        self.calls.append(verb)
        return _Waiting(self)


class _Waiting:
    """Waits before and after what is done."""

    def __init__(self, lake: VirtualLake) -> None:
        self._lake = lake

    def __enter__(self) -> None:
        self._wait()

    def __exit__(self, *_: object) -> None:
        self._wait()

    def _wait(self) -> None:
        if self._lake.slowness:
            self._lake.process.sleep(self._lake.chance.random() * self._lake.slowness)
