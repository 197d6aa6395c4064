"""Pulling days: for each member a row a day, from where it was read up to today, in one answer or in a few."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from extract.budget import Budget, OutOfTime
from extract.cursor import Seen
from extract.days import Window
from extract.fetch import Fetcher
from extract.late_news import REMEMBERED
from extract.manifest import RawManifest
from extract.members import Content, Member, ask_each, plan_round
from extract.page import Page
from extract.progress import Progress
from extract.stream import DailyWindow, Stream
from extract.writer import StreamWriter

DAY = timedelta(days=1)


def plan_window(method: DailyWindow, member: Member, until: date | None, today: date) -> Window:
    """Say which days to ask for: up to today, which is never over, from what may have been restated since.

    Where one request may not ask for so many days, they are the oldest of those; the next one begins among them.

    A member that was not read before is read from the day on which it came into being. No window begins before that
    day, for whether the source shows the days before as empty ones or not at all must not look like news.

    Args:
        method: how far to go back.
        member: what is asked for.
        until: the newest day that was read of it; None where there is none.
        today: the UTC date of the run.
    """
    created = member.created.date() if member.created else None
    first = created or today - method.horizon
    start = min(max(until - method.overlap, created or date.min) if until else first, today)
    return Window(start, min(start + method.longest - DAY, today) if method.longest else today)


def query_of(method: DailyWindow, window: Window) -> dict[str, str]:
    """Return a window as a request asks for it."""
    end = window.end + DAY if method.end_is_exclusive else window.end
    return {**Window(window.start, end).parameters, **method.parameters}


def newest_day(page: Page, window: Window, until: date | None, today: date) -> date | None:
    """Return the newest day that was read of a member: a day of the data, never a clock's, and never one to come.

    Only of a window that ends before today is its end the answer: the days after its last row are over, and have none.
    """
    if window.end < today:
        return window.end
    days = [instant.date() for instant in page.instants if instant and instant.date() <= window.end]
    return max([*days, *([until] if until else [])], default=None)


def read_days(head: RawManifest | None) -> dict[str, date]:
    """Read the newest day that was read of each member."""
    return {key: date.fromisoformat(day) for key, day in head.cursor_after["until"].items()} if head else {}


def write_days(until: Mapping[str, date], content: Content) -> dict[str, Any]:
    """Write a cursor as it stands in a manifest.

    Args:
        until: the newest day that was read of each member that was ever read.
        content: what the next walk will see again of each member of this one if nothing is new.
    """
    return {"content": content.digest, "until": {key: until[key].isoformat() for key in sorted(until)}}


def pull_windows(
    stream: Stream,
    method: DailyWindow,
    members: Sequence[Member],
    fetcher: Fetcher,
    writer: StreamWriter,
    today: date,
    progress: Progress,
    budget: Budget,
) -> dict[date, dict[str, int]]:
    """Pull the days of each member; those of one that is not answered stay where they were, for the next run.

    Returns:
        What was counted, by day and member, of the days for which lists remember their own counts.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        HeadMoved: another run committed first.
        OutOfTime: the budget ended; what was answered is committed, and the other members stay where they were.
    """
    round_ = plan_round(members, writer.head, today)
    until = read_days(writer.head)
    content = Content(writer.head.cursor_after["content"] if writer.head and round_.is_continued else "0")
    counted: dict[date, dict[str, int]] = {}
    try:
        left = list(round_.members)
        while left:
            windows = {member.key: plan_window(method, member, until.get(member.key), today) for member in left}
            queries = {key: query_of(method, window) for key, window in windows.items()}
            behind: set[str] = set()
            for key, page in ask_each(stream, queries, fetcher, writer, progress, budget, among=len(round_.members)):
                writer.land(page)
                if newest := newest_day(page, windows[key], until.get(key), today):
                    until[key] = newest
                if windows[key].end < today:
                    behind.add(key)
                else:
                    content.add(key, seen_again(method, page, newest))
                for day, count in counts_since(page, today - REMEMBERED):
                    counted.setdefault(day, {})[key] = count
            left = [member for member in left if member.key in behind]
    except OutOfTime as end:
        round_.cut(writer, write_days(until, content), end.after)
        raise
    writer.commit_if_moved(write_days(until, content))
    return counted


def counts_since(page: Page, oldest: date) -> Iterator[tuple[date, int]]:
    """Yield the counts of the days of an answer that are newer than ``oldest``."""
    for instant, count in zip(page.instants, page.marks, strict=True):
        if instant and instant.date() > oldest and isinstance(count, int):
            yield instant.date(), count


def seen_again(method: DailyWindow, page: Page, newest: date | None) -> str:
    """Digest the days that the next window shows again."""
    seen = Seen(datetime.combine(newest - method.overlap, time(), UTC) if newest else None)
    seen.add(page)
    return seen.fingerprint()
