"""Whatever the order and the batches in which the same records arrive, the warehouse ends the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.warehouse_sql.house import House, Record, open_house
from warehouse_sql.catalog import load_catalog

START = datetime(2026, 1, 1)  # noqa: DTZ001 - staging holds UTC without a zone
TABLES = tuple(
    table
    for table in load_catalog()
    if table.startswith(("core.dim_media", "core.dim_visitor", "core.dim_device", "core.fct_", "mart."))
)

hours = st.integers(0, 96)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


media = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m2"]),
        "media_name": st.sampled_from(["A", "A ", "B", "B Facebook", None, ""]),
        "duration_seconds": st.sampled_from([100.0, 100.5, None]),
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
    }
)
snapshot = st.fixed_dictionaries(
    {
        "media_id": st.sampled_from(["m1", "m3"]),
        "load_count": st.integers(0, 9),
        "play_count": st.integers(0, 9),
    }
)
record = st.one_of(
    st.tuples(st.just("media"), media),
    st.tuples(st.just("visitor"), visitor),
    st.tuples(st.just("viewing_session"), session),
    st.tuples(st.just("media_snapshot"), snapshot),
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
    if entity == "media_snapshot":
        placed["snapshot_date"] = seen.date()
    return placed


def stage(house: House, records: list[tuple[str, Record]]) -> None:
    entities: dict[str, list[Record]] = {}
    for entity, values in records:
        entities.setdefault(entity, []).append(values)
    house.stage(entities)


def content(house: House, table: str) -> list[Any]:
    names = ", ".join(column.name for column in load_catalog()[table] if column.name != "_load_sequence")
    return sorted(map(str, house.rows(f"select {names} from {table}")))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A second warehouse."""
    with open_house(tmp_path_factory.mktemp("other")) as opened:
        opened.load()
        yield opened


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
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
