"""Which days of a media are asked for, and where it stands after that."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from extract.days import Window
from extract.http import Reply
from extract.members import Content, Member
from extract.page import Page, make_page
from extract.records import cut_array
from extract.sources.wistia.streams import MEDIA_BY_DATE
from extract.stream import DailyWindow
from extract.windows import newest_day, plan_window, query_of, seen_again, write_days

DAYS = DailyWindow("date", overlap=timedelta(days=7), horizon=timedelta(days=730))
TODAY = date(2026, 1, 8)
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
NEW = Member("m", datetime(2025, 3, 2, 23, 30, tzinfo=UTC))

DATES = st.dates(date(2019, 1, 1), date(2027, 1, 1))
MEMBERS = st.builds(Member, st.just("m"), st.none() | st.datetimes(timezones=st.just(UTC)))


def page(*days: object) -> Page:
    body = json.dumps([{"date": day if isinstance(day, str) else str(day), "play_count": 1} for day in days])
    return make_page(MEDIA_BY_DATE, "/by_date", {"media_id": "m"}, None, Reply(cut_array(body.encode()), AS_OF))


def test_a_media_that_was_never_read_is_read_from_the_utc_day_on_which_it_came_into_being() -> None:
    assert plan_window(DAYS, NEW, None, TODAY) == Window(date(2025, 3, 2), TODAY)


def test_a_media_of_unknown_age_is_read_from_two_years_back() -> None:
    assert plan_window(DAYS, Member("m"), None, TODAY) == Window(date(2024, 1, 9), TODAY)


def test_a_media_is_read_from_a_week_before_the_newest_day_that_was_read() -> None:
    assert plan_window(DAYS, NEW, TODAY, TODAY) == Window(date(2026, 1, 1), TODAY)
    assert plan_window(DAYS, NEW, date(2025, 11, 20), TODAY) == Window(date(2025, 11, 13), TODAY)
    assert plan_window(DAYS, Member("m"), TODAY, TODAY) == Window(date(2026, 1, 1), TODAY)


def test_no_window_begins_before_the_media() -> None:
    young = Member("m", datetime(2026, 1, 6, tzinfo=UTC))
    assert plan_window(DAYS, young, TODAY, TODAY) == Window(date(2026, 1, 6), TODAY)


@given(MEMBERS, st.none() | DATES, DATES)
def test_a_window_always_ends_today_and_is_never_upside_down(member: Member, until: date | None, today: date) -> None:
    window = plan_window(DAYS, member, until, today)
    assert window.start <= window.end == today


@given(DATES, st.integers(0, 4000), st.integers(9, 800), st.data())
def test_a_long_history_is_asked_for_from_the_oldest_on_without_a_hole(
    today: date, age: int, longest: int, data: st.DataObject
) -> None:
    """Whatever days the source has rows of: one that has none must not be waited for."""
    method = replace(DAYS, longest=timedelta(days=longest))
    created = today - timedelta(days=age)
    member = Member("m", datetime.combine(created, AS_OF.time(), UTC))
    shown = data.draw(st.sets(st.integers(0, age), max_size=5))
    until: date | None = None
    read: set[date] = set()
    while True:
        window = plan_window(method, member, until, today)
        days = {window.start + timedelta(days=number) for number in range((window.end - window.start).days + 1)}
        assert len(days) <= longest
        assert not days <= read, "each request asks for days that were not read yet"
        read |= days
        rows = [created + timedelta(days=day) for day in shown if created + timedelta(days=day) in days]
        until = newest_day(page(*rows), window, until, today)
        if window.end == today:
            break
    assert read == {created + timedelta(days=day) for day in range(age + 1)}


def test_an_exclusive_end_is_the_day_after_the_last() -> None:
    window = Window(date(2026, 2, 27), date(2026, 2, 28))
    assert query_of(DAYS, window) == {"start_date": "2026-02-27", "end_date": "2026-02-28"}
    exclusive = replace(DAYS, end_is_exclusive=True, parameters={"granularity": "daily"})
    assert query_of(exclusive, window) == {"start_date": "2026-02-27", "end_date": "2026-03-01", "granularity": "daily"}


@given(st.lists(st.tuples(st.sampled_from([True, False]), st.integers(0, 20)), min_size=1, max_size=30))
def test_no_day_is_ever_left_out_whatever_fails_and_however_long_nobody_asks(
    runs: list[tuple[bool, int]],
) -> None:
    """Walk with answers that come or not, days apart; what answered last has read every day up to its own."""
    until: date | None = None
    today, read = NEW.created.date() if NEW.created else TODAY, set[date]()
    for answered, later in runs:
        today += timedelta(days=later)
        if answered:
            window = plan_window(DAYS, NEW, until, today)
            days = [window.start + timedelta(days=number) for number in range((window.end - window.start).days + 1)]
            until = newest_day(page(*days), window, until, today)
            read |= set(days)
            assert until == today
            assert len(read) == (today - date(2025, 3, 2)).days + 1


def test_where_a_media_stands_is_told_by_its_days_and_not_by_a_clock() -> None:
    window = Window(date(2026, 1, 1), TODAY)
    assert newest_day(page("2026-01-05", "2026-01-03"), window, None, TODAY) == date(2026, 1, 5)
    assert newest_day(page(), window, None, TODAY) is None
    assert newest_day(page(), window, date(2026, 1, 2), TODAY) == date(2026, 1, 2)
    assert newest_day(page("2026-01-05"), window, date(2026, 1, 7), TODAY) == date(2026, 1, 7)


def test_days_to_come_and_days_that_cannot_be_read_do_not_count() -> None:
    window = Window(date(2026, 1, 1), TODAY)
    assert newest_day(page("2026-01-05", "2031-01-01", "yesterday", "0001-01-01"), window, None, TODAY) == date(
        2026, 1, 5
    )


@given(DATES, st.integers(0, 400), st.randoms(use_true_random=False))
def test_what_the_next_window_shows_again_is_recognised_whatever_its_order(
    today: date, age: int, random: Random
) -> None:
    member = Member("m", datetime.combine(today - timedelta(days=age), AS_OF.time(), UTC))
    first = plan_window(DAYS, member, None, today)
    days = [first.start + timedelta(days=number) for number in range(age + 1)]
    until = newest_day(page(*days), first, None, today)
    again = plan_window(DAYS, member, until, today)
    shown = [day for day in days if again.start <= day <= again.end]
    random.shuffle(shown)
    assert seen_again(DAYS, page(*shown), until) == seen_again(DAYS, page(*days), until)
    assert seen_again(DAYS, page(*shown[1:]), until) != seen_again(DAYS, page(*days), until)


@given(st.dictionaries(st.text("abc", min_size=1), DATES), st.dictionaries(st.text("abc", min_size=1), st.text("01")))
def test_a_cursor_does_not_depend_on_the_order_of_the_medias(until: dict[str, date], seen: dict[str, str]) -> None:
    turned = write_days(dict(reversed(until.items())), content(dict(reversed(seen.items()))))
    assert json.dumps(turned) == json.dumps(write_days(until, content(seen)))


@given(st.dictionaries(st.text("abc", min_size=1), st.text("01")), st.integers(0, 9))
def test_a_digest_that_was_begun_earlier_is_gone_on_with(seen: dict[str, str], size: int) -> None:
    begun = content(dict(list(seen.items())[:size]))
    whole = Content(begun.digest)
    for key, text in list(seen.items())[size:]:
        whole.add(key, text)
    assert whole.digest == content(seen).digest


def content(seen: dict[str, str]) -> Content:
    digest = Content()
    for key, text in seen.items():
        digest.add(key, text)
    return digest
