-- grain:   one row per day of the period with a session, over the medias chosen
-- columns:
--   activity_date  {mart.visitor_media_daily.activity_date}
--   visitor_count  Distinct visitors of the day's sessions; never add them over days. {mart.visitor_media_daily.visitor_id}
select
    activity_date,
    count(distinct visitor_id) as visitor_count
from mart.visitor_media_daily
where
    activity_date between :first_day and :last_day
    {{ chosen }}
group by activity_date
order by activity_date
