-- The system catalog of PostgreSQL as far as drivers, psql and the tools of a team ask for it.
CREATE OR REPLACE VIEW sandbox_internal.pg_namespace AS
    SELECT CAST(oid AS BIGINT) AS oid, schema_name AS nspname, CAST(100 AS INTEGER) AS nspowner, CAST(NULL AS VARCHAR) AS nspacl
    FROM duckdb_schemas()
    WHERE NOT internal AND database_name = current_database() AND schema_name <> 'sandbox_internal'
    UNION ALL VALUES (11, 'pg_catalog', 1, NULL), (12, 'information_schema', 1, NULL);
-- A relation that DuckDB does not know, a view or the index of a primary key, has its number from its name.
CREATE OR REPLACE MACRO main.rs_relation_number(place, name, kind) AS
    CAST(1000000000 + hash(place || '.' || name || '.' || kind) % 1000000000 AS BIGINT);
CREATE OR REPLACE VIEW sandbox_internal.primary_keys AS
    SELECT key ->> '$[1]' AS schema_name, key ->> '$[2]' AS table_name,
        json_extract_string(document, '$.primary_key[*]') AS columns
    FROM sandbox_internal.catalog
    WHERE key ->> '$[0]' = 'table' AND json_array_length(document, '$.primary_key') > 0;
CREATE OR REPLACE VIEW sandbox_internal.numbered AS
    SELECT r.schema_name, r.table_name, r.remarks,
        coalesce(t.table_oid, rs_relation_number(r.schema_name, r.table_name, 'v')) AS oid,
        CASE r.table_type WHEN 'VIEW' THEN 'v' ELSE 'r' END AS kind, coalesce(t.estimated_size, 0) AS entries
    FROM sandbox_internal.relations AS r
    LEFT JOIN duckdb_tables() AS t ON r.table_type <> 'VIEW' AND t.schema_name = r.schema_name AND t.table_name = r.table_name
    UNION ALL
    SELECT schema_name, table_name || '_pkey', NULL, rs_relation_number(schema_name, table_name, 'i'), 'i', 0
    FROM sandbox_internal.primary_keys;
CREATE OR REPLACE VIEW sandbox_internal.pg_class AS
    SELECT r.oid, r.table_name AS relname, n.oid AS relnamespace, CAST(0 AS BIGINT) AS reltype, CAST(100 AS INTEGER) AS relowner,
        CAST(0 AS BIGINT) AS relam, r.oid AS relfilenode, CAST(0 AS BIGINT) AS reltablespace, CAST(0 AS INTEGER) AS relpages,
        CAST(r.entries AS REAL) AS reltuples, k.table_name IS NOT NULL AS relhasindex, FALSE AS relisshared, r.kind AS relkind,
        CAST(coalesce(c.natts, 0) AS SMALLINT) AS relnatts, CAST(0 AS SMALLINT) AS relchecks, CAST(0 AS SMALLINT) AS reltriggers,
        FALSE AS relhasoids, k.table_name IS NOT NULL AS relhaspkey, r.kind = 'v' AS relhasrules, FALSE AS relhassubclass,
        CAST(NULL AS VARCHAR) AS relacl
    FROM sandbox_internal.numbered AS r JOIN sandbox_internal.pg_namespace AS n ON n.nspname = r.schema_name
    LEFT JOIN sandbox_internal.primary_keys AS k ON k.schema_name = r.schema_name AND k.table_name = r.table_name AND r.kind = 'r'
    LEFT JOIN (SELECT schema_name, table_name, count(*) AS natts FROM sandbox_internal.columns GROUP BY ALL) AS c
        ON c.schema_name = r.schema_name AND c.table_name = r.table_name;
CREATE OR REPLACE VIEW sandbox_internal.pg_type AS
    SELECT CAST(oid AS BIGINT) AS oid, typname, CAST(11 AS BIGINT) AS typnamespace, CAST(len AS SMALLINT) AS typlen, 'b' AS typtype,
        FALSE AS typnotnull, CAST(0 AS BIGINT) AS typbasetype, CAST(-1 AS INTEGER) AS typtypmod, CAST(0 AS BIGINT) AS typelem,
        CAST(0 AS BIGINT) AS typrelid, kind AS type_name
    FROM (VALUES
        (16, 'bool', 1, 'boolean'), (20, 'int8', 8, 'bigint'), (21, 'int2', 2, 'smallint'), (23, 'int4', 4, 'integer'),
        (700, 'float4', 4, 'real'), (701, 'float8', 8, 'double precision'), (1042, 'bpchar', -1, 'character'),
        (1043, 'varchar', -1, 'character varying'), (1082, 'date', 4, 'date'), (1083, 'time', 8, 'time without time zone'),
        (1114, 'timestamp', 8, 'timestamp without time zone'), (1184, 'timestamptz', 8, 'timestamp with time zone'),
        (1266, 'timetz', 12, 'time with time zone'), (1700, 'numeric', -1, 'numeric'), (4000, 'super', -1, 'super'),
        (6551, 'varbyte', -1, 'binary varying')
    ) AS known (oid, typname, len, kind);
