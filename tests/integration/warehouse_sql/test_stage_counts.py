"""The marts about the loads themselves: what the stage before counted stands beside what the warehouse did with it."""

from datetime import date, datetime
from typing import Any

import pytest

from extract.lake import DirectoryLake
from spark.manifest import Counts, DriftEntry, StagingManifest, staging_log
from tests.integration.warehouse_sql.house import House
from warehouse_sql.load import ByHand

INSTANT = datetime.fromisoformat("2026-01-10T02:00:00")
MEDIA = {"media_id": "m1", "media_name": "Welcome", "_extracted_at": INSTANT}
DAYS = [
    {"media_id": "m1", "activity_date": date(2026, 1, day), "load_count": 3, "play_count": 1,
     "_extracted_at": INSTANT}
    for day in (8, 9, 10)
]  # fmt: skip
DRIFT = DriftEntry(
    stream="wistia/medias",
    field="thumbnail.alt",
    kind="string",
    count=4,
    first_sequence=1,
    first_seen="2026-01-10T02:00:00.000000Z",
)


def stage(house: House, quarantined: dict[str, int], drift: tuple[DriftEntry, ...] = ()) -> None:
    """Stage a media and its days; of the records of medias some are in quarantine."""
    sequence = house.stage({"media": [MEDIA], "media_day": DAYS})
    manifest = staging_log(house.lake).read(sequence)
    medias = manifest.entities["wistia__media"]
    refused = sum(quarantined.values())
    counts = Counts(landed=1 + 2 + refused, normalised=1, duplicates=2, quarantined=refused, rows=1)
    replace(
        house.lake,
        manifest.model_copy(
            update={
                "entities": {**manifest.entities, "wistia__media": medias.model_copy(update={"counts": counts})},
                "total_quarantined": {"wistia/medias": quarantined} if quarantined else {},
                "drift": drift,
            }
        ),
    )


def replace(lake: DirectoryLake, manifest: StagingManifest) -> None:
    """Write a manifest over the one that was committed."""
    (key,) = [info.key for info in lake.list_after("staging/_manifests/") if f"{manifest.sequence:012}" in info.key]
    lake.put(key, manifest.model_dump_json().encode())


def counted(house: House, mart: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a mart, in order of all of them."""
    names = ", ".join(columns)
    return [tuple(row.values()) for row in house.rows(f"select {names} from mart.{mart} order by {names}")]


def test_every_record_is_counted_where_it_went(filled: House) -> None:
    stage(filled, {"not_json": 2, "missing:hashed_id": 1}, (DRIFT,))
    filled.load()
    assert counted(
        filled, "hop_count", "entity_name", "stream_name", "landed_count", "normalised_count", "duplicate_count",
        "quarantined_count", "forgotten_count", "row_count",
    ) == [
        ("wistia__media", "wistia/medias", 6, 1, 2, 3, 0, 1),
        ("wistia__media_day", "wistia/media_by_date", 3, 3, 0, 0, 0, 3),
    ]  # fmt: skip
    assert counted(filled, "load_history", "load_sequence", "landed_count", "quarantined_count", "copied_count") == [
        (1, 9, 3, 4)
    ]
    assert counted(filled, "quarantine_total", "stream_name", "reason", "record_count") == [
        ("wistia/medias", "missing:hashed_id", 1),
        ("wistia/medias", "not_json", 2),
    ]
    assert counted(filled, "schema_drift", "field_name", "json_kind", "record_count", "first_seen_at") == [
        ("thumbnail.alt", "string", 4, INSTANT)
    ]


@pytest.mark.long
def test_what_waits_is_the_state_after_the_newest_load_and_counts_stay(filled: House) -> None:
    stage(filled, {"not_json": 2}, (DRIFT,))
    stage(filled, {})
    filled.load()
    assert counted(filled, "quarantine_total", "reason") == []
    assert counted(filled, "schema_drift", "field_name") == []
    assert counted(filled, "hop_count", "load_sequence", "entity_name", "quarantined_count") == [
        (1, "wistia__media", 2),
        (1, "wistia__media_day", 0),
        (2, "wistia__media", 0),
        (2, "wistia__media_day", 0),
    ]
    fresh = counted(
        filled, "stream_freshness", "entity_name", "newest_load", "newest_landed_count", "total_landed_count",
        "total_quarantined_count",
    )  # fmt: skip
    assert fresh == [("wistia__media", 2, 3, 8, 2), ("wistia__media_day", 2, 3, 6, 0)]


def test_a_load_that_comes_late_leaves_the_state_of_a_newer_one(filled: House) -> None:
    stage(filled, {"old": 1})
    stage(filled, {"new": 1})
    filled.load(by_hand=ByHand(1, "for later"))
    assert counted(filled, "quarantine_total", "reason", "load_sequence") == [("new", 2)]
    filled.load(by_hand=ByHand(1))
    assert counted(filled, "hop_count", "load_sequence", "entity_name")[0] == (1, "wistia__media")
    assert counted(filled, "quarantine_total", "reason", "load_sequence") == [("new", 2)]


@pytest.mark.long
def test_of_a_rebuild_nothing_is_counted(filled: House) -> None:
    stage(filled, {"not_json": 2})
    filled.load()
    filled.replay()
    assert counted(filled, "hop_count", "load_sequence", "entity_name") == [
        (1, "wistia__media"),
        (1, "wistia__media_day"),
    ]


@pytest.mark.long
def test_until_when_data_is_complete(filled: House) -> None:
    assert counted(filled, "data_currency", "source_name") == []
    stage(filled, {})
    filled.load()
    assert counted(filled, "data_currency", "source_name", "first_date", "newest_date", "complete_until") == [
        ("wistia", date(2026, 1, 8), date(2026, 1, 10), date(2026, 1, 9))
    ]


def test_an_attempt_is_billed_a_minute_at_least_and_one_that_died_is_not_known(filled: House) -> None:
    attempts = [("short", 5), ("long", 90), ("dead", None)]
    for run, seconds in attempts:
        end = "null" if seconds is None else f"dateadd(second, {seconds}, cast('2026-01-10' as timestamp))"
        filled.rows(
            "insert into audit.load_attempt (run_id, host, process_id, started_at, finished_at) "
            f"values ('{run}', 'here', 1, cast('2026-01-10' as timestamp), {end})"
        )
    assert counted(filled, "load_attempt", "run_id", "attempt_seconds", "billed_seconds", "load_count") == [
        ("dead", None, None, 0),
        ("long", 90, 90, 0),
        ("short", 5, 60, 0),
    ]
