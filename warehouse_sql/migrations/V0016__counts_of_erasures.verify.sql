select erasure_sequence, run_id, table_name, deleted_count, restated_day_count from audit.erasure_count where run_id is null;

select run_id, table_name, kept_from, deleted_count, let_go_at from audit.retention where run_id is null;
