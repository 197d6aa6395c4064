"""What may be done to the rows of a list besides showing them: listed twice, cut off at an age, dressed up."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from sandbox.wistia.account import Document, Listing
from sandbox.wistia.answers import Answer
from sandbox.wistia.personas import compact

#: A row that is listed twice stands again at most so many rows later: on its page, or on the next.
FARTHEST = 120


@dataclass(frozen=True)
class Extras:
    """What is done to the rows.

    Attributes:
        repeated: Share of the visitors and events that are listed twice, on a page or across pages.
        since: Visitors and events before this instant are listed no more.
        unknown_fields: Objects have fields that nobody documented.
        seed: Which rows are repeated.
    """

    repeated: float = 0.0
    since: int | None = None
    unknown_fields: bool = False
    seed: int = 0

    def repeat(self, listing: Listing) -> Listing:
        """A list with its repeated rows."""
        if not self.repeated:
            return listing
        return replace(listing, numbers=Repeated(listing.numbers, max(1, round(1 / self.repeated)), self.seed))

    def dress(self, answer: Answer) -> Answer:
        """An answer with its unknown fields; they mirror those that are there, as the vendor's newest version does."""
        if not self.unknown_fields or answer.status != 200:
            return answer
        shown = json.loads(answer.body)
        dressed = [_dressed(row) for row in shown] if isinstance(shown, list) else _dressed(shown)
        return replace(answer, body=compact(dressed).encode())


NO_EXTRAS = Extras()


class Repeated(Sequence[int]):
    """A list in which the last of every so many rows, or one before it, comes again; nothing is copied.

    Args:
        numbers: The list.
        every: Rows from one repetition to the next.
        seed: How far back each repetition reaches.
    """

    def __init__(self, numbers: Sequence[int], every: int, seed: int) -> None:
        self._numbers = numbers
        self._every = every
        self._seed = seed

    def __len__(self) -> int:
        return len(self._numbers) + len(self._numbers) // self._every

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> list[int]: ...

    def __getitem__(self, place: int | slice) -> int | list[int]:
        """The row at a place, or those of a slice."""
        if isinstance(place, slice):
            return [self._at(each) for each in range(len(self))[place]]
        return self._at(range(len(self))[place])

    def _at(self, place: int) -> int:
        block, within = divmod(place, self._every + 1)
        original = block * self._every + within
        if within == self._every:
            digest = hashlib.blake2b(f"{self._seed}/{block}".encode(), digest_size=2).digest()
            original = max(0, original - 1 - int.from_bytes(digest) % FARTHEST)
        return self._numbers[original]


def _dressed(row: Document) -> Document:
    if "share_link" in row or "attributes" in row:
        return row
    if "hashed_id" in row and "type" in row:
        link = {
            "hashed_id": row["hashed_id"],
            "url": f"https://share.wistia.com/{row['hashed_id']}",
            "visibility": "private",
        }
        return {**row, "share_link": link}
    return {**row, "attributes": {name: value for name, value in row.items() if not isinstance(value, list)}}
