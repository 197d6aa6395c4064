-- grain:   one row per value of the attribute, of the period and the medias chosen
-- columns:
--   member         The attribute, of the visitor's last session of each media and day.
--   visitor_count  Distinct visitors of these sessions; one who changes is in several rows. {mart.visitor_media_daily.visitor_id}
--   session_count  Sum over the period and the medias chosen. {mart.visitor_media_daily.session_count}
--   watch_hours    Sum over the period and the medias chosen. {mart.visitor_media_daily.watch_hours}
select
    {{ attribute }} as member,
    count(distinct visitor_id) as visitor_count,
    sum(session_count) as session_count,
    sum(watch_hours) as watch_hours
from mart.visitor_media_daily
where
    activity_date between :first_day and :last_day
    {{ chosen }}
group by {{ attribute }}
order by session_count desc, member
limit 250
