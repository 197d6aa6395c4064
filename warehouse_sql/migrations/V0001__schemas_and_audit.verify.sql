-- Nobody writes into the lock; the ledger has each load once.
select note from audit.load_lock;

select version, name, checksum, applied_at from audit.migration where version < 1;

select name, checksum, definition, applied_at from audit.repeatable where name is null;

select run_id, host, process_id, started_at, finished_at from audit.load_attempt where run_id is null;

select load_sequence from audit.load_history group by load_sequence having count(*) > 1;

select load_sequence, table_name from audit.load_count group by load_sequence, table_name having count(*) > 1;

select 1 as found from staging.media_channel_setting where media_id is null or channel_name is null;
