"""Faults 32 to 34 and 26: whatever the API does on the way, the lake ends as if it had done nothing.

Each switch of the simulator alone, extraction only, over a first load and two days. What the lake holds is compared
by content (every distinct record, and where each stream stands) with what runs hold that met no fault. Where a switch
makes the source show other data, the test says what must be equal then.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import extract.retry
from extract.errors import RefusedError, SourceRefused
from extract.lake import DirectoryLake
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EMPTY, busy, restless, small
from sandbox.wistia.weather import FAULTS, PASSING, Delivery
from tests.faults.moods import FOREVER, UNDOCUMENTED, Contents, Moody, contents, cursors, moody, sampled, weather
from tests.integration.extract.account import STREAMS, lines

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 8, 2, tzinfo=UTC)
DAYS = (FIRST, FIRST + DAY, FIRST + 2 * DAY)
VISITORS, EVENTS, BY_DATE = "wistia/visitors", "wistia/events", "wistia/media_by_date"
KEYS = {VISITORS: "visitor_key", EVENTS: "event_key"}
STALLING = [name for name in PASSING if "stall" in name]
SAMPLE = {"429", "cut-short", "html"}
"""In the usual run: asked to wait, half of an answer, nonsense."""
MEDIA = "gskhw4w4lm"
LISTS = {
    "/medias?": "wistia/medias",
    "/projects?": "wistia/projects",
    "/stats/visitors": VISITORS,
    "/stats/events": EVENTS,
    "/by_date": BY_DATE,
}


class Held(NamedTuple):
    """What a lake holds, and where its streams stand."""

    records: Contents
    cursors: dict[str, Any]


def held(lake: DirectoryLake) -> Held:
    return Held(contents(lake), cursors(lake))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once: what waits is tested where waiting is."""
    monkeypatch.setattr(extract.retry, "FIRST_WAIT", 0.002)


@pytest.fixture(scope="module")
def api() -> Iterator[Moody]:
    with moody(InventedAccount(small(visitors=200, events=150), 7)) as api:
        yield api


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "lake")


@pytest.fixture(scope="module")
def unharmed(api: Moody, tmp_path_factory: pytest.TempPathFactory) -> tuple[Held, ...]:
    """What the lake holds after each day of runs that met no fault."""
    lake, found = DirectoryLake(tmp_path_factory.mktemp("unharmed"), "lake"), []
    api.behave()
    for day in DAYS:
        api.extract(lake, day, timeout=60)
        found.append(held(lake))
    assert found[0] != found[1] != found[2]
    return tuple(found)


@pytest.fixture(scope="module")
def first_day(api: Moody, unharmed: tuple[Held, ...], tmp_path_factory: pytest.TempPathFactory) -> DirectoryLake:
    """A lake after the first load, to be copied."""
    lake = DirectoryLake(tmp_path_factory.mktemp("first"), "lake")
    api.behave()
    api.extract(lake, FIRST, timeout=60)
    return lake


@pytest.fixture
def after_the_first(first_day: DirectoryLake, lake: DirectoryLake) -> DirectoryLake:
    for info in first_day.list_after(""):
        lake.put(info.key, first_day.get(info.key))
    return lake


def refused(run: Callable[[], Any], says: str, error: type[RefusedError] = SourceRefused) -> None:
    """Have a run end clearly: code 3, words that say what happened and what was kept, and no secret in them."""
    with pytest.raises(error, match=says) as stopped:
        run()
    assert stopped.value.exit_code == 3
    assert "kept" in str(stopped.value)
    assert Manners().token not in str(stopped.value)


class TestWhatPasses:
    """Fault 32: what is answered well when asked again."""

    @pytest.mark.parametrize("fault", sampled([name for name in PASSING if name not in STALLING], SAMPLE))
    def test_befalls_the_first_attempt_of_every_request(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], fault: str
    ) -> None:
        for day, expected in zip(DAYS, unharmed, strict=True):
            api.behave(Manners(weather=weather({fault: 1})))
            reports = api.extract(lake, day)
            assert all(report.retries >= report.requests // 2 > 0 for report in reports.values())
            assert held(lake) == expected

    @pytest.mark.long
    @pytest.mark.parametrize("fault", STALLING)
    def test_stalls_for_longer_than_the_time_out(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], fault: str
    ) -> None:
        for day, expected in zip(DAYS, unharmed, strict=True):
            api.behave(Manners(weather=weather({fault: 0.1})))
            assert sum(report.retries for report in api.extract(lake, day).values()) > 3
            assert held(lake) == expected

    @pytest.mark.parametrize(
        "manners",
        [
            pytest.param(Manners(latency=0.02), id="slow", marks=pytest.mark.long),
            pytest.param(Manners(slow_first_page=0.2), id="slow first pages", marks=pytest.mark.long),
            pytest.param(Manners(weather=weather({"stall": 0.2}, stall=0.1)), id="standstills within the time-out"),
        ],
    )
    def test_is_slow_and_nothing_worse(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], manners: Manners
    ) -> None:
        for day, expected in zip(DAYS, unharmed, strict=True):
            api.behave(manners)
            assert not any(report.retries for report in api.extract(lake, day, timeout=30).values())
            assert held(lake) == expected


