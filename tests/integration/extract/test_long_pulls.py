"""Pulls under a time budget, full sweeps, and backfills beside daily runs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from extract.budget import Budget
from extract.errors import ConfigurationError
from tests.integration.extract.account import AS_OF, STREAMS, Account, Bench, bench, event, media, visitor
from tests.integration.extract.server import Served, served
from tests.integration.extract.test_runner import Hook, Killed

MEDIAS, PROJECTS, ACCOUNT_STATS, MEDIA_STATS, ENGAGEMENT, BY_DATE, VISITORS, EVENTS = STREAMS
DAY = timedelta(days=1)


@pytest.fixture
def account() -> Account:
    numbers = range(1, 8)
    return Account(
        medias=[media(number) for number in numbers],
        stats={f"m{number}": {"load_count": number} for number in numbers},
        curves={f"m{number}": {"engagement": 0.5, "engagement_data": [number]} for number in numbers},
        days={f"m{number}": {"2026-01-05": number} for number in numbers},
        visitors=[visitor(number, AS_OF - timedelta(minutes=7 * number + 1)) for number in range(250)],
        events=[event(number, AS_OF - timedelta(minutes=50 * number + 1)) for number in range(230)],
    )


@pytest.fixture
def server(account: Account) -> Iterator[Served]:
    with served(lambda asked: account.answer(asked)) as server:
        yield server


@pytest.fixture
def here(server: Served, tmp_path: Path) -> Bench:
    return bench(tmp_path, server, per_page=20)


def looks(number: int) -> Budget:
    """Return a budget that is over when it was looked at so often."""
    ticks = count()
    return Budget(number, now=lambda: next(ticks))


def everything(here: Bench) -> dict[str, set[str]]:
    return {stream: {str(record) for record in here.records(stream)} for stream in STREAMS}


@pytest.mark.parametrize("size", [7, 20])
def test_pulls_that_outlast_their_budgets_end_where_an_endless_one_does(
    here: Bench, server: Served, tmp_path: Path, size: int
) -> None:
    calm = bench(tmp_path / "calm", server, per_page=20)
    calm.extract()
    asked: Counter[str] = Counter()
    for run in range(100):
        reports = here.extract(AS_OF + run * timedelta(seconds=1), budget=looks(size))
        asked.update(found.path for found in server.asked)
        if all(report.complete for report in reports.values()):
            break
        assert any("time budget" in note for report in reports.values() for note in report.notes)
    assert run > 0
    assert everything(here) == everything(calm)
    assert all(here.manifests(stream)[-1].complete for stream in STREAMS)
    before = here.objects()
    assert all(report.sequence is None for report in here.extract(AS_OF + timedelta(minutes=1)).values())
    assert here.objects() == before


def test_a_media_that_a_cut_round_has_asked_is_not_asked_again_on_that_day(here: Bench, server: Served) -> None:
    asked: Counter[str] = Counter()
    for _ in range(3):
        here.extract(budget=looks(4))
        asked.update(found.path for found in server.asked if found.path.startswith("/v1/stats/medias/"))
    assert set(asked.values()) == {1}
    manifest = here.manifests(MEDIA_STATS)[0]
    assert not manifest.complete
    assert manifest.cursor_after["round"] == {"date": "2026-01-08", "after": f"m{manifest.received}", "last": "m7"}


def test_on_another_day_a_cut_round_begins_with_those_that_were_left_out(here: Bench) -> None:
    here.extract()
    here.extract(AS_OF + DAY, budget=looks(6))
    cut = next(found for found in STREAMS if not here.manifests(found)[-1].complete)
    asked = here.manifests(cut)[-1].received
    here.extract(AS_OF + 2 * DAY)
    then = [line["_meta"]["params"]["media_id"] for line in here.lines(cut)][-7:]
    assert 0 < asked < 7
    assert then == [f"m{(asked + number) % 7 + 1}" for number in range(7)]


def test_requests_are_told_by_what_they_were_for(here: Bench, account: Account, server: Served) -> None:
    here.per_page = 100
    account.visitors = [visitor(number, AS_OF - timedelta(minutes=30 * number + 1)) for number in range(250)]
    here.extract()
    account.visitors[100:150] = [visitor(n, AS_OF + timedelta(minutes=n)) for n in range(100, 150)]
    account.events += [event(1000 + n, AS_OF + timedelta(minutes=n)) for n in range(50)]
    reports = here.extract(AS_OF + DAY)
    assert reports[VISITORS].purposes == {"new": 1, "overlap": 1}
    assert (reports[VISITORS].requests, reports[VISITORS].least) == (2, 1)
    # Four days with 50 new sessions and 60 old ones, and the ten days before them in one window.
    assert reports[EVENTS].purposes == {"new": 1, "overlap": 1, "patrol": 2, "end": 2}
    assert reports[EVENTS].least == 4
    assert {(asked["start_date"], asked["end_date"]) for asked in here.asked("/stats/events")} == {
        ("2026-01-06", "2026-01-09"),
        ("2025-12-27", "2026-01-05"),
    }
    for stream in (MEDIA_STATS, ENGAGEMENT, BY_DATE):
        assert reports[stream].purposes == {"members": 7}
    for stream in STREAMS:
        report, manifests = reports[stream], here.manifests(stream)
        assert sum(report.purposes.values()) == report.requests
        assert all(sum(found.purposes.values()) == sum(found.requests.values()) for found in manifests)
        assert all(found.least <= sum(found.purposes.values()) for found in manifests)
    assert sum(report.requests for report in reports.values()) == len(server.asked)


def test_a_full_sweep_lands_every_visitor_and_says_when_it_began(here: Bench, account: Account) -> None:
    here.extract()
    gone = account.visitors.pop(77)
    landed = len(here.records(VISITORS))
    report = here.extract(AS_OF + DAY, full_sweep=True)[VISITORS]
    again = {row["visitor_key"] for row in here.records(VISITORS)[landed:]}
    assert again == {row["visitor_key"] for row in account.visitors}
    assert gone["visitor_key"] not in again
    assert report.purposes["sweep"] >= 13
    sweeps = [manifest.sweep for manifest in here.manifests(VISITORS)]
    assert [sweep for sweep in sweeps if sweep] == sweeps[-1:]
    sent = [line["_meta"]["sent_at"] for line in here.lines(VISITORS)][landed:]
    assert str(sweeps[-1]) < min(sent)
    assert here.extract(AS_OF + DAY)[VISITORS].sequence is None


def test_a_sweep_killed_after_any_commit_is_finished_by_the_next_run(here: Bench, account: Account) -> None:
    here.extract()
    for kills in range(1, 5):
        seen = 0

        def kill(name: str, fields: dict[str, object], most: int = kills) -> None:
            nonlocal seen
            seen += name == "extract.committed" and fields["stream"] == VISITORS
            if seen >= most:
                raise Killed

        known = len(here.manifests(VISITORS))
        landed = len(here.records(VISITORS))
        at = AS_OF + kills * DAY
        with suppress(Killed):
            here.extract(at, Hook(kill), full_sweep=True)
        here.extract(at + timedelta(hours=1))
        told = [manifest for manifest in here.manifests(VISITORS)[known:] if manifest.sweep]
        assert len(told) == 1
        seen_since = {
            line["record"]["visitor_key"]
            for line in here.lines(VISITORS)
            if line["_meta"]["sent_at"] >= str(told[0].sweep)
        }
        assert seen_since == {row["visitor_key"] for row in account.visitors}
        assert len(here.records(VISITORS)) > landed


def test_a_sweep_of_a_list_that_shows_nothing_says_nothing(here: Bench, account: Account) -> None:
    account.visitors = []
    report = here.extract(full_sweep=True)[VISITORS]
    assert "nothing is said to be gone" in report.notes[0]
    assert all(manifest.sweep is None for manifest in here.manifests(VISITORS))


def test_a_backfill_lands_a_window_and_moves_no_cursor(here: Bench, account: Account) -> None:
    here.extract()
    cursors = {stream: here.manifests(stream)[-1].cursor_after for stream in STREAMS}
    late = event(5000, AS_OF - 3 * DAY)
    account.events.append(late)
    start, end = date(2026, 1, 4), date(2026, 1, 5)
    reports = here.backfill(start, end)
    assert late["event_key"] in here.keys(EVENTS, "event_key")
    days = {row["received_at"][:10] for row in here.records(EVENTS)[230:]}
    assert days == {"2026-01-04", "2026-01-05"}
    assert reports[BY_DATE].landed == 14
    assert {stream: here.manifests(stream)[-1].cursor_after for stream in STREAMS} == cursors
    assert len(here.manifests(MEDIAS)) == 1
    assert set(reports[EVENTS].purposes) <= {"backfill", "end", "ahead", "gap"}


def test_a_backfill_in_the_middle_of_a_run_disturbs_neither(here: Bench, account: Account, tmp_path: Path) -> None:
    here.extract()
    account.events.append(event(5000, AS_OF + timedelta(hours=5)))
    other = Bench(here.lake, here.server)

    def race(name: str, fields: dict[str, object]) -> None:
        if name == "extract.commit" and fields["stream"] == EVENTS and fields["sequence"] == 2:
            other.backfill(date(2026, 1, 4), date(2026, 1, 5), only="events")
            other.backfill(date(2026, 1, 5), date(2026, 1, 6), only="wistia/events")

    report = here.extract(AS_OF + DAY, Hook(race))[EVENTS]
    manifests = here.manifests(EVENTS)
    assert [manifest.sequence for manifest in manifests] == list(range(1, len(manifests) + 1))
    assert report.requests == sum(count for manifest in manifests[3:] for count in manifest.requests.values())
    assert manifests[1].cursor_after == manifests[2].cursor_after == manifests[0].cursor_after
    assert manifests[3].cursor_after["watermark"] == "2026-01-08T07:00:00.000000Z"
    assert manifests[-1].total_rows == len(here.records(EVENTS))


@pytest.mark.parametrize(
    ("only", "start", "end", "words"),
    [
        ("visitors", date(2026, 1, 1), date(2026, 1, 2), "--full-sweep"),
        ("wistia/medias", date(2026, 1, 1), date(2026, 1, 2), "does not filter"),
        ("sessions", date(2026, 1, 1), date(2026, 1, 2), "no such stream; wistia/media_by_date or wistia/events can"),
        ("events", date(2026, 1, 2), date(2026, 1, 1), "no window of days"),
        ("events", date(2026, 1, 1), date(2026, 1, 9), "no window of days"),
        ("events", date(2026, 1, 1), date(2026, 1, 2), "has not been read yet"),
    ],
)
def test_what_cannot_be_backfilled_is_refused_before_anything_is_asked(
    here: Bench, only: str, start: date, end: date, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        here.backfill(start, end, only=only)
    assert here.server.asked == []
