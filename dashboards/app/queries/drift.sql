-- grain:   one row per stream and field that no contract knows, or that comes no more
-- columns:
--   stream_name    {mart.schema_drift.stream_name}
--   field_name     {mart.schema_drift.field_name}
--   json_kind      {mart.schema_drift.json_kind}
--   record_count   {mart.schema_drift.record_count}
--   first_seen_at  {mart.schema_drift.first_seen_at}
select stream_name, field_name, json_kind, record_count, first_seen_at
from mart.schema_drift
order by stream_name, field_name, json_kind
