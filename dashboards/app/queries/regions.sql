-- grain:   one row per region with a playback in the period
-- columns:
--   region             {mart.regional_engagement.region}
--   total_watch_hours  Sum over the period. {mart.regional_engagement.total_watch_hours}
--   playback_count     Sum over the period. {mart.regional_engagement.playback_count}
select
    region,
    sum(total_watch_hours) as total_watch_hours,
    sum(playback_count) as playback_count
from mart.regional_engagement
where activity_date between :first_day and :last_day
group by region
order by total_watch_hours desc, region
