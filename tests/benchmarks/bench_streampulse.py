"""StreamPulse from raw lines to marts: a million playbacks, against DuckDB's SQL written by hand for the same work.

Both read the same raw objects of three feeds, take every form of timestamp, fold devices, put aside what cannot be
taken, keep the newest state of each playback, give it the versions of its title and its user, and fill the fact, the
days of each user and the daily engagement. The hand-written SQL has neither contracts nor counts, checks or ledger.
The time is that of a normalisation and of a load into an empty warehouse, from the first byte of raw that is read to
the commit; to bring the files to raw comes before it. Where others use the processors as well, the seconds of processor
are what can be compared. Engine, loader and endpoint are one process here, whose time and memory are those of all.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from extract.lake import DirectoryLake
from extract.manifest import ObjectEntry, RawManifest, raw_log
from spark.transforms.streampulse.playback import DEVICES

PLAYBACKS, USERS, TITLES = 1_000_000, 100_000, 5_000
OBJECTS = 8
DAYS = 30
ZONE = "Asia/Kolkata"

_OURS = """\
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.settings import Settings
from sandbox.redshift import serve
from tests.integration.spark.lakes import run as normalise
from warehouse_sql.connection import Target
from warehouse_sql.load import load
from warehouse_sql.query import query
folder = Path(sys.argv[1])
lake, clock, settings = DirectoryLake(folder, "lake"), RunClock(datetime(2026, 2, 1, tzinfo=UTC)), Settings()
with serve(folder / "warehouse.duckdb", folder) as at:
    target = Target(at.host, at.port, at.database, at.user, None, ssl=False, iam=False)
    load(target, lake, settings, clock, "made", Silent())
    started, worked = time.perf_counter(), time.process_time()
    normalise(lake, settings)
    normalised = time.perf_counter()
    load(target, lake, settings, clock, "bench", Silent())
    ended, worked = time.perf_counter(), time.process_time() - worked
    figures = query(target, sys.argv[2]).rows[0]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(normalised - started, ended - normalised, worked, memory, *figures)
"""
_FIGURES = "select count(*), sum(unique_viewers), sum(playback_count), sum(total_watch_minutes) from {}"


def run() -> list[tuple[str, str, str]]:
    """Return the times, the memory and the ratio to the hand-written SQL."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = DirectoryLake(folder, "lake")
        files = _land(lake)
        command = [sys.executable, "-c", _OURS, str(folder), _FIGURES.format("mart.engagement_daily_total")]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        normalising, loading, worked, memory, *figures = map(float, answer.stdout.split())
        by_hand, by_hand_worked, expected = _by_hand(files, folder)
    assert figures == [float(value) for value in expected]
    what, ours = f"{PLAYBACKS:,} playbacks, raw to marts", normalising + loading
    return [
        (f"{what}, on the clock", f"{ours:.1f} s", f"at most 20; normalise {normalising:.1f} s, load {loading:.1f} s"),
        ("", f"{ours / by_hand:.2f} times its time", f"DuckDB SQL by hand ({by_hand:.1f} s)"),
        (f"{what}, of processor", f"{worked:.1f} s", ""),
        ("", f"{worked / by_hand_worked:.2f} times its time", f"DuckDB SQL by hand ({by_hand_worked:.1f} s)"),
        ("their peak of memory, engine, loader and endpoint", f"{memory:,.0f} MB", "at most 2,048"),
    ]


