"""Whole extractions: what lands, what is committed, and what a killed or raced run leaves."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import extract.http
import extract.in_flight
import extract.newest_first
from extract.errors import ConfigurationError, SourceRefused
from extract.land import verify
from tests.integration.extract.account import AS_OF, STREAMS, Account, Bench, bench, event, visitor
from tests.integration.extract.server import Answered, Served, served

MEDIAS, PROJECTS, ACCOUNT_STATS, MEDIA_STATS, ENGAGEMENT, BY_DATE, VISITORS, EVENTS = STREAMS


class Killed(BaseException):
    """Stands for a process that ends."""


class Hook:
    """Progress that does something at an event."""

    def __init__(self, do: Callable[[str, dict[str, object]], None]) -> None:
        self.do = do
        self.events: list[tuple[str, dict[str, object]]] = []

    def event(self, name: str, **fields: object) -> None:
        self.events.append((name, fields))
        self.do(name, fields)

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        """Nothing."""


@pytest.fixture
def account() -> Account:
    return Account(
        visitors=[visitor(number, AS_OF - timedelta(minutes=7 * number + 1)) for number in range(250)],
        events=[event(number, AS_OF - timedelta(minutes=50 * number + 1)) for number in range(230)],
    )


@pytest.fixture
def server(account: Account) -> Iterator[Served]:
    with served(lambda asked: account.answer(asked)) as server:
        yield server


@pytest.fixture
def here(server: Served, tmp_path: Path) -> Bench:
    return bench(tmp_path, server)


def everything(here: Bench) -> dict[str, set[str]]:
    """Return the distinct records of each stream, as text."""
    return {stream: {str(record) for record in here.records(stream)} for stream in STREAMS}


def test_a_first_run_lands_everything_that_there_is(here: Bench, account: Account) -> None:
    reports = here.extract()
    assert here.records(MEDIAS) == account.medias
    assert here.keys(VISITORS, "visitor_key") == {f"v{number}" for number in range(250)}
    assert here.keys(EVENTS, "event_key") == {f"e{number}" for number in range(230)}
    assert here.records(PROJECTS) == account.projects
    assert here.records(ACCOUNT_STATS) == [account.account_stats]
    assert here.records(MEDIA_STATS) == [{"load_count": 5}, {"load_count": 7}]
    assert here.records(ENGAGEMENT) == [account.curves["m1"], account.curves["m2"]]
    assert {row["date"] for row in here.records(BY_DATE)} == {f"2026-01-{day:02d}" for day in range(1, 9)}
    assert all(report.complete and report.sequence == 1 for report in reports.values())
    assert [reports[stream].landed for stream in STREAMS] == [2, 1, 1, 2, 2, 16, 250, 230]


def test_a_line_says_where_its_record_came_from(here: Bench) -> None:
    here.extract()
    line = list(here.lines(VISITORS))[101]
    assert line["_meta"].pop("sent_at").startswith("2026-01-08T02:00:0")
    assert line["_meta"] == {"path": "/stats/visitors", "params": {"page": 2, "per_page": 97}, "page": 2, "index": 4}
    line = list(here.lines(MEDIA_STATS))[1]
    del line["_meta"]["sent_at"]
    assert line["_meta"] == {"path": "/stats/medias/m2", "params": {"media_id": "m2"}, "page": None, "index": 0}
    line = list(here.lines(BY_DATE))[9]
    del line["_meta"]["sent_at"]
    days = {"media_id": "m2", "start_date": "2026-01-01", "end_date": "2026-01-08"}
    assert line["_meta"] == {"path": "/stats/medias/m2/by_date", "params": days, "page": None, "index": 1}
    assert next(here.lines(ACCOUNT_STATS))["_meta"]["params"] == {}


def test_manifests_vouch_for_what_lies_there_and_the_counts_agree(here: Bench) -> None:
    reports = here.extract()
    for stream in STREAMS:
        (manifest,) = here.manifests(stream)
        for entry in manifest.objects:
            verify(here.lake, entry)
            assert entry.key.startswith(f"raw/{stream}/date=2026-01-08/run={manifest.run_id}/part-")
        rows = sum(entry.rows for entry in manifest.objects)
        assert manifest.received == manifest.landed == manifest.total_rows == rows == len(here.records(stream))
        assert sum(manifest.requests.values()) == reports[stream].requests
    assert sum(report.requests for report in reports.values()) == len(here.server.asked)


def test_every_request_has_an_instant_of_its_own(here: Bench) -> None:
    here.extract()
    sent = {(line["_meta"]["page"], line["_meta"]["sent_at"]) for line in here.lines(VISITORS)}
    assert len({instant for _, instant in sent}) == len(sent) == len({page for page, _ in sent})


def test_a_second_run_at_the_same_instant_commits_nothing(here: Bench) -> None:
    here.extract()
    before = here.objects()
    reports = here.extract()
    assert here.objects() == before
    assert all(report.sequence is None and report.landed == 0 for report in reports.values())
    assert len(here.asked("/stats/visitors")) <= 3


def test_another_day_without_news_commits_the_snapshots_of_that_day_and_the_patrol(here: Bench) -> None:
    here.extract()
    reports = here.extract(AS_OF + timedelta(days=1))
    assert {stream: report.sequence for stream, report in reports.items()} == {
        MEDIAS: 2,
        PROJECTS: 2,
        ACCOUNT_STATS: 2,
        MEDIA_STATS: 2,
        ENGAGEMENT: 2,
        BY_DATE: 2,
        VISITORS: None,
        EVENTS: 2,
    }


def test_counters_that_change_within_a_day_are_committed_again(here: Bench, account: Account) -> None:
    here.extract()
    account.stats["m1"] = {"load_count": 6}
    reports = here.extract(AS_OF + timedelta(hours=1))
    assert reports[MEDIA_STATS].sequence == 2
    assert reports[MEDIAS].sequence is None


def test_an_empty_account_is_a_success_without_a_commit(here: Bench, account: Account) -> None:
    account.medias, account.projects, account.visitors, account.events = [], [], [], []
    reports = here.extract()
    assert {stream for stream, report in reports.items() if report.sequence} == {ACCOUNT_STATS}
    assert here.records(ACCOUNT_STATS) == [account.account_stats]
    account.visitors = [visitor(1, AS_OF + timedelta(minutes=5))]
    assert here.extract(AS_OF + timedelta(hours=1))[VISITORS].landed == 1


def test_a_media_without_statistics_is_noted_and_skipped(here: Bench, account: Account) -> None:
    del account.stats["m2"]
    reports = here.extract()
    assert reports[MEDIA_STATS].notes == ("not found (404) and skipped: m2",)
    assert here.manifests(MEDIA_STATS)[0].notes == reports[MEDIA_STATS].notes
    assert here.records(MEDIA_STATS) == [{"load_count": 5}]


def test_a_media_whose_statistics_become_those_of_another_is_news(here: Bench, account: Account) -> None:
    account.medias.append({"id": 3, "hashed_id": "m3"})
    account.stats = {"m1": {"play_count": 0}, "m2": {"play_count": 1}, "m3": {"play_count": 0}}
    here.extract()
    account.stats["m1"] = {"play_count": 1}
    assert here.extract(AS_OF + timedelta(hours=1))[MEDIA_STATS].sequence == 2


def test_statistics_that_are_not_json_land_with_their_bytes(here: Bench, account: Account) -> None:
    account.broken["/stats/medias/m1"] = lambda _: Answered(b'{"load_count": NaN}')
    here.extract()
    assert [set(line) for line in here.lines(MEDIA_STATS)] == [{"_meta", "bytes"}, {"_meta", "record"}]
    assert len(here.records(VISITORS)) == 250


@pytest.mark.parametrize("status", [400, 422, 500])
def test_one_media_that_is_not_answered_is_noted_and_skipped(
    here: Bench, account: Account, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract.http, "ATTEMPTS", 2)
    account.broken["/stats/medias/m1"] = lambda _: Answered(b"{}", status)
    reports = here.extract()
    assert here.records(MEDIA_STATS) == [{"load_count": 7}]
    assert "skipped: m1" in reports[MEDIA_STATS].notes[0]


def test_statistics_that_fail_for_all_are_raised_after_the_other_streams(here: Bench, account: Account) -> None:
    for key in ("m1", "m2"):
        account.broken[f"/stats/medias/{key}"] = lambda _: Answered(b"{}", 422)
    with pytest.raises(SourceRefused, match="status 422"):
        here.extract()
    assert len(here.records(VISITORS)) == 250
    assert len(here.records(EVENTS)) == 230
    assert here.records(MEDIA_STATS) == []


def test_a_list_that_fails_leaves_the_others_their_turn(here: Bench, account: Account) -> None:
    account.broken["/medias"] = lambda _: Answered(b"{}", 422)
    with pytest.raises(SourceRefused, match="/medias"):
        here.extract()
    assert here.asked("/stats/medias/m1") == []
    assert len(here.records(EVENTS)) == 230


@pytest.mark.parametrize("back", [timedelta(0), timedelta(days=30)])
def test_what_is_read_later_is_newer_whatever_the_instant_of_the_run(
    here: Bench, account: Account, back: timedelta
) -> None:
    here.extract()
    account.stats["m1"] = {"load_count": 6}
    reports = here.extract(AS_OF - back)
    first, second = here.manifests(MEDIA_STATS)
    sent = [line["_meta"]["sent_at"] for line in here.lines(MEDIA_STATS)][2:]
    assert len(sent) == 2
    assert all(first.committed_at < instant < second.committed_at for instant in sent)
    assert bool(reports[MEDIA_STATS].notes) == bool(back)


def test_a_key_that_utf8_cannot_write_lands_and_counts_as_none(here: Bench, account: Account) -> None:
    account.medias.append({"id": 3, "hashed_id": "m\ud800"})
    account.visitors.append(visitor(999, AS_OF - timedelta(minutes=2), visitor_key="v\ud800"))
    reports = here.extract()
    assert (reports[MEDIAS].landed, reports[VISITORS].landed, reports[MEDIA_STATS].landed) == (3, 251, 2)


def test_a_media_without_a_key_lands_and_is_not_asked_for(here: Bench, account: Account) -> None:
    account.medias += [{"id": 3}, {"id": 4, "hashed_id": None}, {"id": 5, "hashed_id": ""}]
    assert here.extract()[MEDIAS].landed == 5
    asked = {asked.path for asked in here.server.asked if "/stats/medias" in asked.path}
    assert {path.split("/")[4] for path in asked} == {"m1", "m2"}


def test_the_key_of_a_media_cannot_lead_to_another_path(here: Bench, account: Account) -> None:
    account.medias.append({"id": 3, "hashed_id": "../visitors?page=1"})
    here.extract()
    assert "/v1/stats/medias/..%2Fvisitors%3Fpage%3D1" in {asked.path for asked in here.server.asked}


def test_only_configured_medias_that_exist_are_asked_for(here: Bench) -> None:
    reports = here.extract(medias=("m2", "gone"))
    assert here.records(MEDIA_STATS) == [{"load_count": 7}]
    assert "gone, named in wistia.medias, does not exist" in reports[MEDIA_STATS].notes[0]
    assert here.asked("/stats/medias/gone") == []


def test_a_host_that_cannot_be_reached_stops_before_anything_is_touched(here: Bench) -> None:
    with pytest.raises(ConfigurationError, match="nothing was touched"):
        here.extract(base_url="https://no-such-host.invalid/v1")
    assert here.objects() == {}


def test_a_wrong_token_names_the_permission(here: Bench, account: Account) -> None:
    account.token = "another"
    with pytest.raises(SourceRefused, match="Read all folder and media data"):
        here.extract()
    assert here.objects() == {}


def test_a_refusal_in_the_middle_keeps_what_was_committed(here: Bench, account: Account) -> None:
    account.broken["/stats/events"] = lambda _: Answered(b'{"code":"unauthorized_scope"}', 401)
    with pytest.raises(SourceRefused, match="unauthorized_scope"):
        here.extract()
    assert len(here.records(VISITORS)) == 250
    account.broken.clear()
    reports = here.extract()
    assert (reports[VISITORS].sequence, reports[EVENTS].sequence) == (None, 1)


def test_a_record_that_is_not_json_lands_with_its_bytes(here: Bench, account: Account) -> None:
    rows = b'[{"hashed_id":"m1"},{"hashed_id":NaN}]'
    account.broken["/medias"] = lambda asked: Answered(rows if asked.parameters["page"] == "1" else b"[]")
    here.extract()
    assert [set(line) for line in here.lines(MEDIAS)] == [{"_meta", "record"}, {"_meta", "bytes"}]


def test_a_source_that_answers_every_page_with_the_same_rows_does_not_go_on_for_ever(
    here: Bench, account: Account
) -> None:
    account.broken["/medias"] = lambda _: Answered(
        json.dumps([{"hashed_id": f"m{number}"} for number in range(100)]).encode()
    )
    with pytest.raises(SourceRefused, match="10 pages in a row"):
        here.extract()
    assert len(here.asked("/medias")) < 40


@pytest.fixture
def long(here: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench whose pages are so small that a pull is long, with a partial manifest every few pages."""
    here.per_page = 20
    monkeypatch.setattr(extract.newest_first, "PARTIAL_PAGES", 4)
    monkeypatch.setattr(extract.in_flight, "AHEAD", 3)
    return here


