-- grain:   one row per attempt to load, the newest two hundred
-- columns:
--   run_id           {mart.load_attempt.run_id}
--   started_at       {mart.load_attempt.started_at}
--   finished_at      {mart.load_attempt.finished_at}
--   attempt_seconds  {mart.load_attempt.attempt_seconds}
--   billed_seconds   {mart.load_attempt.billed_seconds}
--   load_count       {mart.load_attempt.load_count}
select run_id, started_at, finished_at, attempt_seconds, billed_seconds, load_count
from mart.load_attempt
order by started_at desc, run_id
limit 200
