"""Normalisation: contracts, transforms and the DuckDB engine against DuckDB's SQL written by hand for one entity.

The hand-written SQL reads the same files, judges by the same rules (kinds, patterns, lengths, ranges, NUL, repeated and
unknown fields), keeps the newest state of a key, and writes the same rows and the same quarantine as Parquet.
"""

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

EVENTS = 200_000
OBJECTS = 20
STREAM, ENTITY = "wistia/events", "wistia__viewing_session"
ROUNDS = 3


def run() -> list[tuple[str, str, str]]:
    """Return the ratio of the best times of both."""
    with tempfile.TemporaryDirectory() as folder:
        lake = DirectoryLake(Path(folder), "lake")
        lines = list(_lines())
        size = len(lines) // OBJECTS
        land(lake, STREAM, *(lines[first : first + size] for first in range(0, len(lines), size)))
        ours = _best(lambda round_: _ours(lake, Path(folder) / f"ours-{round_}"))
        by_hand = _best(lambda round_: _by_hand(lake, Path(folder) / f"hand-{round_}"))
        _compare(lake, Path(folder))
    rate = f"{EVENTS / ours:,.0f} records/s"
    return [(f"{EVENTS:,} sessions, {rate}", f"{ours / by_hand:.2f} times its time", "DuckDB SQL by hand")]


def _best(work: Callable[[int], None]) -> float:
    seconds = []
    for round_ in range(ROUNDS):
        started = time.perf_counter()
        work(round_)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _lines() -> Iterator[str]:
    """Raw lines with 1 % of repeated keys and 0.1 % of bad numbers."""
    dice = random.Random(7)
    for number in range(EVENTS):
        page = number // 100
        key = number - 1 if number % 100 == 99 else number
        lat = '"unknown"' if number % 1000 == 500 else f"{dice.uniform(-90, 90):.4f}"
        page = number // 100
        yield (
            f'{{"_meta":{{"path":"/stats/events","params":{{"page":{page},"per_page":100}},"page":{page},'
            f'"index":{number % 100},"sent_at":"2026-01-08T00:{page % 3600 // 60:02d}:{page % 60:02d}.'
            f'{number % 100:06d}Z"}},"record":{{"received_at":"2026-01-07T14:00:{number % 60:02d}.000Z",'
            f'"event_key":"1779199_{key:032x}-{key:012x}","ip":"192.0.2.{number % 256}","country":"US",'
            f'"region":"Florida","city":"Testville","lat":{lat},"lon":-82.4,"org":"Example ISP","email":null,'
            f'"percent_viewed":{dice.random()!r},"embed_url":"https://example.com/{number % 50}","conversion_type":"",'
            f'"conversion_data":{{}},"iframe_heatmap_url":"https://api.example/{number}?public_token=redacted",'
            f'"visitor_key":"1779199_{number % 90000:032x}","user_agent_details":{{"browser":"Chrome",'
            f'"browser_version":"141","platform":"iOS (iPhone)","mobile":true}},"media_id":"gskhw4w4lm",'
            f'"media_name":"Sample VSL Youtube  Paid Ads","media_url":"https://acct.example/medias/gskhw4w4lm",'
            f'"thumbnail":{{"url":"http://embed.example/x.bin","width":1280,"height":720}}}}}}'
        )


def _ours(lake: DirectoryLake, folder: Path) -> None:
    fresh = DirectoryLake(folder, "lake")
    (manifest,) = raw_log(lake, STREAM).after(0)
    for entry in manifest.objects:
        target = Path(fresh.engine_path(entry.key))
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.symlink_to(lake.engine_path(entry.key))
    assert raw_log(fresh, STREAM).commit(manifest)
    normalise(fresh, TOLERANT)


def _by_hand(lake: DirectoryLake, folder: Path) -> None:
    folder.mkdir()
    (manifest,) = raw_log(lake, STREAM).after(0)
    files = [lake.engine_path(entry.key) for entry in manifest.objects]
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(_READ.format(files=files))
        connection.execute(_JUDGE)
        connection.execute(f"copy ({_ROWS}) to '{folder}/rows.parquet' (format parquet, compression zstd)")
        connection.execute(f"copy ({_QUARANTINE}) to '{folder}/quarantine.parquet' (format parquet, compression zstd)")
        connection.execute("select reason, count(*) from judged group by reason").fetchall()


