-- What Redshift shows of itself: histories written by COPY, and views over DuckDB's catalog.
CREATE SCHEMA IF NOT EXISTS sandbox_internal;
CREATE SCHEMA IF NOT EXISTS public;
CREATE SEQUENCE IF NOT EXISTS sandbox_internal.query_id START 1000;
CREATE TABLE IF NOT EXISTS sandbox_internal.late_views (schema_name VARCHAR, view_name VARCHAR, definition VARCHAR);
CREATE TABLE IF NOT EXISTS sandbox_internal.grants (granted_at TIMESTAMP, statement VARCHAR);
CREATE TABLE IF NOT EXISTS sandbox_internal.load_history (
    user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR,
    status VARCHAR, table_name VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, duration BIGINT,
    data_source VARCHAR, file_format VARCHAR, loaded_rows BIGINT, loaded_bytes BIGINT, source_file_count INTEGER,
    source_file_bytes BIGINT, file_count_scanned INTEGER, file_bytes_scanned BIGINT, error_count BIGINT,
    copy_job_id BIGINT, query_text VARCHAR, error_message VARCHAR
);
CREATE TABLE IF NOT EXISTS sandbox_internal.load_error_detail (
    user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR,
    table_id BIGINT, start_time TIMESTAMP, file_name VARCHAR, line_number BIGINT, column_name VARCHAR,
    column_type VARCHAR, column_length VARCHAR, "position" INTEGER, error_code INTEGER, error_message VARCHAR
);
CREATE OR REPLACE VIEW sandbox_internal.sys_load_history AS
    SELECT * EXCLUDE (query_text, error_message) FROM sandbox_internal.load_history;
CREATE OR REPLACE VIEW sandbox_internal.sys_load_error_detail AS SELECT * FROM sandbox_internal.load_error_detail;
CREATE OR REPLACE VIEW sandbox_internal.sys_query_history AS
    SELECT
        user_id, query_id, CAST(NULL AS VARCHAR) AS query_label, transaction_id, session_id, database_name,
        'COPY' AS query_type, CASE status WHEN 'completed' THEN 'success' ELSE 'failed' END AS status,
        FALSE AS result_cache_hit, start_time, end_time, duration AS elapsed_time, CAST(0 AS BIGINT) AS queue_time,
        duration AS execution_time, error_message, CAST(0 AS BIGINT) AS returned_rows,
        CAST(0 AS BIGINT) AS returned_bytes, query_text
    FROM sandbox_internal.load_history;
CREATE OR REPLACE VIEW sandbox_internal.relations AS
    SELECT schema_name, table_name, CASE WHEN temporary THEN 'LOCAL TEMPORARY' ELSE 'BASE TABLE' END AS table_type, comment AS remarks
    FROM duckdb_tables() WHERE schema_name <> 'sandbox_internal'
    UNION ALL
    SELECT schema_name, view_name, 'VIEW', comment
    FROM duckdb_views() WHERE NOT internal AND schema_name <> 'sandbox_internal'
    UNION ALL
    SELECT schema_name, view_name, 'VIEW', NULL FROM sandbox_internal.late_views;
CREATE OR REPLACE VIEW sandbox_internal.svv_tables AS
    SELECT 'dev' AS table_catalog, schema_name AS table_schema, table_name, table_type, remarks
    FROM sandbox_internal.relations;
CREATE OR REPLACE VIEW sandbox_internal.svv_all_tables AS
    SELECT 'dev' AS database_name, schema_name, table_name,
        CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS table_type,
        CAST(NULL AS VARCHAR) AS table_acl, remarks
    FROM sandbox_internal.relations;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_tables AS
    SELECT table_catalog, table_schema, table_name, table_type FROM sandbox_internal.svv_tables;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_schemata AS
    SELECT 'dev' AS catalog_name, schema_name FROM duckdb_schemas()
    WHERE NOT internal AND database_name = current_database() AND schema_name NOT IN ('sandbox_internal', 'main');
CREATE OR REPLACE VIEW sandbox_internal.byte_limits AS
    SELECT schema_name, table_name, constraint_column_names[1] AS column_name,
        regexp_matches(constraint_text, 'rtrim') AS is_char,
        CAST(regexp_extract(constraint_text, '<= (\d+)', 1) AS INTEGER) AS bytes
    FROM duckdb_constraints() WHERE constraint_type = 'CHECK' AND constraint_text LIKE '%strlen(%';
CREATE OR REPLACE VIEW sandbox_internal.svv_columns AS
    SELECT 'dev' AS table_catalog, c.schema_name AS table_schema, c.table_name, c.column_name,
        CAST(c.column_index AS INTEGER) AS ordinal_position, c.column_default,
        CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
        CASE
            WHEN l.is_char THEN 'character'
            WHEN c.data_type = 'VARCHAR' THEN 'character varying'
            WHEN c.data_type LIKE 'DECIMAL%' THEN 'numeric'
            WHEN c.data_type = 'DOUBLE' THEN 'double precision'
            WHEN c.data_type = 'FLOAT' THEN 'real'
            WHEN c.data_type = 'TIMESTAMP' THEN 'timestamp without time zone'
            WHEN c.data_type = 'JSON' THEN 'super'
            WHEN c.data_type = 'BLOB' THEN 'binary varying'
            ELSE lower(c.data_type)
        END AS data_type,
        coalesce(l.bytes, CASE WHEN c.data_type = 'VARCHAR' THEN 65535 END) AS character_maximum_length,
        c.numeric_precision, c.numeric_scale, c.comment AS remarks
    FROM duckdb_columns() AS c LEFT JOIN sandbox_internal.byte_limits AS l
        ON c.schema_name = l.schema_name AND c.table_name = l.table_name AND c.column_name = l.column_name
    WHERE NOT c.internal AND c.schema_name <> 'sandbox_internal';
CREATE OR REPLACE VIEW sandbox_internal.information_schema_columns AS SELECT * FROM sandbox_internal.svv_columns;
