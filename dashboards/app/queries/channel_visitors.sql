-- grain:   one row per channel and period: the one chosen and the one before
-- columns:
--   channel_name   {mart.visitor_media_daily.channel_name}
--   is_present     Whether it is the period chosen.
--   visitor_count  Distinct visitors of the period's sessions; one of two channels is counted in both. {mart.visitor_media_daily.visitor_id}
select
    channel_name,
    activity_date >= :first_day as is_present,
    count(distinct visitor_id) as visitor_count
from mart.visitor_media_daily
where
    activity_date between :first_of_both and :last_day
    {{ chosen }}
group by channel_name, is_present
order by channel_name, is_present
