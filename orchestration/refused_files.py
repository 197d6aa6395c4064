"""Landing files of which nothing was taken, searched for a person: no raw line has what stands in them.

Nobody can tell what such a file says, or it would have been taken. It is unpacked where it is gzip or a zip archive,
and looked through as text for what the person is known by.
"""

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO, cast

from extract.lake import Lake
from extract.lake.base import Version
from extract.manifest import raw_log
from extract.sources.streampulse.feeds import STREAM_NAMES

_PIECE = 1024 * 1024
_ESCAPE = re.compile(rb"\\(?:u([0-9a-f]{4})|(/))")
_LONGEST_ESCAPE = len(r"\u0040")
_NOT_UNPACKED = (OSError, EOFError, RuntimeError, NotImplementedError, zlib.error, zipfile.BadZipFile)
"""A damaged or cut archive, and one that is encrypted (``zipfile`` raises RuntimeError)."""


def refused_with(lake: Lake, texts: Collection[str]) -> dict[str, str]:
    """Return the refused files that lie there as they were refused and have one of the texts in them.

    Args:
        lake: where.
        texts: what somebody is known by, in the plain form that is hashed.

    Returns:
        Key -> what manifests call the content, by which ``erase_refused`` knows it again.
    """
    finder = whole_texts([text.encode().lower() for text in texts])
    longest = max(len(text.encode()) for text in texts) * _LONGEST_ESCAPE
    return {key: content for key, content in _refused(lake).items() if _has(lake, key, content, finder, longest)}


def whole_texts(texts: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return what finds a text that is no piece of a longer one: 7 is not in 17, 7.5 or 2026-07-07."""
    return re.compile(rb"(?<![\w.+-])(?:" + b"|".join(map(re.escape, texts)) + rb")(?![.-]?\w)")


def erase_refused(lake: Lake, key: str, content: str) -> bool:
    """Erase a file, if it is there with this content; another one under its name stays. Whether it is gone."""
    with lake.open_version(key) as version:
        if version is None:
            return True
        if not _is(version, content):
            return False
    lake.erase(key)
    return True


def _refused(lake: Lake) -> dict[str, str]:
    """Return what was refused last under each name that nothing was taken from since."""
    found: dict[str, str] = {}
    for stream in STREAM_NAMES:
        for manifest in raw_log(lake, stream).after(0):
            for entry in manifest.files:
                found.pop(entry.key, None)
                if entry.refused:
                    found[entry.key] = entry.etag
    return found


def _is(version: Version, content: str) -> bool:
    """Whether a version is what a manifest speaks of: of a file that was not opened it knows the listing alone."""
    return content in (version.etag, version.state)


def _has(lake: Lake, key: str, content: str, finder: re.Pattern[bytes], longest: int) -> bool:
    with lake.open_version(key) as version:
        if version is None or not _is(version, content):
            return False
        return any(finder.search(piece) for piece in _overlapping(_unpacked(version.file), longest))


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is in a file, in pieces, as far as it can be unpacked; members of an archive one after the other."""
    begin = file.read(4)
    file.seek(0)
    with suppress(*_NOT_UNPACKED):
        if begin.startswith(b"\x1f\x8b"):
            with gzip.open(file) as inside:
                yield from _pieces(inside.read1)
        elif begin.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    yield b"\n" + member.filename.encode() + b"\n"
                    with suppress(*_NOT_UNPACKED), archive.open(member) as unpacked:
                        yield from _pieces(cast("zipfile.ZipExtFile", unpacked).read1)
        else:
            yield from _pieces(file.read)


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield what is read, in UTF-8 where a mark says that it is UTF-16, as spreadsheets write it.

    ``read1`` of what unpacks gives what there is before it finds that the rest is missing.
    """
    piece = read(_PIECE)
    is_wide = piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    while piece:
        yield decoder.decode(piece).encode("utf-8", "replace") if is_wide else piece
        piece = read(_PIECE)


def _overlapping(pieces: Iterator[bytes], longest: int) -> Iterator[bytes]:
    """Yield pieces in small letters, without escapes of JSON, each with the end of the one before it."""
    kept = b""
    for piece in pieces:
        whole = kept + piece
        yield _ESCAPE.sub(_plain, whole.lower())
        kept = whole[-longest:]


def _plain(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "replace").lower() if found[1] else b"/"
