-- The system catalog of PostgreSQL as far as drivers, psql and the tools of a team ask for it.
-- Privileges as the lists of PostgreSQL write them, for relations and, with b NULL, for schemas: {grantee=letters/grantor,…}.
CREATE OR REPLACE MACRO main.rs_privilege_letter(privilege) AS CASE privilege
    WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' WHEN 'RULE' THEN 'R'
    WHEN 'REFERENCES' THEN 'x' WHEN 'TRIGGER' THEN 't' WHEN 'DROP' THEN 'D' WHEN 'USAGE' THEN 'U' WHEN 'CREATE' THEN 'C' ELSE ''
END;
CREATE OR REPLACE MACRO main.rs_grantee(kind, name) AS
    CASE kind WHEN 'public' THEN '' WHEN 'user' THEN name ELSE kind || ' ' || name END;
CREATE OR REPLACE VIEW sandbox_internal.access_lists AS
    SELECT a, b, '{' || string_agg(grantee || '=' || letters || '/' || owner, ',' ORDER BY grantee <> owner, grantee) || '}' AS acl
    FROM (
        SELECT g.a, g.b, rs_grantee(g.d, g.e) AS grantee, string_agg(rs_privilege_letter(g.c), '' ORDER BY g.c) AS letters,
            coalesce(any_value(o.document ->> '$.owner'), 'awsuser') AS owner
        FROM sandbox_internal.documents AS g
        LEFT JOIN sandbox_internal.documents AS o ON o.kind IN ('table', 'view') AND o.a = g.a AND o.b = g.b
        WHERE g.kind = 'grant' AND json_type(g.document, '$.columns') = 'NULL' GROUP BY ALL
        UNION ALL
        SELECT o.a, o.b, o.document ->> '$.owner', 'arwdRxtD', o.document ->> '$.owner' FROM sandbox_internal.documents AS o
        WHERE o.kind IN ('table', 'view') AND EXISTS (
            SELECT 1 FROM sandbox_internal.documents AS g
            WHERE g.kind = 'grant' AND g.a = o.a AND g.b = o.b AND json_type(g.document, '$.columns') = 'NULL'
        )
        UNION ALL
        SELECT a, NULL, rs_grantee(c, d), string_agg(rs_privilege_letter(b), '' ORDER BY b), 'awsuser'
        FROM sandbox_internal.documents WHERE kind = 'schema_grant' GROUP BY ALL
    ) GROUP BY ALL;
CREATE OR REPLACE VIEW sandbox_internal.pg_namespace AS
    SELECT CAST(oid AS BIGINT) AS oid, schema_name AS nspname, CAST(100 AS INTEGER) AS nspowner,
        l.acl AS nspacl
    FROM duckdb_schemas() LEFT JOIN sandbox_internal.access_lists AS l ON l.a = schema_name AND l.b IS NULL
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
        FALSE AS relhasoids, CASE WHEN r.kind <> 'r' THEN 0 WHEN len(s.distkey) > 0 THEN 1 WHEN s.diststyle = 'EVEN' THEN 0
            WHEN s.diststyle = 'ALL' THEN 8 ELSE 9 END AS reldiststyle, k.table_name IS NOT NULL AS relhaspkey, r.kind = 'v' AS relhasrules, FALSE AS relhassubclass,
        l.acl AS relacl,
        -- Of later PostgreSQL, which psql from 15 on asks of every server.
        FALSE AS relhastriggers, CAST(0 AS BIGINT) AS reloftype, 'p' AS relpersistence, CAST(0 AS BIGINT) AS reltoastrelid,
        CAST(NULL AS VARCHAR) AS reloptions, CAST(0 AS INTEGER) AS relfrozenxid
    FROM sandbox_internal.numbered AS r JOIN sandbox_internal.pg_namespace AS n ON n.nspname = r.schema_name
    LEFT JOIN sandbox_internal.primary_keys AS k ON k.schema_name = r.schema_name AND k.table_name = r.table_name AND r.kind = 'r'
    LEFT JOIN sandbox_internal.storage AS s ON s.schema_name = r.schema_name AND s.table_name = r.table_name
    LEFT JOIN sandbox_internal.access_lists AS l ON l.a = r.schema_name AND l.b = r.table_name AND r.kind IN ('r', 'v')
    LEFT JOIN (SELECT schema_name, table_name, count(*) AS natts FROM sandbox_internal.columns GROUP BY ALL) AS c
        ON c.schema_name = r.schema_name AND c.table_name = r.table_name;
CREATE OR REPLACE VIEW sandbox_internal.pg_class_info AS
    SELECT c.*, CAST(s.created AS TIMESTAMP) AS relcreationtime, c.reldiststyle AS releffectivediststyle
    FROM sandbox_internal.pg_class AS c JOIN sandbox_internal.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN sandbox_internal.storage AS s ON s.schema_name = n.nspname AND s.table_name = c.relname;
