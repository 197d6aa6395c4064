"""Every mart, all rows and all columns, against a second opinion: `truth/`, which computes them without our SQL.

The account is the simulated one with oddities (`truth/odd.py`), loaded once and then on each of seven days. What the
pipeline can know is what the account showed at the instants of its runs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml

from orchestration.context import Context, Options
from orchestration.sandboxes import open_warehouse
from sandbox.wistia.account import Document, EventFilter, Shown, VisitorFilter
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import CONFIGURATION, House, house
from tests.end_to_end.truth.marts import MARTS, Row, Truth
from tests.end_to_end.truth.odd import EARLY_MEDIA, EMPTIED, REMOVED, UNREAD_MEDIA, UNREAD_ON, OddAccount
from tests.end_to_end.truth.seen import rows_of, watch
from warehouse_sql.query import query

RUNS = [datetime(2026, 1, 8, 2, tzinfo=UTC) + timedelta(days=day) for day in range(8)]
#: What `warehouse_sql/marts/README.md` allows: doubles are summed as decimals of nine places.
TOLERANCE = 0.000001
#: What the loads note for themselves in stored marts.
BOOKKEEPING = "_"
CHANGED, NEW, UNPLAYED = "t3g5k9x0wn", "b0z6h3u9ek", "j6d0s8f2lv"


@pytest.fixture(scope="module")
def account() -> OddAccount:
    return OddAccount(InventedAccount(small(visitors=1_000, events=800)))


@pytest.fixture(scope="module")
def loaded(account: OddAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house(tmp_path_factory.mktemp("marts"), account):
        for instant in RUNS:
            assert built.run(instant).outcome == "published"
        yield built


@pytest.fixture(scope="module")
def truth(account: OddAccount) -> Truth:
    channels = yaml.safe_load(CONFIGURATION.format(base_url=""))["wistia"]["channels"]
    return Truth(watch(account, RUNS), channels)


@pytest.fixture(scope="module")
def shown(account: OddAccount) -> list[Shown]:
    """What the account shows at the instant of each run."""
    return [account.at(int(instant.timestamp())) for instant in RUNS]


OF_PLAYBACKS = {
    "daily_active_users",
    "daily_engagement",
    "engagement_daily_total",
    "genre_performance",
    "processed_playback",
    "regional_engagement",
    "title_completion",
    "top_title",
    "watch_hours_by_device",
}
"""Marts of StreamPulse, which this account knows nothing of: `test_audience` makes them anew from playbacks."""


OF_THE_PIPELINE = {
    "data_currency",
    "hop_count",
    "load_attempt",
    "load_history",
    "quarantine_total",
    "schema_drift",
    "stream_freshness",
}
"""Marts about the loads themselves: `test_stage_counts` holds them against what the stages reported."""


def shown_marts(built: House) -> set[str]:
    rows = built.query("select table_name from svv_tables where table_schema = 'mart'")
    return {name for (name,) in rows}


def rows_of_mart(built: House, mart: str) -> list[Row]:
    context = Context(Options(home=built.home))
    result = query(open_warehouse(context.settings, context.secrets), f"select * from mart.{mart}")
    return [
        {name: value for name, value in zip(result.columns, row, strict=True) if not name.startswith(BOOKKEEPING)}
        for row in result.rows
    ]


def by_key(rows: Iterable[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    found = list(rows)
    keyed = {tuple(row[name] for name in key): row for row in found}
    assert len(keyed) == len(found), f"two rows share {key}"
    return keyed


def agree(shown: Any, expected: Any) -> bool:
    if isinstance(shown, float) and isinstance(expected, int | float):
        return abs(shown - expected) <= TOLERANCE
    return type(shown) is type(expected) and bool(shown == expected)


def test_every_mart_has_a_truth_and_every_truth_a_mart(loaded: House) -> None:
    assert shown_marts(loaded) == set(MARTS) | OF_PLAYBACKS | OF_THE_PIPELINE


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_shows_the_truth(loaded: House, truth: Truth, mart: str) -> None:
    key = MARTS[mart].key
    shown, expected = by_key(rows_of_mart(loaded, mart), key), by_key(MARTS[mart].rows(truth), key)
    assert expected
    assert shown.keys() - expected.keys() == set(), "rows that should not be"
    assert expected.keys() - shown.keys() == set(), "rows that are missing"
    astray = Counter[str]()
    examples: dict[str, str] = {}
    for place, row in expected.items():
        assert shown[place].keys() == row.keys()
        for column, value in row.items():
            if not agree(shown[place][column], value):
                astray[column] += 1
                examples.setdefault(column, f"{place}: shown {shown[place][column]!r}, true {value!r}")
    assert not astray, f"cells astray by column {dict(astray)}, for example {examples}"


# --- that the account has what makes it hard: else the comparison would prove less than it seems to -------------------


def sessions(shown: Shown) -> list[Document]:
    return rows_of(shown.events(EventFilter()))


def test_sessions_are_listed_twice_come_late_and_are_revised(shown: list[Shown]) -> None:
    by_run = [{row["event_key"]: row for row in sessions(each)} for each in shown]
    assert max(Counter(row["event_key"] for row in sessions(shown[-1])).values()) == 2
    pairs = list(pairwise(by_run))
    assert any(before[key] != after[key] for before, after in pairs for key in before.keys() & after.keys()), "revised"
    newest = [max(row["received_at"] for row in each.values()) for each in by_run]
    fresh = [
        (after[key], at) for (before, after), at in zip(pairs, newest, strict=False) for key in after.keys() - before
    ]
    assert any(row["received_at"] < at for row, at in fresh), "late"


def test_days_are_restated_days_after(shown: list[Shown], truth: Truth) -> None:
    day = date(2026, 1, 9)
    first, last = ((day - date(1970, 1, 1)).days,) * 2
    told = [each.media_days("v08dlrgr7v", first, last) for each in shown[2:]]
    assert told[0] != told[-1], "a whole day was told otherwise when it had settled"
    assert told[-1] == [truth.seen.days["v08dlrgr7v", day]]


def test_medias_change_come_go_and_fall_silent(shown: list[Shown], truth: Truth) -> None:
    titles = {media: {state["name"] for _, state in states} for media, states in truth.seen.medias.items()}
    assert len(titles[CHANGED]) == 2
    assert NEW not in {media["hashed_id"] for media in shown[0].medias}
    assert NEW in {media["hashed_id"] for media in shown[-1].medias}
    assert REMOVED not in {media["hashed_id"] for media in shown[-1].medias}
    assert {len(curve["engagement_data"]) for _, curve in truth.seen.curves.values()} >= {1000, 402}
    assert truth.seen.snapshots[UNPLAYED, RUNS[-1].date()]["play_count"] == 0
    assert UNPLAYED not in truth.seen.curves
    assert truth.seen.curves[EMPTIED][1]["engagement_data"]
    days_of_curves = {at for at, _ in truth.seen.curves.values()}
    assert len(days_of_curves) > 2, "curves are kept when they change"


def test_some_things_are_not_known(truth: Truth) -> None:
    unread = date.fromisoformat(UNREAD_ON)
    assert unread not in truth.seen.account
    assert (UNREAD_MEDIA, unread) not in truth.seen.snapshots
    assert not any(media == UNREAD_MEDIA for media, _ in truth.days)
    assert (EARLY_MEDIA, None) in truth.days
    assert truth.seen.unlisted_visitors
    places = {(row["country"], row["region"], row["city"]) for row in truth.sessions}
    assert places >= {("", "", ""), ("US", None, None), ("US", "", "")}


def test_visitors_are_purged_at_the_source_and_stay(shown: list[Shown], truth: Truth) -> None:
    listed = {row["visitor_key"] for row in rows_of(shown[-1].visitors(VisitorFilter()))}
    assert truth.seen.visitors.keys() - listed
