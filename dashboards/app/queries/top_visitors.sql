-- grain:   one row per visitor among the hundred with most plays
-- columns:
--   visitor_rank       {mart.top_visitor.visitor_rank}
--   visitor_id         {mart.top_visitor.visitor_id}
--   play_count         {mart.top_visitor.play_count}
--   load_count         {mart.top_visitor.load_count}
--   frequency_segment  {mart.top_visitor.frequency_segment}
--   browser            {mart.top_visitor.browser}
--   platform           {mart.top_visitor.platform}
--   device_type        {mart.top_visitor.device_type}
--   first_seen_at      {mart.top_visitor.first_seen_at}
--   last_active_at     {mart.top_visitor.last_active_at}
select
    visitor_rank,
    visitor_id,
    play_count,
    load_count,
    frequency_segment,
    browser,
    platform,
    device_type,
    first_seen_at,
    last_active_at
from mart.top_visitor
order by visitor_rank