CREATE OR REPLACE VIEW sandbox_internal.pg_type AS
    SELECT CAST(oid AS BIGINT) AS oid, typname, CAST(11 AS BIGINT) AS typnamespace, CAST(len AS SMALLINT) AS typlen, 'b' AS typtype,
        FALSE AS typnotnull, CAST(0 AS BIGINT) AS typbasetype, CAST(-1 AS INTEGER) AS typtypmod, CAST(0 AS BIGINT) AS typelem,
        CAST(NULL AS VARCHAR) AS typdefault, typname || 'in' AS typinput, CAST(0 AS BIGINT) AS typrelid, CAST(0 AS BIGINT) AS typarray, CAST(0 AS BIGINT) AS typcollation, kind AS type_name
    FROM (VALUES
        (16, 'bool', 1, 'boolean'), (20, 'int8', 8, 'bigint'), (21, 'int2', 2, 'smallint'), (23, 'int4', 4, 'integer'),
        (700, 'float4', 4, 'real'), (701, 'float8', 8, 'double precision'), (1042, 'bpchar', -1, 'character'),
        (1043, 'varchar', -1, 'character varying'), (1082, 'date', 4, 'date'), (1083, 'time', 8, 'time without time zone'),
        (1114, 'timestamp', 8, 'timestamp without time zone'), (1184, 'timestamptz', 8, 'timestamp with time zone'),
        (1266, 'timetz', 12, 'time with time zone'), (1700, 'numeric', -1, 'numeric'), (4000, 'super', -1, 'super'),
        (6551, 'varbyte', -1, 'binary varying'), (19, 'name', 128, 'name')
    ) AS known (oid, typname, len, kind);
CREATE OR REPLACE MACRO main.rs_encodings() AS [
    'none', 'az64', 'bytedict', 'delta', 'delta32k', 'lzo', 'mostly8', 'mostly16', 'mostly32', 'runlength', 'text255', 'text32k', 'zstd'
];
CREATE OR REPLACE MACRO main.rs_format_encoding(number) AS rs_encodings()[number + 1];
CREATE OR REPLACE VIEW sandbox_internal.pg_attribute AS
    SELECT r.oid AS attrelid, c.column_name AS attname, t.oid AS atttypid, CAST(c.position AS SMALLINT) AS attnum, t.typlen AS attlen,
        CAST(NULL AS VARCHAR) AS attacl, CASE WHEN t.typlen < 0 THEN 'x' ELSE 'p' END AS attstorage, CAST(-1 AS INTEGER) AS attstattarget,
        CAST(0 AS BIGINT) AS attcollation, '' AS attidentity, '' AS attgenerated,
        CAST(coalesce(list_position(rs_encodings(), e.encoding) - 1, 0) AS SMALLINT) AS attencodingtype,
        coalesce(s.distkey = c.column_name, FALSE) AS attisdistkey, CAST(coalesce(list_position(s.sortkey, c.column_name), 0) AS INTEGER) AS attsortkeyord,
        CAST(CASE
            WHEN t.typname IN ('varchar', 'bpchar') THEN c.length + 4
            WHEN t.typname = 'numeric' THEN c.numeric_precision * 65536 + c.numeric_scale + 4 ELSE -1
        END AS INTEGER) AS atttypmod,
        NOT c.is_nullable AS attnotnull, c.column_default IS NOT NULL AS atthasdef, FALSE AS attisdropped, c.remarks,
        c.column_default
    FROM sandbox_internal.numbered AS r JOIN sandbox_internal.typed_columns AS c USING (schema_name, table_name)
    JOIN sandbox_internal.pg_type AS t ON t.type_name = c.type_name
    LEFT JOIN sandbox_internal.storage AS s ON s.schema_name = r.schema_name AND s.table_name = r.table_name AND r.kind = 'r'
    LEFT JOIN sandbox_internal.stored_columns AS e
        ON e.schema_name = r.schema_name AND e.table_name = r.table_name AND e.column_name = c.column_name AND r.kind = 'r'
    UNION ALL
    SELECT rs_relation_number(k.schema_name, k.table_name, 'i'), c.column_name, t.oid,
        CAST(list_position(k.columns, c.column_name) AS SMALLINT), t.typlen, NULL, 'p', -1, 0, '', '', 0, FALSE, 0, -1, FALSE, FALSE, FALSE, NULL, NULL
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
        CAST(len(k.columns) AS SMALLINT) AS indnatts, TRUE AS indisunique, TRUE AS indisprimary, FALSE AS indisclustered,
        TRUE AS indisvalid, FALSE AS indisreplident, TRUE AS indimmediate, CAST(NULL AS VARCHAR) AS indpred,
        (
            SELECT string_agg(CAST(a.position AS VARCHAR), ' ' ORDER BY list_position(k.columns, a.column_name))
            FROM sandbox_internal.typed_columns AS a WHERE a.schema_name = k.schema_name AND a.table_name = k.table_name
                AND list_contains(k.columns, a.column_name)
        ) AS indkey
    FROM sandbox_internal.primary_keys AS k JOIN sandbox_internal.numbered AS r
        ON r.schema_name = k.schema_name AND r.table_name = k.table_name AND r.kind = 'r';
CREATE OR REPLACE VIEW sandbox_internal.pg_database AS
    SELECT CAST(1 AS BIGINT) AS oid, 'dev' AS datname, CAST(100 AS INTEGER) AS datdba, CAST(6 AS INTEGER) AS "encoding",
        'C' AS datcollate, 'C' AS datctype, FALSE AS datistemplate, TRUE AS datallowconn, CAST(NULL AS VARCHAR) AS datacl,
        CAST(1663 AS BIGINT) AS dattablespace, CAST(-1 AS INTEGER) AS datconnlimit;
