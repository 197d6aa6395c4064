-- grain:   one row per stream and entity that a load has brought
-- columns:
--   stream_name              {mart.stream_freshness.stream_name}
--   newest_at                {mart.stream_freshness.newest_at}
--   newest_landed_count      {mart.stream_freshness.newest_landed_count}
--   total_landed_count       {mart.stream_freshness.total_landed_count}
--   total_quarantined_count  {mart.stream_freshness.total_quarantined_count}
--   entity_name              {mart.stream_freshness.entity_name}
select
    stream_name,
    newest_at,
    newest_landed_count,
    total_landed_count,
    total_quarantined_count,
    entity_name
from mart.stream_freshness
order by stream_name, entity_name