def _land(lake: DirectoryLake) -> dict[str, list[str]]:
    """Land the three feeds as an extraction would; return their files."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        size = PLAYBACKS // OBJECTS
        playbacks = [(_playbacks(first, first + size), size) for first in range(0, PLAYBACKS, size)]
        users = [(_users("2026-01-01", 1), USERS), (_users("2026-01-15", 50), USERS // 50)]
        return {
            "playback": _put(lake, connection, "playback", playbacks),
            "content": _put(lake, connection, "content_metadata", [(_titles(), TITLES)]),
            "user": _put(lake, connection, "user_profiles", users),
        }


def _put(
    lake: DirectoryLake, connection: duckdb.DuckDBPyConnection, stream: str, selects: list[tuple[str, int]]
) -> list[str]:
    entries = []
    for part, (select, rows) in enumerate(selects):
        key = f"raw/streampulse/{stream}/date=2026-02-01/run=bench/part-{part:05d}.jsonl.gz"
        path = Path(lake.engine_path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        form = "format csv, header false, quote '', escape '', delimiter '\x01', compression gzip"
        connection.execute(f"copy ({select}) to '{path}' ({form})")
        data = path.read_bytes()
        entries.append(ObjectEntry(key=key, bytes=len(data), rows=rows, sha256=hashlib.sha256(data).hexdigest()))
    landed = sum(entry.rows for entry in entries)
    manifest = RawManifest(
        sequence=1,
        run_id="bench",
        committed_at="2026-02-01T00:00:00.000000Z",
        stream=f"streampulse/{stream}",
        complete=True,
        objects=tuple(entries),
        received=landed,
        landed=landed,
        requests={},
        cursor_after={},
        total_rows=landed,
        total_objects=len(entries),
    )
    assert raw_log(lake, f"streampulse/{stream}").commit(manifest)
    return [lake.engine_path(entry.key) for entry in entries]


def _line(last_modified: str, fields: str) -> str:
    """SQL of a raw line; ``fields`` is SQL of a struct."""
    return (
        f'\'{{"_meta":{{"key":"landing/streampulse/bench.csv","etag":"5d41402abc4b2a76b9719d911017c592","last_modified":"\''
        f' || {last_modified} || \'T00:00:00.000000Z","row":\' || (i + 1) || \',"sent_at":"2026-02-01T00:00:00.000Z"}},'
        f"\"record\":' || to_json({fields})::varchar || '}}'"
    )


def _written(instant: str) -> str:
    """An instant in one of six forms, a thousand rows of each at a time; all are of whole minutes."""
    return f"""(case (i // 1000) % 6
        when 0 then strftime({instant}, '%Y-%m-%dT%H:%M:%SZ') when 1 then strftime({instant}, '%Y-%m-%d %H:%M:%S')
        when 2 then strftime({instant} + interval 330 minutes, '%Y-%m-%dT%H:%M:%S+05:30')
        when 3 then strftime({instant}, '%d/%m/%Y %H:%M') when 4 then epoch({instant})::bigint::varchar
        else epoch_ms({instant})::varchar end)"""


def _playbacks(first: int, end: int) -> str:
    """One in a hundred is told twice, one in two hundred is open, one in a thousand ends before it starts."""
    spellings = [spelling for words in DEVICES.values() for spelling in words]
    ended = f"case when i % 200 = 7 then '' when i % 1000 = 500 then '1999-01-01 00:00:00' else {_written('until')} end"
    fields = f"""{{
        'playback_id': 'p' || (i - (i % 100 = 99)::int), 'user_id': 'u' || (i * 31) % {USERS},
        'content_id': 'c' || (i * 17) % {TITLES}, 'device_type': {spellings!r}[i % {len(spellings)} + 1],
        'region': ['Kerala', 'Goa', 'Assam', ''][i % 4 + 1], 'start_time': {_written("since")}, 'end_time': {ended}}}"""
    return f"""
        select {_line("'2026-01-31'", fields)} from (
            select i, timestamp '2026-01-01' + to_minutes((i * 7919) % {DAYS * 1440}) as since,
                since + to_minutes(i % 180) as until
            from range({first}, {end}) as numbers(i)
        )"""


def _titles() -> str:
    fields = """{'content_id': 'c' || i, 'title': 'Title ' || i, 'genre': ['Drama', 'Sport', 'News'][i % 3 + 1],
        'content_type': 'movie', 'release_year': '2020', 'duration_min': (60 + i % 90)::varchar, 'language': 'hi'}"""
    return f"select {_line(chr(39) + '2026-01-01' + chr(39), fields)} from range({TITLES}) as numbers(i)"


def _users(last_modified: str, step: int) -> str:
    fields = f"""{{'user_id': 'u' || i, 'name': 'Asha ' || i, 'email': 'u' || i || '@example.com',
        'subscription_plan': ['Basic', 'Premium'][(i + {step}) % 2 + 1], 'region': ['Kerala', 'Goa'][i % 2 + 1],
        'age_group': '25-34', 'signup_date': '2024-03-01'}}"""
    return f"select {_line(repr(last_modified), fields)} from range(0, {USERS}, {step}) as numbers(i)"


def _by_hand(files: dict[str, list[str]], folder: Path) -> tuple[float, float, tuple[Any, ...]]:
    started, worked = time.perf_counter(), time.process_time()
    with duckdb.connect(folder / "by-hand.duckdb") as connection:
        for statement in _STATEMENTS:
            for name, paths in files.items():
                statement = statement.replace(f"<{name}>", repr(paths))
            connection.execute(statement.replace("<folder>", str(folder)))
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        return seconds, worked, connection.execute(_FIGURES.format("engagement")).fetchall()[0]


_DAY = "(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9]"
_PLAIN = _DAY + r"[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
_FOLDED = " ".join(
    f"when lower(translate(x, ' -_.', '')) in {spellings!r} then '{word}'" for word, spellings in DEVICES.items()
)


def _looked_up(feed: str, names: tuple[str, ...]) -> str:
    """The record's fields by name, from files of raw lines."""
    paths = [*(f"/record/{name}" for name in names), "/_meta/last_modified", "/_meta/sent_at"]
    columns = (*names, "last_modified", "sent_at")
    items = ", ".join(f"nullif(trim(t[{n}]), '') as {name}" for n, name in enumerate(columns, start=1))
    return f"""
        select row_number() over () as n, {items}, case when kind is null then 'malformed'
            when kind <> 'OBJECT' then 'not_object' when list_unique(f) < len(f) then 'duplicate_field' end as fault
        from (select json_extract_string(json, {paths!r}) as t, json_type(json, '/record') as kind,
            json_keys(json, '/record') as f from read_ndjson_objects(<{feed}>, ignore_errors = true))"""


_STATEMENTS = (
    "set timezone = 'UTC'",
    f"""create macro instant(x) as (case
        when regexp_full_match(x, '{_PLAIN}(Z|[+-][0-9]{{2}}:[0-9]{{2}})') then try_cast(x as timestamptz)
        when regexp_full_match(x, '{_PLAIN}') then try_cast(x || 'Z' as timestamptz)
        when regexp_full_match(x, '[0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}') then try_cast(
            x[7:10] || '-' || x[4:5] || '-' || x[1:2] || 'T' || x[12:16] || ':00Z' as timestamptz)
        when regexp_full_match(x, '[0-9]{{9,10}}') then to_timestamp(try_cast(x as bigint))
        when regexp_full_match(x, '[0-9]{{12,13}}') then to_timestamp(try_cast(x as bigint) / 1000) end)::timestamp""",
    f"create macro device(x) as (case {_FOLDED} else 'other' end)",
    "create macro address(x) as coalesce(contains(x, '@'), false)",
    f"""create table judged as select *,
        case when fault is not null then fault
            when address(user_id) or address(content_id) or address(device_type) or address(region) then 'address'
            when playback_id is null or user_id is null or content_id is null then 'missing'
            when strlen(playback_id) > 128 or strlen(user_id) > 128 or strlen(content_id) > 128 then 'too_long'
            when strlen(region) > 256 or contains(playback_id || user_id || content_id, chr(0)) then 'too_long'
            when started_at is null or (end_time is not null and ended_at is null) then 'not_timestamp'
            when ended_at < started_at or ended_at > started_at + interval 24 hours then 'impossible' end as reason
        from (select *, instant(start_time) as started_at, instant(end_time) as ended_at,
            device(device_type) as device, instant(last_modified) as modified, instant(sent_at) as sent
            from ({
        _looked_up(
            "playback", ("playback_id", "user_id", "content_id", "device_type", "region", "start_time", "end_time")
        )
    }))""",
    """copy (select n, playback_id, user_id, content_id, device, region, started_at, ended_at, modified, sent from (
        select *, row_number() over (partition by playback_id order by modified desc, sent desc, n desc) as state
        from judged where reason is null) where state = 1 order by playback_id)
        to '<folder>/playback.parquet' (format parquet, compression zstd)""",
    """copy (select n, playback_id, reason from judged where reason is not null order by n)
        to '<folder>/quarantine.parquet' (format parquet, compression zstd)""",
    "drop table judged",
    f"""copy (select *, instant(last_modified) as modified, try_cast(duration_min as double) as length_min
        from ({_looked_up("content", ("content_id", "title", "genre", "content_type", "duration_min", "language"))}))
        to '<folder>/content.parquet' (format parquet, compression zstd)""",
    f"""copy (select *, instant(last_modified) as modified from ({
        _looked_up("user", ("user_id", "name", "email", "subscription_plan", "region", "age_group", "signup_date"))
    })) to '<folder>/user.parquet' (format parquet, compression zstd)""",
    *(
        f"""create table {name} as select *, lead(valid_from, 1, timestamp '9999-12-31') over chain as valid_to from (
            select *, case when row_number() over chain = 1 then timestamp '1900-01-01' else modified end as valid_from
            from (select *, lag({state}) over chain as before from '<folder>/{name}.parquet'
                window chain as (partition by {name}_id order by modified))
            where before is distinct from {state} window chain as (partition by {name}_id order by modified)
        ) window chain as (partition by {name}_id order by valid_from)"""
        for name, state in (
            ("content", "md5(concat_ws('|', title, genre, content_type, duration_min, language))"),
            ("user", "md5(concat_ws('|', subscription_plan, region, age_group, signup_date))"),
        )
    ),
    f"""create table fact as select p.playback_id, p.user_id, p.content_id, c.valid_from as content_from,
        u.valid_from as user_from, p.device, coalesce(p.region, u.region, 'Unknown') as region, p.started_at,
        p.ended_at, timezone('{ZONE}', p.started_at at time zone 'UTC')::date as day, p.modified, p.sent, p.n,
        round(epoch_us(p.ended_at - p.started_at)::decimal(18, 0) / 60000000, 2)::decimal(9, 2) as minutes,
        least(1, minutes / nullif(c.length_min, 0)) as completion
        from '<folder>/playback.parquet' as p
        left join content as c
            on p.content_id = c.content_id and p.started_at >= c.valid_from and p.started_at < c.valid_to
        left join "user" as u
            on p.user_id = u.user_id and p.started_at >= u.valid_from and p.started_at < u.valid_to""",
    "create table playback_key as select playback_id, day from fact",
    """create table user_day as select user_id, content_id, region, device, day, count(*) as playback_count,
        count(ended_at) as ended_count, coalesce(sum(minutes), 0)::decimal(18, 2) as watch_min,
        count(completion) as measured_count, sum(completion) as completion_total
        from fact group by all""",
    """create table engagement as select day, region, device, content_id, count(distinct user_id) as unique_viewers,
        sum(playback_count) as playback_count, sum(ended_count) as ended_count,
        sum(watch_min) as total_watch_minutes, sum(completion_total) as completion_total
        from user_day group by all""",
)
"""What the pipeline does, without what proves it; tables and files are written as it writes them."""
