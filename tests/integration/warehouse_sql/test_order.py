"""Whatever the order and the batches in which the same records arrive, the warehouse ends the same."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.warehouse_sql.house import House, Record, open_laid_out_house
from warehouse_sql.catalog import load_catalog

START = datetime(2026, 1, 1)  # noqa: DTZ001 - staging holds UTC without a zone
TABLES = tuple(table for table in load_catalog() if table.startswith(("core.", "mart.")) and table != "core.dim_date")

hours = st.integers(0, 96)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


media = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m2"]),
        "media_name": st.sampled_from(["A", "A ", "B", "B Facebook", None, ""]),
        "duration_seconds": st.sampled_from([100.0, 100.5, None]),
        "project_id": st.sampled_from(["p1", "p1 ", "p2", None]),
    }
)
project = st.fixed_dictionaries(
    {
        "project_id": st.sampled_from(["p1", "p1 ", "p3"]),
        "project_name": st.sampled_from(["P", "P ", "Q", None]),
        "media_count": st.integers(0, 2),
    }
)
visitor = st.fixed_dictionaries(
    {
        "visitor_id": st.sampled_from(["v1", "v2"]),
        "last_active_at": hours.map(at),
        "load_count": st.integers(1, 3),
        "play_count": st.integers(0, 2),
        "browser": st.sampled_from(["Chrome", "Chrome ", "Unknown", " ", None]),
    }
)
session = st.fixed_dictionaries(
    {
        "session_id": st.sampled_from(["s1", "s2", "s3", "s4"]),
        "visitor_id": st.sampled_from(["v1", "v2", "v3", None]),
        "media_id": st.sampled_from(["m1", "m2", "m3"]),
        "percent_viewed": st.sampled_from([0.1, 0.2, 0.3, 1.0, None]),
        "country": st.sampled_from(["US", "US ", "", None]),
        "city": st.sampled_from(["A", "B", "Unknown", None]),
    }
)
snapshot = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m3"]),
        "load_count": st.integers(0, 9),
        "play_count": st.integers(0, 9),
    }
)
account = st.fixed_dictionaries({"load_count": st.integers(0, 9), "play_count": st.integers(0, 9)})
media_day = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m1 ", "m4"]),
        "activity_date": st.sampled_from([date(1999, 12, 30), date(1999, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]),
        "load_count": st.integers(0, 9),
        "play_count": st.integers(0, 9),
        "hours_watched": st.sampled_from([0.1, 0.2, None]),
    }
)
curve = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m5"]),
        "views": st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=3),
        # Days of asking around the bounds of months and of what is kept: 90 days after 6 January is 6 April.
        "day": st.sampled_from([0, 1, 30, 31, 59, 90, 95, 96, 180]),
    }
)
record = st.one_of(
    st.tuples(st.just("media"), media),
    st.tuples(st.just("visitor"), visitor),
    st.tuples(st.just("viewing_session"), session),
    st.tuples(st.just("media_snapshot"), snapshot),
    st.tuples(st.just("project"), project),
    st.tuples(st.just("account_snapshot"), account),
    st.tuples(st.just("media_day"), media_day),
    st.tuples(st.just("media_engagement"), curve),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, Record]], list[int]]:
    """Draw records, each with its own instant and place in the raw layer, and the batch in which each arrives."""
    drawn = draw(st.lists(record, min_size=4, max_size=24))
    placed = [(entity, _placed(entity, values, line)) for line, (entity, values) in enumerate(drawn)]
    order = draw(st.permutations(placed))
    return list(order), draw(st.lists(st.integers(0, 3), min_size=len(order), max_size=len(order)))


def _placed(entity: str, values: Record, line: int) -> Record:
    # Instants are unique because a run's clock is strictly increasing; a session is always received at the same one.
    seen = START + timedelta(hours=5 * (line % 7), microseconds=line)
    placed = {**values, "_extracted_at": seen, "_raw_sequence": 1, "_raw_part": 0, "_raw_line": line + 1}
    if entity == "viewing_session":
        placed["received_at"] = at(int(values["session_id"][1:]) * 7)
    if entity == "media_engagement":
        seen = placed["_extracted_at"] = seen + timedelta(days=placed.pop("day"))
        placed["view_count"], placed["rewatch_count"] = (
            list(counts) for counts in zip(*placed.pop("views"), strict=True)
        )
    if entity in ("media_snapshot", "account_snapshot", "media_engagement"):
        placed["snapshot_date"] = seen.date()
    return placed


def stage(house: House, records: list[tuple[str, Record]]) -> None:
    entities: dict[str, list[Record]] = {}
    for entity, values in records:
        entities.setdefault(entity, []).append(values)
    house.stage(entities)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    drawn=st.lists(curve, min_size=6, max_size=20),
    batches=st.lists(st.integers(0, 2), min_size=20, max_size=20),
    order=st.randoms(use_true_random=False),
)
def test_the_curves_that_are_kept_follow_from_the_data_alone(
    filled: House, drawn: list[Record], batches: list[int], order: Random
) -> None:
    filled.empty()
    records = [_placed("media_engagement", values, line) for line, values in enumerate(drawn)]
    placed = list(zip(records, batches, strict=False))
    order.shuffle(placed)
    for batch in sorted(set(batches[: len(records)])):
        filled.stage({"media_engagement": [values for values, number in placed if number == batch]})
    filled.load()
    rows = filled.rows("select media_id, snapshot_date, bucket, view_count from core.fct_media_engagement")
    curves: dict[tuple[str, date], list[tuple[int, int]]] = {}
    for row in rows:
        curves.setdefault((row["media_id"], row["snapshot_date"]), []).append((row["bucket"], row["view_count"]))
    assert {day: [count for _, count in sorted(curve)] for day, curve in curves.items()} == kept(records)
    before = filled.rows(
        "select sum(inserted_count) - sum(deleted_count) as rows_left from audit.load_count "
        "where table_name = 'core.fct_media_engagement'"
    )
    assert before == [{"rows_left": len(rows)}]


def kept(records: list[Record]) -> dict[tuple[str, date], list[int]]:
    """Return the curves that stay, by media and day, reckoned without the warehouse."""
    newest = sorted(records, key=lambda values: values["_extracted_at"])
    curves = {(values["media_id"], values["snapshot_date"]): values["view_count"] for values in newest}
    last_day = max(day for _, day in curves)
    months = {(media_id, day.year, day.month): (media_id, day) for media_id, day in sorted(curves)}
    return {
        (media_id, day): curve
        for (media_id, day), curve in curves.items()
        if day >= last_day - timedelta(days=90) or (media_id, day) in months.values()
    }


def content(house: House, table: str) -> list[Any]:
    names = ", ".join(column.name for column in load_catalog()[table] if column.name != "_load_sequence")
    return sorted(map(str, house.rows(f"select {names} from {table}")))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A second warehouse."""
    with open_laid_out_house(tmp_path_factory.mktemp("other")) as opened:
        yield opened


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_order_and_batches_do_not_matter(
    made: House, other: House, history: tuple[list[tuple[str, Record]], list[int]]
) -> None:
    records, batches = history
    for house in (made, other):
        house.empty()
    stage(made, records)
    for batch in sorted(set(batches)):
        stage(other, [row for row, number in zip(records, batches, strict=True) if number == batch])
    made.load()
    other.load()
    for table in TABLES:
        assert content(other, table) == content(made, table), table
