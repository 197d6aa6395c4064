"""The normalisation as a stage: what it consumes, what it commits, what it refuses, and what survives a kill."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.errors import DataRefused
from extract.lake import DirectoryLake
from extract.manifest import RawManifest, raw_log
from extract.progress import Silent
from extract.settings import Settings
from spark.contracts import Contract, load_contracts
from spark.engine import functions
from spark.manifest import Counts, staging_log
from spark.transforms.steps import Step, fan_out
from tests.integration.spark.lakes import (
    TOLERANT,
    land,
    new_lake,
    newest,
    put_object,
    quarantined,
    raw_line,
    read,
    run,
    staged,
)
from tests.integration.spark.test_grammar import blank

VISITORS, VISITOR = "wistia/visitors", "wistia__visitor"
EVENTS, SESSION = "wistia/events", "wistia__viewing_session"
PLAYBACKS = "streampulse/playback"
ENGAGEMENTS, ENGAGEMENT = "wistia/media_engagement", "wistia__media_engagement"


def visitor(key: str, plays: Any = 1, sent_at: str = "2026-01-08T00:00:00.000001Z", **more: Any) -> str:
    record = {"visitor_key": key, "last_active_at": "2026-01-06T10:00:00.000Z", "load_count": 1, "play_count": plays}
    return raw_line({**record, **more}, sent_at)


def session(key: str, percent: float = 0.5, **more: Any) -> str:
    record = {"event_key": key, "received_at": "2026-01-06T10:00:00.000Z", "media_id": "m", "percent_viewed": percent}
    return raw_line({**record, **more})


def curve(media_id: str, views: Any, rewatches: Any, sent_at: str = "2026-01-08T00:00:00.000001Z") -> str:
    meta = {"params": {"media_id": media_id}, "sent_at": sent_at}
    return json.dumps({"_meta": meta, "record": {"engagement_data": views, "rewatch_data": rewatches}})


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return new_lake(tmp_path)


def test_a_second_reading_makes_no_fault_of_how_a_number_or_a_comma_is_written(lake: DirectoryLake) -> None:
    """In a column of texts a number has the engines' form; a last comma they forgive, and Python's parser does not."""
    land(
        lake,
        VISITORS,
        [visitor("a").replace('"play_count"', '"last_event_key":1.50,"play_count"'), visitor("b")[:-2] + ",}}"],
    )
    assert run(lake).entities == {VISITOR: Counts(landed=2, normalised=2, rows=2)}
    assert [row["last_session_id"] for row in staged(lake, newest(lake), VISITOR)] == ["1.5", None]


def test_nothing_landed_is_nothing_to_do(lake: DirectoryLake) -> None:
    assert run(lake).sequence is None
    assert staging_log(lake).head() is None


def test_an_account_without_records_is_nothing_to_do(lake: DirectoryLake) -> None:
    land(lake, VISITORS)
    assert run(lake).sequence is None
    land(lake, VISITORS, [visitor("v")])
    assert run(lake).sequence == 1
    assert newest(lake).consumed == {VISITORS: 2}


def test_manifests_without_records_are_consumed_with_the_next_load_of_others(lake: DirectoryLake) -> None:
    """As a stream leaves them whose answers repeat what is stored."""
    land(lake, ENGAGEMENTS, [curve("m", [2, 1], [0, 0])])
    run(lake)
    land(lake, ENGAGEMENTS)
    land(lake, ENGAGEMENTS)
    assert run(lake).sequence is None
    land(lake, VISITORS, [visitor("v")])
    report = run(lake)
    assert (report.sequence, set(report.entities)) == (2, {VISITOR})
    assert newest(lake).consumed == {ENGAGEMENTS: 3, VISITORS: 1}
    assert set(newest(lake).entities) == {VISITOR}


def test_all_streams_are_one_load_and_the_next_takes_what_landed_since(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("a"), visitor("b")], [visitor("c")], complete=False)
    land(lake, VISITORS, [visitor("d"), visitor("a", plays=2)])
    land(lake, EVENTS, [session("s")])
    report = run(lake)
    assert report.sequence == 1
    assert report.entities == {
        VISITOR: Counts(landed=5, normalised=4, duplicates=1, rows=4),
        SESSION: Counts(landed=1, normalised=1, rows=1),
    }
    first = newest(lake)
    assert first.consumed == {VISITORS: 2, EVENTS: 1}
    rows = {row["visitor_id"]: row for row in staged(lake, first, VISITOR)}
    assert sorted(rows) == ["a", "b", "c", "d"]
    assert (rows["a"]["play_count"], rows["a"]["_raw_sequence"], rows["a"]["_raw_line"]) == (2, 2, 2)
    assert (rows["c"]["_raw_sequence"], rows["c"]["_raw_part"], rows["c"]["_raw_line"]) == (1, 1, 1)

    assert run(lake).sequence is None
    land(lake, VISITORS, [visitor("a", plays=3)])
    assert run(lake).entities == {VISITOR: Counts(landed=1, normalised=1, rows=1)}
    second = newest(lake)
    assert (second.sequence, second.consumed) == (2, {VISITORS: 3, EVENTS: 1})
    assert set(second.entities) == {VISITOR}


def test_what_copy_reads_is_what_the_manifest_says(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("a"), visitor("b")])
    run(lake)
    entry = newest(lake).entities[VISITOR]
    (file,) = entry.files
    document = json.loads(lake.get(entry.copy_manifest))
    assert document == {
        "entries": [{"url": lake.url(file.key), "mandatory": True, "meta": {"content_length": file.bytes}}]
    }
    assert len(lake.get(file.key)) == file.bytes
    assert file.rows == len(read(lake, [file.key])) == 2
    assert "/load=000000000001/" in file.key


@pytest.mark.parametrize("entity", [VISITOR, SESSION, ENGAGEMENT])
def test_parquet_has_the_columns_of_the_contract_by_position_and_type(lake: DirectoryLake, entity: str) -> None:
    land(lake, VISITORS, [visitor("a")])
    land(lake, EVENTS, [session("s")])
    land(lake, ENGAGEMENTS, [curve("m", [1], [0])])
    run(lake)
    types = {"varchar": "VARCHAR", "bigint": "BIGINT", "integer": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN"}
    types |= {"date": "DATE", "timestamp": "TIMESTAMP"}
    with duckdb.connect() as connection:
        path = lake.engine_path(newest(lake).entities[entity].files[0].key)
        found = connection.execute(
            "describe select * from read_parquet(?, hive_partitioning = false)", [path]
        ).fetchall()
    columns = load_contracts()[entity].columns
    assert [(row[0], row[1]) for row in found] == [(column.name, types[column.kind]) for column in columns]


def test_the_same_raw_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        lake = new_lake(tmp_path / name)
        land(lake, VISITORS, [visitor(f"v{number}", plays=number) for number in range(3000)], [visitor("v7", plays=1)])
        run(lake, run_id=name)
        digests.append([file.sha256 for file in newest(lake).entities[VISITOR].files])
    assert digests[0] == digests[1]


def test_a_load_may_consist_of_bad_lines_alone(lake: DirectoryLake) -> None:
    land(lake, VISITORS, ["{torn", visitor("", plays=1)])
    report = run(lake)
    assert report.entities == {VISITOR: Counts(landed=2, quarantined=2)}
    manifest = newest(lake)
    assert manifest.entities == {}
    assert manifest.total_quarantined == {VISITORS: {"malformed_line": 1, "missing:visitor_id": 1}}
    land(lake, VISITORS, [visitor("v", plays="x"), visitor("", plays=1)])
    assert run(lake).quarantined == {VISITORS: {"missing:visitor_id": 1, "not_bigint:play_count": 1}}
    assert newest(lake).total_quarantined == {
        VISITORS: {"malformed_line": 1, "missing:visitor_id": 2, "not_bigint:play_count": 1}
    }


def test_the_quarantine_holds_the_records_own_text_and_where_it_is(lake: DirectoryLake) -> None:
    untouched = '{"visitor_key" : "v",  "play_count": 1.50, "load_count":1e0, "last_active_at":"2026-01-06T10:00:00Z"}'
    line = '{"_meta":{"path":"/a","sent_at":"2026-01-08T00:00:00Z"},"record":' + untouched + "}"
    land(lake, VISITORS, [visitor("good")], [visitor("good"), line, "{torn", '{"_meta":{},"bytes":"/w=="}'])
    run(lake)
    found = quarantined(lake, newest(lake), VISITORS)
    assert [(row["record"], row["reason"]) for row in found] == [
        (untouched, "not_bigint:load_count"),
        ("{torn", "malformed_line"),
        ("/w==", "undecodable"),
    ]
    (manifest,) = raw_log(lake, VISITORS).after(0)
    assert {row["raw_object"] for row in found} == {manifest.objects[1].key}
    assert [(row["stream"], row["raw_sequence"], row["raw_part"], row["raw_line"]) for row in found] == [
        (VISITORS, 1, 1, 2),
        (VISITORS, 1, 1, 3),
        (VISITORS, 1, 1, 4),
    ]


def test_drift_is_remembered_and_counted_without_values(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("a", secret="hunter2"), visitor("b", secret="x")])
    land(lake, EVENTS, [session("s")])
    run(lake)
    land(lake, VISITORS, [visitor("c", secret="y", more=1)])
    report = run(lake)
    assert [(entry.field, entry.kind, entry.count, entry.first_sequence) for entry in report.drift] == [
        ("more", "number", 1, 2),
        ("secret", "string", 1, 1),
    ]
    manifest = newest(lake)
    assert [(entry.field, entry.count, entry.first_sequence) for entry in manifest.drift] == [
        ("more", 1, 2),
        ("secret", 3, 1),
    ]
    assert "hunter2" not in manifest.model_dump_json()


def test_an_optional_field_that_comes_no_more_is_told(lake: DirectoryLake) -> None:
    land(lake, EVENTS, [session(f"{number}", country="NL") for number in range(30)])
    assert run(lake).drift == ()
    land(lake, EVENTS, [session(f"{number}", land="NL") for number in range(30, 50)])
    report = run(lake)
    assert {(entry.field, entry.kind, entry.count) for entry in report.drift} == {
        ("country", "dropped", 20),
        ("land", "string", 20),
    }
    land(lake, EVENTS, [session("back", country="NL")])
    assert run(lake).drift == ()
    assert {(entry.field, entry.kind, entry.count, entry.first_sequence) for entry in newest(lake).drift} == {
        ("country", "dropped", 20, 2),
        ("land", "string", 20, 2),
    }


def playback(key: str, **more: Any) -> str:
    meta = {"last_modified": "2026-01-07T22:10:00.000000Z", "sent_at": "2026-01-08T00:00:00.000001Z"}
    record = {"playback_id": key, "user_id": "u", "content_id": "c", "start_time": "2026-01-07T18:20:00Z"}
    return json.dumps({"_meta": meta, "record": {**record, **more}})


def test_a_field_for_which_something_else_stands_where_it_is_not_is_missed_likewise(lake: DirectoryLake) -> None:
    """A device that nobody tells is ``other``, as is one that nobody knows; that is no value."""
    land(lake, PLAYBACKS, [playback(f"{number}", device_type="tv") for number in range(30)])
    assert run(lake).drift == ()
    land(lake, PLAYBACKS, [playback(f"{number}", platform="tv") for number in range(30, 50)])
    assert {(entry.field, entry.kind, entry.count) for entry in run(lake).drift} == {
        ("device_type", "dropped", 20),
        ("platform", "string", 20),
    }


def test_fields_of_quarantined_records_are_no_drift(lake: DirectoryLake) -> None:
    many: dict[str, Any] = {f"{number:060}": 1 for number in range(1_000)}
    land(lake, VISITORS, [visitor("many", **many), visitor("a", new=1)])
    report = run(lake)
    assert report.quarantined == {VISITORS: {"too_long:_extra": 1}}
    assert [entry.field for entry in report.drift] == [entry.field for entry in newest(lake).drift] == ["new"]


def test_too_many_bad_records_stop_the_batch_and_publish_nothing(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor(f"bad{number}", plays="secret-plays") for number in range(21)], [visitor("good")])
    land(lake, EVENTS, [session("s")])
    with pytest.raises(
        DataRefused, match=r"wistia/visitors: 21 of 22 .*not_bigint:play_count \(21\).*line 1 of raw/"
    ) as refused:
        run(lake, Settings())
    assert "secret-plays" not in str(refused.value)
    assert not list(lake.list_after("staging/"))
    assert not list(lake.list_after("quarantine/"))
    assert run(lake, TOLERANT).sequence == 1


class TestBytesThatAreNotThoseOfTheManifest:
    """Nothing is read, nothing is published, and the message names the object."""

    @pytest.fixture
    def manifest(self, lake: DirectoryLake) -> RawManifest:
        land(lake, EVENTS, [session("s")])
        return land(lake, VISITORS, [visitor("a"), visitor("b")])

    @pytest.mark.parametrize("rot", ["longer", "cut", "one bit", "gone", "as long"])
    def test_are_refused(self, lake: DirectoryLake, manifest: RawManifest, rot: str) -> None:
        key = manifest.objects[0].key
        data = lake.get(key)
        if rot == "gone":
            lake.delete(key)
        else:
            bit = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
            as_long = gzip.compress(gzip.decompress(data).replace(b'"a"', b'"c"'))
            assert (len(as_long), as_long == data) == (len(data), False)
            lake.put(key, {"longer": data + b"\0", "cut": data[:-8], "one bit": bit, "as long": as_long}[rot])
        with pytest.raises(DataRefused, match="part-00000"):
            run(lake)
        assert not list(lake.list_after("staging/"))

    def test_a_damaged_stream_that_the_manifest_vouches_for_is_refused(self, lake: DirectoryLake) -> None:
        whole = gzip.compress("\n".join(visitor(f"v{number}") for number in range(500)).encode() + b"\n")
        for number, data in enumerate((whole[: len(whole) // 2], whole[:-1], b"", b"no gzip at all")):
            entry = put_object(lake, f"raw/damaged-{number}.jsonl.gz", data, 500)
            broken = land(new_lake(lake.root / str(number)), VISITORS)
            found = new_lake(lake.root / f"lake-{number}")
            found.put(entry.key, data)
            assert raw_log(found, VISITORS).commit(broken.model_copy(update={"objects": (entry,), "landed": 500}))
            with pytest.raises(DataRefused, match=f"damaged-{number}"):
                run(found)

    @pytest.mark.parametrize("claimed", [1, 3])
    def test_another_number_of_lines_than_the_manifest_says_is_refused(self, lake: DirectoryLake, claimed: int) -> None:
        data = gzip.compress("\n".join([visitor("a"), visitor("b")]).encode() + b"\n")
        entry = put_object(lake, "raw/x.jsonl.gz", data, claimed)
        empty = land(new_lake(lake.root / "other"), VISITORS)
        assert raw_log(lake, VISITORS).commit(empty.model_copy(update={"objects": (entry,), "landed": claimed}))
        with pytest.raises(DataRefused, match=f"holds 2 lines and its manifest says {claimed}"):
            run(lake)


counts_of_views = st.one_of(st.integers(-2, 9), st.sampled_from([2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1]))
scalars = st.one_of(
    st.none(), st.booleans(), counts_of_views, st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3)
)
anything = st.one_of(
    st.lists(st.integers(0, 9), max_size=3),
    st.lists(counts_of_views, max_size=3),
    st.lists(st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=2), scalars, max_size=2),
    scalars,
)


def verdict(name: str, value: Any) -> str | None:
    """Say what is wrong with an array, as Python reads JSON."""
    if value is None or (isinstance(value, str) and blank(value)):
        return f"missing:{name}"
    if not isinstance(value, list) or any(type(item) is not int or not -(2**63) <= item < 2**63 for item in value):
        return f"not_array_of_bigint:{name}"
    return f"out_of_range:{name}" if any(item < 0 for item in value) else None


class TestRecordsThatFanOut:
    """Records are counted and deduplicated as a whole; rows are counted beside them."""

    def test_counts_are_those_of_records_and_rows_stand_beside_them(self, lake: DirectoryLake) -> None:
        later = "2026-01-08T09:00:00Z"
        land(lake, ENGAGEMENTS, [curve("a", [3, 2, 1], [0, 0, 0]), curve("b", [5, 4], [1, 1]), curve("c", [], [])])
        land(lake, ENGAGEMENTS, [curve("a", [7], [1], later), curve("d", [1], []), "{torn"])
        report = run(lake)
        expected = Counts(landed=6, normalised=3, quarantined=2, duplicates=1, rows=3)
        assert report.entities == {ENGAGEMENT: expected}
        entry = newest(lake).entities[ENGAGEMENT]
        assert entry.counts == expected
        assert sum(file.rows for file in entry.files) == 3
        rows = staged(lake, newest(lake), ENGAGEMENT)
        assert [(row["media_id"], row["bucket"], row["view_count"]) for row in rows] == [
            ("a", 0, 7),
            ("b", 0, 5),
            ("b", 1, 4),
        ]

    def test_good_records_without_rows_are_no_files(self, lake: DirectoryLake) -> None:
        land(lake, ENGAGEMENTS, [curve("a", [], []), curve("b", [], [])])
        report = run(lake)
        assert report.entities == {ENGAGEMENT: Counts(landed=2, normalised=2, rows=0)}
        assert (newest(lake).entities, newest(lake).consumed) == ({}, {ENGAGEMENTS: 1})
        assert run(lake).sequence is None

    @pytest.mark.parametrize("lost", [0, 3])
    def test_rows_other_than_the_arrays_promise_stop_the_batch(
        self, lake: DirectoryLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
    ) -> None:
        def losing(contract: Contract) -> Step:
            return lambda records: records.transform(fan_out(contract)).where(functions.col("bucket") != lost)

        plans: dict[str, Any] = {}  # else the plan of the rule that is replaced would be known, or this one kept
        monkeypatch.setattr("spark.engine.plans._known", lambda: plans)
        monkeypatch.setattr("spark.engine.plans._file", lambda: tmp_path / "plans.json")
        monkeypatch.setattr("spark.jobs.entity.fan_out", losing)
        land(lake, ENGAGEMENTS, [curve("a", [3, 2, 1, 0], [0, 0, 0, 0])])
        with pytest.raises(DataRefused, match="1 records become 4 rows, but 3 were written"):
            run(lake)
        assert not list(lake.list_after("staging/"))

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(arrays=st.lists(st.tuples(anything, anything), min_size=1, max_size=30))
    def test_any_json_is_taken_whole_or_refused_whole(
        self, tmp_path_factory: pytest.TempPathFactory, arrays: list[tuple[Any, Any]]
    ) -> None:
        lake = new_lake(tmp_path_factory.mktemp("lake"))
        land(lake, ENGAGEMENTS, [curve(f"m{number:02d}", *pair) for number, pair in enumerate(arrays)])
        run(lake)
        reasons: dict[int, str] = {}
        rows: list[tuple[str, int, int, int]] = []
        for number, (views, again) in enumerate(arrays):
            reason = verdict("view_count", views) or verdict("rewatch_count", again)
            if reason or len(views) != len(again):
                reasons[number + 1] = reason or "unequal_length:rewatch_count"
            else:
                pairs = zip(views, again, strict=True)
                rows += [(f"m{number:02d}", bucket, *pair) for bucket, pair in enumerate(pairs)]
        found = staged(lake, newest(lake), ENGAGEMENT)
        assert [(row["media_id"], row["bucket"], row["view_count"], row["rewatch_count"]) for row in found] == rows
        assert {row["raw_line"]: row["reason"] for row in quarantined(lake, newest(lake), ENGAGEMENTS)} == reasons

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        curves=st.lists(
            st.tuples(
                st.sampled_from("ab"),
                st.integers(0, 2),
                st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 9)), max_size=4),
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_rows_are_the_buckets_of_the_newest_record_of_each_media(
        self, tmp_path_factory: pytest.TempPathFactory, curves: list[tuple[str, int, list[tuple[int, int]]]]
    ) -> None:
        lines = [
            curve(media, [view for view, _ in pairs], [again for _, again in pairs], f"2026-01-08T00:00:0{second}Z")
            for media, second, pairs in curves
        ]
        winners = {
            media: max((second, number) for number, (found, second, _) in enumerate(curves) if found == media)[1]
            for media in {media for media, _, _ in curves}
        }
        lake = new_lake(tmp_path_factory.mktemp("lake"))
        land(lake, ENGAGEMENTS, lines)
        counts = run(lake).entities[ENGAGEMENT]
        rows = staged(lake, newest(lake), ENGAGEMENT)
        assert [
            (row["media_id"], row["bucket_count"], row["bucket"], row["view_count"], row["rewatch_count"])
            for row in rows
        ] == [
            (media, len(curves[number][2]), bucket, view, again)
            for media, number in sorted(winners.items())
            for bucket, (view, again) in enumerate(curves[number][2])
        ]
        assert counts == Counts(
            landed=len(curves), normalised=len(winners), duplicates=len(curves) - len(winners), rows=len(rows)
        )


class Killed(BaseException):
    """The process dies."""


class KillAt(Silent):
    """Dies at an event."""

    def __init__(self, name: str) -> None:
        self._name = name

    def event(self, name: str, **fields: object) -> None:
        if name == self._name:
            raise Killed


@pytest.mark.parametrize(("at", "runs"), [("normalise.commit", 1), ("normalise.committed", None)])
def test_killed_at_its_commit_it_is_completed_by_the_next_run(lake: DirectoryLake, at: str, runs: int | None) -> None:
    land(lake, VISITORS, [visitor("a"), visitor("b"), "{torn"])
    with pytest.raises(Killed):
        run(lake, run_id="killed", progress=KillAt(at))
    assert run(lake, run_id="next").sequence == runs
    manifest = newest(lake)
    assert manifest.sequence == 1
    assert [row["visitor_id"] for row in staged(lake, manifest, VISITOR)] == ["a", "b"]
    assert manifest.total_quarantined == {VISITORS: {"malformed_line": 1}}


class Overtaken(Silent):
    """Lets another normaliser, which knows of more, commit first: after the work is done, before its files are put."""

    def __init__(self, lake: DirectoryLake) -> None:
        self._lake = lake
        self.waiting = True

    def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
        if done == total and self.waiting:
            self.waiting = False
            land(self._lake, VISITORS, [visitor("c")])
            run(self._lake, run_id="winner")
            land(self._lake, VISITORS, [visitor("d")])


def test_of_two_normalisers_one_wins_and_the_other_starts_again_from_there(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("a"), visitor("b")])
    report = run(lake, run_id="loser", progress=Overtaken(lake))
    assert report.sequence == 2
    first, second = staging_log(lake).after(0)
    assert (first.run_id, second.run_id) == ("winner", "loser")
    assert [row["visitor_id"] for row in staged(lake, first, VISITOR)] == ["a", "b", "c"]
    assert [row["visitor_id"] for row in staged(lake, second, VISITOR)] == ["d"]
    for file in first.entities[VISITOR].files:
        assert put_object(lake, "probe", lake.get(file.key), 0).sha256 == file.sha256, "the loser must not touch it"


states = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from(["2026-01-06T10:00:00.000Z", "2026-01-06T11:00:00.000Z"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=states, shuffled=st.randoms(use_true_random=False), cuts=st.sets(st.integers(1, 7)))
def test_neither_order_nor_batches_decide_which_state_is_newest(
    tmp_path_factory: pytest.TempPathFactory,
    states: list[tuple[str, int, int, str, int]],
    shuffled: Any,
    cuts: set[int],
) -> None:
    """The winner over all loads is the same whether the states come at once or in pieces, in order or not."""
    lines = [
        visitor(key, plays, f"2026-01-08T00:00:0{second}.{number:06d}Z", load_count=loads, last_active_at=at)
        for number, (key, plays, loads, at, second) in enumerate(states)
    ]
    expected = {
        key: max(
            (state[3], state[1], state[2], state[4], number) for number, state in enumerate(states) if state[0] == key
        )
        for key in {state[0] for state in states}
    }
    shuffled.shuffle(lines)
    lake = new_lake(tmp_path_factory.mktemp("lake"))
    edges = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    for first, last in pairwise(edges):
        land(lake, VISITORS, lines[first:last])
    run(lake)
    rows = staged(lake, newest(lake), VISITOR)
    found = {
        row["visitor_id"]: (
            f"{row['last_active_at']:%Y-%m-%dT%H:%M:%S.000Z}",
            row["play_count"],
            row["load_count"],
            row["_extracted_at"].second,
            row["_extracted_at"].microsecond,
        )
        for row in rows
    }
    assert found == expected
