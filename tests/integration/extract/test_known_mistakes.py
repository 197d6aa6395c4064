"""What public pipelines over this API get wrong, each as a test that ours does not.

What they do behind the raw lake is tested where that happens. Personal data in the clear:
``tests/integration/warehouse_sql/test_apart.py``. Lifetime counters summed
or differenced: ``snapshots_that_fall`` in ``tests/cases/warehouse_sql``. Feeds that nobody holds against each other:
``sessions_against_plays`` and ``days_against_lifetime_counts`` there. Tokens in code and logs:
``tests/faults/test_secrets.py``.
"""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
from pydantic import SecretStr

from extract.clock import RunClock, new_run_id
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.rate_limit import RateLimiter
from extract.runner import run_extraction
from extract.settings import Settings, Wistia
from extract.sources.wistia.streams import STREAM_NAMES
from orchestration.cli import reelhouse
from sandbox.wistia.account import VisitorFilter
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.weather import Weather
from tests.integration.extract.account import AS_OF, TOKEN, Account, Bench, bench, event, lines, visitor
from tests.integration.extract.server import Answered, Asked, Served, served

VISITORS, EVENTS = "wistia/visitors", "wistia/events"
DAY = timedelta(days=1)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def server(account: Account) -> Iterator[Served]:
    with served(lambda asked: account.answer(asked)) as server:
        yield server


@pytest.fixture
def here(server: Served, tmp_path: Path) -> Bench:
    return bench(tmp_path, server)


def test_visitors_are_asked_for_once_and_not_once_for_each_media(here: Bench, account: Account) -> None:
    account.visitors = [visitor(number, AS_OF - timedelta(hours=number)) for number in range(30)]
    here.extract()
    asked = here.asked("/stats/visitors")
    assert all(set(parameters) == {"page", "per_page"} for parameters in asked)
    assert len(here.records(VISITORS)) == 30


def test_a_returning_visitor_is_found_although_created_at_is_old(here: Bench, account: Account) -> None:
    account.visitors = [visitor(number, AS_OF - timedelta(hours=number + 1)) for number in range(500)]
    here.extract()
    account.visitors[450] = visitor(450, AS_OF + timedelta(hours=3), play_count=2)
    here.extract(AS_OF + DAY)
    assert len(here.asked("/stats/visitors")) == 2
    states = [row for row in here.records(VISITORS) if row["visitor_key"] == "v450"]
    assert [row["play_count"] for row in states] == [1, 2]


@pytest.mark.parametrize("gone", ["returned", "purged"])
def test_the_walk_stops_although_the_visitor_seen_last_has_moved_or_gone(
    here: Bench, account: Account, gone: str
) -> None:
    account.visitors = [visitor(number, AS_OF - timedelta(hours=number + 1)) for number in range(500)]
    here.extract()
    newest = account.visitors.pop(0)
    if gone == "returned":
        account.visitors.append(newest | visitor(0, AS_OF + timedelta(hours=1)))
    account.visitors.append(visitor(1000, AS_OF + timedelta(hours=2)))
    here.extract(AS_OF + DAY)
    assert len(here.asked("/stats/visitors")) == 2
    assert "v1000" in here.keys(VISITORS, "visitor_key")


def test_late_and_revised_sessions_are_found(here: Bench, account: Account) -> None:
    account.events = [event(number, AS_OF - timedelta(hours=number + 1)) for number in range(60)]
    here.extract()
    account.events.append(event(900, AS_OF - timedelta(hours=40)))
    account.events[20] = event(20, AS_OF - timedelta(hours=21), percent_viewed=0.9)
    reports = here.extract(AS_OF + DAY)
    assert reports[EVENTS].complete
    assert "e900" in here.keys(EVENTS, "event_key")
    assert [row["percent_viewed"] for row in here.records(EVENTS) if row["event_key"] == "e20"] == [0.5, 0.9]


def test_the_rest_of_a_day_that_was_read_in_part_is_not_lost(here: Bench, account: Account) -> None:
    account.events = [event(1, AS_OF - timedelta(hours=1))]
    here.extract()
    account.events.append(event(2, AS_OF + timedelta(hours=5)))
    here.extract(AS_OF + DAY)
    assert here.asked("/stats/events")[0]["start_date"] == "2026-01-06"
    assert here.asked("/stats/events")[0]["end_date"] == "2026-01-09"
    assert here.keys(EVENTS, "event_key") == {"e1", "e2"}


def test_the_watermark_is_an_instant_of_the_data_and_not_of_a_clock(here: Bench, account: Account) -> None:
    account.visitors = [visitor(1, AS_OF - timedelta(days=3))]
    here.extract()
    assert here.manifests(VISITORS)[0].cursor_after["watermark"] == "2026-01-05T02:00:00.000000Z"
    account.visitors.append(visitor(2, AS_OF - timedelta(days=2, hours=12)))
    here.extract(AS_OF + DAY)
    assert here.keys(VISITORS, "visitor_key") == {"v1", "v2"}


