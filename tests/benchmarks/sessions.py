"""Raw lines of viewing sessions, as many as one likes: DuckDB writes them, so that neither time nor memory is Python's.

Half of all sessions are of one media. One in a hundred is there a second time, in an object of later; one in a thousand
has no number where one must be; one in ten thousand has a field that nobody knows.
"""

import gzip
import hashlib
from pathlib import Path

import duckdb

from extract.lake import DirectoryLake
from extract.manifest import ObjectEntry, RawManifest, raw_log

STREAM, ENTITY = "wistia/events", "wistia__viewing_session"
OBJECT_LINES = 250_000
"""Lines of an object: compressed 22 MB, of the 32 at which an extraction begins another."""

_LINES = """
select '{"_meta":{"path":"/stats/events","params":{"page":' || i // 100 || ',"per_page":100},"page":' || i // 100
  || ',"index":' || i % 100 || ',"sent_at":"2026-01-08T' || strftime(
      timestamp '2026-01-08 00:00:00' + to_microseconds(i * 17000 + 123), '%H:%M:%S.%f') || 'Z"},'
  || '"record":{"received_at":"2026-01-' || lpad((1 + key % 7)::varchar, 2, '0') || 'T14:00:'
  || lpad((key % 60)::varchar, 2, '0') || '.000Z","event_key":"1779199_' || md5(key::varchar)
  || '","ip":"192.0.2.' || key % 256 || '","country":"US","region":"Florida","city":"Testville","lat":'
  || case when i % 1000 = 500 then '"unknown"' else round(hash(key) % 1800000 / 10000 - 90, 4)::varchar end
  || ',"lon":-82.4,"org":"Example ISP","email":null,"percent_viewed":' || hash(i) % 1000003 / 1000003
  || ',"embed_url":"https://example.com/' || key % 50 || '","conversion_type":"","conversion_data":{},'
  || '"iframe_heatmap_url":"https://api.example/' || key || '?public_token=redacted","visitor_key":"1779199_'
  || md5((key % 900000)::varchar) || '","user_agent_details":{"browser":"Chrome","browser_version":"141",'
  || '"platform":"iOS (iPhone)","mobile":' || (key % 3 = 0) || '},"media_id":"'
  || case when key % 2 = 0 then 'gskhw4w4lm' else substr(md5((key % 500)::varchar), 1, 10) end
  || '","media_name":"Sample VSL Youtube  Paid Ads","media_url":"https://acct.example/medias/gskhw4w4lm",'
  || '"thumbnail":{"url":"http://embed.example/x.bin","width":1280,"height":720}'
  || case when i % 10000 = 3333 then ',"watched_on":"tv"' else '' end || '}}'
from (select i, case when i % 100 = 99 then i // 2 else i end as key from range($1::bigint, $2::bigint) as lines (i))
order by i
"""


def land_sessions(lake: DirectoryLake, sessions: int) -> RawManifest:
    """Commit a raw manifest of so many sessions."""
    starts = range(0, sessions, OBJECT_LINES)
    entries = tuple(
        _object(lake, part, first, min(first + OBJECT_LINES, sessions)) for part, first in enumerate(starts)
    )
    manifest = RawManifest(
        sequence=1,
        run_id="bench",
        committed_at="2026-01-08T02:00:00.000000Z",
        stream=STREAM,
        complete=True,
        objects=entries,
        received=sessions,
        landed=sessions,
        requests={},
        cursor_after={},
        total_rows=sessions,
        total_objects=len(entries),
    )
    assert raw_log(lake, STREAM).commit(manifest)
    return manifest


def _object(lake: DirectoryLake, part: int, first: int, end: int) -> ObjectEntry:
    key = f"raw/{STREAM}/date=2026-01-08/run=bench/part-{part:05d}.jsonl.gz"
    path = Path(lake.engine_path(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection, gzip.open(path, "wb", compresslevel=1) as file:
        lines = connection.execute(_LINES, [first, end])
        while some := lines.fetchmany(10_000):
            file.write("".join(f"{line}\n" for (line,) in some).encode())
    data = path.read_bytes()
    return ObjectEntry(key=key, bytes=len(data), rows=end - first, sha256=hashlib.sha256(data).hexdigest())


def linked(source: DirectoryLake, manifest: RawManifest, folder: Path) -> DirectoryLake:
    """Return a lake in a folder that holds the same raw objects, and nothing that was made of them."""
    lake = DirectoryLake(folder, "lake")
    for entry in manifest.objects:
        target = Path(lake.engine_path(entry.key))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.engine_path(entry.key))
    assert raw_log(lake, STREAM).commit(manifest)
    return lake
