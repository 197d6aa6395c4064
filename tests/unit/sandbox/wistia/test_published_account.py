"""The invented account has the published figures, to the last unit and digit."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.wistia.account import EventFilter, VisitorFilter
from sandbox.wistia.instants import DAY, seconds, stats_time
from sandbox.wistia.invented import InventedAccount

CASES = Path(__file__).parents[3] / "cases" / "wistia_simulator"
FIGURES: list[dict[str, Any]] = yaml.safe_load((CASES / "published_figures.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def account() -> InventedAccount:
    return InventedAccount()


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure['media']} {figure['at']}")
def test_media_stats_are_the_published_ones(account: InventedAccount, figure: dict[str, Any]) -> None:
    assert account.at(seconds(figure["at"])).media_stats(figure["media"]) == figure["stats"]


def test_lists_have_the_published_length(account: InventedAccount) -> None:
    shown = account.at(account.epoch)
    assert len(shown.visitors(VisitorFilter())) == 110_361
    assert len(shown.events(EventFilter())) == 59_861
    assert len(shown.events(EventFilter(media="v08dlrgr7v"))) == 43_399
    assert len(shown.events(EventFilter(media="gskhw4w4lm"))) == 16_462


def test_days_after_the_epoch_show_18_to_84_visitors(account: InventedAccount) -> None:
    for day in range(1, 30):
        end = account.epoch + day * DAY
        rows = json.loads(account.at(end).visitors(VisitorFilter()).page(1, 100))
        active = sum(row["last_active_at"] > stats_time(end - DAY) for row in rows)
        # A visitor of the last two minutes gets its row after midnight.
        assert 16 <= active <= 84


def test_rare_cases_are_as_rare_as_measured(account: InventedAccount) -> None:
    account.history.reach(account.epoch + 365 * DAY)
    later = [number for number in account.history.events if account.history.times[number] > account.epoch]
    repeated = sum(times - 1 for times in Counter(later).values())
    assert 0.0005 < repeated / len(later) < 0.004
    after = [visit for visit in account.history.visits if visit.at > account.epoch]
    assert 0.96 < len(set(later)) / len(after) < 0.99
    late = sum(3600 <= visit.shown_at - visit.at <= 2 * DAY for visit in after)
    assert 0.01 < late / len(after) < 0.03
