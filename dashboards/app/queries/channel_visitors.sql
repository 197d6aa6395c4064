-- grain:   one row per channel, of the period and the medias chosen
-- columns:
--   channel_name   {mart.visitor_media_daily.channel_name}
--   visitor_count  Distinct visitors of the period's sessions; one of two channels is counted in both. {mart.visitor_media_daily.visitor_id}
select
    channel_name,
    count(distinct visitor_id) as visitor_count
from mart.visitor_media_daily
where
    activity_date between :first_day and :last_day
    {{ chosen }}
group by channel_name
order by channel_name
