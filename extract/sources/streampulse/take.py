"""Taking one file: whole or not at all."""

from contextlib import ExitStack
from dataclasses import dataclass

from extract.clock import RunClock, format_instant
from extract.errors import ReelhouseError
from extract.lake import Lake, ObjectInfo
from extract.lake.base import Version
from extract.manifest import FileEntry
from extract.sources.streampulse.csv_rows import csv_batches
from extract.sources.streampulse.discover import SUFFIXES, Form, form_of
from extract.sources.streampulse.feeds import Feed
from extract.sources.streampulse.json_rows import json_batches
from extract.sources.streampulse.rows import Envelope
from extract.sources.streampulse.taken import Taken
from extract.sources.streampulse.unpack import FileRefused, Unpacked, lines_of
from extract.writer import StreamWriter

CUT = "its gzip stream breaks off; what came before was taken"


class NotNow(Exception):
    """A file is not taken in this run; its text says why."""


@dataclass(frozen=True, slots=True)
class _Landed:
    rows: int
    unreadable: int
    is_cut: bool


def take(
    lake: Lake, feed: Feed, info: ObjectInfo, taken: Taken, writer: StreamWriter, clock: RunClock, tolerated: int
) -> FileEntry | None:
    """Land the rows of a file; return what became of it, None where it is gone or was taken before as it is.

    Args:
        lake: where it is, and where it lands.
        feed: whose folder it is in.
        info: what the listing shows of it.
        taken: the files that were taken before.
        writer: of the feed's stream.
        clock: of the run.
        tolerated: number of unreadable rows up to which their share does not matter; beyond, a file of which more than
            half cannot be read is refused.

    Raises:
        NotNow: it changes while it is read, or cannot be read.
    """
    form = form_of(info.key)
    if form is None:
        reason = f"its name tells no format; the suffixes that are known are {SUFFIXES}"
        return _entry(info, info.state, info.state).model_copy(update={"refused": reason})
    with ExitStack() as stack:
        try:
            version = stack.enter_context(lake.open_version(info.key))
        except ReelhouseError as error:
            raise NotNow(str(error)) from None
        if version is None or taken.knows_content(info.key, version.etag):
            if version:
                taken.recognise(info.key, version.state, version.etag)
            return None
        entry = _entry(info, version.etag, version.state).model_copy(
            update={"modified_at": format_instant(version.modified_at)}
        )
        return entry.model_copy(update=_land_or_not(feed, info, form, version, writer, clock, tolerated))


def _land_or_not(
    feed: Feed,
    info: ObjectInfo,
    form: Form,
    version: Version,
    writer: StreamWriter,
    clock: RunClock,
    tolerated: int,
) -> dict[str, object]:
    """Land a file and return what is to be said of it."""
    envelope = Envelope(info.key, version.etag, format_instant(version.modified_at), format_instant(clock.now()))
    take_back = writer.savepoint()
    try:
        landed = _land(feed, form, version, envelope, writer)
        if not version.is_unchanged():
            take_back()
            raise NotNow("it changes while it is read")
    except FileRefused as refused:
        take_back()
        return {"refused": str(refused)}
    if landed.unreadable > tolerated and landed.unreadable * 2 > landed.rows:
        take_back()
        return {"refused": f"{landed.unreadable:,} of its {landed.rows:,} rows cannot be read"}
    writer.tally.received += landed.rows
    return {"rows": landed.rows, "unreadable": landed.unreadable, "note": CUT if landed.is_cut else None}


def _land(feed: Feed, form: Form, version: Version, envelope: Envelope, writer: StreamWriter) -> _Landed:
    unpacked = Unpacked(version.file, is_gzip=form.is_gzip)
    lines = lines_of(unpacked)
    if form.format == "csv":
        batches = csv_batches(feed, lines, lambda: unpacked.is_cut, envelope)
    else:
        batches = json_batches(feed, lines, envelope)
    rows = unreadable = 0
    for batch in batches:
        writer.land_lines(batch.lines, batch.rows)
        rows += batch.rows
        unreadable += batch.unreadable
    return _Landed(rows, unreadable, unpacked.is_cut)


def _entry(info: ObjectInfo, etag: str, state: str) -> FileEntry:
    modified_at = format_instant(info.modified_at)
    return FileEntry(key=info.key, etag=etag, state=state, bytes=info.bytes, modified_at=modified_at)
