-- grain:   one row per day of the period with a session, over the medias chosen
-- columns:
--   activity_date  {mart.visitor_media_daily.activity_date}
--   visitor_count  Distinct visitors of the day's sessions; never add them over days. {mart.visitor_media_daily.visitor_id}
--   session_count  Sum over the medias chosen. {mart.visitor_media_daily.session_count}
--   watch_hours    Sum over the medias chosen. {mart.visitor_media_daily.watch_hours}
select
    activity_date,
    count(distinct visitor_id) as visitor_count,
    sum(session_count) as session_count,
    sum(watch_hours) as watch_hours
from mart.visitor_media_daily
where
    activity_date between :first_day and :last_day
    {{ chosen }}
group by activity_date
order by activity_date