class TestWhatDoesNotPass:
    """Fault 32: a clear end, what was committed is kept, and the next calm run completes it."""

    @pytest.mark.parametrize("fault", sampled([name for name in FAULTS if name not in (*STALLING, "empty")], SAMPLE))
    def test_for_one_stream(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], fault: str
    ) -> None:
        api.behave(Manners(weather=weather({fault: 1}, most_in_a_row=FOREVER, where="/stats/events")))
        says = "is redirected" if fault == "redirect" else "failed 8 times"
        refused(lambda: api.extract(after_the_first, DAYS[1]), f"GET /stats/events .*{says}")
        found = held(after_the_first)
        for stream in STREAMS:
            assert found.records[stream] == unharmed[stream != EVENTS].records[stream]
        self.assert_completed(api, after_the_first, unharmed)

    @pytest.mark.parametrize("fault", sampled(STALLING, {"stall-within"}))
    def test_for_one_stream_because_it_stalls(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], fault: str
    ) -> None:
        api.behave(Manners(weather=weather({fault: 1}, most_in_a_row=FOREVER, where="/stats/events")))
        refused(lambda: api.extract(after_the_first, DAYS[1], timeout=0.1), r"no answer within 0\.1 s")
        self.assert_completed(api, after_the_first, unharmed)

    def test_for_anything(self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...]) -> None:
        api.behave(Manners(weather=weather({"503": 1}, most_in_a_row=FOREVER)))
        refused(lambda: api.extract(after_the_first, DAYS[1]), "failed 8 times; the last time: status 503")
        assert held(after_the_first) == unharmed[0]
        self.assert_completed(api, after_the_first, unharmed)

    @pytest.mark.parametrize("request_number", sampled([1, 2, 20, 40], {1, 20}))
    def test_a_token_that_is_revoked_in_mid_run(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], request_number: int
    ) -> None:
        api.behave(Manners(revoked=(request_number, FOREVER)))
        refused(lambda: api.extract(after_the_first, DAYS[1]), r"401, unauthorized_credentials.*set another token")
        found = contents(after_the_first)
        assert all(unharmed[0].records[s] <= found[s] <= unharmed[1].records[s] for s in STREAMS)
        self.assert_completed(api, after_the_first, unharmed)

    def test_a_token_that_is_revoked_in_the_first_load(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...]
    ) -> None:
        api.behave(Manners(revoked=(30, FOREVER)))
        refused(lambda: api.extract(lake, FIRST), "401")
        api.behave()
        api.extract(lake, FIRST)
        assert held(lake) == unharmed[0]

    @pytest.mark.parametrize(("status", "says"), [(403, "403"), (401, "401, unauthorized_scope"), (404, "not found")])
    def test_statistics_that_the_token_may_not_read(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], status: int, says: str
    ) -> None:
        api.behave(Manners(refused={"/stats": status}))
        refused(lambda: api.extract(after_the_first, DAYS[1]), says)
        self.assert_completed(api, after_the_first, unharmed)

    def assert_completed(self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...]) -> None:
        for day, expected in zip(DAYS[1:], unharmed[1:], strict=True):
            api.behave()
            api.extract(lake, day, timeout=60)
            assert held(lake) == expected


