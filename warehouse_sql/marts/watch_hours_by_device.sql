-- grain:   one row per day and kind of device with a playback
-- key:     activity_date, device_type
-- reads:   core.user_content_day, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date            Day on which the playbacks started, in the reporting time zone.
--   device_type              mobile, tablet, desktop, tv, console or other.
--   unique_viewers           Distinct users of these playbacks; never add them.
--   playback_count           Playbacks, those that are still open included.
--   total_watch_hours        Hours of those that have ended; 0 where none has.
--   average_session_minutes  Mean minutes of those that have ended; null where none has.
--   minutes_per_viewer       Their minutes divided by the distinct users.
--
-- A user who watches on two kinds of devices is a viewer of both: viewers are counted in each row for itself.
with user_day as (
    select * from core.user_content_day
),

calendar as (
    select date_key, calendar_date from core.dim_date
    where date_key > 0
),

summed as (
    select
        calendar.calendar_date as activity_date,
        user_day.device_type,
        count(distinct user_day.user_id) as unique_viewers,
        sum(user_day.playback_count) as playback_count,
        sum(user_day.ended_count) as ended_count,
        sum(user_day.watch_min) as watch_min
    from user_day
    inner join calendar on user_day.activity_date_key = calendar.date_key
    group by calendar.calendar_date, user_day.device_type
),

final as (
    select
        summed.*,
        {{ hours('summed.watch_min') }} as total_watch_hours,
        {{ share_of('summed.watch_min', 'summed.ended_count') }} as average_session_minutes,
        {{ share_of('summed.watch_min', 'summed.unique_viewers') }} as minutes_per_viewer
    from summed
)

select
    activity_date,
    device_type,
    unique_viewers,
    playback_count,
    total_watch_hours,
    average_session_minutes,
    minutes_per_viewer
from final
