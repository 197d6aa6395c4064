-- grain:   one row per channel and day of the period, over the medias chosen
-- columns:
--   activity_date  {mart.media_daily_performance.activity_date}
--   channel_name   {mart.media_daily_performance.channel_name}
--   play_count     Sum over the medias chosen. {mart.media_daily_performance.play_count}
--   hours_watched  Sum over the medias chosen. {mart.media_daily_performance.hours_watched}
select
    activity_date,
    channel_name,
    sum(play_count) as play_count,
    sum(hours_watched) as hours_watched
from mart.media_daily_performance
where
    activity_date between :first_day and :last_day
    {{ chosen }}
group by activity_date, channel_name
order by activity_date, channel_name
