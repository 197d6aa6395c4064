"""SQL of transforms and questions, kept from run to run.

sqlframe takes a second and more to make the SQL of a run, DuckDB milliseconds to run it on a handful of records; where
all of it is known, sqlframe is not even imported. The SQL follows from our code, the contracts and the releases of what
makes and reads it, so it is kept under a name made of those, in the user's folder of caches.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from spark.contracts import Contract
from spark.engine import Transform

Plan = tuple[str, list[str]]
"""SQL, and the columns that it gives."""
KEPT_FILES = 8
"""Of as many states of the code the plans are kept."""
_CODE = Path(__file__).parents[1]


def name_of(contract: Contract, transform: Transform) -> str:
    """Name what is done to the records of a contract; one of a test may have the name of another."""
    said = hashlib.sha256(contract.model_dump_json().encode()).hexdigest()[:16]
    return f"{contract.entity} {said} {transform.__module__}.{transform.__qualname__}"


class Plans:
    """The plans of this process and of those before it."""

    def __init__(self) -> None:
        """Nothing is read before it is asked for."""
        self._news = False

    def of(self, name: str, make: Callable[[], Plan]) -> Plan:
        """Return the plan of that name, made once for the life of the code."""
        known = _known()
        if name not in known:
            with _without_collections():
                known[name] = make()
            self._news = True
        return known[name]

    def keep(self) -> None:
        """Write what is known, whole or not at all; where nothing can be written, it is made anew the next time."""
        if not self._news:
            return
        file = _file()
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=file.parent, prefix=".plans-", delete=False) as written:
                json.dump(_known(), written)
            Path(written.name).replace(file)
            newest_first = sorted(file.parent.glob("plans-*.json"), key=lambda path: -path.stat().st_mtime_ns)
            for older in newest_first[KEPT_FILES:]:
                older.unlink(missing_ok=True)


@contextmanager
def _without_collections() -> Iterator[None]:
    # The trees of sqlglot are large, full of cycles and alive while one is made: looking for garbage in them takes a
    # third of the time.
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


@cache
def _known() -> dict[str, Plan]:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {place: (sql, columns) for place, (sql, columns) in json.loads(_file().read_text()).items()}
    return {}


@cache
def _file() -> Path:
    digest = hashlib.sha256(f"{version('sqlframe')} {version('sqlglot')} {version('duckdb')}".encode())
    for file in sorted(path for path in _CODE.rglob("*") if path.suffix in {".py", ".yaml"}):
        digest.update(file.read_bytes())
    with suppress(RuntimeError):  # a user without a home
        return Path.home() / ".cache" / "reelhouse" / f"plans-{digest.hexdigest()[:32]}.json"
    return Path("/nonexistent/plans.json")
