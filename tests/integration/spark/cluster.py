"""A standalone cluster of Spark on the loopback interface: a master and two workers, each a process of its own.

Where the tests are root's, the workers are nobody's: then they can read no file of the driver.
"""

import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

from spark.engine.java import find_java
from tests.storage import CREDENTIALS

HOME = Path(pyspark.__file__).parent
NOBODY = 65534
DEADLINE = 60
QUICK = "-XX:TieredStopAtLevel=1"
OPTIONS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": QUICK,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.cores": "1",
    "spark.executor.extraJavaOptions": QUICK,
    "spark.executor.memory": "1g",
}


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    url: str
    workers: tuple[int, ...]

    def executor_at(self, port: int) -> int:
        """Return the process of the executor that holds the connection from a local port."""
        inodes = _inodes(port)
        for pid in self.executors():
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                if any(f"socket:[{inode}]" == str(handle.readlink()) for inode in inodes):
                    return pid
        raise AssertionError(f"no executor has a connection from port {port}")

    def executors(self) -> list[int]:
        """Return the processes that the workers have started."""
        return [pid for pid, parent in _parents() if parent in self.workers]

    def kill(self, executor: int) -> None:
        """Kill an executor with its worker, as the loss of a machine would."""
        worker = dict(_parents())[executor]
        os.kill(worker, signal.SIGKILL)
        os.kill(executor, signal.SIGKILL)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(folder.name), int(fields[1])


def _inodes(port: int) -> set[str]:
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port}


@contextmanager
def standalone() -> Iterator[Cluster]:
    """Run a cluster for as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="reelhouse-cluster-"))
    user = NOBODY if os.geteuid() == 0 and _is_open_to_all(HOME) and _is_open_to_all(find_java()) else None
    if user:
        os.chown(folder, user, user)
    processes = []
    try:
        master = _start(folder, "master", user, "org.apache.spark.deploy.master.Master", "--port", "0")
        processes.append(master)
        url = _told(folder / "master.log", r"spark://[\d.]+:\d+")
        for name in ("one", "two"):
            arguments = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / name), url)
            processes.append(_start(folder, name, user, "org.apache.spark.deploy.worker.Worker", *arguments))
        for name in ("one", "two"):
            _told(folder / f"{name}.log", "Successfully registered with master")
        yield Cluster(url, tuple(process.pid for process in processes[1:]))
    finally:
        for process in processes:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, name: str, user: int | None, kind: str, *arguments: str) -> "subprocess.Popen[bytes]":
    java = find_java()
    command = [str(java / "bin" / "java"), "-Xmx512m", QUICK, "-cp", f"{HOME}/jars/*", kind, "--host", "127.0.0.1"]
    variables = {
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_SCALA_VERSION": "2.12",
    }
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--webui-port", "0", *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "AWS_REGION": "us-east-1", **CREDENTIALS, **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
            user=user,
            group=user,
        )


def _told(log: Path, pattern: str) -> str:
    """Wait for what a process says of itself."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"{log.name} does not say {pattern}: {log.read_text(errors='replace')[-2000:]}")


def _is_open_to_all(path: Path) -> bool:
    """Whether anybody may read what stands there."""
    path = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))
