"""A warehouse of very many medias, written straight into its tables: no page cares how rows came there."""

from tests.integration.warehouse_sql.house import House
from warehouse_sql.connection import connect

DAYS = 30
_NUMBERS = """
with numbers as (
    select row_number() over (order by date_key) as n from core.dim_date where date_key > 0
),

media as (
    select n, cast('m' || cast(n as varchar(8)) as varchar(64)) as media_id from numbers where n <= {count}
)
"""
_STATEMENTS = (
    "insert into core.dim_channel (channel_key, channel_name, _load_sequence) values (1, 'Facebook', 1)",
    """
insert into audit.load_history (load_sequence, run_id, staged_by, started_at, committed_at)
values (1, 'run', 'run', '2026-01-31 02:00:00', '2026-01-31 02:01:00')
""",
    """
insert into core.dim_media (
    media_key, media_id, channel_key, media_name, media_type, project_id, project_name, section_name, duration_seconds,
    is_archived, attribute_hash, valid_from, valid_to, is_current, is_inferred, _load_sequence
)
{numbers}
select
    n, media_id, 1, 'Video ' || cast(n / 2 as varchar(8)), 'Video', 'p', 'Project', '', 60.0,
    false, 'hash', '2026-01-01', '9999-12-31', true, false, 1
from media
""",
    """
insert into mart.media_daily_total (
    media_id, activity_date_key, session_count, visitor_count, load_count, play_count, hours_watched, _load_sequence
)
{numbers}
select media.media_id, dim_date.date_key, 0, 0, 2 * media.n, media.n, 0.5, 1
from media
cross join core.dim_date
where dim_date.calendar_date between '2026-01-01' and dateadd(day, {days}, '2026-01-01')
""",
    """
insert into core.fct_media_snapshot (
    media_id, snapshot_date_key, snapshot_date, media_key, load_count, play_count, visitor_count, play_rate,
    hours_watched, engagement, _extracted_at, _raw_sequence, _raw_part, _raw_line, _load_sequence
)
{numbers}
select
    media_id, 20260131, '2026-01-31', n, 100 * n, 50 * n, 40 * n, 0.5, 10.0, 0.25, '2026-01-31 02:00:00', 1, 0, n, 1
from media
""",
)


def fill(house: House, count: int) -> None:
    """Write medias with statistics, each with as many plays a day as its number; the last day of the data is not over.

    The medias ``m1``, ``m2``, … are called by half their number, so that two share each name.
    """
    numbers = _NUMBERS.format(count=count).strip()
    with connect(house.target) as connection:
        for statement in _STATEMENTS:
            connection.execute(statement.format(numbers=numbers, days=DAYS))
        connection.commit()
