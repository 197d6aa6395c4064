-- grain:   one row per source that has been loaded
-- key:     source_name
-- reads:   audit.load_history, mart.daily_active_users, mart.media_daily_total, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   source_name     wistia or streampulse.
--   loaded_at       When the newest load of all was published, by the clock of the run (UTC).
--   first_date      The first day with data.
--   newest_date     The newest day with data; it is not over yet.
--   complete_until  The day before: the last one that was read when it was over. Recent days are restated for a week.
--
-- Until when the data is complete. Days of wistia are UTC days that the vendor counted; days of streampulse are those of
-- the reporting time zone, and a file that comes late brings older days.
with history as (
    select * from audit.load_history
),

media_day as (
    select * from mart.media_daily_total
    where load_count is not null
),

calendar as (
    select date_key, calendar_date from core.dim_date
    where date_key > 0
),

active_users as (
    select * from mart.daily_active_users
),

newest as (
    select max(history.committed_at) as loaded_at
    from history
),

ranged as (
    select
        cast('wistia' as varchar(16)) as source_name,
        min(calendar.calendar_date) as first_date,
        max(calendar.calendar_date) as newest_date
    from media_day
    inner join calendar on media_day.activity_date_key = calendar.date_key
    union all
    select
        cast('streampulse' as varchar(16)) as source_name,
        min(active_users.activity_date) as first_date,
        max(active_users.activity_date) as newest_date
    from active_users
),

final as (
    select
        ranged.source_name,
        newest.loaded_at,
        ranged.first_date,
        ranged.newest_date,
        cast(dateadd(day, -1, ranged.newest_date) as date) as complete_until
    from ranged
    cross join newest
    where ranged.newest_date is not null
)

select
    source_name,
    loaded_at,
    first_date,
    newest_date,
    complete_until
from final
