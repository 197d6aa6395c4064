"""Commands of reelhouse in a folder: as a shell starts them, or forked from a process that has imported all of it.

What imports and computes once is half the processor time of a command that refuses; a forked one ends as a started one
does, but for the interpreter's own start and end.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from orchestration.__main__ import main
from tests.conftest import ROOT

PROGRAM = [sys.executable, "-c", "from orchestration.__main__ import main; main()"]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.faults.warm"])
_SECONDS = 240


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without what configures reelhouse, and with these variables."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("REELHOUSE_", "WISTIA_"))}
    return {**known, "PYTHONPATH": str(ROOT), **variables}


def started(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, as a shell does."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


def reelhouse(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, forked."""
    with tempfile.TemporaryDirectory() as name:
        said = [Path(name, stream) for stream in ("output", "errors")]
        process = FORKED.Process(target=_run, args=(folder, arguments, environment(**variables), said))
        process.start()
        process.join(_SECONDS)
        if process.is_alive():
            process.kill()
            raise AssertionError(f"{arguments} hangs")
        code = process.exitcode
        assert code is not None
        return subprocess.CompletedProcess(arguments, code, *(file.read_text(encoding="utf-8") for file in said))


def _run(folder: Path, arguments: tuple[str, ...], variables: dict[str, str], said: list[Path]) -> None:
    for descriptor, file in enumerate(said, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["reelhouse", *arguments]
    main()
