-- What Redshift shows of itself: histories written by COPY, and views over DuckDB's catalog.
CREATE SCHEMA IF NOT EXISTS sandbox_internal;
CREATE SCHEMA IF NOT EXISTS public;
CREATE TABLE IF NOT EXISTS sandbox_internal.catalog (key VARCHAR, document VARCHAR);
-- Made again as the database is served (`engine.tell_isolation`).
CREATE OR REPLACE VIEW sandbox_internal.stv_db_isolation_level AS
    SELECT 'dev' AS db_name, 'Snapshot Isolation' AS isolation_level;
CREATE OR REPLACE VIEW sandbox_internal.views AS
    SELECT key ->> '$[1]' AS schema_name, key ->> '$[2]' AS view_name, document
    FROM sandbox_internal.catalog WHERE key ->> '$[0]' = 'view';
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
CREATE OR REPLACE VIEW sandbox_internal.relations AS
    SELECT schema_name, table_name, CASE WHEN temporary THEN 'LOCAL TEMPORARY' ELSE 'BASE TABLE' END AS table_type, comment AS remarks
    FROM duckdb_tables() WHERE schema_name <> 'sandbox_internal' AND NOT (schema_name = 'main' AND table_name LIKE '% now')
        AND (schema_name, table_name) NOT IN (SELECT (schema_name, view_name) FROM sandbox_internal.views)
    UNION ALL
    SELECT schema_name, view_name, 'VIEW', document ->> '$.comment' FROM sandbox_internal.views;
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
        NOT regexp_matches(constraint_text, ' (ELSE|OR) ') AS is_char,
        CAST(regexp_extract(constraint_text, '<= (\d+)', 1) AS INTEGER) AS bytes
    FROM duckdb_constraints() WHERE constraint_type = 'CHECK' AND constraint_text LIKE '%strlen(%<=%';
