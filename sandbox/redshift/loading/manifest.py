"""Which objects a COPY loads: those of a manifest, or those under a prefix."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.redshift.errors import SqlError, redshift_detail
from sandbox.redshift.objects import Objects, StoredObject


@dataclass(eq=False)
class LoadError(Exception):
    """A file that cannot be loaded, with what SYS_LOAD_ERROR_DETAIL says of it."""

    error: SqlError
    file_name: str
    code: int
    column: str = ""
    column_type: str = ""
    line: int = 0


def by_prefix(objects: Objects, prefix: str) -> list[StoredObject]:
    """All objects whose address starts with a prefix.

    Raises:
        LoadError: there is none.
    """
    found = objects.under(prefix)
    if not found:
        raise _failed(f"The specified S3 prefix '{prefix}' does not exist", prefix)
    return found


def by_manifest(objects: Objects, url: str, *, lengths: bool) -> list[StoredObject]:
    """The objects of a manifest, in its order; one named twice is loaded twice.

    Args:
        objects: the lake.
        url: the manifest.
        lengths: each entry needs `meta.content_length`, as columnar formats do ("Using a manifest to specify data
            files").

    Raises:
        LoadError: no manifest, not JSON, an entry without the length that it needs or with another than the
            object has, an object missing.
    """
    stored = objects.find(url)
    if stored is None:
        raise _failed(f"The specified S3 prefix '{url}' does not exist", url)
    entries = _entries(objects.read(stored), url)
    found = [item for entry in entries if (item := _entry(objects, entry, url, lengths)) is not None]
    if not found:
        raise _failed("Manifest names no file that exists", url)
    return found


def _entries(body: bytes, url: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(body)["entries"]
    except (ValueError, KeyError, TypeError):
        raise _failed("The manifest is not valid JSON with a list of entries", url) from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _failed("The entries of the manifest are not a list of objects", url)
    return entries


def _entry(objects: Objects, entry: dict[str, Any], manifest: str, lengths: bool) -> StoredObject | None:
    url = entry.get("url")
    if not isinstance(url, str):
        raise _failed("An entry of the manifest has no url", manifest)
    meta = entry.get("meta")
    length = meta.get("content_length") if isinstance(meta, dict) else None
    if lengths and not isinstance(length, int):
        raise _failed("File size is missing in the manifest: meta.content_length is required for this format", url)
    found = objects.find(url)
    if found is None:
        if entry.get("mandatory", False):
            raise _failed("Problem reading manifest file - a mandatory file does not exist", url)
        return None
    if isinstance(length, int) and found.size != length:
        raise _failed(f"Size in the manifest ({length}) differs from the size of the file ({found.size})", url)
    return found


def _failed(message: str, file_name: str) -> LoadError:
    return LoadError(SqlError("XX000", message, redshift_detail(message, 8001, file_name)), file_name, 8001)
