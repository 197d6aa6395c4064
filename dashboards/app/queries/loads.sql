-- grain:   one row per load, the newest fifty
-- columns:
--   load_sequence      {mart.load_history.load_sequence}
--   run_id             {mart.load_history.run_id}
--   committed_at       {mart.load_history.committed_at}
--   load_seconds       {mart.load_history.load_seconds}
--   landed_count       {mart.load_history.landed_count}
--   quarantined_count  {mart.load_history.quarantined_count}
--   copied_count       {mart.load_history.copied_count}
--   inserted_count     {mart.load_history.inserted_count}
--   updated_count      {mart.load_history.updated_count}
--   deleted_count      {mart.load_history.deleted_count}
select
    load_sequence,
    run_id,
    committed_at,
    load_seconds,
    landed_count,
    quarantined_count,
    copied_count,
    inserted_count,
    updated_count,
    deleted_count
from mart.load_history
order by load_sequence desc
limit 50
