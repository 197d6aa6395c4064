-- grain:   one row per day, region, device and title with a playback
-- key:     activity_date_key, region, device_type, content_id
-- within:  activity_date_key
-- reads:   core.user_content_day
-- load:    partitions of core.fct_playback.start_date_key
-- refs:    activity_date_key core.dim_date
-- version: 1
-- columns:
--   activity_date_key    Day on which the playbacks started, in the reporting time zone; -1 outside the calendar.
--   region               Where they were watched.
--   device_type          On which kind of device.
--   content_id           What was watched.
--   unique_viewers       Distinct users of these playbacks; never add them.
--   playback_count       Playbacks, those that are still open included.
--   ended_count          Those of them that have ended.
--   total_watch_minutes  Minutes of those that have ended; 0 where none has.
--   measured_count       Playbacks whose share of the title is known.
--   completed_count      Those of them that played at least nine tenths of the title.
--   completion_total     The sum of these shares; null where none is known.
--
-- Stored by day: a load makes the days anew whose playbacks it changed. What describes the title is added by
-- daily_engagement, so that a new name does not leave old ones behind. Sorted by day, distributed by title.
with touched as (
    select activity_date_key from touched_engagement_daily_total
),

user_day as (
    select * from core.user_content_day
    where
        activity_date_key between :within_from and :within_to
        and activity_date_key in (select touched.activity_date_key from touched)
),

final as (
    select
        user_day.activity_date_key,
        user_day.region,
        user_day.device_type,
        user_day.content_id,
        count(distinct user_day.user_id) as unique_viewers,
        sum(user_day.playback_count) as playback_count,
        sum(user_day.ended_count) as ended_count,
        cast(sum(user_day.watch_min) as decimal(18, 2)) as total_watch_minutes,
        sum(user_day.measured_count) as measured_count,
        sum(user_day.completed_count) as completed_count,
        {{ exact_sum('user_day.completion_total') }} as completion_total
    from user_day
    group by user_day.activity_date_key, user_day.region, user_day.device_type, user_day.content_id
)

select
    activity_date_key,
    region,
    device_type,
    content_id,
    unique_viewers,
    playback_count,
    ended_count,
    total_watch_minutes,
    measured_count,
    completed_count,
    completion_total
from final
