-- grain:   one row per period: the one chosen and the one before
-- columns:
--   is_present     Whether it is the period chosen.
--   visitor_count  Distinct visitors of the sessions of the period, days, medias and channels chosen. {mart.visitor_media_daily.visitor_id}
--   session_count  Sum over the period and the medias chosen. {mart.visitor_media_daily.session_count}
--   watch_hours    Sum over the period and the medias chosen. {mart.visitor_media_daily.watch_hours}
select
    activity_date >= :first_day as is_present,
    count(distinct visitor_id) as visitor_count,
    sum(session_count) as session_count,
    sum(watch_hours) as watch_hours
from mart.visitor_media_daily
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by is_present
order by is_present
