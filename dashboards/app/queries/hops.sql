-- grain:   one row per entity that the newest load brought
-- columns:
--   entity_name        {mart.hop_count.entity_name}
--   stream_name        {mart.hop_count.stream_name}
--   landed_count       {mart.hop_count.landed_count}
--   normalised_count   {mart.hop_count.normalised_count}
--   duplicate_count    {mart.hop_count.duplicate_count}
--   quarantined_count  {mart.hop_count.quarantined_count}
--   forgotten_count    {mart.hop_count.forgotten_count}
--   row_count          {mart.hop_count.row_count}
--   load_sequence      {mart.hop_count.load_sequence}
select
    entity_name,
    stream_name,
    landed_count,
    normalised_count,
    duplicate_count,
    quarantined_count,
    forgotten_count,
    row_count,
    load_sequence
from mart.hop_count
where load_sequence = (select max(load_sequence) from mart.hop_count)
order by entity_name
