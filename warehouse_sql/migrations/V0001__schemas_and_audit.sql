-- Schemas, what a load remembers about itself, and the settings that it was told.
create schema if not exists staging;
create schema if not exists core;
create schema if not exists mart;
create schema if not exists audit;

-- One row per migration file that was applied.
create table audit.migration (
    version integer not null,
    name varchar(256) not null,
    checksum varchar(64) not null,
    applied_at timestamp not null
) diststyle all;

-- One row per object that is made again whenever its definition changes: views, staging tables, the calendar.
create table audit.repeatable (
    name varchar(256) not null,
    checksum varchar(64) not null,
    definition varchar(65535) not null,
    applied_at timestamp not null
) diststyle all;

-- Holds no rows. Whoever loads or migrates locks it first, so that there is one writer at a time.
create table audit.load_lock (
    note varchar(16)
) diststyle all;

-- One row per attempt to load, written in a transaction of its own, so that the holder of the lock has a name.
create table audit.load_attempt (
    run_id varchar(64) not null,
    host varchar(256) not null,
    process_id integer not null,
    started_at timestamp not null,
    finished_at timestamp
) diststyle all;

-- The ledger: one row per load, that is, per staging sequence, written in the transaction of its data. run_id is the run
-- that loaded, staged_by the run that staged: a warehouse belongs to the lake whose manifests say the same. Both times are of the run's clock, which starts
-- at its as-of; the times of attempts and migrations are the warehouse's own.
create table audit.load_history (
    load_sequence bigint not null,
    run_id varchar(64) not null,
    staged_by varchar(64) not null,
    started_at timestamp not null,
    committed_at timestamp not null
) diststyle all;

-- One row per load and table. copied_count is null for tables that are not filled from one staging table.
create table audit.load_count (
    load_sequence bigint not null,
    table_name varchar(256) not null,
    copied_count bigint,
    inserted_count bigint not null,
    updated_count bigint not null,
    unchanged_count bigint not null,
    superseded_count bigint not null
) diststyle all;

-- The channels that the configuration names, as the last load was told them.
create table staging.media_channel_setting (
    media_id varchar(64) not null,
    channel_name varchar(256) not null
) diststyle all;