def test_a_long_pull_commits_partial_manifests(long: Bench) -> None:
    long.extract()
    manifests = long.manifests(VISITORS)
    *partial, last = manifests
    assert len(partial) > 2
    assert not any(manifest.complete for manifest in partial)
    assert last.complete
    watermarks = {manifest.cursor_after["walk"]["watermark"] for manifest in partial}
    assert watermarks == {last.cursor_after["watermark"]}
    assert all(manifest.cursor_after["watermark"] is None for manifest in partial)
    reached = [manifest.cursor_after["walk"]["reached"] for manifest in partial]
    assert reached == sorted(reached, reverse=True)
    assert last.total_rows == sum(manifest.landed for manifest in manifests)
    assert any(proof["windows"] > 1 for manifest in manifests for proof in manifest.proof)


def test_killed_at_each_commit_and_run_again_the_same_content_lands(
    long: Bench, server: Served, tmp_path: Path, account: Account
) -> None:
    calm = bench(tmp_path / "calm", server, per_page=20)
    calm.extract()
    seen: set[tuple[str, object, object]] = set()

    def kill_once(name: str, fields: dict[str, object]) -> None:
        act = (name, fields["stream"], fields["sequence"])
        if act not in seen:
            seen.add(act)
            raise Killed

    killed = 0
    for _ in range(500):
        try:
            long.extract(progress=Hook(kill_once))
        except Killed:
            killed += 1
        else:
            break
    assert killed > 20
    assert everything(long) == everything(calm)
    assert all(long.manifests(stream)[-1].complete for stream in STREAMS)


