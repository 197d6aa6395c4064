-- The ten rows with most watch hours: of a day, a region, a kind of device and a title each.
select
    title,
    total_watch_hours,
    unique_viewers
from daily_aggregates
order by total_watch_hours desc
limit 10;
