-- grain:   one row per media of the period, at most the hundred most played
-- columns:
--   media_name           {mart.media_daily_performance.media_name}
--   channel_name         {mart.media_daily_performance.channel_name}
--   play_count           Sum over the period. {mart.media_daily_performance.play_count}
--   previous_play_count  The same of the period before.
--   load_count           Sum over the period. {mart.media_daily_performance.load_count}
--   hours_watched        Sum over the period. {mart.media_daily_performance.hours_watched}
--   media_id             {mart.media_daily_performance.media_id}
select
    media_name,
    channel_name,
    sum(case when activity_date >= :first_day then play_count end) as play_count,
    sum(case when activity_date < :first_day then play_count end) as previous_play_count,
    sum(case when activity_date >= :first_day then load_count end) as load_count,
    sum(case when activity_date >= :first_day then hours_watched end) as hours_watched,
    media_id
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by media_id, media_name, channel_name
order by nvl(sum(case when activity_date >= :first_day then play_count end), 0) desc, media_id
limit 100
