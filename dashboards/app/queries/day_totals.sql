-- grain:   one row per day of both periods, over the medias chosen
-- columns:
--   activity_date           {mart.media_daily_performance.activity_date}
--   play_count              Sum over the medias chosen. {mart.media_daily_performance.play_count}
--   load_count              Sum over the medias chosen. {mart.media_daily_performance.load_count}
--   hours_watched           Sum over the medias chosen. {mart.media_daily_performance.hours_watched}
--   session_count           Sum over the medias chosen. {mart.media_daily_performance.session_count}
--   measured_session_count  Sum over the medias chosen. {mart.media_daily_performance.measured_session_count}
--   percent_viewed_total    Sum over the medias chosen. {mart.media_daily_performance.percent_viewed_total}
select
    activity_date,
    sum(play_count) as play_count,
    sum(load_count) as load_count,
    sum(hours_watched) as hours_watched,
    sum(session_count) as session_count,
    sum(measured_session_count) as measured_session_count,
    sum(percent_viewed_total) as percent_viewed_total
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by activity_date
order by activity_date
