"""What stands in raw in the place of a record that is gone: places in raw name records for ever, so lines stay."""

import hashlib
import json
from typing import Any

from extract.manifest import ObjectEntry
from spark.leaves import FORGOTTEN


def tombstone(meta: dict[str, Any]) -> bytes:
    """Return the line that says that a record was there; ``meta`` is what may stay of its envelope."""
    return json.dumps({"_meta": meta, FORGOTTEN: True}, separators=(",", ":")).encode() + b"\n"


def stem(key: str) -> str:
    """Return the key of a raw object without its suffix, and without what earlier successions put behind its name."""
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def raw_entry(key: str, data: bytes, rows: int) -> ObjectEntry:
    """Return the entry by which a manifest vouches for a raw object."""
    return ObjectEntry(key=key, bytes=len(data), rows=rows, sha256=hashlib.sha256(data).hexdigest())
