-- grain:   one row per day, region, device and title with a playback
-- key:     activity_date, region, device_type, content_id
-- reads:   mart.engagement_daily_total, core.dim_content, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date            Day on which the playbacks started, in the reporting time zone.
--   region                   Where they were watched.
--   device_type              On which kind of device.
--   content_id               What was watched.
--   title                    What it is called now.
--   genre                    Its present genre.
--   unique_viewers           Distinct users of these playbacks; never add them.
--   playback_count           Playbacks, those that are still open included.
--   total_watch_minutes      Minutes of those that have ended; 0 where none has.
--   total_watch_hours        The same in hours.
--   average_session_minutes  Mean minutes of those that have ended; null where none has.
--
-- The daily aggregates that are published for Athena as well: see warehouse_sql/exports. Playbacks outside the calendar
-- are on no day, and not here.
with engagement as (
    select * from mart.engagement_daily_total
),

calendar as (
    select date_key, calendar_date from core.dim_date
    where date_key > 0
),

content as (
    select content_id, title, genre from core.dim_content
    where is_current and content_key > 0
),

final as (
    select
        calendar.calendar_date as activity_date,
        engagement.region,
        engagement.device_type,
        engagement.content_id,
        content.title,
        content.genre,
        engagement.unique_viewers,
        engagement.playback_count,
        engagement.total_watch_minutes,
        {{ hours('engagement.total_watch_minutes') }} as total_watch_hours,
        {{ share_of('engagement.total_watch_minutes', 'engagement.ended_count') }} as average_session_minutes
    from engagement
    inner join calendar on engagement.activity_date_key = calendar.date_key
    inner join content on engagement.content_id = content.content_id
)

select
    activity_date,
    region,
    device_type,
    content_id,
    title,
    genre,
    unique_viewers,
    playback_count,
    total_watch_minutes,
    total_watch_hours,
    average_session_minutes
from final
