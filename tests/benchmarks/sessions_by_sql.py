"""What somebody would write by hand for sessions alone in DuckDB's SQL: three statements, one entity, the same rules.

It reads the same objects, judges by the same rules (kinds, patterns, lengths, ranges, NUL, repeated and unknown
fields), keeps the newest state of each key, and writes the same rows and the same quarantine as Parquet. It holds no
bytes against a manifest and proves nothing. Run as ``python -m tests.benchmarks.sessions_by_sql FOLDER OBJECT …``.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

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
select n, filename, {", ".join(name for name, *_ in _COLUMNS)}, _extra, unknown, unknown_agent,
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
with placed as (
  select *, n - min(n) over (partition by filename) + 1 as _raw_line from judged
)
select {", ".join(name for name, *_ in _COLUMNS[:-1])}, _extra, _extracted_at, 1::bigint as _raw_sequence,
  regexp_extract(filename, 'part-([0-9]+)', 1)::integer as _raw_part, _raw_line
from (
  select *, row_number() over (partition by session_id order by _extracted_at desc, filename desc, _raw_line desc)
    as state
  from placed where reason is null
) where state = 1 order by session_id
"""
_QUARANTINE = """
select r.line::varchar as record, j.reason, j.filename, j.n
from judged as j join raw as r on r.n = j.n
where j.reason is not null order by j.n
"""
_DRIFT = "select name, count(*) from (select unnest(unknown) as name from judged where reason is null) group by name"


def main(folder: Path, files: list[str]) -> None:
    """Normalise raw objects; print seconds, rows and quarantined records."""
    started = time.perf_counter()
    with duckdb.connect(config={"temp_directory": str(folder / "spilt")}) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(_READ.format(files=files))
        connection.execute(_JUDGE)
        written = "(format parquet, compression zstd, row_group_size 100000)"
        connection.execute(f"copy ({_ROWS}) to '{folder}/rows.parquet' {written}")
        connection.execute(f"copy ({_QUARANTINE}) to '{folder}/quarantine.parquet' {written}")
        reasons = dict(connection.execute("select reason, count(*) from judged group by reason").fetchall())
        drift = connection.execute(_DRIFT).fetchall()
    good = reasons.pop(None)
    print(json.dumps({"seconds": time.perf_counter() - started, "good": good, "reasons": reasons, "drift": len(drift)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
