"""The lines of a raw object read in Python, for what an engine's own reader cannot take or tell."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from extract.errors import DataRefused
from spark.raw import RawObject


def read_lines(raw: RawObject, data: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an object, given what it holds.

    Raises:
        DataRefused: it cannot be decompressed, or holds another number of lines than its manifest says.
    """
    lines = 0
    try:
        with gzip.open(data) as file:
            for line in file:
                yield line.removesuffix(b"\n")
                lines += 1
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise _refused(raw, "its gzip stream is damaged, although its bytes are those of its manifest") from None
    if lines != raw.entry.rows:
        raise _refused(raw, f"it holds {lines} lines and its manifest says {raw.entry.rows}")


def _refused(raw: RawObject, what: str) -> DataRefused:
    return DataRefused(
        f"{raw.entry.key} (raw manifest {raw.sequence}): {what}. Nothing was normalised; restore the "
        "object from its older version, or report the fault of the extractor"
    )