CREATE OR REPLACE VIEW sandbox_internal.pg_attribute AS
    SELECT r.oid AS attrelid, c.column_name AS attname, t.oid AS atttypid, CAST(c.position AS SMALLINT) AS attnum, t.typlen AS attlen,
        CAST(CASE
            WHEN t.typname IN ('varchar', 'bpchar') THEN c.length + 4
            WHEN t.typname = 'numeric' THEN c.numeric_precision * 65536 + c.numeric_scale + 4 ELSE -1
        END AS INTEGER) AS atttypmod,
        NOT c.is_nullable AS attnotnull, c.column_default IS NOT NULL AS atthasdef, FALSE AS attisdropped, c.remarks,
        c.column_default
    FROM sandbox_internal.numbered AS r JOIN sandbox_internal.typed_columns AS c USING (schema_name, table_name)
    JOIN sandbox_internal.pg_type AS t ON t.type_name = c.type_name
    UNION ALL
    SELECT rs_relation_number(k.schema_name, k.table_name, 'i'), c.column_name, t.oid,
        CAST(list_position(k.columns, c.column_name) AS SMALLINT), t.typlen, -1, FALSE, FALSE, FALSE, NULL, NULL
    FROM sandbox_internal.primary_keys AS k JOIN sandbox_internal.typed_columns AS c USING (schema_name, table_name)
    JOIN sandbox_internal.pg_type AS t ON t.type_name = c.type_name WHERE list_contains(k.columns, c.column_name);
CREATE OR REPLACE VIEW sandbox_internal.pg_attrdef AS
    SELECT attrelid AS adrelid, attnum AS adnum, column_default AS adbin, column_default AS adsrc
    FROM sandbox_internal.pg_attribute WHERE column_default IS NOT NULL;
CREATE OR REPLACE VIEW sandbox_internal.pg_description AS
    SELECT oid AS objoid, CAST(1259 AS BIGINT) AS classoid, CAST(0 AS INTEGER) AS objsubid, remarks AS description
    FROM sandbox_internal.numbered WHERE remarks IS NOT NULL
    UNION ALL
    SELECT attrelid, 1259, attnum, remarks FROM sandbox_internal.pg_attribute WHERE remarks IS NOT NULL;
CREATE OR REPLACE VIEW sandbox_internal.pg_index AS
    SELECT rs_relation_number(k.schema_name, k.table_name, 'i') AS indexrelid, r.oid AS indrelid,
        CAST(len(k.columns) AS SMALLINT) AS indnatts, TRUE AS indisunique, TRUE AS indisprimary, FALSE AS indisclustered
    FROM sandbox_internal.primary_keys AS k JOIN sandbox_internal.numbered AS r
        ON r.schema_name = k.schema_name AND r.table_name = k.table_name AND r.kind = 'r';
CREATE OR REPLACE VIEW sandbox_internal.pg_database AS
    SELECT CAST(1 AS BIGINT) AS oid, 'dev' AS datname, CAST(100 AS INTEGER) AS datdba, CAST(6 AS INTEGER) AS "encoding",
        'C' AS datcollate, 'C' AS datctype, FALSE AS datistemplate, TRUE AS datallowconn, CAST(NULL AS VARCHAR) AS datacl;
CREATE OR REPLACE VIEW sandbox_internal.svv_redshift_databases AS
    SELECT 'dev' AS database_name, CAST(100 AS INTEGER) AS database_owner, 'local' AS database_type,
        CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS database_options, 'Snapshot Isolation' AS database_isolation_level;
CREATE OR REPLACE VIEW sandbox_internal.pg_roles AS
    SELECT CAST(usesysid AS BIGINT) AS oid, usename AS rolname, usesuper AS rolsuper, TRUE AS rolinherit, usesuper AS rolcreaterole,
        usecreatedb AS rolcreatedb, TRUE AS rolcanlogin, CAST(-1 AS INTEGER) AS rolconnlimit, CAST(NULL AS TIMESTAMP) AS rolvaliduntil,
        FALSE AS rolreplication
    FROM sandbox_internal.pg_user;
