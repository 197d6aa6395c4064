"""Engagement curves: the fan-out of contracts and transforms against DuckDB's SQL written by hand.

The hand-written SQL reads the same file, refuses the same arrays, keeps the newest curve of a media and day, and writes
the same rows as Parquet, a row per bucket.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from extract.lake import DirectoryLake
from extract.manifest import raw_log
from tests.integration.spark.lakes import TOLERANT, land, newest
from tests.integration.spark.lakes import run as normalise

CURVES = 2_000
BUCKETS = 1_000
ROUNDS = 3
STREAM, ENTITY = "wistia/media_engagement", "wistia__media_engagement"


def run() -> list[tuple[str, str, str]]:
    """Return the ratio of the best times of both."""
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), list(_lines())
        lakes = [DirectoryLake(folder / str(round_), "lake") for round_ in range(ROUNDS)]
        for lake in lakes:
            land(lake, STREAM, lines)
        ours = _best(lambda round_: normalise(lakes[round_], TOLERANT))
        by_hand = _best(lambda round_: _by_hand(lakes[round_], folder / f"{round_}.parquet"))
        _compare(lakes[0], folder / "0.parquet")
    rate = f"{CURVES * BUCKETS / ours:,.0f} rows/s"
    return [(f"{CURVES:,} curves of {BUCKETS:,}, {rate}", f"{ours / by_hand:.2f} times its time", "DuckDB SQL by hand")]


def _best(work: Callable[[int], object]) -> float:
    seconds = []
    for round_ in range(ROUNDS):
        started = time.perf_counter()
        work(round_)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _lines() -> Iterator[str]:
    """Raw lines of falling curves; one media in a hundred was asked for twice that day."""
    dice = random.Random(7)
    for number in range(CURVES):
        media = number - 1 if number % 100 == 99 else number
        views = sorted((dice.randrange(50_000) for _ in range(BUCKETS)), reverse=True)
        meta = {"params": {"media_id": f"m{media:09d}"}, "sent_at": f"2026-01-08T00:00:00.{number:06d}Z"}
        record = {"engagement": dice.random(), "engagement_data": views, "rewatch_data": [view // 9 for view in views]}
        yield json.dumps({"_meta": meta, "record": record}, separators=(",", ":"))


def _by_hand(lake: DirectoryLake, target: Path) -> None:
    (manifest,) = raw_log(lake, STREAM).after(0)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        select = _ROWS.format(file=lake.engine_path(manifest.objects[0].key))
        connection.execute(f"copy ({select}) to '{target}' (format parquet, compression zstd, row_group_size 100000)")


def _compare(lake: DirectoryLake, theirs: Path) -> None:
    """Both must have done the same work."""
    (file,) = newest(lake).entities[ENTITY].files
    with duckdb.connect() as connection:
        ours = f"read_parquet('{lake.engine_path(file.key)}', hive_partitioning = false)"
        shared = "media_id, snapshot_date, engagement, bucket_count, bucket, view_count, rewatch_count, _raw_line"
        differing = connection.execute(
            f"select count(*) from (select {shared} from {ours} except all select {shared} from '{theirs}')"
        ).fetchone()
        counts = connection.execute(
            f"select (select count(*) from {ours}), (select count(*) from '{theirs}')"
        ).fetchone()
    assert differing == (0,)
    assert counts
    assert counts[0] == counts[1] == CURVES * BUCKETS * 99 // 100


_ROWS = """
with typed as (
  select row_number() over () as _raw_line, json_extract_string(json, '/_meta/params/media_id') as media_id,
    try_cast(json_extract_string(json, '/_meta/sent_at') as timestamptz)::timestamp as _extracted_at,
    try_cast(json_extract_string(json, '/record/engagement') as double) as engagement,
    try_cast(json_extract_string(json, '/record/engagement_data') as bigint[]) as views,
    try_cast(json_extract_string(json, '/record/rewatch_data') as bigint[]) as rewatches
  from read_ndjson_objects('{file}', ignore_errors = true, maximum_object_size = 67108864)
), newest as (
  select *, _extracted_at::date as snapshot_date from typed
  where len(views) = len(rewatches)
    and len(list_filter(views, lambda n: n >= 0)) = len(views)
    and len(list_filter(rewatches, lambda n: n >= 0)) = len(rewatches)
  qualify row_number() over (partition by media_id, _extracted_at::date order by _extracted_at desc) = 1
)
select media_id, snapshot_date, engagement, len(views)::int as bucket_count,
  unnest(range(len(views)))::int as bucket, unnest(views) as view_count, unnest(rewatches) as rewatch_count,
  _extracted_at, _raw_line
from newest
order by media_id, snapshot_date, bucket
"""
