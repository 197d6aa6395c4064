"""Where a stream stands, and what follows from it."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.cursor import Cursor, Seen, Walk, later, must_show_rows, newest_known, plan_walk, read_cursor, write_cursor
from extract.days import Window
from extract.manifest import RawManifest
from extract.page import Page
from extract.pagination import Reached
from extract.stream import NewestFirst, instant_of

AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
VISITORS = NewestFirst("last_active_at", overlap=timedelta(hours=6))
EVENTS = NewestFirst("received_at", overlap=timedelta(days=2), horizon=timedelta(days=730))

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MAYBE = st.none() | INSTANTS
WINDOWS = st.builds(Window, st.dates(), st.dates())
WALKS = st.builds(Walk, MAYBE, st.none() | WINDOWS, MAYBE, st.builds(Reached, st.integers(1, 9999), INSTANTS))


def head(cursor: Cursor) -> RawManifest:
    return RawManifest(
        sequence=1,
        run_id="run",
        committed_at="",
        stream="wistia/visitors",
        complete=cursor.walk is None,
        objects=(),
        received=0,
        landed=0,
        requests={},
        cursor_after=write_cursor(cursor),
        total_rows=0,
        total_objects=0,
    )


@given(st.builds(Cursor, MAYBE, st.none() | st.text("abc", min_size=1), st.none() | WALKS))
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    manifest = RawManifest.model_validate_json(head(cursor).model_dump_json())
    assert read_cursor(manifest) == cursor


def test_a_stream_without_a_manifest_stands_at_the_beginning() -> None:
    assert read_cursor(None) == Cursor()
    assert plan_walk(VISITORS, Cursor(), AS_OF) == Walk(None, None, None, None)
    assert plan_walk(EVENTS, Cursor(), AS_OF).window == Window(date(2024, 1, 9), date(2026, 1, 8))


def test_a_walk_goes_down_to_the_watermark_and_its_overlap() -> None:
    cursor = Cursor(watermark=datetime(2026, 1, 7, 21, 3, tzinfo=UTC))
    assert plan_walk(VISITORS, cursor, AS_OF).floor == datetime(2026, 1, 7, 15, 3, tzinfo=UTC)
    walk = plan_walk(EVENTS, cursor, AS_OF)
    assert walk.floor == datetime(2026, 1, 5, tzinfo=UTC)
    assert walk.window == Window(date(2026, 1, 5), date(2026, 1, 8))


def test_a_window_is_no_wider_than_what_the_source_keeps_and_never_upside_down() -> None:
    ancient = Cursor(watermark=datetime(2020, 1, 1, tzinfo=UTC))
    assert plan_walk(EVENTS, ancient, AS_OF).window == Window(date(2024, 1, 9), date(2026, 1, 8))
    ahead = Cursor(watermark=datetime(2027, 1, 1, tzinfo=UTC))
    assert plan_walk(EVENTS, ahead, AS_OF).window == Window(date(2026, 12, 30), date(2026, 12, 30))


def test_an_interrupted_walk_keeps_its_window_and_its_watermark() -> None:
    walk = Walk(None, Window(date(2024, 1, 9), date(2026, 1, 8)), AS_OF, Reached(7, AS_OF))
    assert plan_walk(EVENTS, Cursor(walk=walk), AS_OF + timedelta(days=40)) == walk


@given(st.lists(MAYBE))
def test_the_watermark_is_never_in_the_future(instants: list[datetime | None]) -> None:
    newest = newest_known(instants, AS_OF)
    past = [instant for instant in instants if instant and instant <= AS_OF]
    if past:
        assert newest == max(past)
    else:
        assert newest == (AS_OF if any(instants) else None)


def test_the_later_of_two_instants() -> None:
    assert later(None, None) is None
    assert later(AS_OF, None) == later(None, AS_OF) == later(AS_OF, AS_OF - timedelta(1)) == AS_OF


def page(rows: list[tuple[str, datetime | None]]) -> Page:
    texts = [text for text, _ in rows]
    return Page([], texts, [at for _, at in rows], [None] * len(rows), [None] * len(rows))


@given(
    rows=st.lists(st.tuples(st.text("ab", min_size=1), INSTANTS), min_size=1, max_size=8),
    repeats=st.integers(0, 5),
    seed=st.integers(),
)
def test_a_fingerprint_knows_neither_order_nor_repetition(
    rows: list[tuple[str, datetime | None]], repeats: int, seed: int
) -> None:
    rows = list(dict(rows).items())
    chance = Random(seed)
    shuffled = [*rows, *chance.choices(rows, k=repeats)]
    chance.shuffle(shuffled)
    one, other = Seen(None), Seen(None)
    one.add(page(rows))
    for row in shuffled:
        other.add(page([row]))
    assert one.fingerprint() == other.fingerprint()
    other.add(page([("new", AS_OF)]))
    assert one.fingerprint() != other.fingerprint()


def test_a_fingerprint_tells_whose_a_row_is() -> None:
    def of(*rows: tuple[str, str]) -> str:
        seen = Seen(None)
        for owner, text in rows:
            seen.add(page([(text, None)]), owner)
        return seen.fingerprint()

    assert of(("m1", "0"), ("m2", "1"), ("m3", "0")) != of(("m1", "1"), ("m2", "1"), ("m3", "0"))
    assert of(("m1", "0"), ("m2", "1")) == of(("m2", "1"), ("m1", "0"))


def test_a_fingerprint_is_of_the_rows_above_a_floor() -> None:
    old, new = AS_OF - timedelta(hours=9), AS_OF - timedelta(hours=1)
    floor = AS_OF - timedelta(hours=6)
    all_rows, new_rows = Seen(None), Seen(floor)
    all_rows.add(page([("new", new), ("old", old)]))
    new_rows.add(page([("new", new), ("old", old)]))
    assert all_rows.fingerprint(floor) == new_rows.fingerprint(floor) == new_rows.fingerprint()
    assert all_rows.fingerprint() != new_rows.fingerprint()


def test_a_list_that_had_a_young_row_must_show_some() -> None:
    day, year = timedelta(days=1), timedelta(days=365)
    for age, must in ((timedelta(), True), (30 * day, True), (year, True), (year + day, False)):
        cursor = Cursor(AS_OF - age)
        assert must_show_rows(cursor, plan_walk(VISITORS, cursor, AS_OF), AS_OF) == must
        assert must_show_rows(cursor, plan_walk(EVENTS, cursor, AS_OF), AS_OF) == must
    assert not must_show_rows(Cursor(), plan_walk(VISITORS, Cursor(), AS_OF), AS_OF)
    begun = Walk(None, None, AS_OF, Reached(100, AS_OF - day))
    assert must_show_rows(Cursor(), begun, AS_OF)
    outside = Walk(None, Window(date(2025, 1, 1), date(2025, 1, 5)), AS_OF, None)
    assert not must_show_rows(Cursor(AS_OF), outside, AS_OF)


def test_a_row_without_an_instant_has_the_place_that_the_list_gave_it() -> None:
    floor = AS_OF - timedelta(hours=6)
    with_it, without = Seen(floor), Seen(floor)
    with_it.add(page([("a", AS_OF), ("unknown", None), ("b", floor - timedelta(1)), ("below", None)]))
    without.add(page([("a", AS_OF), ("unknown", None)]))
    assert with_it.fingerprint() == without.fingerprint()


@pytest.mark.parametrize(
    ("record", "instant"),
    [
        ({"at": "2026-01-08T02:00:00.000Z"}, AS_OF),
        ({"at": "2026-01-08T03:00:00+01:00"}, AS_OF),
        ({"at": "2026-01-08T02:00:00"}, AS_OF),
        ({"at": "yesterday"}, None),
        ({"at": ""}, None),
        ({"at": 5}, None),
        ({"at": "0001-01-01T00:00:00+09:00"}, None),
        ({"at": "0001-01-01T00:00:00Z"}, None),
        ({"at": "1970-01-01T00:00:00Z"}, datetime(1970, 1, 1, tzinfo=UTC)),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_instants_of_records(record: object, instant: datetime | None) -> None:
    assert instant_of(record, "at") == instant
