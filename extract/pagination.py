"""Walking a list that moves while it is read. Pure: says which pages to ask for, is told what they hold.

The list is sorted newest first and addressed by page number, so a row that arrives on top pushes every other row down,
and a row that is removed pulls those below it up. Read in ascending order, one page after the other, arrivals can only
repeat rows. Read all at once they can lose one: an older page answered before the arrival and a newer one after it
leave out the row that crossed between them.

So pages that were asked for at the same time count only when the list is proved to have been still: two *witness*
pages, read before the first of them was asked for, show the same rows in the same order after the last of them was
answered. Page 1 witnesses arrivals and returns, the far edge of the batch everything that shifts rows within it (the
near edge, where the far one lies beyond the end of the list). Otherwise the batch is read again one page after the
other. The proof takes no time of its own: the witnesses of a batch are asked for together with the batch after it.

An end that is told by empty pages is read once more, after everything else: a source in trouble may answer every page
with an empty list for a while, and all pages of a batch at the same time.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from extract.errors import SourceRefused

SMALLEST_BATCH = 4
CAUTIOUS_PAGES = 3
"""So many pages are read one by one where the end may come soon."""
MOST_REPETITIONS = 10
MOST_RETURNS = 20
"""So often a walk goes back because pages that hold rows were answered empty."""
EAGER_PAGES = 2
"""So many where it will not: page 1, which fixes the watermark, and one more, with which the first witness is read."""


@dataclass(frozen=True, slots=True)
class PageView:
    """What the walker has to know of a page."""

    rows: int
    newest: datetime | None
    """The newest instant on the page; None where no row tells one."""
    order: bytes
    """Digest of the keys of the rows in their order: equal where nothing moved."""
    content: bytes
    """Digest of the rows' whole text."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a walk has certainly come: everything newer than ``newest`` was seen, on page ``page`` when it was."""

    page: int
    newest: datetime


@dataclass(slots=True)
class _Batch:
    """Pages ``first`` to ``last``; more than one are asked for at the same time and need a proof."""

    first: int
    last: int
    before: dict[int, bytes] = field(default_factory=dict)
    """Order of the rows of each witness before the batch was asked for."""

    @property
    def single(self) -> bool:
        return self.first == self.last

    def pages(self) -> range:
        return range(self.first, self.last + 1)


_Rounds = Generator[frozenset[int], Mapping[int, PageView], None]


