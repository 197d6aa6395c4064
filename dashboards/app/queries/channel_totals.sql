-- grain:   one row per channel and period: the one chosen and the one before
-- columns:
--   channel_name            {mart.media_daily_performance.channel_name}
--   is_present              Whether it is the period chosen.
--   play_count              Sum over the period and the medias chosen. {mart.media_daily_performance.play_count}
--   load_count              Sum over the period and the medias chosen. {mart.media_daily_performance.load_count}
--   hours_watched           Sum over the period and the medias chosen. {mart.media_daily_performance.hours_watched}
--   session_count           Sum over the period and the medias chosen. {mart.media_daily_performance.session_count}
--   average_percent_viewed  Mean over the period's sessions whose percent viewed is known. {mart.media_daily_performance.percent_viewed_total}
select
    channel_name,
    activity_date >= :first_day as is_present,
    sum(play_count) as play_count,
    sum(load_count) as load_count,
    sum(hours_watched) as hours_watched,
    sum(session_count) as session_count,
    sum(percent_viewed_total) / nullif(sum(measured_session_count), 0) as average_percent_viewed
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by channel_name, is_present
order by channel_name, is_present
