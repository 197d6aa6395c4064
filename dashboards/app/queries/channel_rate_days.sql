-- grain:   one row per channel and day of both periods on which statistics were asked for, over the medias chosen
-- columns:
--   activity_date  {mart.media_daily_performance.activity_date}
--   channel_name   {mart.media_daily_performance.channel_name}
--   play_rate      Mean over the channel's medias, each weighted by its visitors; the newest of the period. {mart.media_daily_performance.lifetime_play_rate}
select
    activity_date,
    channel_name,
    sum(lifetime_play_rate * lifetime_visitor_count)
    / nullif(sum(case when lifetime_play_rate is not null then lifetime_visitor_count end), 0) as play_rate
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    and lifetime_visitor_count is not null
    {{ chosen }}
group by activity_date, channel_name
order by activity_date, channel_name
