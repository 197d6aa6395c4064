"""A request to one of the vendor's routes, and what their functions have in common."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.wistia.account import Document, Listing, Shown
from sandbox.wistia.answers import Answer, error
from sandbox.wistia.dialects import Dialect
from sandbox.wistia.extras import Extras
from sandbox.wistia.instants import DAY, day_start
from sandbox.wistia.personas import compact

Parameters = Mapping[str, str]

MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Request:
    """A request to one of the routes.

    Attributes:
        shown: What the account shows at the instant of the request.
        name: The id or key in the path, where the route has one; else empty.
        parameters: The query; of a name given twice, the last.
        dialect: How the version that was asked for names things.
        extras: What is done to rows besides.
    """

    shown: Shown
    name: str
    parameters: Parameters
    dialect: Dialect
    extras: Extras

    def date(self, name: str, default: int) -> int:
        """Day since 1970 of a date parameter.

        Raises:
            ValueError: It does not begin with a date.
        """
        text = self.parameters.get(name)
        return day_start(text) // DAY if text else default

    def paging(self, default: int, most: int = MOST_PER_PAGE) -> tuple[int, int]:
        """Page (from 1) and rows per page, clamped without a word as the vendor does."""
        page = _whole(self.parameters.get("page"), 1)
        per_page = _whole(self.parameters.get("per_page"), default)
        return max(1, page), min(most, max(1, per_page))

    def page_of(self, rows: list[Document], default: int, most: int = MOST_PER_PAGE) -> list[Document]:
        """The rows of a page."""
        page, per_page = self.paging(default, most)
        return rows[(page - 1) * per_page : page * per_page]

    def page(self, listing: Listing, default: int) -> Answer:
        """A page of a list that is rendered row by row."""
        return Answer(200, self.extras.repeat(listing).page(*self.paging(default)))


def said(document: Document | list[Document] | None, missing: str) -> Answer:
    """A document as JSON; 404 where there is none."""
    return error(404, missing) if document is None else Answer(200, compact(document).encode())


def found(row: bytes | None, missing: str) -> Answer:
    """A rendered row; 404 where there is none."""
    return error(404, missing) if row is None else Answer(200, row)


def _whole(text: str | None, default: int) -> int:
    """A whole number; 0 for what is none, as Ruby reads it."""
    if text is None:
        return default
    number = re.match(r"\s*([+-]?[0-9]{1,9})", text)
    return int(number[1]) if number else 0
