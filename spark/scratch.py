"""The temporary folder of a normalisation. It holds people's data, so nothing of it outlives its process for long.

The folder's lock file is locked for as long as the process lives. A process that is killed cannot clean up; the next
normalisation on the machine removes the folders whose lock nobody holds.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from extract.errors import ReelhouseError

PREFIX = "reelhouse-normalise-"
LOCK = "lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty temporary folder, having removed those of this user's killed processes.

    Raises:
        ReelhouseError: the place for temporary files cannot be used, or is full.
    """
    try:
        _sweep(Path(tempfile.gettempdir()))
        with tempfile.TemporaryDirectory(prefix=PREFIX) as name, _locked(Path(name)):
            yield Path(name)
    except OSError as error:
        raise ReelhouseError(
            f"the temporary folder {tempfile.gettempdir()} cannot be used ({error.strerror or error}). Nothing was "
            "committed; make room there, or set TMPDIR to a larger place, and run again"
        ) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    unborn = folder / f".{LOCK}"
    with unborn.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        unborn.rename(folder / LOCK)  # under this name it is never seen unlocked while its process lives
        yield


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another process ended, or sweeps as well
            if folder.lstat().st_uid == os.getuid() and _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
