-- grain:   one row per frequency segment and recency segment
-- columns:
--   frequency_segment  {mart.audience_segment.frequency_segment}
--   recency_segment    {mart.audience_segment.recency_segment}
--   visitor_count      {mart.audience_segment.visitor_count}
--   as_of_date         {mart.audience_segment.as_of_date}
select frequency_segment, recency_segment, visitor_count, as_of_date
from mart.audience_segment
order by frequency_segment, recency_segment