class Walker:
    """One walk: ask for the pages in ``asked`` at the same time, ``tell`` the answers, until nothing is asked.

    The walk ends after a page whose newest row is older than ``floor``, or where the list ends: at an empty page that
    follows an empty or a short one, if it is found there a second time. A single short or empty page is no end.
    """

    def __init__(
        self,
        *,
        per_page: int,
        batch: int,
        floor: datetime | None = None,
        resume: Reached | None = None,
        eager: bool = False,
    ) -> None:
        """Start a walk.

        Args:
            per_page: rows of a full page.
            batch: most pages to count on in one round; 1 reads one page after the other.
            floor: the oldest instant of interest; None walks the whole list.
            resume: where a former walk had come to; the walk goes on from there, found by value.
            eager: the end is far, so use full batches from the start; else they begin small.
        """
        self.reached: Reached | None = None
        self.proof: list[dict[str, Any]] = []
        self._per_page = per_page
        self._limit = batch
        self._floor = floor
        self._resume = resume
        self._size = batch if eager else min(batch, SMALLEST_BATCH)
        self._one_by_one_until = EAGER_PAGES if eager else CAUTIOUS_PAGES
        self._short = False
        self._doubted: set[int] = set()
        self._end: int | None = None
        self._returns = 0
        self._holds_rows = resume is not None
        self._counted = b""
        self._repetitions = 0
        self._views: dict[int, PageView] = {}
        self._rounds: _Rounds = self._walk()
        self._asked = next(self._rounds)

    @property
    def asked(self) -> tuple[int, ...]:
        """The pages to ask for now, at the same time; empty when the walk is over."""
        return tuple(sorted(self._asked))

    def tell(self, answers: Mapping[int, PageView]) -> frozenset[int]:
        """Take the answers of all pages asked for; return those that repeat word for word what was told before.

        Raises:
            SourceRefused: the list has no end, or none that stays where it is.
        """
        repeated = {page for page, view in answers.items() if self._content(page) == view.content}
        self._views.update(answers)
        try:
            self._asked = self._rounds.send(answers)
        except StopIteration:
            self._asked = frozenset()
        return frozenset(repeated)

    def _content(self, page: int) -> bytes | None:
        view = self._views.get(page)
        return view.content if view else None

    def _walk(self) -> _Rounds:
        first = (yield from self._locate(self._resume)) if self._resume else 1
        self._one_by_one_until += first - 1
        current: _Batch | None = _Batch(first, first)
        unproven: _Batch | None = None
        while current or unproven:
            coming = self._coming(current)
            yield frozenset(self._questions(current, unproven, coming))
            current, unproven = self._judge(current, unproven, coming)
            if not current and not unproven and self._end:
                current = yield from self._look_again(self._end)

    def _judge(
        self, current: _Batch | None, unproven: _Batch | None, coming: _Batch | None
    ) -> tuple[_Batch | None, _Batch | None]:
        """Take the answers of a round; return the batch to ask for now and the one that waits for its proof."""
        if unproven and not self._is_still(unproven):
            # One page above, because a row that was removed in the part already read pulled the next one across.
            return self._go_back(max(1, unproven.first - 1), current or unproven), None
        if unproven and (doubtful := self._count(unproven)):
            return self._go_back(doubtful, current or unproven), None
        if current is None or coming is None:
            return None, None
        ended = self._ends_in(current)
        if current.single and (doubtful := self._count(current)):
            return self._go_back(doubtful, current), None
        self._forget_below(current.first - 1)
        if self._views[current.last].rows < self._per_page:
            # The end is near: asking for a whole batch there would be for nothing.
            coming = _Batch(coming.first, coming.first)
        return None if ended else self._witnessed(coming), None if current.single else current

    def _coming(self, current: _Batch | None) -> _Batch | None:
        """Return the batch after the current one."""
        if current is None:
            return None
        first = current.last + 1
        one_by_one = first <= self._one_by_one_until or self._short
        return _Batch(first, first if one_by_one else first + self._size - 1)

    def _questions(self, current: _Batch | None, unproven: _Batch | None, coming: _Batch | None) -> Iterable[int]:
        if current:
            # The last page of a batch was read before it, to be its witness.
            yield from current.pages() if current.single else range(current.first, current.last)
        if unproven:
            yield from unproven.before
        if coming and not coming.single:
            yield from (1, coming.last)

    def _witnessed(self, batch: _Batch) -> _Batch:
        """Note what the witnesses of a batch show before it is asked for."""
        if not batch.single:
            edge = batch.last if self._views[batch.last].rows else batch.first - 1
            batch.before = {page: self._views[page].order for page in (1, edge)}
        return batch

    def _is_still(self, batch: _Batch) -> bool:
        moved = [page for page, order in batch.before.items() if self._views[page].order != order]
        self.proof.append({"pages": [batch.first, batch.last], "witnesses": sorted(batch.before), "still": not moved})
        return not moved

    def _go_back(self, first: int, asked: _Batch) -> _Batch:
        """Read everything from page ``first`` to what was asked for last again, one page after the other."""
        self._one_by_one_until = max(self._one_by_one_until, asked.last)
        self._size = min(self._limit, SMALLEST_BATCH)
        self._short = False
        return _Batch(first, first)

    def _count(self, batch: _Batch) -> int | None:
        """Take the pages of a batch for good, up to one that turns out doubtful, which is returned.

        A page that is not full although the next one holds rows is doubtful, once: sources are known to send one that
        lacks its rows in the middle of a list. One that has no rows at all stays doubtful.
        """
        for page in batch.pages():
            view = self._views[page]
            if self._short and view.rows and self._is_doubtful(page - 1):
                self._doubted.add(page - 1)
                return self._first_empty(page - 1)
            self._refuse_repetition(view)
            self._short = view.rows < self._per_page
            self._holds_rows |= view.rows > 0
            if view.newest is not None:
                self.reached = Reached(page, view.newest)
        if not batch.single:
            self._size = min(self._limit, 2 * self._size)
        return None

    def _first_empty(self, page: int) -> int:
        """Return the first of the empty pages that end with a page; that page where the one above has rows."""
        while (above := self._views.get(page - 1)) and not above.rows:
            page -= 1
        return page

    def _is_doubtful(self, page: int) -> bool:
        if self._views[page].rows:
            return page not in self._doubted
        self._tell_return()
        return True

    def _refuse_repetition(self, view: PageView) -> None:
        # Some repetition is movement: a page's worth of arrivals pushes a whole page down to the next number.
        self._repetitions = self._repetitions + 1 if view.rows and view.content == self._counted else 0
        self._counted = view.content
        if self._repetitions == MOST_REPETITIONS:
            raise SourceRefused(
                f"the source answers {MOST_REPETITIONS} pages in a row with the same rows, so that the end of the list "
                "would never be reached; what was committed before is kept. Does wistia.base_url take page numbers?"
            )

    def _ends_in(self, batch: _Batch) -> bool:
        short = self._short
        self._end = None
        for page in batch.pages():
            view = self._views[page]
            if self._floor is not None and view.newest is not None and view.newest < self._floor:
                return True
            if short and view.rows == 0:
                self._end = page - 1
                return True
            short = view.rows < self._per_page
        return False

    def _look_again(self, end: int) -> Generator[frozenset[int], Mapping[int, PageView], _Batch | None]:
        """Read the end again: its first page that is not full and, where that is empty, before it the one above.

        Return where to go on; None where the end is one. A page that has lost its rows tells of a source in trouble,
        and rows on the one above tell that it is well again when the end is asked for.
        """
        had_rows = self._views[end].rows > 0
        if not had_rows and self._holds_rows:
            above = max(1, end - 1)
            if not (yield frozenset({above}))[above].rows:
                return self._return_to(above)
        before = self._views[end].rows
        after = (yield frozenset({end}))[end].rows
        if had_rows != (after > 0):
            return self._return_to(end)
        if after <= before or end in self._doubted:
            return None
        self._doubted.add(end)
        return self._go_back(end, _Batch(end, end + 1))

    def _return_to(self, page: int) -> _Batch:
        self._tell_return()
        return self._go_back(page, _Batch(page, page + 1))

    def _tell_return(self) -> None:
        self._returns += 1
        if self._returns > MOST_RETURNS:
            raise SourceRefused(
                f"the source answered pages {MOST_RETURNS + 1} times now with rows and now with none, so that the end "
                "of the list cannot be told; what was committed before is kept. Run again when the source is well"
            )

    def _forget_below(self, page: int) -> None:
        """Keep the views of pages that can still be witnesses, so that memory does not grow with the list."""
        self._views = {known: view for known, view in self._views.items() if known == 1 or known >= page}

    def _locate(self, reached: Reached) -> Generator[frozenset[int], Mapping[int, PageView], int]:
        """Return a page above which everything was seen; its number in the former walk is only the first guess.

        Looks for the last page that begins above the newest instant of the last page of the former walk, which is the
        page above the one that begins with it.
        """
        low, high, step = 1, reached.page, 1
        if (yield from self._begins_above(reached.page, reached.newest)):
            low, high = reached.page, reached.page + 1
            while (yield from self._begins_above(high, reached.newest)):
                step *= 2
                low, high = high, high + step
        else:
            low = max(1, high - step)
            while low > 1 and not (yield from self._begins_above(low, reached.newest)):
                step *= 2
                low, high = max(1, low - step), low
        while high - low > 1:
            middle = (low + high) // 2
            if (yield from self._begins_above(middle, reached.newest)):
                low = middle
            else:
                high = middle
        return low

    def _begins_above(self, page: int, instant: datetime) -> Generator[frozenset[int], Mapping[int, PageView], bool]:
        newest = (yield frozenset({page}))[page].newest
        return newest is not None and newest > instant