-- Empty here: no procedures and no external schemas are imitated.
CREATE OR REPLACE VIEW sandbox_internal.pg_proc_info AS
    SELECT CAST(NULL AS BIGINT) AS prooid, CAST(NULL AS VARCHAR) AS proname, CAST(NULL AS BIGINT) AS pronamespace,
        CAST(NULL AS VARCHAR) AS prokind, CAST(NULL AS INTEGER) AS proowner WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.svv_external_schemas AS
    SELECT CAST(NULL AS BIGINT) AS esoid, CAST(NULL AS INTEGER) AS eskind, CAST(NULL AS VARCHAR) AS schemaname,
        CAST(NULL AS INTEGER) AS esowner, CAST(NULL AS VARCHAR) AS databasename, CAST(NULL AS VARCHAR) AS esoptions WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.svv_external_tables AS
    SELECT CAST(NULL AS VARCHAR) AS redshift_database_name, CAST(NULL AS VARCHAR) AS schemaname, CAST(NULL AS VARCHAR) AS tablename,
        CAST(NULL AS VARCHAR) AS tabletype, CAST(NULL AS VARCHAR) AS "location" WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.svv_external_columns AS
    SELECT CAST(NULL AS VARCHAR) AS redshift_database_name, CAST(NULL AS VARCHAR) AS schemaname, CAST(NULL AS VARCHAR) AS tablename,
        CAST(NULL AS VARCHAR) AS columnname, CAST(NULL AS VARCHAR) AS external_type, CAST(NULL AS INTEGER) AS columnnum,
        CAST(NULL AS INTEGER) AS part_key, CAST(NULL AS VARCHAR) AS is_nullable WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_get_late_binding_view_cols AS
    SELECT CAST(NULL AS VARCHAR) AS view_schema, CAST(NULL AS VARCHAR) AS view_name, CAST(NULL AS VARCHAR) AS col_name,
        CAST(NULL AS VARCHAR) AS col_type, CAST(NULL AS INTEGER) AS col_num WHERE FALSE;
CREATE OR REPLACE MACRO main.rs_pg_table_is_visible(id) AS EXISTS (
    SELECT 1 FROM sandbox_internal.numbered AS r WHERE r.oid = id
);
CREATE OR REPLACE MACRO main.rs_pg_function_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_get_expr(written, relation) AS CASE WHEN relation IS NOT NULL THEN written END;
CREATE OR REPLACE MACRO main.rs_pg_encoding_to_char(number) AS CASE number WHEN 6 THEN 'UTF8' ELSE '' END;
CREATE OR REPLACE MACRO main.rs_array_to_string(list, between) AS CAST(list AS VARCHAR) || left(between, 0);
CREATE OR REPLACE MACRO main.rs_current_schemas(implicit) AS
    to_json(CASE WHEN implicit THEN ['pg_catalog', 'public'] ELSE ['public'] END);
CREATE OR REPLACE MACRO main.rs_format_type(id, modifier) AS (
    SELECT CASE
        WHEN modifier IS NULL OR modifier < 4 THEN t.type_name
        WHEN t.typname = 'numeric' THEN 'numeric(' || (modifier - 4) // 65536 || ',' || (modifier - 4) % 65536 || ')'
        ELSE t.type_name || '(' || modifier - 4 || ')'
    END FROM sandbox_internal.pg_type AS t WHERE t.oid = id
);
CREATE OR REPLACE MACRO main.rs_pg_get_userbyid(id) AS
    coalesce((SELECT u.usename FROM sandbox_internal.pg_user AS u WHERE u.usesysid = id), 'rdsdb');
CREATE OR REPLACE MACRO main.rs_pg_get_viewdef(id) AS (
    SELECT v.document ->> '$.query[0]' FROM sandbox_internal.views AS v
    WHERE rs_relation_number(v.schema_name, v.view_name, 'v') = id
);
CREATE OR REPLACE VIEW sandbox_internal.pg_auth_members AS
    SELECT CAST(NULL AS BIGINT) AS roleid, CAST(NULL AS BIGINT) AS member, CAST(NULL AS BIGINT) AS grantor, FALSE AS admin_option
    WHERE FALSE;
CREATE OR REPLACE MACRO main.rs_names_listed(names) AS '{' || coalesce(array_to_string(names, ','), '') || '}';
