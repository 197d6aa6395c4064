"""Fault 38: what was landed or staged and is discarded leaves no older version behind, in a bucket that keeps them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from extract.clock import RunClock
from extract.lake.s3 import S3Lake
from extract.land import Landing
from extract.manifest import RawManifest, raw_log
from extract.progress import Silent
from extract.writer import HeadMoved, StreamWriter
from spark.jobs.publish import Place
from tests.storage import storage

STREAM = "wistia/visitors"
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
LINE = b'{"_meta":{},"record":{"visitor_identity":{"email":"ada@example.org"}}}\n'


@pytest.fixture(scope="module")
def lake() -> Iterator[S3Lake]:
    with storage() as server:
        bucket = server.create()
        lake = S3Lake(bucket, server.endpoint_url)
        lake._client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield lake


def kept(lake: S3Lake) -> list[str]:
    """Return the keys of all versions and markers that are there, but those of manifests."""
    told = lake._client.list_object_versions(Bucket=lake.bucket)
    keys = [found["Key"] for found in (*told.get("Versions", ()), *told.get("DeleteMarkers", ()))]
    return [key for key in keys if "/_manifests/" not in key]


def test_what_was_landed_and_is_discarded(lake: S3Lake) -> None:
    landing = Landing(lake, STREAM, date(2026, 1, 8), "r1", part_bytes=1)
    landing.add(LINE, 1)
    mark = landing.mark()
    landing.add(LINE, 1)
    assert len(kept(lake)) == 2
    landing.take_back(mark)
    assert len(kept(lake)) == 1
    landing.discard()
    assert kept(lake) == []


def test_what_a_run_landed_that_lost_the_race_for_its_number(lake: S3Lake) -> None:
    writer = StreamWriter(lake, STREAM, "r1", RunClock(AS_OF), Silent())
    writer.land_lines(LINE, 1)
    winner = {"run_id": "r2", "committed_at": "2026-01-08T02:00:00.000000Z", "cursor_after": {"n": 2}}
    nothing = {"objects": (), "received": 0, "landed": 0, "requests": {}, "total_rows": 0, "total_objects": 0}
    assert raw_log(lake, STREAM).commit(
        RawManifest.model_validate({"sequence": 1, "stream": STREAM, "complete": True, **winner, **nothing})
    )
    with pytest.raises(HeadMoved):
        writer.commit({"n": 1}, complete=False)
    assert kept(lake) == []


def test_what_a_normaliser_wrote_that_will_commit_nothing(lake: S3Lake) -> None:
    place = Place(lake, 1, "r1")
    folder = place.rows("wistia__visitor")
    lake.put(f"{folder}part-0.parquet", b"1")
    lake.put(f"{folder}part-0.parquet", b"2")
    place.clear([folder])
    assert kept(lake) == []