class TestEmptyAnswers:
    """Fault 33: 200 and nothing in it, where the lake knows that there is something."""

    @pytest.mark.parametrize("where", sampled(LISTS, {"/medias?", "/stats/visitors", "/stats/events"}))
    def test_that_pass(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], where: str
    ) -> None:
        for day, expected in zip(DAYS[1:], unharmed[1:], strict=True):
            api.behave(Manners(weather=weather({"empty": 1}, most_in_a_row=2, where=where)))
            assert api.extract(after_the_first, day)[LISTS[where]].retries >= 2
            assert held(after_the_first) == expected

    @pytest.mark.parametrize("where", sampled(LISTS, {"/medias?", "/stats/visitors", "/stats/events"}))
    def test_that_do_not_pass(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...], where: str
    ) -> None:
        """Of a list that is filtered by date it may be the truth: it is noted, and the watermark stays."""
        stream = LISTS[where]
        api.behave(Manners(weather=weather({"empty": 1}, most_in_a_row=FOREVER, where=where)))
        if stream == EVENTS:
            (note, *_) = api.extract(after_the_first, DAYS[1])[stream].notes
            assert note.startswith("not one row since 2026-01-06")
        else:
            says = "no rows, although there were some|days are missing"
            refused(lambda: api.extract(after_the_first, DAYS[1]), says)
        assert contents(after_the_first)[stream] == unharmed[0].records[stream]
        watermarks = [found[stream][1].get("watermark") for found in (cursors(after_the_first), unharmed[0].cursors)]
        assert watermarks[0] == watermarks[1]
        api.behave()
        api.extract(after_the_first, DAYS[1])
        assert contents(after_the_first) == unharmed[1].records

    @pytest.mark.parametrize("where", sampled([*LISTS, ""], {"/stats/events", ""}))
    def test_of_a_first_load_of_which_nothing_is_known_are_made_good_by_the_next_run(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], where: str
    ) -> None:
        api.behave(Manners(weather=weather({"empty": 1}, where=where)))
        api.extract(lake, FIRST)
        api.behave()
        api.extract(lake, FIRST)
        assert held(lake) == unharmed[0]

    def test_among_the_pages_of_a_list(self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...]) -> None:
        for day, expected in zip(DAYS, unharmed, strict=True):
            api.behave(Manners(weather=weather({"empty": 1}, where="&per_page=9")))
            api.extract(lake, day)
            assert held(lake) == expected

    def test_of_an_empty_account(self, lake: DirectoryLake) -> None:
        with moody(InventedAccount(EMPTY, 7)) as nobody:
            for fault in (*PASSING, "empty"):
                if fault not in STALLING:
                    nobody.behave(Manners(weather=weather({fault: 1}, where="" if fault != "empty" else "?page")))
                    nobody.extract(lake, FIRST)
        assert set(cursors(lake)) == {"wistia/account_stats"}


class TestMovement:
    """Faults 33 and 34: rows that repeat, arrive, return, are revised and purged while they are read."""

    @pytest.mark.parametrize("share", sampled([0.02, 0.3], {0.3}))
    def test_rows_that_are_listed_twice_are_no_other_rows(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], share: float
    ) -> None:
        for day, expected in zip(DAYS, unharmed, strict=True):
            api.behave(Manners(repeated=share))
            api.extract(lake, day)
            assert held(lake) == expected

    @pytest.mark.parametrize("fault", sampled(["reset", "cut-short", "429"], {"reset"}))
    def test_what_arrives_and_returns_meanwhile_is_there_after_the_next_calm_run(
        self, api: Moody, lake: DirectoryLake, tmp_path: Path, fault: str
    ) -> None:
        """A minute goes by with each request; equal is the last state of each key that the source still shows."""
        last = FIRST + 4 * DAY
        for hours in (0, 24, 48):
            api.behave(Manners(drift=60, weather=weather({fault: 0.3}), seed=hours))
            api.extract(lake, FIRST + timedelta(hours=hours))
        at_once = DirectoryLake(tmp_path, "at-once")
        api.behave()
        api.extract(lake, last)
        api.extract(at_once, last)
        for stream, key in KEYS.items():
            shown, landed = states(at_once, stream, key), states(lake, stream, key)
            assert {name: landed.get(name) for name in shown} == shown

    @pytest.mark.parametrize("from_request", sampled([1, 5, 45, 50], {5, 45}))
    def test_what_is_purged_meanwhile_takes_nothing_else_with_it(
        self, api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...], from_request: int
    ) -> None:
        """The rows that stay are all there, and of those that go none that was never shown."""
        api.behave(Manners(purge=(from_request, 200)))
        api.extract(lake, FIRST)
        oldest = f"{FIRST - timedelta(days=200):%Y-%m-%d}"
        found = contents(lake)
        for stream, instant in ((VISITORS, "last_active_at"), (EVENTS, "received_at")):
            everything = unharmed[0].records[stream]
            staying = {row for row in everything if instant_of(row[1], instant) >= oldest}
            assert 0 < len(staying) < len(everything)
            assert staying <= found[stream] <= everything
        for stream in set(STREAMS) - set(KEYS):
            assert found[stream] == unharmed[0].records[stream]

    @pytest.mark.parametrize(
        "faults",
        [
            pytest.param({}, id="calm", marks=pytest.mark.long),
            pytest.param({"reset-within": 0.2, "html": 0.2}, id="rough"),
        ],
    )
    def test_late_revised_and_returning_rows_of_a_restless_account(
        self, tmp_path: Path, faults: dict[str, float]
    ) -> None:
        """Fault 26 within the overlap: days of the last run's overlap hold what the source shows of them."""
        daily, at_once = DirectoryLake(tmp_path, "daily"), DirectoryLake(tmp_path, "at-once")
        with moody(InventedAccount(restless(small(visitors=300, events=200)), 7)) as account:
            for number in range(5):
                account.behave(Manners(weather=weather(faults), repeated=0.1))
                account.extract(daily, FIRST + number * DAY)
            account.behave()
            account.extract(at_once, FIRST + 4 * DAY)
        for stream, key in KEYS.items():
            shown, landed = states(at_once, stream, key), states(daily, stream, key)
            assert {name: landed.get(name) for name in shown} == shown


