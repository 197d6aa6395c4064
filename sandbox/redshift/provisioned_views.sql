-- Views of provisioned clusters, which exist on serverless and are empty ("System tables and views reference").
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_alert_event_log (
    "userid" INT, "query" INT, "slice" INT, "segment" INT, "step" INT, "pid" INT, "xid" BIGINT, "event" VARCHAR,
    "solution" VARCHAR, "event_time" TIMESTAMP
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_connection_log (
    "event" VARCHAR, "recordtime" TIMESTAMP, "remotehost" VARCHAR, "remoteport" VARCHAR, "pid" INT,
    "dbname" VARCHAR, "username" VARCHAR, "authmethod" VARCHAR, "duration" INT, "sslversion" VARCHAR,
    "application_name" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_ddltext (
    "userid" INT, "xid" BIGINT, "pid" INT, "label" VARCHAR, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "sequence" INT, "text" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_error (
    "userid" INT, "process" VARCHAR, "recordtime" TIMESTAMP, "pid" INT, "errcode" INT, "file" VARCHAR,
    "linenum" INT, "context" VARCHAR, "error" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_insert (
    "userid" INT, "query" INT, "slice" INT, "segment" INT, "step" INT, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "tasknum" INT, "rows" BIGINT, "tbl" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_load_commits (
    "userid" INT, "query" INT, "slice" INT, "name" INT, "filename" VARCHAR, "byte_offset" INT, "lines_scanned" INT,
    "errors" INT, "curtime" TIMESTAMP, "status" INT, "file_format" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_load_errors (
    "userid" INT, "slice" INT, "tbl" INT, "starttime" TIMESTAMP, "session" INT, "query" INT, "filename" VARCHAR,
    "line_number" BIGINT, "colname" VARCHAR, "type" VARCHAR, "col_length" VARCHAR, "position" INT,
    "raw_line" VARCHAR, "raw_field_value" VARCHAR, "err_code" INT, "err_reason" VARCHAR, "is_partial" INT,
    "start_offset" BIGINT, "copy_job_id" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_loaderror_detail (
    "userid" INT, "slice" INT, "session" INT, "query" INT, "filename" VARCHAR, "line_number" BIGINT, "field" INT,
    "colname" VARCHAR, "value" VARCHAR, "is_null" INT, "type" VARCHAR, "col_length" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_query (
    "userid" INT, "query" INT, "label" VARCHAR, "xid" BIGINT, "pid" INT, "database" VARCHAR, "querytxt" VARCHAR,
    "starttime" TIMESTAMP, "endtime" TIMESTAMP, "aborted" INT, "insert_pristine" INT,
    "concurrency_scaling_status" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_querytext (
    "userid" INT, "xid" BIGINT, "pid" INT, "query" INT, "sequence" INT, "text" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_scan (
    "userid" INT, "query" INT, "slice" INT, "segment" INT, "step" INT, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "tasknum" INT, "rows" BIGINT, "bytes" BIGINT, "tbl" INT, "perm_table_name" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_sessions (
    "userid" INT, "starttime" TIMESTAMP, "endtime" TIMESTAMP, "process" INT, "user_name" VARCHAR, "db_name" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_tr_conflict (
    "xact_id" BIGINT, "process_id" BIGINT, "xact_start_ts" TIMESTAMP, "abort_time" TIMESTAMP, "table_id" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_unload_log (
    "userid" INT, "query" INT, "slice" INT, "pid" INT, "path" VARCHAR, "start_time" TIMESTAMP,
    "end_time" TIMESTAMP, "line_count" BIGINT, "transfer_size" BIGINT, "file_format" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_utilitytext (
    "userid" INT, "xid" BIGINT, "pid" INT, "label" VARCHAR, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "sequence" INT, "text" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stl_wlm_query (
    "userid" INT, "xid" INT, "task" INT, "query" INT, "service_class" INT, "slot_count" INT,
    "service_class_start_time" TIMESTAMP, "queue_start_time" TIMESTAMP, "queue_end_time" TIMESTAMP,
    "total_queue_time" BIGINT, "exec_start_time" TIMESTAMP, "exec_end_time" TIMESTAMP, "total_exec_time" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_blocklist (
    "slice" INT, "col" INT, "tbl" INT, "blocknum" INT, "num_values" INT, "minvalue" BIGINT, "maxvalue" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_inflight (
    "userid" INT, "slice" INT, "query" INT, "label" VARCHAR, "xid" BIGINT, "pid" INT, "starttime" TIMESTAMP,
    "text" VARCHAR, "suspended" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_locks (
    "table_id" INT, "last_commit" TIMESTAMP, "last_update" TIMESTAMP, "lock_owner" BIGINT, "lock_owner_pid" BIGINT,
    "lock_owner_start_ts" TIMESTAMP, "lock_owner_end_ts" TIMESTAMP, "lock_status" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_recents (
    "userid" INT, "status" VARCHAR, "starttime" TIMESTAMP, "duration" INT, "user_name" VARCHAR, "db_name" VARCHAR,
    "query" VARCHAR, "pid" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_sessions (
    "starttime" TIMESTAMP, "process" INT, "user_name" VARCHAR, "db_name" VARCHAR, "timeout_sec" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_slices (
    "node" INT, "slice" INT, "localslice" INT, "type" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.stv_tbl_perm (
    "slice" INT, "id" INT, "name" VARCHAR, "rows" BIGINT, "sorted_rows" BIGINT, "temp" INT, "db_id" INT,
    "backup" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svl_multi_statement_violations (
    "userid" INT, "database" VARCHAR, "cmdname" VARCHAR, "xid" BIGINT, "pid" INT, "label" VARCHAR,
    "starttime" TIMESTAMP, "endtime" TIMESTAMP, "sequence" INT, "type" VARCHAR, "text" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svl_qlog (
    "userid" INT, "query" INT, "xid" BIGINT, "pid" INT, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "elapsed" BIGINT, "aborted" INT, "label" VARCHAR, "substring" VARCHAR, "source_query" INT,
    "concurrency_scaling_status_txt" VARCHAR, "from_sp_call" INT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svl_query_summary (
    "userid" INT, "query" INT, "stm" INT, "seg" INT, "step" INT, "maxtime" BIGINT, "avgtime" BIGINT, "rows" BIGINT,
    "bytes" BIGINT, "label" VARCHAR, "is_diskbased" VARCHAR, "workmem" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svl_s3query_summary (
    "userid" INT, "query" INT, "xid" BIGINT, "pid" INT, "segment" INT, "step" INT, "starttime" TIMESTAMP,
    "endtime" TIMESTAMP, "elapsed" BIGINT, "aborted" INT, "external_table_name" VARCHAR, "files" BIGINT
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svl_statementtext (
    "userid" INT, "xid" BIGINT, "pid" INT, "label" VARCHAR, "starttime" TIMESTAMP, "endtime" TIMESTAMP,
    "sequence" INT, "type" VARCHAR, "text" VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.svcs_query_summary (
    "userid" INT, "query" INT, "stm" INT, "seg" INT, "step" INT, "maxtime" BIGINT, "avgtime" BIGINT, "rows" BIGINT,
    "bytes" BIGINT, "label" VARCHAR, "is_diskbased" VARCHAR, "workmem" BIGINT
);
