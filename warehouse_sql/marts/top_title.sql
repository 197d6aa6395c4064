-- grain:   one row per title and period with a playback of it
-- key:     period_name, content_id
-- reads:   core.user_content_day, core.dim_content, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   period_name        last 7 days, last 30 days or all time; the last day is the newest with a playback.
--   title_rank         Place in the period by watch hours, then viewers, then playbacks, then id; no ties.
--   content_id         The title.
--   title              What it is called now.
--   genre              Its present genre.
--   unique_viewers     Distinct users who watched it in the period; never add them.
--   playback_count     Playbacks that started in the period.
--   total_watch_hours  Hours of those that have ended; 0 where none has.
--
-- The ten top titles are those with title_rank up to 10. The last day is the data's and not the clock's, so that a list
-- does not empty itself while no file arrives.
with user_day as (
    select * from core.user_content_day
),

calendar as (
    select date_key, calendar_date from core.dim_date
    where date_key > 0
),

content as (
    select content_id, title, genre from core.dim_content
    where is_current and content_key > 0
),

dated as (
    select
        user_day.user_id,
        user_day.content_id,
        user_day.playback_count,
        user_day.watch_min,
        calendar.calendar_date,
        max(calendar.calendar_date) over () as last_date
    from user_day
    inner join calendar on user_day.activity_date_key = calendar.date_key
),

period as (
    select
        cast('last 7 days' as varchar(16)) as period_name,
        7 as day_count
    union all
    select
        cast('last 30 days' as varchar(16)) as period_name,
        30 as day_count
    union all
    select
        cast('all time' as varchar(16)) as period_name,
        1000000 as day_count
),

summed as (
    select
        period.period_name,
        dated.content_id,
        count(distinct dated.user_id) as unique_viewers,
        sum(dated.playback_count) as playback_count,
        sum(dated.watch_min) as watch_min
    from dated
    inner join period on datediff(day, dated.calendar_date, dated.last_date) < period.day_count
    group by period.period_name, dated.content_id
),

final as (
    select
        summed.period_name,
        row_number() over (
            partition by summed.period_name
            order by summed.watch_min desc, summed.unique_viewers desc, summed.playback_count desc, summed.content_id
        ) as title_rank,
        summed.content_id,
        content.title,
        content.genre,
        summed.unique_viewers,
        summed.playback_count,
        {{ hours('summed.watch_min') }} as total_watch_hours
    from summed
    inner join content on summed.content_id = content.content_id
)

select
    period_name,
    title_rank,
    content_id,
    title,
    genre,
    unique_viewers,
    playback_count,
    total_watch_hours
from final
