-- grain:   one row per media with statistics, the most played first
-- columns:
--   media_id      {mart.media_summary.media_id}
--   media_name    {mart.media_summary.media_name}
--   channel_name  {mart.media_summary.channel_name}
select media_id, media_name, channel_name
from mart.media_summary
order by play_count desc, media_id
limit 20000
