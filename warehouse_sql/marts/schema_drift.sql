-- grain:   one row per stream and unknown field, with the JSON kind of its value
-- key:     stream_name, field_name, json_kind
-- reads:   audit.drift_state
-- load:    view
-- version: 1
-- columns:
--   stream_name    The stream.
--   field_name     The path of the field in the record.
--   json_kind      The JSON kind of its value: string, number, boolean, object, array or null.
--   record_count   Records that had it so, in all loads.
--   first_seen_at  When it was seen first (UTC).
--
-- What the source tells and no contract knows yet. The values are kept with the records in staging.
with drift_state as (
    select * from audit.drift_state
),

final as (
    select
        drift_state.stream_name,
        drift_state.field_name,
        drift_state.json_kind,
        drift_state.record_count,
        drift_state.first_seen_at
    from drift_state
)

select
    stream_name,
    field_name,
    json_kind,
    record_count,
    first_seen_at
from final