CREATE OR REPLACE VIEW sandbox_internal.svv_redshift_databases AS
    SELECT 'dev' AS database_name, CAST(100 AS INTEGER) AS database_owner, 'local' AS database_type,
        CAST(NULL AS VARCHAR) AS database_acl, CAST(NULL AS VARCHAR) AS database_options,
        (SELECT isolation_level FROM sandbox_internal.stv_db_isolation_level) AS database_isolation_level;
CREATE OR REPLACE VIEW sandbox_internal.pg_roles AS
    SELECT CAST(usesysid AS BIGINT) AS oid, usename AS rolname, usesuper AS rolsuper, TRUE AS rolinherit, usesuper AS rolcreaterole,
        usecreatedb AS rolcreatedb, TRUE AS rolcanlogin, CAST(-1 AS INTEGER) AS rolconnlimit, CAST(NULL AS TIMESTAMP) AS rolvaliduntil,
        FALSE AS rolreplication
    FROM sandbox_internal.pg_user;
-- Empty here: no procedures and no external schemas are imitated.
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
-- Aliases in macros have names that no query has: an argument may be a column of any table.
CREATE OR REPLACE MACRO main.rs_pg_table_is_visible(id) AS EXISTS (
    SELECT 1 FROM sandbox_internal.numbered AS rs_r
    WHERE rs_r.oid = id AND list_contains(current_schemas(FALSE), rs_r.schema_name)
);
CREATE OR REPLACE MACRO main.rs_pg_function_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_get_expr(written, relation, pretty := FALSE) AS CASE WHEN relation IS NOT NULL THEN written END;
CREATE OR REPLACE MACRO main.rs_pg_encoding_to_char(number) AS CASE number WHEN 6 THEN 'UTF8' ELSE '' END;
CREATE OR REPLACE MACRO main.rs_array_length(list, dimension) AS
    CASE WHEN dimension = 1 AND list <> '{}' THEN len(string_split(list, ',')) END;
CREATE OR REPLACE MACRO main.rs_pg_type_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_array_to_string(list, between) AS replace(trim(CAST(list AS VARCHAR), '{}'), ',', between);
CREATE OR REPLACE MACRO main.rs_obj_description(id, catalog := 'pg_class') AS (
    SELECT rs_d.description FROM sandbox_internal.pg_description AS rs_d WHERE rs_d.objoid = id AND rs_d.objsubid = 0 AND catalog = 'pg_class'
);
CREATE OR REPLACE MACRO main.rs_shobj_description(id, catalog) AS CASE WHEN id IS NULL THEN catalog END;
CREATE OR REPLACE MACRO main.rs_col_description(id, number) AS (
    SELECT rs_d.description FROM sandbox_internal.pg_description AS rs_d WHERE rs_d.objoid = id AND rs_d.objsubid = number AND number > 0
);
CREATE OR REPLACE MACRO main.rs_pg_size_pretty(bytes) AS CASE
    WHEN bytes < 10240 THEN bytes || ' bytes' WHEN bytes < 10485760 THEN (bytes + 512) // 1024 || ' kB'
    ELSE (bytes + 524288) // 1048576 || ' MB'
END;
CREATE OR REPLACE MACRO main.rs_pg_table_size(id) AS coalesce((
    SELECT rs_i.size * 1048576 FROM sandbox_internal.svv_table_info AS rs_i WHERE rs_i.table_id = id
), 0);
CREATE OR REPLACE MACRO main.rs_pg_database_size(name) AS
    CASE WHEN name IS NOT NULL THEN coalesce((SELECT CAST(sum(rs_i.size) AS BIGINT) * 1048576 FROM sandbox_internal.svv_table_info AS rs_i), 0) END;
