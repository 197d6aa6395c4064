-- grain:   one row per stream and field that no contract knows, with the JSON kind of its value, or that comes no more
-- key:     stream_name, field_name, json_kind
-- reads:   audit.drift_state
-- load:    view
-- version: 1
-- columns:
--   stream_name    The stream.
--   field_name     The path of the field in the record.
--   json_kind      The JSON kind of its value; "dropped" of a known field that comes no more; "any" of all fields beyond a hundred.
--   record_count   Records that had it so, in all loads; of a dropped field, those without it since it was missed.
--   first_seen_at  When it was seen first (UTC).
--
-- What the source tells and no contract knows yet, whose values are kept with the records in staging; and optional fields
-- that had values and have none any more.
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
