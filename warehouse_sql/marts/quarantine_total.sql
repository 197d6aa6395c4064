-- grain:   one row per stream and reason for which records are in quarantine
-- key:     stream_name, reason
-- reads:   audit.quarantine_state
-- load:    view
-- version: 1
-- columns:
--   stream_name    The stream.
--   reason         Why the records could not be taken: the rule that they break, and the field.
--   record_count   How many are in quarantine after the newest load.
--   load_sequence  That load.
--
-- What waits for a person: `reelhouse quarantine list` names the files, `reelhouse quarantine replay` tries again.
with quarantine_state as (
    select * from audit.quarantine_state
),

final as (
    select
        quarantine_state.stream_name,
        quarantine_state.reason,
        quarantine_state.record_count,
        quarantine_state.load_sequence
    from quarantine_state
    where quarantine_state.record_count > 0
)

select
    stream_name,
    reason,
    record_count,
    load_sequence
from final
