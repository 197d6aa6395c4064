"""Accounts of other kinds: empty, busy on one day, never settled."""

import json

import pytest

from sandbox.wistia.account import EventFilter, VisitorFilter
from sandbox.wistia.catalogue import MEDIAS
from sandbox.wistia.instants import DAY, seconds
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import EMPTY, EPOCH, PROFILES, busy, restless
from sandbox.wistia.routes import answer


def test_profiles_have_the_names_that_the_command_line_knows() -> None:
    assert sorted(PROFILES) == ["busy", "empty", "published", "restless", "small"]


def test_an_empty_account_has_nothing_on_any_day() -> None:
    account = InventedAccount(EMPTY, seed=7)
    for now in (EPOCH - 400 * DAY, EPOCH, EPOCH + 30 * DAY):
        shown = account.at(now)
        for path in ("/medias", "/projects", "/stats/visitors", "/stats/events"):
            assert answer(path, {}, shown).body == b"[]"
        assert json.loads(answer("/stats/account", {}, shown).body) == {
            "load_count": 0,
            "play_count": 0,
            "hours_watched": 0,
        }
        assert all(row["load_count"] == 0 for row in shown.account_days(now // DAY - 9, now // DAY))
        assert shown.account["mediaCount"] == shown.account["projectCount"] == 0
        for media in MEDIAS:
            assert shown.media_stats(media.hashed_id) is None
            assert shown.media_days(media.hashed_id, 0, 1) is None
            assert shown.media_engagement(media.hashed_id) is None


@pytest.mark.long
def test_a_busy_account_has_fifty_thousand_events_of_one_media_on_one_day() -> None:
    shown = InventedAccount(busy(), seed=7).at(EPOCH)
    day = seconds("2026-01-05T00:00:00Z")
    rush = shown.events(EventFilter(media="o7y1l4d5sg", since=day, before=day + DAY))
    assert len(rush) == len(shown.events(EventFilter(media="o7y1l4d5sg"))) == 50_000
    assert shown.media_days("o7y1l4d5sg", day // DAY, day // DAY) == [
        {"date": "2026-01-05", "load_count": 100_000, "play_count": 51_000, "hours_watched": 422.344}
    ]
    assert len(shown.visitors(VisitorFilter())) == PROFILES["small"].visitors + 48_000
    assert (shown.media_stats("o7y1l4d5sg") or {})["engagement"] == 0.3125


def test_in_a_restless_account_much_is_late_revised_and_repeated() -> None:
    account = InventedAccount(restless(), seed=7)
    account.history.reach(EPOCH + 30 * DAY)
    after = [visit for visit in account.history.visits if visit.at > EPOCH]
    assert len(after) > 1_000
    assert sum(visit.revised_at > visit.at for visit in after) > len(after) / 2
    assert sum(3600 <= visit.shown_at - visit.at <= 2 * DAY for visit in after) > len(after) / 4
    shown = account.at(EPOCH + 30 * DAY)
    keys = [row["event_key"] for row in json.loads(shown.events(EventFilter()).page(1, 10_000))]
    assert len(keys) - len(set(keys)) > len(after) / 20
