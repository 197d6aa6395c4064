"""Pulling what has no filter by time: whole lists, and objects of which the latest of a day counts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from extract.budget import Budget, OutOfTime
from extract.cursor import Seen
from extract.fetch import Fetcher
from extract.members import Content, Member, ask_each, plan_round
from extract.pagination import Walker
from extract.progress import Progress
from extract.spending import Purpose
from extract.stream import Stream
from extract.writer import StreamWriter

FINGERPRINT = 16
"""Hexadecimal digits that stand for an answer. It is compared with the one before of the same member only, so that 64
bits are plenty, and 10,000 members make a cursor of less than half a megabyte."""


def pull_list(stream: Stream, fetcher: Fetcher, writer: StreamWriter, today: date, progress: Progress) -> list[Member]:
    """Pull a whole list and return its members, each once; the same content on the same day is not committed again.

    Raises:
        SourceRefused: the source refused or failed.
        HeadMoved: another run committed first.
    """
    members, content = _read_list(stream, fetcher, writer, progress)
    writer.commit_if_moved({"date": today.isoformat(), "content": content})
    return members


def list_members(stream: Stream, fetcher: Fetcher, writer: StreamWriter, progress: Progress) -> list[Member]:
    """Return the members of a list, each once, and commit nothing.

    Raises:
        SourceRefused: the source refused or failed.
    """
    members, _ = _read_list(stream, fetcher, writer, progress)
    writer.discard()
    return members


def _read_list(stream: Stream, fetcher: Fetcher, writer: StreamWriter, progress: Progress) -> tuple[list[Member], str]:
    """Return the members of a list and the fingerprint of its content."""
    seen = Seen(floor=None)
    members: dict[str, Member] = {}
    walker = Walker(per_page=fetcher.per_page, purpose=Purpose.LIST, spending=writer.spending)
    for pages, page in enumerate(
        fetcher.walk(stream, {}, walker, writer, expects_rows=writer.head is not None), start=1
    ):
        seen.add(page)
        for key, created in zip(page.keys, page.instants, strict=True):
            if key:
                members.setdefault(key, Member(key, created))
        progress.advance(stream.name, pages, "pages")
    return list(members.values()), seen.fingerprint()


def pull_snapshot(
    stream: Stream,
    members: Sequence[Member],
    fetcher: Fetcher,
    writer: StreamWriter,
    today: date,
    progress: Progress,
    budget: Budget,
) -> None:
    """Pull one object for each member; the same content on the same day is not committed again.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        HeadMoved: another run committed first.
        OutOfTime: the budget ended; what was answered is committed.
    """
    round_ = plan_round(members, writer.head, today)
    content = Content(writer.head.cursor_after["content"] if writer.head and round_.is_continued else "0")

    def cursor() -> dict[str, Any]:
        return {"date": today.isoformat(), "content": content.digest}

    try:
        for key, page in ask_each(stream, {key: {} for key in round_.keys}, fetcher, writer, progress, budget):
            content.add(key, page.content)
            writer.land(page)
    except OutOfTime as end:
        round_.cut(writer, cursor(), end.after)
        raise
    writer.commit_if_moved(cursor())


def pull_changes(
    stream: Stream,
    members: Sequence[Member],
    fetcher: Fetcher,
    writer: StreamWriter,
    today: date,
    progress: Progress,
    budget: Budget,
) -> None:
    """Pull one object for each member and land those that differ from what was stored last for it.

    The cursor has a fingerprint of that for each member. On a day without any change a manifest without objects is
    committed, which says that the source was asked.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        HeadMoved: another run committed first.
        OutOfTime: the budget ended; what was answered is committed.
    """
    round_ = plan_round(members, writer.head, today)
    stored: dict[str, str] = dict(writer.head.cursor_after["stored"]) if writer.head else {}

    def cursor() -> dict[str, Any]:
        return {"date": today.isoformat(), "stored": dict(sorted(stored.items()))}

    try:
        for key, page in ask_each(stream, {key: {} for key in round_.keys}, fetcher, writer, progress, budget):
            content = page.content[:FINGERPRINT]
            if stored.get(key) == content:
                writer.keep(page)
            else:
                stored[key] = content
                writer.land(page)
    except OutOfTime as end:
        round_.cut(writer, cursor(), end.after)
        raise
    writer.commit_if_moved(cursor())
