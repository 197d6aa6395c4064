-- grain:   one row per attempt to load
-- key:     run_id, started_at
-- reads:   audit.load_attempt, audit.load_history
-- load:    view
-- version: 1
-- columns:
--   run_id           The run.
--   started_at       When it began, by the clock of the warehouse (UTC).
--   finished_at      When it ended (UTC); null while it works, and where it died.
--   attempt_seconds  How long it took; null as above.
--   billed_seconds   What a serverless warehouse bills for it at least: 60, or as long as it took; null as above.
--   load_count       Loads that the run published; 0 where it failed or found nothing to do.
--
-- Who woke the warehouse, with what result. Of an attempt that has not ended and is no longer at work, another takes the
-- lock over. Billed at least a minute each time: "Billing for Amazon Redshift Serverless", Management Guide. Questions of
-- people wake it too, and are not counted here.
with attempt as (
    select * from audit.load_attempt
),

history as (
    select * from audit.load_history
),

published as (
    select
        history.run_id,
        count(*) as load_count
    from history
    group by history.run_id
),

measured as (
    select
        attempt.run_id,
        attempt.started_at,
        attempt.finished_at,
        cast(datediff(second, attempt.started_at, attempt.finished_at) as bigint) as attempt_seconds
    from attempt
),

final as (
    select
        measured.run_id,
        measured.started_at,
        measured.finished_at,
        measured.attempt_seconds,
        case
            when measured.attempt_seconds < 60 then 60
            when measured.attempt_seconds >= 60 then measured.attempt_seconds
        end as billed_seconds,
        nvl(published.load_count, 0) as load_count
    from measured
    left join published on measured.run_id = published.run_id
)

select
    run_id,
    started_at,
    finished_at,
    attempt_seconds,
    billed_seconds,
    load_count
from final