class TestOneMediaThatIsGone:
    """Fault 34: the failure of one stays its own."""

    def test_is_noted_and_everything_else_is_as_ever(
        self, api: Moody, after_the_first: DirectoryLake, unharmed: tuple[Held, ...]
    ) -> None:
        api.behave(Manners(refused={f"/stats/medias/{MEDIA}": 404}))
        reports = api.extract(after_the_first, DAYS[1])
        noted = {name for name, report in reports.items() if report.notes and MEDIA in report.notes[0]}
        assert noted == {"wistia/media_stats", "wistia/media_engagement", BY_DATE}
        found = contents(after_the_first)
        for stream in STREAMS:
            others = {row for row in unharmed[1].records[stream] if row[0] != MEDIA}
            assert {row for row in found[stream] if row[0] != MEDIA} == others
        api.behave()
        api.extract(after_the_first, DAYS[1])
        assert contents(after_the_first) == unharmed[1].records


def test_fields_that_nobody_documented_are_kept_and_change_nothing_else(
    api: Moody, lake: DirectoryLake, unharmed: tuple[Held, ...]
) -> None:
    for day, expected in zip(DAYS, unharmed, strict=True):
        api.behave(Manners(unknown_fields=True))
        api.extract(lake, day)
        assert contents(lake, leave_out=UNDOCUMENTED) == expected.records
        assert all("attributes" in text for _, text in contents(lake)[EVENTS])


@pytest.mark.parametrize("events", [3_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_a_media_with_thousands_of_events_in_one_day(lake: DirectoryLake, events: int) -> None:
    with moody(InventedAccount(busy(events), 7)) as account:
        account.behave(Manners(weather=weather({"reset": 0.05, "cut": 0.05, "503": 0.05})))
        account.extract(lake, FIRST, timeout=60)
    found = [text for _, text in contents(lake)[EVENTS] if instant_of(text, "received_at")[:10] == "2026-01-05"]
    assert abs(len(found) - events) < 10


def test_slow_first_pages_are_asked_for_once_a_walk(
    api: Moody, after_the_first: DirectoryLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take 16 to 30 s in life."""
    asked: list[str] = []
    api.behave()
    answer = api.server.api.get

    def get(target: str, authorization: str | None, version: str | None = None) -> Delivery:
        asked.append(target)
        return answer(target, authorization, version)

    monkeypatch.setattr(api.server.api, "get", get)
    api.extract(after_the_first, DAYS[1])
    for of_walk in ("/stats/visitors?page=1&", "/stats/events?start_date=2026-01-06&end_date=2026-01-09&page=1&"):
        assert len([target for target in asked if of_walk in target]) == 1


def states(lake: DirectoryLake, stream: str, key: str) -> dict[str, str]:
    """Return what was landed last of each key."""
    return {line["record"][key]: str(line["record"]) for line in lines(lake, stream)}


def instant_of(text: str, field: str) -> str:
    found: str = json.loads(text)[field]
    return found
