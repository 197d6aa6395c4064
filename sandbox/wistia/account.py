"""What any account offers to the server: answers as they are at an instant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """Rows in the order of the list, rendered when a page asks for them."""

    numbers: Sequence[int]
    render: Callable[[int], bytes]

    def __len__(self) -> int:
        return len(self.numbers)

    def page(self, page: int, per_page: int) -> bytes:
        """The JSON array of a page, counted from 1; `[]` past the end."""
        first = (page - 1) * per_page
        return b"[" + b",".join(map(self.render, self.numbers[first : first + per_page])) + b"]"


@dataclass(frozen=True)
class VisitorFilter:
    """The filters of the visitors list; None filters nothing.

    Attributes:
        filter: has_name, has_email or identified_by_email_gate.
        search: Part of a name or e-mail address.
        since: First instant of the last activity; no parameter of the API has it.
    """

    filter: str | None = None
    search: str | None = None
    since: int | None = None


@dataclass(frozen=True)
class EventFilter:
    """The filters of the events list; None filters nothing.

    Attributes:
        media: Hashed or numeric id.
        visitor: The visitor_key.
        since: First instant.
        before: First instant after the last.
    """

    media: str | None = None
    visitor: str | None = None
    since: int | None = None
    before: int | None = None


class Shown(Protocol):
    """What the API shows of an account at an instant."""

    @property
    def now(self) -> int:
        """The instant."""

    @property
    def account(self) -> Document | None:
        """What the account is called and how much it holds; None if that is not known."""

    @property
    def projects(self) -> list[Document]:
        """The projects by id."""

    @property
    def medias(self) -> list[Document]:
        """The medias by id."""

    def account_stats(self) -> Document | None:
        """Lifetime counters of the account; None if they are not known."""

    def project_stats(self, project_id: str) -> Document | None:
        """Lifetime counters by hashed or numeric id; None for an unknown project."""

    def media_stats(self, media_id: str) -> Document | None:
        """Lifetime counters by hashed or numeric id; None for an unknown media."""

    def media_engagement(self, media_id: str) -> Document | None:
        """How often each part was watched, by hashed or numeric id; None for an unknown media."""

    def account_days(self, first: int, last: int) -> list[Document] | None:
        """Counters of each day from the first to the last (days since 1970); None if they are not known."""

    def media_days(self, media_id: str, first: int, last: int) -> list[Document] | None:
        """Counters of each day, by hashed or numeric id; None for an unknown media."""

    def media_analytics(self, media_id: str, first: int, end: int) -> Document | None:
        """Metrics from a day on and before another (days since 1970); None for an unknown media."""

    def visitors(self, wanted: VisitorFilter) -> Listing:
        """The visitors, latest activity first."""

    def visitor(self, key: str) -> bytes | None:
        """A visitor's JSON object; None if it is not listed."""

    def events(self, wanted: EventFilter) -> Listing:
        """The viewing sessions, latest first."""

    def event(self, key: str) -> bytes | None:
        """An event's JSON object; None if it is not listed."""


class Account(Protocol):
    """An account that can be asked for any instant."""

    @property
    def epoch(self) -> int:
        """The instant at which a simulator starts."""

    def at(self, now: int) -> Shown:
        """What is shown at an instant (seconds since 1970, UTC)."""