CREATE OR REPLACE MACRO main.rs_has_database_privilege(who, what, privilege := '') AS who IS NOT NULL AND what IS NOT NULL AND privilege IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_tablespace_location(id) AS CASE WHEN id IS NOT NULL THEN '' END;
CREATE OR REPLACE MACRO main.rs_pg_relation_is_publishable(id) AS id IS NULL;
-- 't'::regclass and 'int4'::regtype: a number by the name, a number as it is.
CREATE OR REPLACE MACRO main.rs_regclass(named) AS coalesce(TRY_CAST(CAST(named AS VARCHAR) AS BIGINT), (
    SELECT rs_r.oid FROM sandbox_internal.numbered AS rs_r
    WHERE replace(lower(CAST(named AS VARCHAR)), '"', '') = rs_r.schema_name || '.' || rs_r.table_name
        OR (replace(lower(CAST(named AS VARCHAR)), '"', '') = rs_r.table_name AND list_contains(current_schemas(FALSE), rs_r.schema_name))
    ORDER BY list_position(current_schemas(FALSE), rs_r.schema_name) LIMIT 1
), error('42P01 relation "' || CAST(named AS VARCHAR) || '" does not exist'));
CREATE OR REPLACE MACRO main.rs_regclass_name(named) AS coalesce((
    SELECT CASE WHEN list_contains(current_schemas(FALSE), rs_r.schema_name) THEN '' ELSE rs_r.schema_name || '.' END || rs_r.table_name
    FROM sandbox_internal.numbered AS rs_r WHERE rs_r.oid = TRY_CAST(CAST(named AS VARCHAR) AS BIGINT)
), CAST(named AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_regtype_name(named) AS coalesce((
    SELECT rs_t.type_name FROM sandbox_internal.pg_type AS rs_t WHERE rs_t.oid = TRY_CAST(CAST(named AS VARCHAR) AS BIGINT)
), CAST(named AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_regtype(named) AS coalesce(TRY_CAST(CAST(named AS VARCHAR) AS BIGINT), (
    SELECT rs_t.oid FROM sandbox_internal.pg_type AS rs_t
    WHERE replace(CAST(named AS VARCHAR), 'pg_catalog.', '') IN (rs_t.typname, rs_t.type_name) LIMIT 1
), 0);
CREATE OR REPLACE MACRO main.rs_current_schemas(implicit) AS CASE WHEN implicit THEN '{pg_catalog,public}' ELSE '{public}' END;
CREATE OR REPLACE MACRO main.rs_format_type(id, modifier) AS (
    SELECT CASE
        WHEN modifier IS NULL OR modifier < 4 THEN rs_t.type_name
        WHEN rs_t.typname = 'numeric' THEN 'numeric(' || (modifier - 4) // 65536 || ',' || (modifier - 4) % 65536 || ')'
        ELSE rs_t.type_name || '(' || modifier - 4 || ')'
    END FROM sandbox_internal.pg_type AS rs_t WHERE rs_t.oid = id
);
CREATE OR REPLACE MACRO main.rs_pg_get_userbyid(id) AS
    coalesce((SELECT rs_u.usename FROM sandbox_internal.pg_user AS rs_u WHERE rs_u.usesysid = id), 'rdsdb');
CREATE OR REPLACE MACRO main.rs_pg_get_viewdef(id, pretty := FALSE) AS (
    SELECT rs_view_text(rs_v.document) FROM sandbox_internal.views AS rs_v
    WHERE rs_relation_number(rs_v.schema_name, rs_v.view_name, 'v') = id
);
CREATE OR REPLACE VIEW sandbox_internal.pg_auth_members AS
    SELECT CAST(NULL AS BIGINT) AS roleid, CAST(NULL AS BIGINT) AS member, CAST(NULL AS BIGINT) AS grantor, FALSE AS admin_option
    WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_group AS
    SELECT a AS groname, CAST(100 + row_number() OVER (ORDER BY a) AS INTEGER) AS grosysid,
        (SELECT coalesce(list(u.usesysid ORDER BY u.usesysid), []) FROM sandbox_internal.documents AS m
            JOIN sandbox_internal.pg_user AS u ON u.usename = m.b
            WHERE m.kind = 'member' AND m.a = 'user' AND m.c = 'group' AND m.d = g.a) AS grolist
    FROM sandbox_internal.documents AS g WHERE kind = 'group';
CREATE OR REPLACE VIEW sandbox_internal.pg_tablespace AS
    SELECT CAST(oid AS BIGINT) AS oid, spcname, CAST(1 AS INTEGER) AS spcowner, '' AS spclocation, CAST(NULL AS VARCHAR) AS spcacl
    FROM (VALUES (1663, 'pg_default'), (1664, 'pg_global')) AS known (oid, spcname);
CREATE OR REPLACE VIEW sandbox_internal.pg_constraint AS
    SELECT i.indexrelid AS oid, CAST(2606 AS BIGINT) AS tableoid, k.table_name || '_pkey' AS conname, n.oid AS connamespace,
        'p' AS contype, FALSE AS condeferrable, FALSE AS condeferred, i.indrelid AS conrelid, CAST(0 AS BIGINT) AS contypid,
        CAST(0 AS BIGINT) AS confrelid, CAST(NULL AS VARCHAR) AS confkey, ' ' AS confupdtype, ' ' AS confdeltype, ' ' AS confmatchtype, i.indexrelid AS conindid, CAST(0 AS BIGINT) AS conparentid, i.conkey AS conkey,
        i.condef, TRUE AS convalidated
    FROM sandbox_internal.primary_keys AS k JOIN sandbox_internal.pg_namespace AS n ON n.nspname = k.schema_name
    JOIN (
        SELECT indexrelid, indrelid, '{' || replace(indkey, ' ', ',') || '}' AS conkey, columns AS names,
            'PRIMARY KEY (' || array_to_string(columns, ', ') || ')' AS condef
        FROM sandbox_internal.pg_index JOIN sandbox_internal.primary_keys
            ON indexrelid = rs_relation_number(schema_name, table_name, 'i')
    ) AS i ON i.indexrelid = rs_relation_number(k.schema_name, k.table_name, 'i');
CREATE OR REPLACE MACRO main.rs_pg_get_constraintdef(id, pretty := FALSE) AS (
    SELECT rs_c.condef FROM sandbox_internal.pg_constraint AS rs_c WHERE rs_c.oid = id AND pretty IS NOT NULL
);
CREATE OR REPLACE MACRO main.rs_pg_get_indexdef(id, number := 0, pretty := FALSE) AS (
    SELECT CASE WHEN number = 0 AND pretty IS NOT NULL
            THEN 'CREATE UNIQUE INDEX ' || table_name || '_pkey ON ' || table_name || ' USING btree (' || array_to_string(columns, ', ') || ')'
        ELSE columns[number] END
    FROM sandbox_internal.primary_keys WHERE rs_relation_number(schema_name, table_name, 'i') = id
);
-- The rule that makes a view, which psql takes for its text.
CREATE OR REPLACE VIEW sandbox_internal.pg_rewrite AS
    SELECT rs_relation_number(r.schema_name, r.table_name, 'w') AS oid, CAST(2618 AS BIGINT) AS tableoid, '_RETURN' AS rulename,
        r.oid AS ev_class, '1' AS ev_type, TRUE AS is_instead, 'O' AS ev_enabled
    FROM sandbox_internal.numbered AS r WHERE r.kind = 'v';
-- What views are bound to: their rules, as in PostgreSQL.
CREATE OR REPLACE VIEW sandbox_internal.pg_depend AS
    SELECT CAST(2618 AS BIGINT) AS classid, rs_relation_number(v.schema_name, v.view_name, 'w') AS objid, CAST(0 AS INTEGER) AS objsubid,
        CAST(1259 AS BIGINT) AS refclassid, r.oid AS refobjid, CAST(0 AS INTEGER) AS refobjsubid, 'n' AS deptype
    FROM (SELECT schema_name, view_name, unnest(json_extract(document, '$.query[*]')) AS piece FROM sandbox_internal.views) AS v
    JOIN sandbox_internal.numbered AS r ON r.schema_name = v.piece ->> '$.relation[0]' AND r.table_name = v.piece ->> '$.relation[1]'
        AND r.kind IN ('r', 'v');
-- What Redshift has none of, and psql looks for.
CREATE OR REPLACE VIEW sandbox_internal.pg_proc AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(NULL AS VARCHAR) AS proname, CAST(NULL AS BIGINT) AS pronamespace,
        CAST(NULL AS INTEGER) AS proowner, CAST(NULL AS BIGINT) AS prolang, FALSE AS proisagg, FALSE AS prosecdef, FALSE AS proisstrict,
        FALSE AS proretset, 'v' AS provolatile, CAST(NULL AS SMALLINT) AS pronargs, CAST(NULL AS BIGINT) AS prorettype,
        CAST(NULL AS VARCHAR) AS proargtypes, CAST(NULL AS VARCHAR) AS proargnames, CAST(NULL AS VARCHAR) AS proargmodes,
        CAST(NULL AS VARCHAR) AS proallargtypes, 'f' AS prokind, CAST(NULL AS VARCHAR) AS prosrc,
        CAST(NULL AS VARCHAR) AS proacl, FALSE AS proiswindow
    WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_proc_info AS
    SELECT oid AS prooid, * EXCLUDE (oid) FROM sandbox_internal.pg_proc;
CREATE OR REPLACE VIEW sandbox_internal.pg_language AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(2612 AS BIGINT) AS tableoid, CAST(NULL AS VARCHAR) AS lanname,
        CAST(NULL AS INTEGER) AS lanowner, FALSE AS lanpltrusted, CAST(NULL AS BIGINT) AS lanplcallfoid WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_opclass AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(2616 AS BIGINT) AS tableoid, CAST(NULL AS VARCHAR) AS opcname,
        CAST(NULL AS BIGINT) AS opcnamespace, CAST(NULL AS BIGINT) AS opcmethod WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_opfamily AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(2753 AS BIGINT) AS tableoid, CAST(NULL AS VARCHAR) AS opfname,
        CAST(NULL AS BIGINT) AS opfnamespace, CAST(NULL AS BIGINT) AS opfmethod WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_operator AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(NULL AS VARCHAR) AS oprname, 'b' AS oprkind, CAST(NULL AS BIGINT) AS oprnamespace,
        CAST(NULL AS BIGINT) AS oprleft, CAST(NULL AS BIGINT) AS oprright, CAST(NULL AS BIGINT) AS oprresult,
        CAST(NULL AS BIGINT) AS oprcode WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_conversion AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(NULL AS VARCHAR) AS conname, CAST(NULL AS BIGINT) AS connamespace,
        CAST(NULL AS INTEGER) AS conforencoding, CAST(NULL AS INTEGER) AS contoencoding, FALSE AS condefault WHERE FALSE;
CREATE OR REPLACE MACRO main.rs_getdatabaseencoding() AS 'UTF8';
CREATE OR REPLACE MACRO main.rs_pg_char_to_encoding(name) AS CASE WHEN name IS NULL THEN NULL WHEN name = 'UTF8' THEN 6 ELSE -1 END;
CREATE OR REPLACE MACRO main.rs_pg_opclass_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_opfamily_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_operator_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_conversion_is_visible(id) AS id IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_pg_collation_is_visible(id) AS id IS NOT NULL;
-- Casts that Redshift makes by itself, in assignments, or where they are written ("Type compatibility and conversion").
CREATE OR REPLACE VIEW sandbox_internal.pg_cast AS
    SELECT CAST(row_number() OVER () AS BIGINT) AS oid, CAST(2605 AS BIGINT) AS tableoid, CAST(source AS BIGINT) AS castsource,
        CAST(target AS BIGINT) AS casttarget, CAST(0 AS BIGINT) AS castfunc, context AS castcontext, 'f' AS castmethod
    FROM (VALUES
        (20, [16, 21, 23, 700, 701, 1700, 1042, 1043], 'i'), (21, [16, 20, 23, 700, 701, 1700, 1042, 1043], 'i'),
        (23, [16, 20, 21, 700, 701, 1700, 1042, 1043], 'i'), (1700, [20, 21, 23, 700, 701, 1042, 1043], 'i'),
        (700, [20, 21, 23, 701, 1700, 1042, 1043], 'i'), (701, [20, 21, 23, 700, 1700, 1042, 1043], 'i'),
        (1042, [1043], 'i'), (1043, [1042], 'i'), (1082, [1114, 1184, 1042, 1043], 'i'), (1114, [1082, 1184, 1042, 1043], 'i'),
        (1184, [1082, 1114, 1042, 1043], 'i'), (1042, [20, 21, 23, 700, 701, 1082, 1114, 1184, 1700], 'e'),
        (1043, [16, 20, 21, 23, 700, 701, 1082, 1114, 1184, 1700, 6551], 'e'), (16, [20, 21, 23], 'e'), (6551, [1043], 'e')
    ) AS known (source, targets, context), unnest(known.targets) AS t (target);
CREATE OR REPLACE VIEW sandbox_internal.pg_trigger AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(4 AS BIGINT) AS tableoid, CAST(NULL AS BIGINT) AS tgrelid, CAST(NULL AS VARCHAR) AS tgname,
        'O' AS tgenabled, FALSE AS tgisconstraint, FALSE AS tgisinternal, CAST(0 AS BIGINT) AS tgconstraint, CAST(0 AS BIGINT) AS tgparentid,
        FALSE AS tgdeferrable, FALSE AS tginitdeferred
    WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_inherits AS
    SELECT CAST(NULL AS BIGINT) AS inhrelid, CAST(NULL AS BIGINT) AS inhparent, CAST(NULL AS INTEGER) AS inhseqno WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_collation AS
    SELECT CAST(NULL AS BIGINT) AS oid, CAST(NULL AS VARCHAR) AS collname, CAST(NULL AS BIGINT) AS collnamespace WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_am AS SELECT CAST(403 AS BIGINT) AS oid, 'btree' AS amname;
CREATE OR REPLACE VIEW sandbox_internal.pg_foreign_table AS
    SELECT CAST(NULL AS BIGINT) AS ftrelid, CAST(NULL AS BIGINT) AS ftserver WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.pg_default_acl AS
    SELECT CAST(NULL AS BIGINT) AS defaclrole, CAST(NULL AS BIGINT) AS defaclnamespace, CAST(NULL AS VARCHAR) AS defaclobjtype,
        CAST(NULL AS VARCHAR) AS defaclacl WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal."unnest" AS SELECT CAST(NULL AS VARCHAR) AS x WHERE FALSE;
CREATE OR REPLACE MACRO main.rs_pg_get_triggerdef(id, pretty := FALSE) AS CASE WHEN id IS NULL AND pretty THEN '' END;
CREATE OR REPLACE MACRO main.rs_pg_get_ruledef(id, pretty := FALSE) AS CASE WHEN id IS NULL AND pretty THEN '' END;
CREATE OR REPLACE MACRO main.rs_pg_get_function_result(id) AS CASE WHEN id IS NULL THEN '' END;
CREATE OR REPLACE MACRO main.rs_pg_get_function_arguments(id) AS CASE WHEN id IS NULL THEN '' END;
CREATE OR REPLACE MACRO main.rs_oidvectortypes(ids) AS CASE WHEN ids IS NULL THEN '' END;
CREATE OR REPLACE MACRO main.rs_names_listed(names) AS '{' || coalesce(array_to_string(names, ','), '') || '}';
-- What SHOW lists: TABLES, COLUMNS, GRANTS, and the statements of TABLE and VIEW.
CREATE OR REPLACE VIEW sandbox_internal."show tables" AS
    SELECT t.database_name, t.schema_name, t.table_name, t.table_type,
        replace(trim(l.acl, '{}'), ',', '~') AS table_acl, t.remarks,
        coalesce(s.owner, v.document ->> '$.owner', 'awsuser') AS owner, s.created AS last_altered_time,
        CAST(NULL AS TIMESTAMP) AS last_modified_time,
        CASE WHEN s.distkey IS NOT NULL THEN 'KEY' ELSE s.diststyle END AS dist_style,
        CASE WHEN v.view_name IS NULL THEN 'REGULAR TABLE'
            WHEN CAST(v.document -> '$.materialised' AS BOOLEAN) THEN 'MATERIALIZED VIEW'
            WHEN CAST(v.document -> '$.bound' AS BOOLEAN) THEN 'REGULAR VIEW' ELSE 'LATE BINDING VIEW'
        END AS table_subtype
    FROM sandbox_internal.svv_all_tables AS t
    LEFT JOIN sandbox_internal.storage AS s ON s.schema_name = t.schema_name AND s.table_name = t.table_name
    LEFT JOIN sandbox_internal.views AS v ON v.schema_name = t.schema_name AND v.view_name = t.table_name
    LEFT JOIN sandbox_internal.access_lists AS l ON l.a = t.schema_name AND l.b = t.table_name;
CREATE OR REPLACE VIEW sandbox_internal."show columns" AS
    SELECT c.*, CASE WHEN s.sort_position > 0 THEN 'COMPOUND' END AS sort_key_type, coalesce(CAST(s.sort_position AS INTEGER), 0) AS sort_key,
        CASE WHEN s.distkey = c.column_name THEN 1 END AS dist_key, s.encoding,
        CASE WHEN c.data_type LIKE 'character%' THEN 'default' END AS collation
    FROM sandbox_internal.svv_all_columns AS c LEFT JOIN sandbox_internal.stored_columns AS s
        ON s.schema_name = c.schema_name AND s.table_name = c.table_name AND s.column_name = c.column_name;
CREATE OR REPLACE VIEW sandbox_internal."show grants" AS
    SELECT 'dev' AS database_name, g.schema_name, g.object_name, g.object_type, g.privilege_type,
        CASE g.identity_type WHEN 'public' THEN 0 ELSE coalesce(u.usesysid, r.role_id) END AS identity_id,
        CASE g.identity_type WHEN 'public' THEN 'public' ELSE g.identity_name END AS identity_name, g.identity_type, g.admin_option,
        g.privilege_scope, 'awsuser' AS grantor_name
    FROM (
        SELECT a AS schema_name, b AS object_name, 'TABLE' AS object_type, c AS privilege_type, d AS identity_type, e AS identity_name,
            coalesce(CAST(document ->> '$.option' AS BOOLEAN), FALSE) AS admin_option,
            CASE json_type(document, '$.columns') WHEN 'NULL' THEN 'TABLE' ELSE 'COLUMN' END AS privilege_scope
        FROM sandbox_internal.documents WHERE kind = 'grant'
        UNION ALL
        SELECT a, a, 'SCHEMA', b, c, d, FALSE, 'SCHEMA' FROM sandbox_internal.documents WHERE kind = 'schema_grant'
        UNION ALL
        SELECT nullif(regexp_extract(a, '^schema (.*)', 1), ''), nullif(regexp_extract(a, '^schema (.*)', 1), ''),
            CASE a WHEN 'database' THEN 'DATABASE' ELSE 'SCHEMA' END, b, c, d, FALSE, 'TABLES'
        FROM sandbox_internal.documents WHERE kind = 'scoped'
    ) AS g
    LEFT JOIN sandbox_internal.pg_user AS u ON g.identity_type = 'user' AND u.usename = g.identity_name
    LEFT JOIN sandbox_internal.svv_roles AS r ON g.identity_type = 'role' AND r.role_name = g.identity_name;
CREATE OR REPLACE VIEW sandbox_internal."show table" AS
    SELECT s.schema_name, s.table_name AS name,
        'CREATE TABLE ' || s.schema_name || '.' || s.table_name || ' (' || chr(10) || c.lines
        || coalesce(', PRIMARY KEY (' || array_to_string(k.columns, ', ') || ')', '') || chr(10) || ')' || chr(10)
        || 'DISTSTYLE ' || CASE WHEN s.distkey IS NULL THEN s.diststyle ELSE 'KEY' END
        || coalesce(' SORTKEY ( ' || nullif(array_to_string(s.sortkey, ', '), '') || ' )', '') || ';' AS ddl
    FROM sandbox_internal.storage AS s
    JOIN (
        SELECT schema_name, table_name, string_agg(
            column_name || ' ' || rs_type_written(type_name, length, numeric_precision, numeric_scale)
            || CASE WHEN is_nullable THEN '' ELSE ' NOT NULL' END || CASE
                WHEN column_default LIKE '"identity"%' THEN ' identity(' || regexp_extract(column_default, '''(.*)''', 1) || ')'
                ELSE coalesce(' DEFAULT ' || column_default, '')
            END || CASE encoding WHEN 'none' THEN '' ELSE ' ENCODE ' || encoding END
            || CASE WHEN distkey = column_name THEN ' distkey' ELSE '' END
            || CASE WHEN type_name LIKE 'character%' THEN ' COLLATE case_sensitive' ELSE '' END,
            ',' || chr(10) ORDER BY position
        ) AS lines
        FROM sandbox_internal.stored_columns GROUP BY ALL
    ) AS c ON c.schema_name = s.schema_name AND c.table_name = s.table_name
    LEFT JOIN sandbox_internal.primary_keys AS k ON k.schema_name = s.schema_name AND k.table_name = s.table_name;
CREATE OR REPLACE VIEW sandbox_internal."show view" AS
    SELECT schema_name, view_name AS name, rtrim(rs_view_definition(view_name, CAST(document AS JSON)), '; ') || ';' AS ddl
    FROM sandbox_internal.views;
-- Who somebody is: themselves, their groups, their roles, the roles of these. Everybody is public.
CREATE OR REPLACE VIEW sandbox_internal.user_identities AS WITH RECURSIVE known(user_name, kind, name) AS (
    SELECT usename, 'user', usename FROM sandbox_internal.pg_user
    UNION
    SELECT k.user_name, m.c, m.d FROM known AS k
    JOIN sandbox_internal.documents AS m ON m.kind = 'member' AND m.a = k.kind AND m.b = k.name
) SELECT user_name, kind, name FROM known;
-- Names that no query has: a macro's arguments may be columns of any name.
CREATE OR REPLACE VIEW sandbox_internal.table_rights AS
    SELECT u.usename AS rs_who, r.schema_name AS rs_schema, r.table_name AS rs_name, '' AS rs_privilege
    FROM sandbox_internal.relations AS r, sandbox_internal.pg_user AS u
    WHERE u.usesuper OR EXISTS (
        SELECT 1 FROM sandbox_internal.documents AS d WHERE d.kind IN ('table', 'view')
            AND d.a = r.schema_name AND d.b = r.table_name AND d.document ->> '$.owner' = u.usename
    )
    UNION ALL
    SELECT i.user_name, r.schema_name, r.table_name, CASE d.kind WHEN 'grant' THEN d.c ELSE d.b END
    FROM sandbox_internal.relations AS r JOIN sandbox_internal.documents AS d
        ON (d.kind = 'grant' AND d.a = r.schema_name AND d.b = r.table_name AND json_type(d.document, '$.columns') = 'NULL')
        OR (d.kind = 'scoped' AND d.a IN ('schema ' || r.schema_name, 'database'))
    JOIN sandbox_internal.user_identities AS i ON CASE d.kind WHEN 'grant' THEN d.d ELSE d.c END = 'public'
        OR (i.kind, i.name) = CASE d.kind WHEN 'grant' THEN (d.d, d.e) ELSE (d.c, d.d) END;
CREATE OR REPLACE VIEW sandbox_internal.schema_rights AS
    SELECT u.usename AS rs_who, s.schema_name AS rs_name, '' AS rs_privilege
    FROM sandbox_internal.information_schema_schemata AS s, sandbox_internal.pg_user AS u
    WHERE u.usesuper OR s.schema_name = 'public' OR EXISTS (
        SELECT 1 FROM sandbox_internal.documents AS d
        WHERE d.kind = 'schema' AND d.a = s.schema_name AND d.document ->> '$.owner' = u.usename
    )
    UNION ALL
    SELECT i.user_name, d.a, d.b FROM sandbox_internal.documents AS d
    JOIN sandbox_internal.user_identities AS i ON d.c = 'public' OR (i.kind = d.c AND i.name = d.d)
    WHERE d.kind = 'schema_grant';
CREATE OR REPLACE MACRO main.rs_has_table_privilege(who, named, privilege) AS EXISTS (
    SELECT 1 FROM duckdb_views() AS rs_seen WHERE upper(privilege) = 'SELECT' AND rs_seen.schema_name = 'sandbox_internal'
        AND rs_seen.view_name = replace(lower(named), 'pg_catalog.', '')
) OR EXISTS (
    SELECT 1 FROM sandbox_internal.table_rights AS rs_held
    WHERE rs_held.rs_who = who AND rs_held.rs_privilege IN ('', upper(privilege)) AND (
        lower(named) = rs_held.rs_schema || '.' || rs_held.rs_name
        OR (lower(named) = rs_held.rs_name AND list_contains(current_schemas(FALSE), rs_held.rs_schema))
    )
);
CREATE OR REPLACE MACRO main.rs_has_schema_privilege(who, named, privilege) AS EXISTS (
    SELECT 1 FROM sandbox_internal.schema_rights AS rs_held
    WHERE rs_held.rs_who = who AND rs_held.rs_name = lower(named) AND rs_held.rs_privilege IN ('', upper(privilege))
);
CREATE OR REPLACE VIEW sandbox_internal.memberships AS
    SELECT user_name AS rs_who, name AS rs_name FROM sandbox_internal.user_identities WHERE kind IN ('role', 'group');
CREATE OR REPLACE VIEW sandbox_internal.role_memberships AS WITH RECURSIVE known(rs_role, rs_name) AS (
    SELECT b, d FROM sandbox_internal.documents WHERE kind = 'member' AND a = 'role' AND c = 'role'
    UNION
    SELECT k.rs_role, m.d FROM known AS k
    JOIN sandbox_internal.documents AS m ON m.kind = 'member' AND m.a = 'role' AND m.c = 'role' AND m.b = k.rs_name
) SELECT rs_role, rs_name FROM known;
CREATE OR REPLACE MACRO main.rs_user_is_member_of(who, named) AS
    EXISTS (SELECT 1 FROM sandbox_internal.memberships AS rs_held WHERE rs_held.rs_who = who AND rs_held.rs_name = named);
CREATE OR REPLACE MACRO main.rs_role_is_member_of(inner_role, outer_role) AS EXISTS (
    SELECT 1 FROM sandbox_internal.role_memberships AS rs_held WHERE rs_held.rs_role = inner_role AND rs_held.rs_name = outer_role
);
CREATE OR REPLACE VIEW sandbox_internal.information_schema_routines AS
    SELECT CAST(NULL AS VARCHAR) AS specific_catalog, CAST(NULL AS VARCHAR) AS specific_schema, CAST(NULL AS VARCHAR) AS specific_name,
        CAST(NULL AS VARCHAR) AS routine_catalog, CAST(NULL AS VARCHAR) AS routine_schema, CAST(NULL AS VARCHAR) AS routine_name,
        CAST(NULL AS VARCHAR) AS routine_type, CAST(NULL AS VARCHAR) AS data_type, CAST(NULL AS VARCHAR) AS routine_definition,
        CAST(NULL AS VARCHAR) AS external_language WHERE FALSE;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_views AS
    SELECT 'dev' AS table_catalog, schema_name AS table_schema, view_name AS table_name,
        rs_view_definition(view_name, CAST(document AS JSON)) AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable, 'NO' AS is_insertable_into
    FROM sandbox_internal.views;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_table_constraints AS
    SELECT 'dev' AS constraint_catalog, schema_name AS constraint_schema, table_name || '_pkey' AS constraint_name, 'dev' AS table_catalog,
        schema_name AS table_schema, table_name, 'PRIMARY KEY' AS constraint_type, 'NO' AS is_deferrable, 'NO' AS initially_deferred
    FROM sandbox_internal.primary_keys;
CREATE OR REPLACE VIEW sandbox_internal.information_schema_key_column_usage AS
    SELECT 'dev' AS constraint_catalog, schema_name AS constraint_schema, table_name || '_pkey' AS constraint_name, 'dev' AS table_catalog,
        schema_name AS table_schema, table_name, unnest(columns) AS column_name,
        CAST(unnest(range(1, len(columns) + 1)) AS INTEGER) AS ordinal_position
    FROM sandbox_internal.primary_keys;
