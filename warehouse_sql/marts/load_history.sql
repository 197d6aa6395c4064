-- grain:   one row per load
-- key:     load_sequence
-- reads:   audit.load_history, audit.load_count, audit.stage_count
-- load:    view
-- version: 1
-- columns:
--   load_sequence      The number of the load.
--   run_id             The run that loaded it.
--   started_at         When the load began, by the clock of the run (UTC).
--   committed_at       When it was published, by the clock of the run (UTC).
--   load_seconds       How long it took.
--   landed_count       Records that the stage before counted; null where it told nothing.
--   quarantined_count  Records of these that could not be taken; null where it told nothing.
--   copied_count       Rows that were copied into staging; null where a replay brought the load together with others.
--   inserted_count     Rows that were new, in all tables; null as above.
--   updated_count      Rows that changed, in all tables; null as above.
--   deleted_count      Rows that left their tables; null as above.
--
-- The ledger for whoever looks in the morning. A load that failed is none: it left nothing, and load_attempt shows it.
with history as (
    select * from audit.load_history
),

load_count as (
    select * from audit.load_count
),

stage_count as (
    select * from audit.stage_count
),

table_total as (
    select
        load_count.load_sequence,
        sum(load_count.copied_count) as copied_count,
        sum(load_count.inserted_count) as inserted_count,
        sum(load_count.updated_count) as updated_count,
        sum(load_count.deleted_count) as deleted_count
    from load_count
    group by load_count.load_sequence
),

stage_total as (
    select
        stage_count.load_sequence,
        sum(stage_count.landed_count) as landed_count,
        sum(stage_count.quarantined_count) as quarantined_count
    from stage_count
    group by stage_count.load_sequence
),

final as (
    select
        history.load_sequence,
        history.run_id,
        history.started_at,
        history.committed_at,
        cast(datediff(second, history.started_at, history.committed_at) as bigint) as load_seconds,
        stage_total.landed_count,
        stage_total.quarantined_count,
        table_total.copied_count,
        table_total.inserted_count,
        table_total.updated_count,
        table_total.deleted_count
    from history
    left join table_total on history.load_sequence = table_total.load_sequence
    left join stage_total on history.load_sequence = stage_total.load_sequence
)

select
    load_sequence,
    run_id,
    started_at,
    committed_at,
    load_seconds,
    landed_count,
    quarantined_count,
    copied_count,
    inserted_count,
    updated_count,
    deleted_count
from final
