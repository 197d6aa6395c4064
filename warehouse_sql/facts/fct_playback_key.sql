-- grain:   one row per playback
-- key:     playback_id
-- reads:   nothing
-- load:    members
-- refs:    start_date_key core.dim_date
-- version: 1
-- columns:
--   playback_id     The playback.
--   start_date_key  The day under which it stands in fct_playback.
--
-- A load asks here for the days under which its playbacks are there already, so that it reads those days of the fact and
-- no others. Two narrow columns, distributed as the fact and sorted by the playback.
with moved as (
    select playback_id, start_date_key from delta_fct_playback
    where _action in ('insert', 'update')
),

final as (
    select moved.playback_id, moved.start_date_key from moved
)

select
    playback_id,
    start_date_key
from final
