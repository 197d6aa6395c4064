"""From the bytes of a file to its lines: plain or gzip, never more than a piece of it in memory."""

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

LONGEST_LINE = 1024 * 1024
"""Bytes of a line beyond which a file is not what it says; the longest that the warehouse takes has 64 KB a column."""
_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_BYTE_ORDER_MARK = "\ufeff"


class FileRefused(Exception):
    """Nothing of a file can be taken; its text is the reason, without data of the file in it."""


class Unpacked(io.RawIOBase):
    """What a file holds, unpacked where it is gzip.

    Attributes:
        is_cut: whether a gzip stream broke off; what came before is whole.
    """

    def __init__(self, file: BinaryIO, *, is_gzip: bool) -> None:
        """Read from ``file``."""
        self.is_cut = False
        self._pieces = _unzipped(self, file) if is_gzip else _plain(file)
        self._left = memoryview(b"")
        self._since_line = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer.

        Raises:
            FileRefused: the gzip stream is damaged, or a line is too long to be one.
        """
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._measure(piece)
            self._left = memoryview(piece)
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)

    def _measure(self, piece: bytes) -> None:
        end = piece.rfind(b"\n")
        self._since_line = len(piece) - end - 1 if end >= 0 else self._since_line + len(piece)
        if self._since_line > LONGEST_LINE:
            raise FileRefused(f"a line of it is longer than {LONGEST_LINE:,} bytes")


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _unzipped(told: Unpacked, file: BinaryIO) -> Iterator[bytes]:
    """Unzip one member after the other; zeros behind the last are padding, as gzip itself has it."""
    unzip, is_inside = zlib.decompressobj(_GZIP), False
    try:
        for packed in _plain(file):
            rest = packed
            while rest := rest if is_inside else rest.lstrip(b"\0"):
                is_inside = True
                if piece := unzip.decompress(rest, _PIECE):
                    yield piece
                rest = unzip.unconsumed_tail
                if unzip.eof:
                    rest, unzip, is_inside = unzip.unused_data, zlib.decompressobj(_GZIP), False
        while is_inside and (piece := unzip.decompress(b"", _PIECE)):
            yield piece
    except zlib.error:
        raise FileRefused("its gzip stream is damaged") from None
    told.is_cut = is_inside and not unzip.eof


def lines_of(unpacked: Unpacked) -> Iterator[str]:
    r"""Yield the lines of a file, with the ``\n`` that ends each; what is not UTF-8 in them stands as lone surrogates.

    Raises:
        FileRefused: the gzip stream is damaged, or a line is too long to be one.
    """
    buffered = io.BufferedReader(unpacked, _PIECE)
    lines = iter(io.TextIOWrapper(buffered, encoding="utf-8", errors="surrogateescape", newline="\n"))
    for first in lines:
        yield first.removeprefix(_BYTE_ORDER_MARK)
        yield from lines
