"""What is asked for once for each media: snapshots, curves and days."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import extract.http
import extract.retry
from extract.errors import SourceRefused
from extract.manifest import RawManifest, raw_log
from extract.progress import Silent
from tests.integration.extract.account import AS_OF, STREAMS, Account, Bench, bench, curve, days, media
from tests.integration.extract.server import Answered, Served, served

_, PROJECTS, ACCOUNT_STATS, MEDIA_STATS, ENGAGEMENT, BY_DATE, VISITORS, EVENTS = STREAMS
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OF_EACH_MEDIA = {MEDIA_STATS: "", ENGAGEMENT: "/engagement", BY_DATE: "/by_date"}

each_stream = pytest.mark.parametrize("stream", OF_EACH_MEDIA)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def server(account: Account) -> Iterator[Served]:
    with served(lambda asked: account.answer(asked)) as server:
        yield server


@pytest.fixture
def here(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(extract.http, "ATTEMPTS", 1)
    return bench(tmp_path, server)


def answering(status: int) -> Callable[[Any], Answered]:
    return lambda _: Answered(b"{}", status)


def medias_of(here: Bench, stream: str) -> set[str]:
    return {line["_meta"]["params"]["media_id"] for line in here.lines(stream)}


def windows(here: Bench, key: str) -> list[tuple[str, str]]:
    """Return the windows that the last run asked for of a media."""
    asked = here.asked(f"/stats/medias/{key}/by_date")
    return [(parameters["start_date"], parameters["end_date"]) for parameters in asked]


def newest(here: Bench, stream: str) -> RawManifest:
    head = raw_log(here.lake, stream).head()
    assert head
    return head


class TestOneMediaAmongMany:
    @each_stream
    def test_that_is_gone_is_noted_and_skipped(self, here: Bench, account: Account, stream: str) -> None:
        account.broken[f"/stats/medias/m1{OF_EACH_MEDIA[stream]}"] = answering(404)
        reports = here.extract()
        assert medias_of(here, stream) == {"m2"}
        assert reports[stream].notes == ("not found (404) and skipped: m1",)
        assert newest(here, stream).notes == reports[stream].notes
        assert reports[VISITORS].complete

    @each_stream
    def test_that_is_not_answered_is_noted_and_skipped(self, here: Bench, account: Account, stream: str) -> None:
        account.broken[f"/stats/medias/m1{OF_EACH_MEDIA[stream]}"] = answering(500)
        reports = here.extract()
        assert medias_of(here, stream) == {"m2"}
        assert reports[stream].notes == ("not answered, although asked for again, and skipped: m1",)

    @each_stream
    def test_that_is_not_answered_is_caught_up_with(self, here: Bench, account: Account, stream: str) -> None:
        account.broken[f"/stats/medias/m1{OF_EACH_MEDIA[stream]}"] = answering(500)
        here.extract()
        account.broken.clear()
        assert here.extract()[stream].sequence == 2
        assert medias_of(here, stream) == {"m1", "m2"}
        assert here.extract()[stream].sequence is None

    @each_stream
    def test_without_an_answer_for_many_the_stream_is_refused_and_the_others_run(
        self, here: Bench, account: Account, stream: str
    ) -> None:
        account.medias = [media(number) for number in range(1, 81)]
        for row in account.medias:
            key = row["hashed_id"]
            account.stats[key], account.curves[key], account.days[key] = {"load_count": 1}, curve(1), {}
        for number in range(1, 10):
            account.broken[f"/stats/medias/m{number}{OF_EACH_MEDIA[stream]}"] = answering(500)
        with pytest.raises(SourceRefused, match=f"/stats/medias/m9{OF_EACH_MEDIA[stream]} failed"):
            here.extract()
        for other in STREAMS:
            assert bool(here.manifests(other)) == (other not in {stream, VISITORS, EVENTS})
        del account.broken[f"/stats/medias/m9{OF_EACH_MEDIA[stream]}"]
        assert here.extract()[stream].notes == (
            "not answered, although asked for again, and skipped: m1, m2, m3, m4, m5, m6, m7, m8",
        )

    @each_stream
    def test_that_is_configured_and_unknown_is_noted(self, here: Bench, stream: str) -> None:
        reports = here.extract(medias=("m2", "gone"))
        assert medias_of(here, stream) == {"m2"}
        assert reports[stream].notes == ("gone, named in wistia.medias, does not exist in the account and is skipped",)


class TestTheAccountItself:
    def test_has_a_snapshot_of_each_day_and_the_latest_of_a_day(self, here: Bench, account: Account) -> None:
        here.extract()
        assert here.extract(AS_OF + HOUR)[ACCOUNT_STATS].sequence is None
        account.account_stats = {"load_count": 13, "play_count": 4, "hours_watched": 0.5}
        assert here.extract(AS_OF + 2 * HOUR)[ACCOUNT_STATS].sequence == 2
        assert here.extract(AS_OF + DAY)[ACCOUNT_STATS].sequence == 3
        assert [row["load_count"] for row in here.records(ACCOUNT_STATS)] == [12, 13, 13]

    def test_is_skipped_with_a_note_where_the_source_has_no_statistics_of_it(
        self, here: Bench, account: Account
    ) -> None:
        account.broken["/stats/account"] = answering(404)
        report = here.extract()[ACCOUNT_STATS]
        assert (report.sequence, report.notes) == (None, ("not found (404) and skipped: /stats/account",))

    @pytest.mark.parametrize("status", [422, 500])
    def test_without_an_answer_is_a_failure_after_the_other_streams(
        self, here: Bench, account: Account, status: int
    ) -> None:
        account.broken["/stats/account"] = answering(status)
        with pytest.raises(SourceRefused, match="/stats/account"):
            here.extract()
        assert here.manifests(ACCOUNT_STATS) == []
        assert len(here.records(ENGAGEMENT)) == 2


class TestProjects:
    def test_are_read_whole_on_each_day(self, here: Bench, account: Account) -> None:
        account.projects = [{"id": number, "hashedId": f"p{number}"} for number in range(120)]
        here.extract()
        assert here.extract()[PROJECTS].sequence is None
        assert here.records(PROJECTS) == account.projects
        assert here.extract(AS_OF + DAY)[PROJECTS].landed == 120


class TestCurves:
    def test_that_did_not_change_are_counted_and_not_stored_again(self, here: Bench, account: Account) -> None:
        here.extract()
        account.curves["m2"] = curve(2, 1)
        report = here.extract(AS_OF + HOUR)[ENGAGEMENT]
        assert (report.sequence, report.landed, report.unchanged, report.received) == (2, 1, 1, 2)
        manifest = newest(here, ENGAGEMENT)
        assert (manifest.received, manifest.landed, manifest.unchanged, manifest.total_rows) == (2, 1, 1, 3)
        assert manifest.notes == ("1 of 2 answers equal those stored before; not stored again",)
        assert here.records(ENGAGEMENT)[2:] == [curve(2, 1)]

    def test_that_change_back_are_stored_again(self, here: Bench, account: Account) -> None:
        for hour, views in enumerate((3, 4, 3)):
            account.curves["m1"] = curve(views)
            here.extract(AS_OF + hour * HOUR)
        assert [row["engagement_data"] for row in here.records(ENGAGEMENT)] == [[3], [1, 1], [4], [3]]

    def test_of_two_medias_may_be_equal(self, here: Bench, account: Account) -> None:
        account.curves["m2"] = account.curves["m1"]
        here.extract()
        assert medias_of(here, ENGAGEMENT) == {"m1", "m2"}

    def test_of_a_media_that_is_not_asked_for_any_more_are_known_when_it_is_asked_for_again(self, here: Bench) -> None:
        here.extract()
        here.extract(AS_OF + DAY, medias=("m2",))
        assert here.extract(AS_OF + 2 * DAY)[ENGAGEMENT].unchanged == 2

    def test_that_cannot_be_read_are_compared_too(self, here: Bench, account: Account) -> None:
        account.broken["/stats/medias/m1/engagement"] = lambda _: Answered(b'{"engagement": NaN}')
        assert here.extract()[ENGAGEMENT].landed == 2
        assert here.extract(AS_OF + DAY)[ENGAGEMENT].unchanged == 2

    def test_of_ten_thousand_medias_make_a_manifest_of_half_a_megabyte(self, here: Bench) -> None:
        here.extract()
        manifest = newest(here, ENGAGEMENT)
        (fingerprint, *_) = manifest.cursor_after["stored"].values()
        many = {"date": "2026-01-08", "stored": {f"{number:010d}": fingerprint for number in range(10_000)}}
        assert len(manifest.model_copy(update={"cursor_after": many}).model_dump_json(indent=1)) < 500_000


class TestDays:
    def test_are_read_from_the_beginning_once_and_a_week_back_after_that(self, here: Bench, account: Account) -> None:
        account.medias[0]["created"] = "2019-05-30T23:59:59+00:00"
        del account.medias[1]["created"]
        assert here.extract()[BY_DATE].landed == 2416 + 731
        assert (windows(here, "m1"), windows(here, "m2")) == (
            [("2019-05-30", "2026-01-08")],
            [("2024-01-09", "2026-01-08")],
        )
        assert here.extract(AS_OF + DAY)[BY_DATE].landed == 2 * 9
        assert windows(here, "m1") == windows(here, "m2") == [("2026-01-01", "2026-01-09")]
        assert len({row["date"] for row in here.records(BY_DATE)}) == 2417

    def test_of_today_are_read_again_until_it_is_over(self, here: Bench, account: Account) -> None:
        for hour, plays in ((0, 1), (1, 1), (2, 4), (30, 9)):
            account.days["m1"]["2026-01-08"] = plays
            here.extract(AS_OF + hour * HOUR)
        read = [row["play_count"] for row in here.records(BY_DATE) if row["date"] == "2026-01-08"]
        assert [plays for plays in read if plays] == [1, 4, 9]
        assert newest(here, BY_DATE).sequence == 3

    def test_that_are_restated_are_found(self, here: Bench, account: Account) -> None:
        here.extract()
        account.days["m1"]["2026-01-02"] = 77
        assert here.extract(AS_OF + DAY)[BY_DATE].sequence == 2
        assert 77 in {row["play_count"] for row in here.records(BY_DATE)}

    def test_of_a_media_that_is_new_are_read_from_its_own_beginning(self, here: Bench, account: Account) -> None:
        here.extract(medias=("m1",))
        account.medias.append(media(3, created="2025-12-24T18:00:00+00:00"))
        account.days["m3"] = {"2025-12-25": 5}
        here.extract()
        assert windows(here, "m1") == [("2026-01-01", "2026-01-08")]
        assert windows(here, "m2") == [("2026-01-01", "2026-01-08")]
        assert windows(here, "m3") == [("2025-12-24", "2026-01-08")]
        assert medias_of(here, BY_DATE) == {"m1", "m2", "m3"}

    def test_missed_while_a_media_was_not_answered_are_read_later(self, here: Bench, account: Account) -> None:
        here.extract()
        account.broken["/stats/medias/m1/by_date"] = answering(500)
        here.extract(AS_OF + 20 * DAY)
        account.broken.clear()
        here.extract(AS_OF + 21 * DAY)
        assert windows(here, "m1") == [("2026-01-01", "2026-01-29")]
        assert windows(here, "m2") == [("2026-01-21", "2026-01-29")]

    def test_that_a_source_in_trouble_does_not_show_are_asked_for_again(self, here: Bench, account: Account) -> None:
        here.extract()
        account.broken["/stats/medias/m1/by_date"] = lambda _: Answered(b"[]")
        here.extract(AS_OF + 20 * DAY)
        account.broken.clear()
        here.extract(AS_OF + 21 * DAY)
        assert windows(here, "m1") == [("2026-01-01", "2026-01-29")]

    def test_in_another_order_are_no_news(self, here: Bench, account: Account) -> None:
        here.extract()
        account.broken["/stats/medias/m1/by_date"] = lambda asked: Answered(
            json.dumps(days(account.days["m1"], asked)[::-1], indent=1).encode()
        )
        report = here.extract()[BY_DATE]
        assert (report.received, report.sequence) == (16, None)

    def test_of_nothing_at_all_are_no_answer(self, here: Bench, account: Account) -> None:
        for key in ("m1", "m2"):
            account.broken[f"/stats/medias/{key}/by_date"] = lambda _: Answered(b"[]")
        with pytest.raises(SourceRefused, match="7 of 8 days are missing"):
            here.extract()
        assert here.manifests(BY_DATE) == []

    def test_with_a_gap_are_asked_for_again_then_noted_and_read_by_the_next_run(
        self, here: Bench, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here.extract()
        monkeypatch.setattr(extract.http, "ATTEMPTS", 3)
        monkeypatch.setattr(extract.retry, "FIRST_WAIT", 0.001)
        full = account.days["m1"]
        account.broken["/stats/medias/m1/by_date"] = lambda asked: Answered(json.dumps(days(full, asked)[1:]).encode())
        report = here.extract(AS_OF + DAY)[BY_DATE]
        assert len(windows(here, "m1")) == 3
        assert report.notes == ("not answered, although asked for again, and skipped: m1",)
        account.broken.clear()
        here.extract(AS_OF + 9 * DAY)
        assert windows(here, "m1") == [("2026-01-01", "2026-01-17")]

    def test_that_are_no_array_are_no_answer(self, here: Bench, account: Account) -> None:
        account.broken["/stats/medias/m1/by_date"] = lambda _: Answered(b'{"error": "no"}')
        assert "skipped: m1" in here.extract()[BY_DATE].notes[0]


def test_curves_read_in_a_race_that_is_lost_are_counted_anew(here: Bench, server: Served, account: Account) -> None:
    here.extract()
    other = Bench(here.lake, server)

    class Overtaking(Silent):
        def event(self, name: str, **fields: object) -> None:
            if (name, fields["stream"], fields["sequence"]) == ("extract.commit", ENGAGEMENT, 2):
                other.extract(AS_OF + DAY)
                account.curves["m2"] = curve(9, 9)

    report = here.extract(AS_OF + DAY, progress=Overtaking())[ENGAGEMENT]
    assert [(manifest.landed, manifest.unchanged) for manifest in here.manifests(ENGAGEMENT)] == [
        (2, 0),
        (0, 2),
        (1, 1),
    ]
    assert (report.sequence, report.unchanged) == (3, 1)
