"""Walking a list that moves while it is read. Pure: says which windows to ask for, is told what they hold.

The list is sorted newest first and addressed by page number, so a row that arrives on top pushes every other row down,
and a row that is removed pulls those below it up. Pages that fit edge to edge lose the row that crosses an edge between
two answers. So the windows of a walk overlap: a page number and a page size are a position, and other sizes give other
positions. Two windows that share an unmoved row have no gap between them, whenever and in whatever order they were
answered:

    every answer is an unbroken stretch of the list at its moment, and two rows that do not change never swap places;
    what stands below the shared row is therefore in the lower window or below it, also if everything shifted between.

Where rows share an instant nobody says which comes first, so the shared row must be newer than the oldest of the upper
window; where an eighth of a page shares one, the source has to keep their order. A window that shares no such row is a
gap, unless it begins above all that the one before held: the walk goes back, further each time, until there is none.
Nothing has to stand still for that, and many windows may be on their way at the same time.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from extract.errors import SourceRefused
from extract.spending import Purpose, Spending, pages_for

OVERLAP = 3
"""Rows that windows share at least while nothing moves. More would cost more requests; after a gap there are more."""
SMALLEST_BATCH = 4
LARGEST_BATCH = 1024
CAUTIOUS_WINDOWS = 3
"""So many windows are read one by one where the end may come soon."""
MOST_STANDSTILL = 20
"""So many windows in a row may bring a walk no further down; going back ever further it is at the top by then."""
MOST_REPETITIONS = 10


class Window(NamedTuple):
    """A page of a certain size: the rows from ``start`` up to ``stop``, counted from 0."""

    page: int
    size: int

    @property
    def start(self) -> int:
        """Position of its first row."""
        return (self.page - 1) * self.size

    @property
    def stop(self) -> int:
        """Position after its last row."""
        return self.page * self.size


class Row(NamedTuple):
    """What identifies a row as unmoved: its key and the instant by which the list is sorted."""

    key: str
    instant: datetime | None


@dataclass(frozen=True, slots=True)
class View:
    """What a window holds, as far as it steers the walk."""

    rows: tuple[Row, ...]

    @property
    def newest(self) -> datetime | None:
        """The newest instant; None where no row tells one."""
        return max((row.instant for row in self.rows if row.instant), default=None)

    @property
    def oldest(self) -> datetime | None:
        """The oldest instant; None where no row tells one."""
        return min((row.instant for row in self.rows if row.instant), default=None)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a walk has certainly come: everything newer than ``newest`` was seen; it stood at ``position`` then."""

    position: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class _End:
    """A window that was not full, and the window above it."""

    window: Window
    view: View
    above: View | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Windows that follow each other without a gap."""

    rows: tuple[int, int]
    windows: int
    shared: int | None
    """The fewest rows that two of them have in common."""

    @classmethod
    def of(cls, window: Window) -> "_Stretch":
        return cls((window.start, window.stop), 1, None)

    def and_then(self, window: Window, shared: int) -> "_Stretch":
        known = [rows for rows in (self.shared, shared or None) if rows]
        return _Stretch((self.rows[0], window.stop), self.windows + 1, min(known, default=None))


def lay(position: int, most: int) -> Window:
    """Return the window of at most ``most`` rows that begins at a position or above it and reaches furthest down."""
    sizes = range(most, max(1, most // 2) - 1, -1)
    return max((Window(position // size + 1, size) for size in sizes), key=lambda window: window.stop)


def lay_across(position: int, edge: int, most: int) -> Window:
    """Return the window that looks furthest past an edge, where possible as another page than the first."""
    windows = (Window(position // size + 1, size) for size in range(most, 0, -1))
    return max(
        (window for window in windows if window.page > 1 and window.stop > edge),
        key=lambda window: window.stop,
        default=lay(position, most),
    )


class Walker:
    """One walk: ``ask`` for windows, ``tell`` what the first of them holds, ask for more, until nothing is on its way.

    The walk ends below a window that is wholly older than ``floor``, or where the list ends: at a window that is not
    full and whose last row is still the last when the end is looked at once more, through another window.
    """

    def __init__(
        self,
        *,
        per_page: int,
        floor: datetime | None = None,
        resume: Reached | None = None,
        eager: bool = False,
        expected: int | None = None,
        purpose: Purpose = Purpose.NEW,
        known: datetime | None = None,
        spending: Spending | None = None,
    ) -> None:
        """Start a walk.

        Args:
            per_page: most rows of a window, at least 20: smaller ones would hardly get on while they overlap.
            floor: the oldest instant of interest; None walks the whole list.
            resume: where a former walk had come to; the walk goes on from there, found by value.
            eager: the end is far, so use full batches after the first window; else they begin small.
            expected: how many rows the list is likely to have: beyond them windows are read one by one.
            purpose: what windows are for that do nothing but get the walk on.
            known: what is not newer was read by a former walk, so that windows without newer rows are an overlap.
            spending: is told what each window was for.
        """
        self.reached: Reached | None = None
        self._per_page = per_page
        self._most_overlap = per_page // 8
        self._least_overlap = min(OVERLAP, self._most_overlap)
        self._floor = floor
        self._expected = expected
        self._purpose = purpose
        self._known = known
        self._spending = spending or Spending()
        self._rows = self._least = 0
        self._resume = resume
        self._open: deque[Window] = deque()
        """Windows that were asked for and not told yet."""
        self._proof: list[dict[str, Any]] = []
        self._stretch: _Stretch | None = None
        self._taken = 0
        """Windows taken without a gap since the batch was made larger."""
        self._is_over = False
        self._position = resume.position if resume else 0
        self._step = per_page
        self._singles = 1 if eager else CAUTIOUS_WINDOWS
        self._batch = LARGEST_BATCH if eager else SMALLEST_BATCH
        self._tail: View | None = None
        self._holds_rows = False
        self._edge = self._furthest = 0
        self._overlap = self._least_overlap
        self._back = self._least_overlap
        self._end: _End | None = None
        self._doubted: set[int] = set()
        self._standstill = 0
        self._lowest: datetime | None = None
        self._recent: deque[frozenset[Row]] = deque(maxlen=MOST_REPETITIONS)
        self._repetitions = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be asked."""
        return self._is_over

    def ask(self, most: int) -> tuple[Window, ...]:
        """Return the windows to ask for now, so that no more than ``most`` are on their way.

        There may be enough of them; when none is on its way and none is returned, the walk is over.
        """
        if self._is_over:
            return ()
        windows = tuple(self._lay_out(self._count(most) - len(self._open)))
        self._open.extend(windows)
        return windows

    def _lay_out(self, count: int) -> Iterator[Window]:
        if self._end:
            yield from [lay_across(self._position, self._edge, self._per_page)][:count]
            return
        position = self._open[-1].stop - self._overlap if self._open else self._position
        for number in range(count):
            if self._expected is not None and position >= self._expected and (self._open or number):
                return
            window = lay(position, self._per_page)
            yield window
            position = window.stop - self._overlap

    def tell(self, view: View) -> bool:
        """Take what the first of the windows on their way holds.

        Returns:
            Whether the others are still of interest; if not, they are not on their way any more.

        Raises:
            SourceRefused: the list cannot be read without gaps, or has no end.
        """
        window = self._open.popleft()
        self._account(self._purpose_of(window, view), view)
        shared = self._shared(view)
        if not self._take(window, view):
            self._open.clear()
            self._end_stretch()
            self._taken = 0
            return False
        self._stretch = self._stretch.and_then(window, shared) if self._stretch else _Stretch.of(window)
        self._taken += 1
        if self._taken == self._batch:
            self._taken = 0
            self._batch = min(2 * self._batch, LARGEST_BATCH)
            self._overlap = max(self._least_overlap, self._overlap // 2)
        return True

    def _purpose_of(self, window: Window, view: View) -> Purpose:
        if self._resume:
            return Purpose.RESUME
        if not self._is_attached(window, view):
            return Purpose.GAP
        if self._end:
            return Purpose.END
        is_known = self._known is not None and (view.newest is None or view.newest <= self._known)
        return Purpose.OVERLAP if is_known else self._purpose

    def _account(self, purpose: Purpose, view: View) -> None:
        if purpose not in {Purpose.RESUME, Purpose.GAP, Purpose.END}:
            fresh = set(view.rows).difference(self._tail.rows if self._tail else ())
            self._rows += sum(not self._floor or not row.instant or row.instant >= self._floor for row in fresh)
        least = pages_for(self._rows, self._per_page)
        self._spending.spend({purpose: 1}, least - self._least)
        self._least = least

    def take_proof(self) -> list[dict[str, Any]]:
        """Return what shows that nothing is missing between the windows that were told since the last call."""
        self._end_stretch()
        proof, self._proof = self._proof, []
        return proof

    def _end_stretch(self) -> None:
        if self._stretch and self._stretch.windows > 1:
            self._proof.append(asdict(self._stretch))
        self._stretch = None

    def _count(self, most: int) -> int:
        """How many windows to ask for at a time."""
        return 1 if self._singles or self._resume or self._end else max(1, min(self._batch, most))

    def _take(self, window: Window, view: View) -> bool:
        """Take one window; return whether the ones below it are to be looked at."""
        if self._resume:
            return self._find(self._resume, window, view)
        if not self._is_attached(window, view):
            return self._go_back(window, view)
        if self._end and self._is_no_proof(self._end, window, view):
            self._go_back(window, view)
            return self._look_from(self._reach(view, self._least_overlap))
        end, self._end = self._end, None
        if end and self._judge(end, window, view):
            return False
        above = self._tail
        self._refuse_repetition(view)
        self._accept(window, view)
        if self._floor and view.newest and view.newest < self._floor:
            self._is_over = True
            return False
        if len(view.rows) < window.size:
            self._end = _End(window, view, above)
            return False
        return True

    def _accept(self, window: Window, view: View) -> None:
        self._tail = view
        self._holds_rows |= bool(view.rows)
        self._edge = window.start + len(view.rows)
        self._look_from(self._reach(view, self._overlap))
        # A walk that does not get to older rows is no progress, however many rows come on top of them.
        oldest = view.oldest
        descends = not (oldest and self._lowest and oldest > self._lowest)
        if descends:
            self._standstill = 0
            self._lowest = oldest or self._lowest
        elif self._edge > self._furthest:
            self._count_standstill()
        self._furthest = max(self._furthest, self._edge)
        self._singles = max(0, self._singles - 1)
        if view.newest:
            self.reached = Reached(window.start, view.newest)

    def _judge(self, end: _End, window: Window, view: View) -> bool:
        """Look at an end again; return whether that settles where to go on."""
        last = end.view.rows[-1:]
        if view.rows[-1:] == last and len(view.rows) < window.size:
            self._is_over = True
            return True
        is_further = window.start + len(view.rows) >= end.window.start + len(end.view.rows)
        is_anchored = end.above is not None or end.window.start == 0
        if last and is_further and is_anchored and end.window.start not in self._doubted:
            # There is more below: the window may lack rows in its middle too. Once; then it is as the source has it.
            self._doubted.add(end.window.start)
            self._tail = end.above
            self._position = max(0, end.window.start)
            self._singles = max(self._singles, 1)
            return True
        return False

    def _is_no_proof(self, end: _End, window: Window, view: View) -> bool:
        """Whether this is page 1 once more, although another page could look past its end.

        A source that pays no heed to page sizes gives its first page again, and that would seem to be all there is.
        """
        edge = len(end.view.rows)
        other = lay_across(max(0, edge - self._reach(view, self._least_overlap)), edge, self._per_page)
        return window.page == 1 and window == end.window != other and view == end.view

    def _is_attached(self, window: Window, view: View) -> bool:
        """Whether nothing can stand between what was seen and a window."""
        if window.start == 0:
            return bool(view.rows) or not self._holds_rows
        return self._shared(view) > 0 or self._begins_above(view)

    def _begins_above(self, view: View) -> bool:
        """Whether a window begins with a row that is newer than all of the window before: what is unseen is older."""
        seen = self._tail.newest if self._tail else None
        first = next((row.instant for row in view.rows if row.instant), None)
        return seen is not None and first is not None and first > seen

    def _shared(self, view: View) -> int:
        """The rows by which a window is attached to the one above."""
        if self._tail is None:
            return 0
        rows = set(self._tail.rows)
        bound = self._tail.oldest if self._ties(self._tail) else None
        return sum(row in rows and (bound is None or (row.instant or bound) > bound) for row in view.rows)

    def _reach(self, view: View, overlap: int) -> int:
        """How many of the last rows of a window the next one has to share to be attached to it by ``overlap`` rows."""
        return overlap + max(1, self._ties(view)) - 1

    def _ties(self, view: View) -> int:
        """How many rows share the oldest instant; 0 where there is none, or where too many share it."""
        oldest = view.oldest
        ties = sum(row.instant == oldest for row in view.rows) if oldest else 0
        return ties if ties <= min(self._most_overlap, len(view.rows) - 1) else 0

    def _go_back(self, window: Window, view: View) -> bool:
        """Ask again from above the gap, further each time, and let windows overlap more."""
        self._count_standstill()
        self._end_stretch()
        self._proof.append({"rows": [window.start, window.start + len(view.rows)], "gap": self._edge})
        self._singles = max(self._singles, 1)
        self._batch = max(SMALLEST_BATCH, len(self._open) // 2)
        self._overlap = min(2 * self._overlap, self._most_overlap)
        # Rows that are the wrong ones tell of a shift, no rows at all more of a source in trouble.
        return self._look_from(2 * self._back if view.rows else self._back + self._per_page // 2)

    def _count_standstill(self) -> None:
        self._standstill += 1
        if self._standstill > MOST_STANDSTILL:
            raise SourceRefused(
                f"the list could not be read below row {self._edge} in {MOST_STANDSTILL} attempts: the source answers "
                "without the rows, or they come faster than they can be read; what was committed before is kept. Run "
                "again when the source is well"
            )

    def _look_from(self, back: int) -> bool:
        """Begin the next window so many rows above the edge, so that nothing is looked at below it."""
        self._back = back
        self._position = max(0, self._edge - back)
        return False

    def _refuse_repetition(self, view: View) -> None:
        # Some repetition is movement: a page's worth of arrivals pushes a whole page down to the next number.
        repeats = len(view.rows) > self._back and frozenset(view.rows) <= frozenset().union(*self._recent)
        self._recent.append(frozenset(view.rows))
        self._repetitions = self._repetitions + 1 if repeats else 0
        if self._repetitions == MOST_REPETITIONS:
            raise SourceRefused(
                f"the source answers {MOST_REPETITIONS} pages in a row with the same rows, so that the end of the list "
                "would never be reached; what was committed before is kept. Does wistia.base_url take page numbers?"
            )

    def _find(self, reached: Reached, window: Window, view: View) -> bool:
        """Look for a window that begins above the place that a former walk had reached."""
        if window.start == 0 or (view.newest is not None and view.newest > reached.newest):
            self._resume = None
            return self._take(window, view) if window.start == 0 else self._begin(window, view)
        self._position = max(0, window.start - self._step)
        self._step *= 2
        return False

    def _begin(self, window: Window, view: View) -> bool:
        self._accept(window, view)
        return True