def test_a_row_from_the_future_does_not_hide_the_rows_that_come_after_it(here: Bench, account: Account) -> None:
    account.visitors = [visitor(1, AS_OF + timedelta(days=900)), visitor(2, AS_OF - timedelta(hours=1))]
    account.events = [event(1, AS_OF + timedelta(days=1)), event(2, AS_OF - timedelta(hours=1))]
    here.extract()
    assert here.manifests(VISITORS)[0].cursor_after["watermark"] == "2026-01-08T01:00:00.000000Z"
    account.visitors.append(visitor(3, AS_OF + timedelta(hours=1)))
    here.extract(AS_OF + timedelta(hours=2))
    assert here.keys(VISITORS, "visitor_key") == {"v1", "v2", "v3"}


def test_no_number_of_pages_is_enough_to_stop(here: Bench, account: Account) -> None:
    here.per_page = 20
    account.visitors = [visitor(number, AS_OF - timedelta(minutes=number + 1)) for number in range(12_003)]
    here.extract()
    assert here.keys(VISITORS, "visitor_key") == {f"v{number}" for number in range(12_003)}


def test_a_page_that_is_short_is_not_the_end(here: Bench, account: Account, server: Served) -> None:
    account.visitors = [visitor(number, AS_OF - timedelta(minutes=number + 1)) for number in range(500)]
    spoilt = {"3"}

    def answer(asked: Asked) -> Answered:
        page = asked.parameters.get("page", "")
        if asked.path.endswith("visitors") and page in spoilt:
            spoilt.discard(page)
            return Answered(b"[]")
        return account.answer(asked)

    server.answer = answer
    here.extract()
    assert here.keys(VISITORS, "visitor_key") == {f"v{number}" for number in range(500)}


def test_statistics_are_pulled_whether_or_not_a_media_was_updated(here: Bench, account: Account) -> None:
    here.extract()
    account.stats["m1"] = {"load_count": 500}
    here.extract(AS_OF + DAY)
    assert {"load_count": 500} in here.records("wistia/media_stats")


def test_two_years_are_asked_for_at_first(here: Bench) -> None:
    here.extract()
    assert here.asked("/stats/events")[0]["start_date"] == "2024-01-09"
    assert here.asked("/stats/events")[0]["end_date"] == "2026-01-08"


def test_neither_the_token_nor_the_public_token_of_a_heatmap_is_kept(here: Bench, account: Account) -> None:
    account.visitors = [visitor(1, AS_OF - timedelta(hours=1))]
    account.events = [event(1, AS_OF - timedelta(hours=1))]
    here.extract()
    for key, data in here.objects().items():
        text = gzip.decompress(data) if key.endswith(".gz") else data
        assert TOKEN.encode() not in text
        assert b"heatmap-s3cret" not in text
    assert here.records(EVENTS)[0]["iframe_heatmap_url"].endswith("?public_token=redacted")


def test_days_are_never_asked_for_without_both_dates(here: Bench, account: Account) -> None:
    """Without dates the source answers with yesterday and today alone."""
    account.days["m1"] = {"2026-01-02": 6, "2026-01-07": 1}
    for day in range(3):
        here.extract(AS_OF + day * DAY)
        for key in ("m1", "m2"):
            (asked,) = here.asked(f"/stats/medias/{key}/by_date")
            assert set(asked) == {"start_date", "end_date"}
            assert asked["end_date"] == f"{AS_OF + day * DAY:%Y-%m-%d}"
    assert {row["play_count"] for row in here.records("wistia/media_by_date")} == {0, 1, 6}


def test_lifetime_counters_that_fall_are_kept_as_they_are_and_days_are_not_made_of_them(
    here: Bench, account: Account
) -> None:
    """Hours watched and engagement go down as well as up: a difference between two snapshots is not a day."""
    states = [{"play_count": 44_053, "hours_watched": 2653.652}, {"play_count": 44_068, "hours_watched": 2652.397}]
    for day, state in enumerate(states):
        account.stats["m1"] = account.account_stats = state
        here.extract(AS_OF + day * DAY)
    snapshots = [row for row in here.records("wistia/media_stats") if "hours_watched" in row]
    assert snapshots == here.records("wistia/account_stats") == states
    assert all(row["hours_watched"] >= 0 for row in here.records("wistia/media_by_date"))