def _compare(lake: DirectoryLake, folder: Path) -> None:
    """Both must have done the same work."""
    ours = DirectoryLake(folder / "ours-0", "lake")
    (file,) = newest(ours).entities[ENTITY].files
    rows = f"read_parquet('{ours.engine_path(file.key)}', hive_partitioning = false)"
    names = "session_id, received_at, percent_viewed, latitude, is_mobile, _extra, _extracted_at, _raw_line"
    with duckdb.connect() as connection:
        theirs = f"read_parquet('{folder}/hand-0/rows.parquet')"
        found = connection.execute(
            f"select count(*) from (from (select {names} from {rows}) except all (select {names} from {theirs}))"
        ).fetchone()
        counts = connection.execute(f"select (select count(*) from {rows}), (select count(*) from {theirs})").fetchone()
    assert found == (0,)
    assert counts
    assert counts[0] == counts[1] > EVENTS * 0.98


_READ = """
create table raw as
select row_number() over () as n, json as line, filename
from read_ndjson_objects({files}, ignore_errors = true, filename = true, maximum_object_size = 67108864)
"""

# Places in the lists: 1 event_key, 2 received_at, 3 visitor_key, 4 media_id, 5 media_name, 6 percent_viewed, 7 ip,
# 8 country, 9 region, 10 city, 11 lat, 12 lon, 13 org, 14 email, 15 embed_url, 16 conversion_type, 17 conversion_data,
# 18 browser, 19 browser_version, 20 platform, 21 mobile, 22 sent_at; of kinds also 23 record, 24 user_agent_details.
_PATHS = """[
  '/record/event_key', '/record/received_at', '/record/visitor_key', '/record/media_id', '/record/media_name',
  '/record/percent_viewed', '/record/ip', '/record/country', '/record/region', '/record/city', '/record/lat',
  '/record/lon', '/record/org', '/record/email', '/record/embed_url', '/record/conversion_type',
  '/record/conversion_data', '/record/user_agent_details/browser', '/record/user_agent_details/browser_version',
  '/record/user_agent_details/platform', '/record/user_agent_details/mobile', '/_meta/sent_at'"""
_SCALAR = "k[{n}] in ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE')"
_TEXT = _SCALAR + " and strlen(t[{n}]) <= {length} and not contains(t[{n}], chr(0))"
_NUMBER = _SCALAR + (
    " and regexp_full_match(t[{n}], '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?') and isfinite(try_cast(t[{n}] as double))"
)
_INSTANT = (
    "k[{n}] = 'VARCHAR' and regexp_full_match(t[{n}], "
    "'(19|[2-9][0-9])[0-9]{{2}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{{1,9}})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))') "
    "and year(try_cast(t[{n}] as timestamptz)) between 1900 and 9999"
)
_COLUMNS = [
    ("session_id", 1, _TEXT, 128, "t[{n}]"),
    ("received_at", 2, _INSTANT, 0, "try_cast(t[{n}] as timestamptz)::timestamp"),
    ("visitor_id", 3, _TEXT, 128, "t[{n}]"),
    ("media_id", 4, _TEXT, 64, "t[{n}]"),
    ("media_name", 5, _TEXT, 2048, "t[{n}]"),
    ("percent_viewed", 6, _NUMBER + " and try_cast(t[{n}] as double) between 0 and 1", 0, "try_cast(t[{n}] as double)"),
    ("ip_address", 7, _TEXT, 64, "t[{n}]"),
    ("country", 8, _TEXT, 256, "t[{n}]"),
    ("region", 9, _TEXT, 256, "t[{n}]"),
    ("city", 10, _TEXT, 256, "t[{n}]"),
    ("latitude", 11, _NUMBER, 0, "try_cast(t[{n}] as double)"),
    ("longitude", 12, _NUMBER, 0, "try_cast(t[{n}] as double)"),
    ("organisation_name", 13, _TEXT, 1024, "t[{n}]"),
    ("viewer_email", 14, _TEXT, 1024, "t[{n}]"),
    ("embed_url", 15, _TEXT, 8192, "t[{n}]"),
    ("conversion_type", 16, _TEXT, 256, "t[{n}]"),
    ("conversion_data", 17, "strlen(x[1]::varchar) <= 8192", 0, "nullif(x[1]::varchar, 'null')"),
    ("browser", 18, _TEXT, 256, "t[{n}]"),
    ("browser_version", 19, _TEXT, 256, "t[{n}]"),
    ("platform", 20, _TEXT, 256, "t[{n}]"),
    ("is_mobile", 21, "t[{n}] in ('true', 'false') and k[{n}] in ('BOOLEAN', 'VARCHAR')", 0, "t[{n}] = 'true'"),
    ("_extracted_at", 22, _INSTANT, 0, "try_cast(t[{n}] as timestamptz)::timestamp"),
]
_REQUIRED = {"session_id", "received_at", "media_id", "_extracted_at"}
_KNOWN = """('received_at', 'event_key', 'ip', 'country', 'region', 'city', 'lat', 'lon', 'org', 'email',
 'percent_viewed', 'embed_url', 'conversion_type', 'conversion_data', 'iframe_heatmap_url', 'visitor_key',
 'user_agent_details', 'media_id', 'media_name', 'media_url', 'thumbnail', 'attributes')"""
