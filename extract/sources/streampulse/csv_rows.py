"""From the lines of a CSV file (RFC 4180) to raw lines, every value a string. Pure.

What is no row keeps its bytes and stops nothing: reading goes on with the line after it.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from json.encoder import encode_basestring as quoted

from extract.sources.streampulse.feeds import Feed, better_feed
from extract.sources.streampulse.rows import CHUNK, NOT_UTF_8, Batch, Envelope, as_base64
from extract.sources.streampulse.unpack import FileRefused

Record = tuple[Sequence[str], str]
"""The fields of a record, none where it is no record, and the lines that it was made of."""

# Without any of these every line is a record, and every field can stand between quotes as it is.
_SPECIAL = re.compile('["\\\\\x00-\x09\x0b\x0c\x0e-\x1f\ud800-\udfff]')


def csv_batches(feed: Feed, lines: Iterator[str], is_cut: Callable[[], bool], envelope: Envelope) -> Iterator[Batch]:
    """Yield the rows behind the header of a file; blank lines are none.

    Args:
        feed: whose columns are expected.
        lines: of the file, each with its end.
        is_cut: whether the file broke off, asked at its end: then a last line without an end is no row.
        envelope: what stands around each row.

    Raises:
        FileRefused: the header is not one of the feed.
    """
    source = _Lines(lines)
    header = next(_careful(source), None)
    if header is None:
        return
    names = _names(feed, header)
    plain, careful = _form(envelope, names, '"%s"'), _form(envelope, names, "%s")
    aside = envelope.form('"bytes":"%s"')
    number, width = 0, len(names)
    while chunk := source.chunk():
        records = _plain_records(chunk)
        form = plain if records is not None else careful
        if records is None:
            records = _escaped(_careful(source, chunk))
        if records and is_cut() and not records[-1][1].endswith("\n"):
            records[-1] = (), records[-1][1]
        made = [
            form % (row, *fields) if len(fields) == width else aside % (row, as_base64(text))
            for row, (fields, text) in enumerate(records, start=number + 1)
        ]
        number += len(made)
        yield Batch("".join(made).encode(), len(made), sum(len(fields) != width for fields, _ in records))


def _names(feed: Feed, header: Record) -> list[str]:
    """Return the names that the columns have in the lake."""
    fields, text = header
    if not fields or NOT_UTF_8.search(text):
        raise FileRefused("its first line is no header of UTF-8 CSV")
    names = [feed.canonical(name) for name in fields]
    if other := better_feed(feed, names):
        raise FileRefused(f"its columns are those of {other.name}")
    if feed.key not in names:
        raise FileRefused(f"it has no column {feed.key}")
    return names


def _form(envelope: Envelope, names: Sequence[str], place: str) -> str:
    """Return a raw line with a place for each field."""
    members = (f"{quoted(name).replace('%', '%%')}:{place}" for name in names)
    return envelope.form(f'"record":{{{",".join(members)}}}')


def _plain_records(chunk: list[str]) -> list[Record] | None:
    """Return the records of lines in which nothing is quoted and nothing needs to be; None where something is."""
    if _SPECIAL.search("".join(chunk)):
        return None
    try:
        return [record for record in zip(csv.reader(chunk), chunk, strict=True) if record[0]]
    except csv.Error:
        return None


def _escaped(records: Iterator[Record]) -> list[Record]:
    """Put the fields of records between quotes; one that is not UTF-8 is none."""
    return [((), text) if NOT_UTF_8.search(text) else (list(map(quoted, fields)), text) for fields, text in records]


class _Lines:
    """The lines of a file, of which those of the record that is being read can be taken back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: deque[str] = deque()
        self.record: list[str] = []

    def chunk(self) -> list[str]:
        """Return the next lines, as many as are worked on at once; none at the end."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting or list(islice(self._lines, CHUNK))

    def put_back(self, lines: Sequence[str]) -> None:
        """Let lines be the next ones."""
        self._waiting.extendleft(reversed(lines))

    @property
    def has_waiting(self) -> bool:
        """Whether lines wait that were taken from the file before."""
        return bool(self._waiting)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.record.append(line)
        return line


def _careful(source: _Lines, chunk: Sequence[str] = ()) -> Iterator[Record]:
    """Yield the records that begin in a chunk; without one, all there are. Blank lines are none.

    A quote that never ends would swallow what follows: then the line with the quote alone is no record, and those
    behind it are read again by themselves. The csv module gives up at the end of the file, or at 128 KB of a field.
    """
    source.put_back(chunk)
    reader = csv.reader(source, strict=True)
    while source.has_waiting or not chunk:
        fields: Sequence[str] | None
        try:
            fields = next(reader, None)
        except csv.Error:
            first, *rest = source.record
            fields, text = (), first
            source.put_back(rest)
            reader = csv.reader(source, strict=True)
        else:
            if fields is None:
                return
            text = "".join(source.record)
        source.record = []
        if fields or text.strip():
            yield fields, text
