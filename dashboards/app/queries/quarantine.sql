-- grain:   one row per stream and reason for which records are in quarantine
-- columns:
--   stream_name   {mart.quarantine_total.stream_name}
--   reason        {mart.quarantine_total.reason}
--   record_count  {mart.quarantine_total.record_count}
select stream_name, reason, record_count
from mart.quarantine_total
order by record_count desc, stream_name, reason
