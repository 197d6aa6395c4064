-- grain:   one row for the media chosen
-- columns:
--   media_name        {mart.media_summary.media_name}
--   channel_name      {mart.media_summary.channel_name}
--   project_name      {mart.media_summary.project_name}
--   duration_seconds  {mart.media_summary.duration_seconds}
--   snapshot_date     {mart.media_summary.snapshot_date}
--   play_count        {mart.media_summary.play_count} {mart.media_summary.play_count_class}
--   load_count        {mart.media_summary.load_count}
--   visitor_count     {mart.media_summary.visitor_count}
--   play_rate         {mart.media_summary.play_rate} {mart.media_summary.play_rate_class}
--   hours_watched     {mart.media_summary.hours_watched} {mart.media_summary.hours_watched_class}
--   engagement        {mart.media_summary.engagement}
--   play_count_class  {mart.media_summary.play_count_class}
--   play_rate_class  {mart.media_summary.play_rate_class}
--   hours_watched_class  {mart.media_summary.hours_watched_class}
select
    media_name,
    channel_name,
    project_name,
    duration_seconds,
    snapshot_date,
    play_count,
    load_count,
    visitor_count,
    play_rate,
    hours_watched,
    engagement,
    play_count_class,
    play_rate_class,
    hours_watched_class
from mart.media_summary
where media_id = :media_id
