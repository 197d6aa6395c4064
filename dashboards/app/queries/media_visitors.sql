-- grain:   one row per media and period: the one chosen and the one before
-- columns:
--   media_id       {mart.visitor_media_daily.media_id}
--   is_present     Whether it is the period chosen.
--   visitor_count  Distinct visitors of the period's sessions; one of two medias is counted in both. {mart.visitor_media_daily.visitor_id}
select
    media_id,
    activity_date >= :first_day as is_present,
    count(distinct visitor_id) as visitor_count
from mart.visitor_media_daily
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by media_id, is_present
order by media_id, is_present
