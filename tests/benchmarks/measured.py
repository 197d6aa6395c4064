"""Work in a process of its own: what it prints, and what it took."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from spark.engine.java import find_java


@dataclass(frozen=True)
class Measured:
    """What a process took.

    Attributes:
        told: the JSON object in its last line; ``seconds`` is its time without what Python's start takes.
        processor: seconds of processor, of its children too.
        peak_mb: the most memory that it or one of its children ever had (resident).
    """

    told: dict[str, Any]
    processor: float
    peak_mb: int

    @property
    def seconds(self) -> float:
        """Its time."""
        return float(self.told["seconds"])


def measured(module: str, *arguments: str | Iterable[str]) -> Measured:
    """Run a module of Python with arguments, which tells its time itself, and wait for it and its children."""
    flat = [one for some in arguments for one in ([some] if isinstance(some, str) else some)]
    command = [sys.executable, "-m", module, *flat]
    environment = {**os.environ, "JAVA_HOME": str(find_java())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as running:
        assert running.stdout
        said = running.stdout.read().decode()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"{module} ended with {running.returncode}")
    last = json.loads(said.strip().splitlines()[-1])
    return Measured(last, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)
