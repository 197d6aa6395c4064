-- grain:   one row per stream and entity that a load has brought
-- key:     stream_name, entity_name
-- reads:   mart.hop_count
-- load:    view
-- version: 1
-- columns:
--   stream_name              The stream.
--   entity_name              The entity that its records become.
--   newest_load              The newest load in which one of its records landed.
--   newest_at                When that was published, by the clock of the run (UTC).
--   newest_landed_count      Records that landed in it.
--   total_landed_count       Records that landed in all loads.
--   total_quarantined_count  Records of these that could not be taken when they came; some may have been taken since.
--
-- How fresh each stream is. A stream of which nothing was new keeps the load before, so its age alone says little: the
-- newest load of all says when the pipeline last worked.
with hop_count as (
    select * from mart.hop_count
    where landed_count > 0
),

ranked as (
    select
        hop_count.*,
        row_number() over (
            partition by hop_count.stream_name, hop_count.entity_name
            order by hop_count.load_sequence desc
        ) as recency
    from hop_count
),

final as (
    select
        ranked.stream_name,
        ranked.entity_name,
        max(ranked.load_sequence) as newest_load,
        max(case when ranked.recency = 1 then ranked.committed_at end) as newest_at,
        max(case when ranked.recency = 1 then ranked.landed_count end) as newest_landed_count,
        sum(ranked.landed_count) as total_landed_count,
        sum(ranked.quarantined_count) as total_quarantined_count
    from ranked
    group by ranked.stream_name, ranked.entity_name
)

select
    stream_name,
    entity_name,
    newest_load,
    newest_at,
    newest_landed_count,
    total_landed_count,
    total_quarantined_count
from final
