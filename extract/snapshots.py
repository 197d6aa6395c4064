"""Pulling what has no filter by time: whole lists, and one object for each member of a list."""

from collections.abc import Sequence
from datetime import date

from extract.cursor import Seen
from extract.fetch import BATCH, Fetcher
from extract.http import NotFound, Unanswered
from extract.pagination import Walker
from extract.progress import Progress
from extract.stream import DailySnapshot, Stream
from extract.workers import gather
from extract.writer import StreamWriter

MOST_UNANSWERED = 3
"""So many members may be without an answer, or a tenth of them if that is more, before the stream is refused."""
MOST_NAMED = 10
"""So many keys are named in a note."""


def pull_list(stream: Stream, fetcher: Fetcher, writer: StreamWriter, today: date, progress: Progress) -> list[str]:
    """Pull a whole list and return its keys, each once.

    Raises:
        SourceRefused: the source refused or failed.
        HeadMoved: another run committed first.
    """
    seen = Seen(floor=None)
    keys: dict[str, None] = {}
    pages = 0
    walker = Walker(per_page=fetcher.per_page)
    for round_ in fetcher.walk(stream, {}, walker, writer):
        for page in round_:
            seen.add(page)
            keys.update(dict.fromkeys(key for key in page.keys if key))
        pages += len(round_)
        progress.advance(stream.name, pages, "pages")
    _commit_if_new(writer, today, seen)
    return list(keys)


def pull_snapshot(
    stream: Stream,
    method: DailySnapshot,
    members: Sequence[str],
    fetcher: Fetcher,
    writer: StreamWriter,
    today: date,
    progress: Progress,
) -> None:
    """Pull one object for each member; one that is not answered is noted and skipped.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        HeadMoved: another run committed first.
    """
    seen = Seen(floor=None)
    missing: list[str] = []
    unanswered: list[str] = []
    for start in range(0, len(members), BATCH):
        keys = members[start : start + BATCH]
        futures = fetcher.objects(stream, method.parameter, keys, writer.tally)
        for key, page in zip(keys, gather(futures), strict=True):
            if isinstance(page, NotFound):
                missing.append(key)
            elif isinstance(page, Unanswered):
                unanswered.append(key)
                if len(unanswered) == len(members) or len(unanswered) > max(MOST_UNANSWERED, len(members) // 10):
                    raise page
            else:
                seen.add(page, key)
                writer.land(page)
        progress.advance(stream.name, start + len(keys), "objects", len(members))
    if missing:
        writer.note(f"not found (404) and skipped: {_listed(missing)}")
    if unanswered:
        writer.note(f"not answered, although asked for again, and skipped: {_listed(unanswered)}")
    _commit_if_new(writer, today, seen)


def _listed(keys: Sequence[str]) -> str:
    more = len(keys) - MOST_NAMED
    return ", ".join(keys[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _commit_if_new(writer: StreamWriter, today: date, seen: Seen) -> None:
    """Commit, unless the same was committed before on the same UTC day."""
    cursor = {"date": today.isoformat(), "content": seen.fingerprint()}
    if writer.has_landed and (writer.head is None or writer.head.cursor_after != cursor):
        writer.commit(cursor, complete=True)
    else:
        writer.discard()
