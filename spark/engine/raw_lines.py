"""The lines of a raw object read in Python, for what an engine's own reader cannot take or tell."""

import gzip
import zlib
from collections.abc import Iterator

from extract.errors import DataRefused
from spark.raw import Fetched


def read_lines(found: Fetched) -> Iterator[bytes]:
    """Yield the lines of an object.

    Raises:
        DataRefused: it cannot be decompressed, or holds another number of lines than its manifest says.
    """
    lines = 0
    try:
        with gzip.open(found.path) as file:
            for line in file:
                yield line.removesuffix(b"\n")
                lines += 1
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _refused(found, "its gzip stream is damaged, although its bytes are those of its manifest") from None
    if lines != found.raw.entry.rows:
        raise _refused(found, f"it holds {lines} lines and its manifest says {found.raw.entry.rows}")


def _refused(found: Fetched, what: str) -> DataRefused:
    return DataRefused(
        f"{found.raw.entry.key} (raw manifest {found.raw.sequence}): {what}. Nothing was normalised; restore the "
        "object from its older version, or report the fault of the extractor"
    )
