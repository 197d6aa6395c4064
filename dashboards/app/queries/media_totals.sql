-- grain:   one row per media with a load or a play in either period, at most the hundred most played
-- columns:
--   media_name                       {mart.media_daily_performance.media_name}
--   channel_name                     {mart.media_daily_performance.channel_name}
--   play_count                       Sum over the period. {mart.media_daily_performance.play_count}
--   previous_play_count              The same of the period before.
--   load_count                       Sum over the period. {mart.media_daily_performance.load_count}
--   previous_load_count              The same of the period before.
--   hours_watched                    Sum over the period. {mart.media_daily_performance.hours_watched}
--   previous_hours_watched           The same of the period before.
--   average_percent_viewed           Mean over the period's sessions whose percent viewed is known. {mart.media_daily_performance.percent_viewed_total}
--   previous_average_percent_viewed  The same of the period before.
--   media_id                         {mart.media_daily_performance.media_id}
select
    media_name,
    channel_name,
    sum(case when activity_date >= :first_day then play_count end) as play_count,
    sum(case when activity_date < :first_day then play_count end) as previous_play_count,
    sum(case when activity_date >= :first_day then load_count end) as load_count,
    sum(case when activity_date < :first_day then load_count end) as previous_load_count,
    sum(case when activity_date >= :first_day then hours_watched end) as hours_watched,
    sum(case when activity_date < :first_day then hours_watched end) as previous_hours_watched,
    sum(case when activity_date >= :first_day then percent_viewed_total end)
    / nullif(sum(case when activity_date >= :first_day then measured_session_count end), 0) as average_percent_viewed,
    sum(case when activity_date < :first_day then percent_viewed_total end)
    / nullif(sum(case when activity_date < :first_day then measured_session_count end), 0)
        as previous_average_percent_viewed,
    media_id
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by media_id, media_name, channel_name
having sum(load_count) > 0 or sum(play_count) > 0
order by nvl(sum(case when activity_date >= :first_day then play_count end), 0) desc, media_id
limit 100
