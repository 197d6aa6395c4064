"""The members of a list, and asking for each of them: the failure of one stays its own."""

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from extract.budget import Budget, OutOfTime
from extract.fetch import Fetcher
from extract.http import NoAccess, NotFound, Parameters, Unanswered
from extract.manifest import RawManifest
from extract.page import Page
from extract.progress import Progress
from extract.spending import Purpose
from extract.stream import Stream
from extract.writer import StreamWriter

MOST_UNANSWERED = 3
"""So many members may be without an answer, or a tenth of them if that is more, before the stream is refused."""
MOST_NAMED = 10
"""So many keys are named in a note."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a stream is asked for."""

    key: str
    created: datetime | None = None
    """Since when it exists; None where the list does not say."""


ACCOUNT = Member("")
"""The one member of a stream that is not asked for by the key of anything."""


def choose(existing: Sequence[Member], wanted: Literal["all"] | Iterable[str], writer: StreamWriter) -> list[Member]:
    """Return the members to ask for: those that are wanted and exist. One that does not exist is noted."""
    if wanted == "all":
        return list(existing)
    known = {member.key: member for member in existing}
    keys = list(dict.fromkeys(wanted))
    for key in keys:
        if key not in known:
            writer.note(f"{key}, named in wistia.medias, does not exist in the account and is skipped")
    return [known[key] for key in keys if key in known]


class Content:
    """A digest of what members answered, whatever their order; one that was begun earlier is gone on with."""

    def __init__(self, begun: str = "0") -> None:
        """Begin with none, or with the digest of those that answered before."""
        self._sum = int(begun, 16)

    def add(self, key: str, text: str) -> None:
        """Take an answer."""
        digest = hashlib.sha256(f"{key}\n{text}".encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % 2**256

    @property
    def digest(self) -> str:
        """The digest, in hexadecimal digits."""
        return f"{self._sum:064x}"


@dataclass(frozen=True, slots=True)
class Round:
    """Asking each member once in a day; a round that was cut short is gone on with behind the one asked last."""

    members: tuple[Member, ...]
    today: date
    is_continued: bool
    """Whether others were asked earlier on the same day, in the round that this one completes."""
    is_repeated: bool
    """Whether all were asked earlier on the same day: nothing is lost if this round does not come to its end."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the members to ask."""
        return tuple(member.key for member in self.members)

    def cut(self, writer: StreamWriter, cursor: dict[str, Any], after: str) -> None:
        """Commit what was answered up to a member, and behind whom the next run goes on."""
        if self.is_repeated:
            writer.discard()
            return
        place = {"date": self.today.isoformat(), "after": after, "last": self.keys[-1]}
        writer.commit({**cursor, "round": place}, complete=False)


def plan_round(members: Sequence[Member], head: RawManifest | None, today: date) -> Round:
    """Say whom to ask, and in which order: first those whom the last round left out, so that each has its turn."""
    cut = head.cursor_after.get("round") if head else None
    keys = [member.key for member in members]
    if not cut or cut["after"] not in keys:
        is_repeated = head is not None and head.is_done_on(today)
        return Round(tuple(members), today, is_continued=False, is_repeated=is_repeated)
    place = keys.index(cut["after"]) + 1
    order = [*members[place:], *members[:place]]
    is_continued = cut["date"] == today.isoformat() and cut["last"] in keys
    if is_continued:
        order = order[: [member.key for member in order].index(cut["last"]) + 1]
    return Round(tuple(order), today, is_continued, is_repeated=False)


def ask_each(
    stream: Stream,
    queries: Mapping[str, Parameters],
    fetcher: Fetcher,
    writer: StreamWriter,
    progress: Progress,
    budget: Budget,
    purpose: Purpose = Purpose.MEMBER,
    among: int | None = None,
) -> Iterator[tuple[str, Page]]:
    """Ask once for each member and yield its key and its answer; one without an answer is noted and skipped.

    Of a stream that an account may lack, the first member is asked alone: if it is refused, no other is asked, and that
    is no failure. Nor is it one that many are without an answer, as long as any has one.

    Args:
        stream: what is asked for.
        queries: the parameters of each request by the member's key.
        fetcher: asks.
        writer: counts and notes; the answers are for the caller to hand over.
        progress: told how far it is.
        budget: looked at after each answer.
        purpose: what the requests are for.
        among: how many members there are, of which only some are asked here; they are the measure of too many failures.

    Raises:
        SourceRefused: the source refused, or left all or many members without an answer.
        OutOfTime: the budget ended; it says behind which member.
    """
    missing: list[str] = []
    refused: list[str] = []
    unanswered: list[str] = []
    members = among or len(queries)
    try:
        with closing(_asked(stream, queries, fetcher, writer)) as answers:
            for done, (key, answer) in enumerate(answers, start=1):
                writer.spending.spend({purpose: 1}, least=1)
                if isinstance(answer, NotFound):
                    missing.append(key or stream.path)
                elif isinstance(answer, NoAccess):
                    refused.append(key or stream.path)
                elif isinstance(answer, Unanswered):
                    unanswered.append(key or stream.path)
                    if len(unanswered) == members or (not stream.optional and _too_many(len(unanswered), members)):
                        raise answer
                else:
                    yield key, answer
                progress.advance(stream.name, done, "answers", len(queries))
                if budget.is_over and done < len(queries):
                    raise OutOfTime(key)
    finally:
        if refused:
            keys = _listed(refused)
            writer.note(f"no access (403), because the plan of the account lacks it; the next run asks again: {keys}")
        if missing:
            writer.note(f"not found (404) and skipped: {_listed(missing)}")
        if unanswered:
            writer.note(f"not answered, although asked for again, and skipped: {_listed(unanswered)}")


def _asked(
    stream: Stream, queries: Mapping[str, Parameters], fetcher: Fetcher, writer: StreamWriter
) -> Generator[tuple[str, Page | Unanswered]]:
    """Ask for all members at once; for the first alone where the account may lack what is asked for."""
    left = dict(queries)
    if stream.optional and left:
        first = next(iter(left))
        for key, answer in fetcher.each(stream, {first: left.pop(first)}, writer.tally):
            yield key, answer
            if isinstance(answer, NoAccess):
                return
    yield from fetcher.each(stream, left, writer.tally)


def _too_many(unanswered: int, members: int) -> bool:
    return unanswered > max(MOST_UNANSWERED, members // 10)


def _listed(keys: Sequence[str]) -> str:
    more = len(keys) - MOST_NAMED
    return ", ".join(keys[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