-- Columns of tables as DuckDB keeps them, and of views as they were when they were bound.
-- A default as Redshift shows it, without the names of our macros.
CREATE OR REPLACE MACRO main.rs_default_written(text) AS regexp_replace(replace(replace(
    text, 'CAST(rs_getdate_in_view() AS DATE)', '(''now''::text)::date'), 'rs_getdate_in_view()', 'getdate()'
), '\brs_(\w+\()', '\1', 'g');
CREATE OR REPLACE VIEW sandbox_internal.columns AS
    SELECT c.schema_name, c.table_name, lower(c.column_name) AS column_name, CAST(c.column_index AS INTEGER) AS position,
        CASE WHEN s.sequence_name IS NULL THEN rs_default_written(c.column_default)
            ELSE '"identity"(' || c.table_oid || ', ' || c.column_index - 1 || ', ''' || s.start_value || ',' || s.increment_by || '''::text)'
        END AS column_default,
        c.is_nullable, c.data_type, l.is_char, l.bytes, c.comment AS remarks
    FROM duckdb_columns() AS c LEFT JOIN sandbox_internal.byte_limits AS l
        ON c.schema_name = l.schema_name AND c.table_name = l.table_name AND c.column_name = l.column_name
    LEFT JOIN duckdb_sequences() AS s ON s.sequence_name = regexp_extract(c.column_default, 'identity_[0-9a-f]+')
    WHERE NOT c.internal AND c.schema_name <> 'sandbox_internal' AND NOT (c.schema_name = 'main' AND c.table_name LIKE '% now')
    UNION ALL
    SELECT schema_name, view_name, col ->> '$[0]', CAST(row_number() OVER (PARTITION BY schema_name, view_name) AS INTEGER),
        NULL, TRUE, col ->> '$[1]', NULL, CAST(json_extract_string(lengths, '$."' || (col ->> '$[0]') || '"') AS INTEGER), NULL
    FROM (
        SELECT schema_name, view_name, unnest(json_extract(document, '$.columns[*]')) AS col, document -> '$.lengths' AS lengths
        FROM sandbox_internal.views WHERE NOT CAST(document -> '$.materialised' AS BOOLEAN)
    );
CREATE OR REPLACE VIEW sandbox_internal.typed_columns AS
    SELECT *, CASE
            WHEN is_char THEN 'character'
            WHEN data_type = 'VARCHAR' THEN 'character varying'
            WHEN data_type LIKE 'DECIMAL%' THEN 'numeric'
            WHEN data_type = 'DOUBLE' THEN 'double precision'
            WHEN data_type = 'FLOAT' THEN 'real'
            WHEN data_type IN ('TIMESTAMP', 'TIME') THEN lower(data_type) || ' without time zone'
            WHEN data_type = 'JSON' THEN 'super'
            WHEN data_type = 'BLOB' THEN 'binary varying'
            WHEN data_type = 'HUGEINT' THEN 'bigint'
            ELSE lower(data_type)
        END AS type_name,
        CAST(coalesce(bytes, CASE WHEN data_type = 'VARCHAR' THEN 65535 END) AS INTEGER) AS length,
        CASE data_type WHEN 'SMALLINT' THEN 16 WHEN 'INTEGER' THEN 32 WHEN 'BIGINT' THEN 64 ELSE
            TRY_CAST(regexp_extract(data_type, 'DECIMAL\((\d+),(\d+)\)', 1) AS INTEGER) END AS numeric_precision,
        CASE WHEN data_type IN ('SMALLINT', 'INTEGER', 'BIGINT') THEN 0 ELSE
            TRY_CAST(regexp_extract(data_type, 'DECIMAL\((\d+),(\d+)\)', 2) AS INTEGER) END AS numeric_scale
    FROM sandbox_internal.columns;
CREATE OR REPLACE VIEW sandbox_internal.svv_columns AS
    SELECT 'dev' AS table_catalog, schema_name AS table_schema, table_name, column_name, position AS ordinal_position,
        column_default, CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, type_name AS data_type,
        length AS character_maximum_length, numeric_precision, numeric_scale, remarks, CAST(NULL AS VARCHAR) AS domain_name
    FROM sandbox_internal.typed_columns;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_columns AS SELECT * FROM sandbox_internal.svv_columns;
CREATE OR REPLACE VIEW sandbox_internal.storage AS
    SELECT key ->> '$[1]' AS schema_name, key ->> '$[2]' AS table_name, coalesce(document ->> '$.diststyle', 'EVEN') AS diststyle,
        document ->> '$.distkey[0]' AS distkey, json_extract_string(document, '$.sortkey[*]') AS sortkey,
        document -> '$.encodings' AS encodings, CAST(document ->> '$.created' AS TIMESTAMP) AS created,
        document ->> '$.owner' AS owner
    FROM sandbox_internal.catalog
    WHERE key ->> '$[0]' = 'table' OR (key ->> '$[0]' = 'view' AND CAST(document -> '$.materialised' AS BOOLEAN));
-- Encodings that nobody named: sort keys, truth and floats raw, numbers and dates AZ64, texts LZO (CREATE TABLE: ENCODE AUTO).
CREATE OR REPLACE VIEW sandbox_internal.stored_columns AS
    SELECT c.*, s.distkey, s.sortkey, coalesce(list_position(s.sortkey, c.column_name), 0) AS sort_position,
        CASE lower(coalesce(
            json_extract_string(s.encodings, '$."' || c.column_name || '"'),
            CASE
                WHEN list_contains(s.sortkey, c.column_name) OR data_type IN ('BOOLEAN', 'FLOAT', 'DOUBLE', 'JSON') THEN 'raw'
                WHEN data_type IN ('VARCHAR', 'BLOB') THEN 'lzo' ELSE 'az64'
            END
        )) WHEN 'raw' THEN 'none' ELSE lower(coalesce(
            json_extract_string(s.encodings, '$."' || c.column_name || '"'),
            CASE WHEN data_type IN ('VARCHAR', 'BLOB') THEN 'lzo' ELSE 'az64' END
        )) END AS encoding
    FROM sandbox_internal.typed_columns AS c JOIN sandbox_internal.storage AS s USING (schema_name, table_name);
CREATE OR REPLACE MACRO main.rs_type_written(kind, size, places, decimals) AS CASE
    WHEN kind LIKE 'character%' THEN kind || '(' || size || ')' WHEN kind = 'numeric' THEN 'numeric(' || places || ',' || decimals || ')'
    ELSE kind
END;
CREATE OR REPLACE VIEW sandbox_internal.pg_table_def AS
    SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column",
        rs_type_written(type_name, length, numeric_precision, numeric_scale) AS "type",
        encoding, distkey IS NOT DISTINCT FROM column_name AS distkey, CAST(sort_position AS INTEGER) AS sortkey,
        NOT is_nullable AS "notnull"
    FROM sandbox_internal.stored_columns ORDER BY schema_name, table_name, position;
-- A block is 1 MB, and each column, with three of Redshift's own, has one at least.
CREATE OR REPLACE VIEW sandbox_internal.svv_table_info AS
    SELECT 'dev' AS "database", t.schema_name AS "schema", CAST(t.table_oid AS INTEGER) AS table_id,
        t.table_name AS "table", CASE WHEN c.encoded THEN 'Y' ELSE 'N' END AS encoded,
        CASE WHEN s.distkey IS NOT NULL THEN 'KEY(' || s.distkey || ')' WHEN s.diststyle = 'AUTO' THEN 'AUTO(ALL)'
            ELSE s.diststyle END AS diststyle,
        coalesce(s.sortkey[1], 'AUTO(SORTKEY)') AS sortkey1, c.max_varchar, c.sortkey1_enc,
        CAST(len(s.sortkey) AS INTEGER) AS sortkey_num,
        CAST(t.column_count + 3 + t.estimated_size * 8 * t.column_count // 1048576 AS BIGINT) AS size,
        CAST(0 AS DECIMAL(10, 4)) AS pct_used, CAST(0 AS BIGINT) AS empty, CAST(NULL AS DECIMAL(5, 2)) AS unsorted,
        CAST(0 AS DECIMAL(5, 2)) AS stats_off, CAST(t.estimated_size AS DECIMAL(38, 0)) AS tbl_rows,
        CAST(NULL AS DECIMAL(19, 2)) AS skew_sortkey1, CAST(NULL AS DECIMAL(19, 2)) AS skew_rows,
        CAST(t.estimated_size AS DECIMAL(38, 0)) AS estimated_visible_rows, CAST(NULL AS VARCHAR) AS risk_event,
        CAST(NULL AS DECIMAL(12, 2)) AS vacuum_sort_benefit, s.created AS create_time
    FROM duckdb_tables() AS t
    JOIN sandbox_internal.storage AS s ON s.schema_name = t.schema_name AND s.table_name = t.table_name
    JOIN (
        SELECT schema_name, table_name, bool_or(encoding <> 'none') AS encoded,
            CAST(coalesce(max(length), 0) AS INTEGER) AS max_varchar,
            max(CASE WHEN sort_position = 1 THEN encoding END) AS sortkey1_enc
        FROM sandbox_internal.stored_columns GROUP BY ALL
    ) AS c ON c.schema_name = t.schema_name AND c.table_name = t.table_name
    WHERE t.estimated_size > 0;
CREATE OR REPLACE VIEW sandbox_internal.documents AS
    SELECT key ->> '$[0]' AS kind, key ->> '$[1]' AS a, key ->> '$[2]' AS b, key ->> '$[3]' AS c, key ->> '$[4]' AS d,
        key ->> '$[5]' AS e, document
    FROM sandbox_internal.catalog;
CREATE OR REPLACE VIEW sandbox_internal.svv_all_schemas AS
    SELECT 'dev' AS database_name, schema_name, CAST(100 AS INTEGER) AS schema_owner, 'local' AS schema_type,
        CAST(NULL AS VARCHAR) AS schema_acl, CAST(NULL AS VARCHAR) AS source_database, CAST(NULL AS VARCHAR) AS schema_option
    FROM sandbox_internal.information_schema_schemata;
CREATE OR REPLACE VIEW sandbox_internal.svv_all_columns AS
    SELECT 'dev' AS database_name, table_schema AS schema_name, table_name, column_name, ordinal_position, column_default,
        is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
    FROM sandbox_internal.svv_columns;
CREATE OR REPLACE VIEW sandbox_internal.svv_relation_privileges AS
    SELECT a AS namespace_name, b AS relation_name, c AS privilege_type, CAST(NULL AS INTEGER) AS identity_id,
        CASE d WHEN 'public' THEN 'public' ELSE e END AS identity_name, d AS identity_type,
        coalesce(CAST(document ->> '$.option' AS BOOLEAN), FALSE) AS admin_option
    FROM sandbox_internal.documents WHERE kind = 'grant' AND json_type(document, '$.columns') = 'NULL';
CREATE OR REPLACE VIEW sandbox_internal.svv_column_privileges AS
    SELECT a AS namespace_name, b AS relation_name, unnest(json_extract_string(document, '$.columns[*]')) AS column_name,
        c AS privilege_type, CAST(NULL AS INTEGER) AS identity_id, CASE d WHEN 'public' THEN 'public' ELSE e END AS identity_name,
        d AS identity_type
    FROM sandbox_internal.documents WHERE kind = 'grant' AND json_type(document, '$.columns') <> 'NULL';
CREATE OR REPLACE VIEW sandbox_internal.svv_schema_privileges AS
    SELECT a AS namespace_name, b AS privilege_type, CAST(NULL AS INTEGER) AS identity_id,
        CASE c WHEN 'public' THEN 'public' ELSE d END AS identity_name, c AS identity_type, FALSE AS admin_option
    FROM sandbox_internal.documents WHERE kind = 'schema_grant';
CREATE OR REPLACE VIEW sandbox_internal.svv_default_privileges AS
    SELECT nullif(b, '') AS schema_name, 'RELATION' AS object_type, CAST(NULL AS INTEGER) AS owner_id, a AS owner_name,
        'user' AS owner_type, c AS privilege_type, CAST(NULL AS INTEGER) AS grantee_id,
        CASE d WHEN 'public' THEN 'public' ELSE e END AS grantee_name, d AS grantee_type,
        CAST(document ->> '$.option' AS BOOLEAN) AS admin_option
    FROM sandbox_internal.documents WHERE kind = 'default';
CREATE OR REPLACE VIEW sandbox_internal.svv_rls_policy AS
    SELECT 'dev' AS poldb, a AS polname, document ->> '$.alias' AS polalias,
        CAST(list_transform(json_keys(CAST(document AS JSON), '$.columns'), lambda n: json_object('colname', n, 'type',
            lower(json_extract_string(document, '$.columns."' || n || '"')))) AS JSON) AS polatts,
        document ->> '$.condition' AS polqual, TRUE AS polenabled, document ->> '$.by' AS polmodifiedby,
        CAST(document ->> '$.at' AS TIMESTAMP) AS polmodifiedtime
    FROM sandbox_internal.documents WHERE kind = 'rls';
CREATE OR REPLACE VIEW sandbox_internal.protected AS
    SELECT a, b, CASE WHEN v.view_name IS NULL THEN 'table' ELSE 'view' END AS relkind, d.document ->> '$.conjunction' AS conjunction
    FROM sandbox_internal.documents AS d LEFT JOIN sandbox_internal.views AS v ON v.schema_name = a AND v.view_name = b
    WHERE kind = 'protected';
CREATE OR REPLACE VIEW sandbox_internal.svv_rls_relation AS
    SELECT 'dev' AS datname, a AS relschema, b AS relname, relkind, TRUE AS is_rls_on, TRUE AS is_rls_datashare_on,
        conjunction AS rls_conjunction_type, conjunction AS rls_datashare_conjunction_type
    FROM sandbox_internal.protected;
CREATE OR REPLACE VIEW sandbox_internal.svv_rls_attached_policy AS
    SELECT d.a AS relschema, d.b AS relname, coalesce(p.relkind, 'table') AS relkind, d.c AS polname,
        d.document ->> '$.grantor' AS grantor, CASE d.d WHEN 'public' THEN 'public' ELSE d.e END AS grantee, d.d AS granteekind,
        TRUE AS is_pol_on, p.a IS NOT NULL AS is_rls_on, coalesce(p.conjunction, 'and') AS rls_conjunction_type
    FROM sandbox_internal.documents AS d LEFT JOIN sandbox_internal.protected AS p ON p.a = d.a AND p.b = d.b
    WHERE d.kind = 'row_policy';
CREATE OR REPLACE VIEW sandbox_internal.svv_system_privileges AS
    SELECT a AS system_privilege, CAST(NULL AS INTEGER) AS identity_id, c AS identity_name, b AS identity_type
    FROM sandbox_internal.documents WHERE kind = 'privilege';
CREATE OR REPLACE VIEW sandbox_internal.svv_roles AS
    SELECT CAST(row_number() OVER (ORDER BY a) AS INTEGER) AS role_id, a AS role_name, document ->> '$.owner' AS role_owner,
        CAST(NULL AS VARCHAR) AS external_id
    FROM sandbox_internal.documents WHERE kind = 'role';
CREATE OR REPLACE VIEW sandbox_internal.svv_role_grants AS
    SELECT b AS role_name, d AS granted_role_name FROM sandbox_internal.documents
    WHERE kind = 'member' AND a = 'role' AND c = 'role';
CREATE OR REPLACE VIEW sandbox_internal.svv_user_grants AS
    SELECT b AS user_name, d AS role_name, FALSE AS admin_option FROM sandbox_internal.documents
    WHERE kind = 'member' AND a = 'user' AND c = 'role';
CREATE OR REPLACE VIEW sandbox_internal.svv_masking_policy AS
    SELECT 'dev' AS policy_database, a AS policy_name, document ->> '$.inputs' AS input_columns,
        document ->> '$.expressions' AS policy_expression
    FROM sandbox_internal.documents WHERE kind = 'policy';
CREATE OR REPLACE VIEW sandbox_internal.svv_attached_masking_policy AS
    SELECT c AS policy_name, a AS schema_name, b AS table_name, 'table' AS table_type, CAST(NULL AS VARCHAR) AS grantor,
        CASE d WHEN 'public' THEN 'public' ELSE e END AS grantee, d AS grantee_type,
        CAST(document ->> '$.priority' AS INTEGER) AS priority, document ->> '$.inputs' AS input_columns,
        CAST(json_keys(CAST(document AS JSON), '$.expressions') AS VARCHAR) AS output_columns
    FROM sandbox_internal.documents WHERE kind = 'mask';
CREATE OR REPLACE VIEW sandbox_internal.svv_mv_info AS
    SELECT 'dev' AS database_name, schema_name, schema_name AS user_name, view_name AS name, FALSE AS is_stale,
        0 AS state, CASE WHEN CAST(document -> '$.automatic' AS BOOLEAN) THEN 't' ELSE 'f' END AS autorefresh, 'f' AS autorewrite
    FROM sandbox_internal.views WHERE CAST(document -> '$.materialised' AS BOOLEAN);
CREATE OR REPLACE VIEW sandbox_internal.pg_user AS
    SELECT 'awsuser' AS usename, CAST(100 AS INTEGER) AS usesysid, TRUE AS usecreatedb, TRUE AS usesuper, FALSE AS usecatupd,
        '********' AS passwd, CAST(NULL AS TIMESTAMP) AS valuntil, CAST(NULL AS VARCHAR) AS useconfig
    UNION ALL
    SELECT a, CAST(100 + row_number() OVER (ORDER BY a) AS INTEGER), FALSE, CAST(document -> '$.superuser' AS BOOLEAN), FALSE,
        '********', NULL, NULL
    FROM sandbox_internal.documents WHERE kind = 'user';
CREATE OR REPLACE VIEW sandbox_internal.svv_user_info AS
    SELECT u.usename AS user_name, u.usesysid AS user_id, u.usecreatedb AS createdb, u.usesuper AS superuser,
        FALSE AS catalog_update, 'UNLIMITED' AS connection_limit, 'RESTRICTED' AS syslog_access,
        CAST(NULL AS TIMESTAMP) AS last_ddl_timestamp, coalesce(CAST(d.document ->> '$.timeout' AS INTEGER), 0) AS session_timeout,
        CAST(NULL AS VARCHAR) AS external_user_id
    FROM sandbox_internal.pg_user AS u LEFT JOIN sandbox_internal.documents AS d ON d.kind = 'user' AND d.a = u.usename;
CREATE OR REPLACE VIEW sandbox_internal.pg_tables AS
    SELECT r.schema_name AS schemaname, r.table_name AS tablename, coalesce(s.owner, 'awsuser') AS tableowner
    FROM sandbox_internal.relations AS r LEFT JOIN sandbox_internal.storage AS s USING (schema_name, table_name)
    WHERE r.table_type = 'BASE TABLE';
-- The query of a view, with the names of now of what it reads.
CREATE OR REPLACE MACRO main.rs_view_text(document) AS array_to_string(list_transform(
    json_extract(document, '$.query[*]'),
    lambda piece: CASE WHEN json_type(piece) = 'VARCHAR' THEN piece ->> '$'
        ELSE (piece ->> '$.relation[0]') || '.' || (piece ->> '$.relation[1]') END
), '');
-- As the catalog keeps it: that of a materialised or late-binding view is the whole statement ("CREATE VIEW", its example).
CREATE OR REPLACE MACRO main.rs_view_definition(name, document) AS
    CASE WHEN CAST(document -> '$.materialised' AS BOOLEAN) THEN 'CREATE MATERIALIZED VIEW ' || name || ' AS '
        WHEN NOT CAST(document -> '$.bound' AS BOOLEAN) THEN 'CREATE VIEW ' || name || ' AS ' ELSE '' END
    || rtrim(rs_view_text(document)) || CASE WHEN CAST(document -> '$.bound' AS BOOLEAN) THEN '' ELSE ' WITH NO SCHEMA BINDING' END;
CREATE OR REPLACE VIEW sandbox_internal.pg_views AS
    SELECT schema_name AS schemaname, view_name AS viewname, document ->> '$.owner' AS viewowner,
        rs_view_definition(view_name, CAST(document AS JSON)) AS definition
    FROM sandbox_internal.views;
