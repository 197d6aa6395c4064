"""What only the later versions have, and only some plans: daily analytics of each media."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import extract.http
from extract.errors import SourceRefused
from extract.writer import StreamReport
from tests.integration.extract.account import AS_OF, TOKEN, Account, Bench, bench, media
from tests.integration.extract.server import Answered, Asked, Served, served

ANALYTICS = "wistia/media_analytics"
DAY = timedelta(days=1)
LACKING = Answered(b'{"error":"Analytics are not available on your current plan"}', 403)


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


def run(here: Bench, days: int = 0) -> StreamReport:
    """Extract through the later versions so many days on; return what was done for the stream."""
    return here.extract(AS_OF + days * DAY, base_url=here.server.base_url.replace("/v1", "/modern"))[ANALYTICS]


def asked(here: Bench) -> list[tuple[str, str, str]]:
    """Return media, first date and end of each request of the last run, in order."""
    found = [request for request in here.server.asked if "/analytics/" in request.path]
    return [(each.path.split("/")[4], each.parameters["start_date"], each.parameters["end_date"]) for each in found]


def refusing(account: Account, *keys: str, answer: Answered = LACKING) -> None:
    account.broken |= {f"/analytics/medias/{key}/timeseries": lambda _: answer for key in keys}


def test_a_day_that_is_read_is_before_the_end_and_today_is_read(here: Bench) -> None:
    assert run(here).landed == 16
    assert asked(here) == [("m1", "2026-01-01", "2026-01-09"), ("m2", "2026-01-01", "2026-01-09")]
    assert {row["timestamp"][:10] for row in here.records(ANALYTICS)} == {f"2026-01-{day:02d}" for day in range(1, 9)}
    line = next(iter(here.lines(ANALYTICS)))
    assert line["_meta"]["params"] == {
        "media_id": "m1",
        "start_date": "2026-01-01",
        "end_date": "2026-01-09",
        "granularity": "daily",
    }


def test_later_runs_read_the_days_that_may_have_been_restated_and_nothing_else(here: Bench) -> None:
    run(here)
    assert run(here).sequence is None
    assert run(here, days=30).sequence == 2
    assert asked(here) == [("m1", "2026-01-01", "2026-02-08"), ("m2", "2026-01-01", "2026-02-08")]
    run(here, days=31)
    assert asked(here) == [("m1", "2026-01-31", "2026-02-09"), ("m2", "2026-01-31", "2026-02-09")]


def test_a_long_history_is_read_in_requests_of_two_years(here: Bench, account: Account) -> None:
    account.medias = [media(1, created="2021-01-01T00:00:00+00:00"), media(2)]
    assert run(here).landed == 8 + 5 * 365 + 1 + 2 * 8 + 8
    windows = [(start, end) for key, start, end in asked(here) if key == "m1"]
    assert windows == [("2021-01-01", "2023-01-01"), ("2022-12-24", "2024-12-23"), ("2024-12-15", "2026-01-09")]


def test_years_after_one_that_was_not_answered_wait_for_it(here: Bench, account: Account, server: Served) -> None:
    account.medias = [media(1, created="2021-01-01T00:00:00+00:00"), media(2)]
    broken = {"2022-12-24"}

    def answer(request: Asked) -> Answered:
        spoilt = "/analytics/" in request.path and request.parameters["start_date"] in broken
        return Answered(b"", 503) if spoilt else account.answer(request)

    server.answer = answer
    assert run(here).notes == ("not answered, although asked for again, and skipped: m1",)
    assert [start for key, start, _ in asked(here) if key == "m1"] == ["2021-01-01", "2022-12-24"]
    broken.clear()
    assert run(here).sequence == 2
    assert [start for key, start, _ in asked(here) if key == "m1"] == ["2022-12-24", "2024-12-15"]
    assert {row["timestamp"][:4] for row in here.records(ANALYTICS)} == {str(year) for year in range(2021, 2027)}
    assert run(here).sequence is None


def test_a_plan_that_lacks_it_is_noted_once_and_asked_again_by_the_next_run_alone(
    here: Bench, account: Account
) -> None:
    refusing(account, "m1", "m2")
    for day in range(2):
        report = run(here, days=day)
        assert asked(here) == [("m1", "2026-01-01", f"2026-01-{9 + day:02d}")]
        assert (report.sequence, report.landed, report.complete) == (None, 0, True)
        (note,) = report.notes
        assert note.startswith("no access (403), because the plan of the account lacks it")
    account.broken.clear()
    assert run(here, days=2).landed == 20


def test_access_to_some_medias_is_used(here: Bench, account: Account) -> None:
    refusing(account, "m2")
    report = run(here)
    assert report.landed == 8
    assert report.notes == ("no access (403), because the plan of the account lacks it; the next run asks again: m2",)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_many_medias_without_an_answer_are_no_failure_as_long_as_one_has_one(
    here: Bench, account: Account, status: int
) -> None:
    account.medias = [media(number) for number in range(1, 21)]
    account.days |= {f"m{number}": {} for number in range(1, 21)}
    account.stats |= {f"m{number}": {"load_count": 1} for number in range(1, 21)}
    account.curves |= {f"m{number}": account.curves["m1"] for number in range(1, 21)}
    refusing(account, *(f"m{number}" for number in range(2, 21)), answer=Answered(b"", status))
    assert run(here).landed == 8


def test_a_service_that_is_down_is_a_failure_after_the_other_streams(here: Bench, account: Account) -> None:
    refusing(account, "m1", "m2", answer=Answered(b'{"error":"Analytics service is temporarily unavailable"}', 503))
    with pytest.raises(SourceRefused, match="/analytics/medias/"):
        run(here)
    assert here.manifests("wistia/media_by_date")


def test_a_token_that_may_not_read_it_is_told_so(here: Bench, account: Account) -> None:
    refused = Answered(b'{"code":"unauthorized_scope","error":"x"}', 401)
    refusing(account, "m1", answer=refused)
    with pytest.raises(SourceRefused, match=r"unauthorized_scope.*'Read detailed stats'") as raised:
        run(here)
    assert TOKEN not in str(raised.value)


def test_elsewhere_a_403_ends_the_run_as_before(here: Bench, account: Account) -> None:
    account.broken["/stats/medias/m1"] = lambda _: replace(LACKING)
    with pytest.raises(SourceRefused, match="refused"):
        run(here)


def test_the_first_version_is_never_asked_for_it(here: Bench) -> None:
    assert ANALYTICS not in here.extract()
    assert asked(here) == []