def test_a_resumed_pull_does_not_begin_again_and_takes_what_came_meanwhile(long: Bench, account: Account) -> None:
    commits = 0

    def kill(name: str, fields: dict[str, object]) -> None:
        nonlocal commits
        commits += name == "extract.committed" and fields["stream"] == VISITORS
        if commits == 5:
            raise Killed

    with suppress(Killed):
        long.extract(progress=Hook(kill))
    landed = len(long.records(VISITORS))
    account.visitors += [visitor(1000 + number, AS_OF + timedelta(minutes=number + 1)) for number in range(12)]
    later = AS_OF + timedelta(hours=1)
    reports = long.extract(later)
    assert long.keys(VISITORS, "visitor_key") == {row["visitor_key"] for row in account.visitors}
    assert reports[VISITORS].landed < 250 - landed + 150
    assert long.extract(later)[VISITORS].sequence is None


def test_the_loser_of_a_race_starts_again_from_the_new_head(here: Bench, server: Served, account: Account) -> None:
    other = Bench(here.lake, server)

    def overtake(name: str, fields: dict[str, object]) -> None:
        if name == "extract.commit" and fields["sequence"] == 1 and not other.manifests(str(fields["stream"])):
            other.extract()

    reports = here.extract(progress=Hook(overtake))
    assert all(report.sequence is None for report in reports.values())
    for stream in STREAMS:
        (manifest,) = here.manifests(stream)
        named = {entry.key for entry in manifest.objects}
        listed = {info.key for info in here.lake.list_after(f"raw/{stream}/date=")}
        assert listed == named


def test_what_is_committed_is_told_before_and_after(here: Bench) -> None:
    hook = Hook(lambda *_: None)
    here.extract(progress=hook)
    told = [(name, fields["stream"]) for name, fields in hook.events]
    assert told == [(name, stream) for stream in STREAMS for name in ("extract.commit", "extract.committed")]


def test_visitors_who_come_while_pages_are_read_are_left_to_the_next_run(
    here: Bench, account: Account, server: Served
) -> None:
    first = account.answer
    arrivals = iter(range(2000, 2100))

    def answer(asked: Any) -> Answered:
        if asked.path.endswith("visitors") and asked.parameters["page"] != "1":
            account.visitors.insert(0, visitor(next(arrivals), AS_OF + timedelta(seconds=1)))
        return first(asked)

    server.answer = answer
    here.extract()
    server.answer = first
    assert {f"v{number}" for number in range(250)} <= here.keys(VISITORS, "visitor_key")
    assert here.manifests(VISITORS)[-1].cursor_after["watermark"] == "2026-01-08T01:59:00.000000Z"
    here.extract(AS_OF + timedelta(hours=1))
    assert here.keys(VISITORS, "visitor_key") == {row["visitor_key"] for row in account.visitors}
