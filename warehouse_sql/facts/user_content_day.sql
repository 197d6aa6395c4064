-- grain:   one row per user, title, region, device and day with a playback
-- key:     user_id, content_id, region, device_type, activity_date_key
-- within:  activity_date_key
-- reads:   core.fct_playback
-- load:    partitions of core.fct_playback.start_date_key
-- refs:    activity_date_key core.dim_date
-- version: 1
-- columns:
--   user_id            Who watched.
--   content_id         What was watched.
--   region             Where it was watched.
--   device_type        On which kind of device.
--   activity_date_key  Day on which the playbacks started, in the reporting time zone; -1 outside the calendar.
--   playback_count     Playbacks that started then, those that are still open included.
--   ended_count        Those of them that have ended.
--   watch_min          Minutes from start to end of those that have ended; 0 where none has.
--   measured_count     Playbacks whose share of the title is known.
--   completed_count    Those of them that played at least nine tenths of the title.
--   completion_total   The sum of these shares; null where none is known.
--
-- From here come distinct users over days, regions, devices, titles and genres: count(distinct user_id), never a sum.
-- Stored by day: a load makes the days anew whose playbacks it changed, those that they left included. Sorted by day;
-- distributed by user, so that distinct users are counted on each slice for itself.
with touched as (
    select activity_date_key from touched_user_content_day
),

playback as (
    select * from core.fct_playback
    where
        start_date_key between :within_from and :within_to
        and start_date_key in (select touched.activity_date_key from touched)
),

final as (
    select
        playback.user_id,
        playback.content_id,
        playback.region,
        playback.device_type,
        playback.start_date_key as activity_date_key,
        count(*) as playback_count,
        count(playback.ended_at) as ended_count,
        cast(nvl(sum(playback.duration_min), 0) as decimal(18, 2)) as watch_min,
        count(playback.completion_share) as measured_count,
        sum(case when playback.completion_share >= 0.9 then 1 else 0 end) as completed_count,
        {{ exact_sum('playback.completion_share') }} as completion_total
    from playback
    group by
        playback.user_id, playback.content_id, playback.region, playback.device_type, playback.start_date_key
)

select
    user_id,
    content_id,
    region,
    device_type,
    activity_date_key,
    playback_count,
    ended_count,
    watch_min,
    measured_count,
    completed_count,
    completion_total
from final
