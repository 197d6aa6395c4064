-- What the stage before the warehouse counted, as its manifests say: for the marts that tell how the pipeline is. Records
-- of a load by entity; a load that a replay brought together with others, or of before this, has none.
create table audit.stage_count (
    load_sequence bigint not null,
    stream_name varchar(256) not null,
    entity_name varchar(256) not null,
    landed_count bigint not null,
    normalised_count bigint not null,
    duplicate_count bigint not null,
    quarantined_count bigint not null,
    forgotten_count bigint not null,
    row_count bigint not null
) diststyle all;

-- What is in quarantine after the newest load, by stream and reason.
create table audit.quarantine_state (
    load_sequence bigint not null,
    stream_name varchar(256) not null,
    reason varchar(1024) not null,
    record_count bigint not null
) diststyle all;

-- The fields that records have and contracts do not know, after the newest load.
create table audit.drift_state (
    load_sequence bigint not null,
    stream_name varchar(256) not null,
    field_name varchar(2048) not null,
    json_kind varchar(16) not null,
    record_count bigint not null,
    first_seen_at timestamp not null
) diststyle all;