_VALUES = ",\n".join(
    f"case when {rule.format(n=n, length=length)} then {value.format(n=n)} end as {name}"
    for name, n, rule, length, value in _COLUMNS
)
_REASONS = ",\n".join(
    f"when {name} is null and nullif(t[{n}], '') is not null then 'refused:{name}'"
    + (f" when {name} is null then 'missing:{name}'" if name in _REQUIRED else "")
    for name, n, *_ in _COLUMNS
).replace(",\n", "\n")
_JUDGE = f"""
create table judged as
with looked_up as (
  select n, filename, line,
    json_type(line, {_PATHS}, '/record', '/record/user_agent_details']) as k,
    json_extract_string(line, {_PATHS}]) as t,
    json_extract(line, ['/record/conversion_data', '/record/iframe_heatmap_url', '/record/media_url',
                        '/record/thumbnail', '/record/attributes']) as x,
    json_keys(line, ['/record', '/record/user_agent_details']) as f
  from raw
), typed as (
  select n, filename, line, k, t, f, {_VALUES},
    list_filter(f[1], lambda name: name not in {_KNOWN}) as unknown,
    list_filter(f[2], lambda name: name not in ('browser', 'browser_version', 'platform', 'mobile')) as unknown_agent,
    '{{' || nullif(concat_ws(',', '"iframe_heatmap_url":' || x[2]::varchar, '"media_url":' || x[3]::varchar,
      '"thumbnail":' || x[4]::varchar, '"attributes":' || x[5]::varchar,
      nullif(array_to_string(list_transform(unknown, lambda name: to_json(name)::varchar || ':' ||
        json_extract(line, '/record/' || replace(replace(name, '~', '~0'), '/', '~1'))::varchar), ','), ''),
      '"user_agent_details":{{' || nullif(array_to_string(list_transform(unknown_agent, lambda name:
        to_json(name)::varchar || ':' || json_extract(line, '/record/user_agent_details/' ||
        replace(replace(name, '~', '~0'), '/', '~1'))::varchar), ','), '') || '}}'), '') || '}}' as _extra
  from looked_up
)
select n as _raw_line, filename, {", ".join(name for name, *_ in _COLUMNS)}, _extra, unknown, unknown_agent,
  case
    when k[23] is null then 'malformed_line'
    when k[23] <> 'OBJECT' or k[24] not in ('OBJECT', 'NULL') then 'not_object'
    when list_unique(f[1]) < len(f[1]) or list_unique(f[2]) < len(f[2]) then 'duplicate_field'
    when strlen(_extra) > 65000 or contains(_extra, chr(0)) then 'too_long'
    {_REASONS}
  end as reason
from typed
"""
_ROWS = f"""
select {", ".join(name for name, *_ in _COLUMNS)}, _extra,
  _raw_line - (min(_raw_line) over (partition by filename)) + 1 as _raw_line
from (
  select *, row_number() over (partition by session_id order by _extracted_at desc, _raw_line desc) as state
  from judged where reason is null
) where state = 1 order by session_id
"""
_QUARANTINE = """
select r.line::varchar as record, j.reason, j.filename, j._raw_line
from judged as j join raw as r on r.n = j._raw_line
where j.reason is not null order by j._raw_line
"""
