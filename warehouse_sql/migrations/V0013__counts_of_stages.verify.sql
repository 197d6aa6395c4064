select load_sequence, stream_name, entity_name
from audit.stage_count
where landed_count != normalised_count + duplicate_count + quarantined_count + forgotten_count;

select load_sequence, stream_name, reason, record_count
from audit.quarantine_state
where record_count < 0;

select load_sequence, stream_name, field_name, json_kind, record_count, first_seen_at
from audit.drift_state
where record_count < 0;
