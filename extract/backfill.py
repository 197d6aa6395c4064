"""Reading a window of days again because somebody asks for it, beside daily runs. No cursor moves."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta

from extract.days import Window
from extract.members import Member, ask_each
from extract.newest_first import PARTIAL_PAGES, Puller
from extract.pagination import Walker
from extract.spending import Purpose
from extract.stream import DailyWindow, NewestFirst, Stream
from extract.windows import DAY, query_of
from extract.writer import StreamWriter


def can_backfill(stream: Stream) -> bool:
    """Whether the source filters a stream by date."""
    match stream.method:
        case DailyWindow():
            return True
        case NewestFirst(horizon=horizon):
            return horizon is not None
        case _:
            return False


def backfill_list(puller: Puller, stream: Stream, method: NewestFirst, window: Window, writer: StreamWriter) -> None:
    """Land what a list has of some days.

    Raises:
        SourceRefused: the source refused or failed; what was committed before is kept.
        DataRefused: the stream has not been read yet.
    """
    kept = _kept(method, window, puller, writer)
    if kept is None:
        return
    fetcher = puller.fetcher
    walker = Walker(per_page=fetcher.per_page, eager=True, purpose=Purpose.BACKFILL, spending=writer.spending)
    with closing(fetcher.walk(stream, kept.parameters, walker, writer)) as walk:
        for pages, _ in enumerate(walk, start=1):
            puller.progress.advance(stream.name, pages, "pages")
            if writer.pages >= PARTIAL_PAGES and not walker.is_over:
                writer.commit_beside(whole=False, proof=walker.take_proof())
    writer.commit_beside(whole=True, proof=walker.take_proof())


def backfill_members(
    puller: Puller,
    stream: Stream,
    method: DailyWindow,
    members: Sequence[Member],
    days: Window,
    writer: StreamWriter,
) -> None:
    """Land the days of each member that are in a window; of a member that was created within it, from that day on.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        DataRefused: the stream has not been read yet.
    """
    for window in _pieces(days, method.longest):
        queries = {
            member.key: query_of(method, found) for member in members if (found := _since_created(member, window))
        }
        answers = ask_each(
            stream, queries, puller.fetcher, writer, puller.progress, puller.budget, purpose=Purpose.BACKFILL
        )
        for _, page in answers:
            writer.land(page)
            if writer.pages >= PARTIAL_PAGES:
                writer.commit_beside(whole=False)
    writer.commit_beside(whole=True)


def _pieces(days: Window, longest: timedelta | None) -> Iterator[Window]:
    """Yield windows of no more days than one request may ask for."""
    start = days.start
    while start <= days.end:
        end = min(days.end, start + longest - DAY) if longest else days.end
        yield Window(start, end)
        start = end + DAY


def _since_created(member: Member, window: Window) -> Window | None:
    start = max(window.start, member.created.date()) if member.created else window.start
    return Window(start, window.end) if start <= window.end else None


def _kept(method: NewestFirst, window: Window, puller: Puller, writer: StreamWriter) -> Window | None:
    """Return the days of a window that the source still keeps; None where there are none."""
    oldest = (puller.as_of - method.horizon).date() if method.horizon else window.start
    if window.start < oldest:
        writer.note(f"days before {oldest} are older than the source keeps: nothing of them can be read")
    return Window(max(window.start, oldest), window.end) if window.end >= oldest else None
