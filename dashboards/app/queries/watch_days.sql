-- grain:   one row per day of both periods and kind of device with a playback
-- columns:
--   activity_date      {mart.watch_hours_by_device.activity_date}
--   device_type        {mart.watch_hours_by_device.device_type}
--   total_watch_hours  {mart.watch_hours_by_device.total_watch_hours}
--   playback_count     {mart.watch_hours_by_device.playback_count}
select activity_date, device_type, total_watch_hours, playback_count
from mart.watch_hours_by_device
where activity_date between :first_of_both and :last_day
order by activity_date, device_type