def test_a_day_without_a_change_leaves_the_evidence_that_it_was_asked_for(here: Bench) -> None:
    """Who skips what is equal cannot tell a quiet day from one on which nobody asked."""
    here.extract()
    here.extract(AS_OF + DAY)
    for stream in ("wistia/media_stats", "wistia/account_stats"):
        first, second = here.manifests(stream)
        assert first.landed == second.landed > 0
    _, quiet = here.manifests("wistia/media_engagement")
    assert (quiet.objects, quiet.received, quiet.landed, quiet.unchanged) == ((), 2, 0, 2)
    assert (quiet.cursor_after["date"], quiet.requests) == ("2026-01-09", {"200": 2})
    assert quiet.committed_at.startswith("2026-01-09")
    here.extract(AS_OF + DAY)
    assert len(here.manifests("wistia/media_engagement")) == 2


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_watermarks_and_days_do_not_depend_on_the_zone_of_the_machine(
    here: Bench, account: Account, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        account.visitors = [visitor(1, AS_OF - timedelta(hours=1))]
        account.events = [event(1, AS_OF - timedelta(hours=1))]
        here.extract()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert here.manifests(VISITORS)[0].cursor_after["watermark"] == "2026-01-08T01:00:00.000000Z"
    assert here.asked("/stats/events")[0]["end_date"] == "2026-01-08"
    assert here.asked("/stats/medias/m1/by_date")[0]["end_date"] == "2026-01-08"
    assert all(key.split("/")[3] == "date=2026-01-08" for key in here.objects() if key.endswith(".gz"))


def test_rows_that_are_filtered_out_of_a_page_do_not_end_the_walk(here: Bench, account: Account) -> None:
    """Whole pages of repeated rows land nothing, and the walk goes on behind them."""
    account.visitors = [visitor(number, AS_OF - timedelta(hours=1)) for number in range(150)] * 3
    account.visitors += [visitor(number, AS_OF - timedelta(hours=2)) for number in range(150, 300)]
    here.extract()
    assert here.keys(VISITORS, "visitor_key") == {f"v{number}" for number in range(300)}


def test_a_429_in_plain_text_is_waited_for_as_long_as_it_says(
    here: Bench, account: Account, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.visitors = [visitor(1, AS_OF)]
    refusals = [Answered(b"Rate limit exceeded", 429, {"Retry-After": "7"}, content_type="text/plain")]
    waits: list[float] = []
    monkeypatch.setattr(RateLimiter, "refused", lambda _self, _granted, seconds: waits.append(seconds))

    def answer(asked: Asked) -> Answered:
        return refusals.pop() if asked.path.endswith("/visitors") and refusals else account.answer(asked)

    server.answer = answer
    report = here.extract()[VISITORS]
    assert (report.retries, report.landed) == (1, 1)
    assert len(waits) == 1
    assert waits[0] >= 7


def test_an_answer_may_take_longer_than_thirty_seconds() -> None:
    """First pages of large accounts were seen to take 16 to 30 s and more."""
    assert Wistia().timeout >= 60


def test_everything_lands_in_one_run_analytics_too(here: Bench, account: Account, server: Served) -> None:
    account.visitors, account.events = [visitor(1, AS_OF)], [event(1, AS_OF)]
    reports = here.extract(base_url=server.base_url.replace("/v1", "/modern"))
    assert set(reports) == set(STREAM_NAMES)
    assert all(here.records(stream) for stream in STREAM_NAMES)


def test_page_shift_duplicates_a_purge_and_refusals_together_lose_nothing(tmp_path: Path) -> None:
    """What no canned answer tests: the list moves between two pages, repeats, shrinks, and the source says no."""
    account = InventedAccount(small(visitors=600, events=100))
    manners = Manners(drift=90, repeated=0.05, purge=(8, 365), weather=Weather({"429-bare": 0.2, "cut": 0.1}))
    lake = DirectoryLake(tmp_path, "lake")
    with serve(account, manners) as simulator:
        simulator.set_clock(AS_OF)
        wistia = Wistia(base_url=simulator.base_url, requests_per_minute=1_000_000, per_page=50)
        run_extraction(
            lake, Settings(wistia=wistia), SecretStr(simulator.token), RunClock(AS_OF), new_run_id(AS_OF), Silent()
        )
    shown = json.loads(account.at(int(AS_OF.timestamp())).visitors(VisitorFilter()).page(1, 10_000))
    kept = f"{AS_OF - timedelta(days=364):%Y-%m-%d}"
    stayed = {row["visitor_key"] for row in shown if row["last_active_at"] >= kept}
    assert len(stayed) > 200
    assert stayed <= {line["record"]["visitor_key"] for line in lines(lake, VISITORS)}


def test_a_token_is_no_argument_of_any_command() -> None:
    """Arguments are seen by everybody on the machine, and stay in the history of the shell."""
    assert isinstance(reelhouse, click.Group)
    options = {option for each in reelhouse.commands.values() for parameter in each.params for option in parameter.opts}
    assert "--config" in options
    assert not [option for option in options if option.endswith(("token", "password", "secret", "key"))]


def test_pages_are_asked_for_at_the_same_time(here: Bench, account: Account, server: Served) -> None:
    account.visitors = [visitor(number, AS_OF - timedelta(minutes=number + 1)) for number in range(2_000)]
    before, alone = iter(range(4)), list[int]()
    met = threading.Event()

    def answer(asked: Asked) -> Answered:
        if asked.path.endswith("/visitors"):
            number = next(before, None)
            if number is None:
                met.set()
            elif number and not met.wait(timeout=5):  # the first answer tells how long the list is
                alone.append(number)
        return account.answer(asked)

    server.answer = answer
    here.extract()
    assert met.is_set()
    assert alone == [], "a request that had to wait until nobody else came"
    assert len(here.keys(VISITORS, "visitor_key")) == 2_000
