"""SQL of transforms, kept beside Python's own compiled code and as short-lived as that.

sqlframe takes a tenth of a second and more to make the SQL of an entity, DuckDB milliseconds to run it on a handful of
records. The SQL follows from our code, the contracts and sqlframe alone, so it is kept under a name made of those.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import NamedTemporaryFile

from spark.contracts import Contract
from spark.engine import Transform

Plan = tuple[str, list[str]]
"""The SQL of a transform over the leaf frame, and the columns that it gives."""
_CODE = Path(__file__).parents[1]


def plan_of(contract: Contract, transform: Transform, make: Callable[[], Plan]) -> Plan:
    """Return the plan of a transform, made once for the life of its code."""
    place = _place(contract, transform)
    known = _known()
    if place not in known:
        known[place] = make()
        _keep(known)
    return known[place]


@cache
def _known() -> dict[str, Plan]:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {place: (sql, columns) for place, (sql, columns) in json.loads(_file().read_text()).items()}
    return {}


def _keep(known: dict[str, Plan]) -> None:
    """Write what is known, whole or not at all; where nothing may be written, it is made anew the next time."""
    if sys.dont_write_bytecode:
        return
    file = _file()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        for older in file.parent.glob("plans-*.json"):
            if older != file:
                older.unlink(missing_ok=True)
        with NamedTemporaryFile("w", dir=file.parent, prefix=".plans-", delete=False) as written:
            json.dump(known, written)
        Path(written.name).replace(file)


@cache
def _file() -> Path:
    digest = hashlib.sha256(f"{version('sqlframe')} {version('sqlglot')} {version('duckdb')}".encode())
    for file in sorted(path for path in _CODE.rglob("*") if path.suffix in {".py", ".yaml"}):
        digest.update(file.read_bytes())
    return Path(cache_from_source(__file__)).with_name(f"plans-{digest.hexdigest()[:32]}.json")


def _place(contract: Contract, transform: Transform) -> str:
    """Name a plan: a contract of a test may have the name of another."""
    said = hashlib.sha256(contract.model_dump_json().encode()).hexdigest()[:16]
    return f"{contract.entity} {said} {transform.__module__}.{transform.__qualname__}"
