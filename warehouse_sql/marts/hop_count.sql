-- grain:   one row per load and entity that the stage before counted
-- key:     load_sequence, entity_name
-- reads:   audit.stage_count, audit.load_history
-- load:    view
-- version: 1
-- columns:
--   load_sequence      The number of the load.
--   committed_at       When it was published, by the clock of the run (UTC).
--   stream_name        The stream whose records they are.
--   entity_name        The entity that they became.
--   landed_count       Records that landed.
--   normalised_count   Records that became rows.
--   duplicate_count    Records of which the batch held a newer or equal state.
--   quarantined_count  Records that could not be taken.
--   forgotten_count    Records of persons who asked to be forgotten.
--   row_count          Rows that came of the normalised records; as many were copied, or nothing was published.
--
-- Where every record went: landed is the sum of normalised, duplicate, quarantined and forgotten. What the rows did to
-- each table is in load_history.
with stage_count as (
    select * from audit.stage_count
),

history as (
    select * from audit.load_history
),

final as (
    select
        stage_count.load_sequence,
        history.committed_at,
        stage_count.stream_name,
        stage_count.entity_name,
        stage_count.landed_count,
        stage_count.normalised_count,
        stage_count.duplicate_count,
        stage_count.quarantined_count,
        stage_count.forgotten_count,
        stage_count.row_count
    from stage_count
    inner join history on stage_count.load_sequence = history.load_sequence
)

select
    load_sequence,
    committed_at,
    stream_name,
    entity_name,
    landed_count,
    normalised_count,
    duplicate_count,
    quarantined_count,
    forgotten_count,
    row_count
from final
