-- Redshift's functions that DuckDB lacks or understands otherwise. No macro is overloaded by type: DuckDB does not know
-- the type of an alias or an aggregate when it chooses. typeof() is settled before any row is read, so it costs nothing.
-- Within TRY nothing may be volatile, as error() is: what must fail there is a cast that cannot be done.
CREATE OR REPLACE MACRO main.rs_text(x) AS CASE
    WHEN typeof(x) = 'JSON' THEN json_extract_string(CAST(x AS VARCHAR), '$')
    WHEN typeof(x) = 'BOOLEAN' THEN CAST(CAST('cannot cast type boolean to character varying' AS INTEGER) AS VARCHAR)
    ELSE CAST(x AS VARCHAR)
END;
CREATE OR REPLACE MACRO main.rs_is_no_whole(x) AS
    typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '\s*[+-]?[0-9]+\s*');
CREATE OR REPLACE MACRO main.rs_to_smallint(x) AS CASE
    WHEN rs_is_no_whole(x) THEN CAST('invalid input syntax for integer: "' || CAST(x AS VARCHAR) || '"' AS SMALLINT)
    ELSE CAST(x AS SMALLINT)
END;
CREATE OR REPLACE MACRO main.rs_to_integer(x) AS CASE
    WHEN rs_is_no_whole(x) THEN CAST('invalid input syntax for integer: "' || CAST(x AS VARCHAR) || '"' AS INTEGER)
    ELSE CAST(x AS INTEGER)
END;
CREATE OR REPLACE MACRO main.rs_to_bigint(x) AS CASE
    WHEN rs_is_no_whole(x) THEN CAST('invalid input syntax for integer: "' || CAST(x AS VARCHAR) || '"' AS BIGINT)
    ELSE CAST(x AS BIGINT)
END;
CREATE OR REPLACE MACRO main.rs_cut(s, n) AS CASE
    WHEN strlen(s) <= n THEN s
    ELSE coalesce(
        try(decode(encode(s)[1:n])), try(decode(encode(s)[1:n - 1])),
        try(decode(encode(s)[1:n - 2])), try(decode(encode(s)[1:n - 3]))
    )
END;
CREATE OR REPLACE MACRO main.rs_getdate_in_view() AS CAST(current_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP);
CREATE OR REPLACE MACRO main.rs_dateadd_millennium(n, d) AS CAST(d AS TIMESTAMP) + to_millennia(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_century(n, d) AS CAST(d AS TIMESTAMP) + to_centuries(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_decade(n, d) AS CAST(d AS TIMESTAMP) + to_decades(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_year(n, d) AS CAST(d AS TIMESTAMP) + to_years(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_quarter(n, d) AS CAST(d AS TIMESTAMP) + to_months(3 * CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_month(n, d) AS CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_week(n, d) AS CAST(d AS TIMESTAMP) + to_days(7 * CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_day(n, d) AS CAST(d AS TIMESTAMP) + to_days(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_hour(n, d) AS CAST(d AS TIMESTAMP) + to_hours(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_minute(n, d) AS CAST(d AS TIMESTAMP) + to_minutes(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_second(n, d) AS CAST(d AS TIMESTAMP) + to_seconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_millisecond(n, d) AS CAST(d AS TIMESTAMP) + to_milliseconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_microsecond(n, d) AS CAST(d AS TIMESTAMP) + to_microseconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_add_months(d, n) AS CASE
    WHEN CAST(d AS DATE) = last_day(CAST(d AS DATE))
        THEN CAST(last_day(CAST(d AS DATE) + to_months(CAST(n AS INTEGER))) AS TIMESTAMP)
    ELSE CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER))
END;
CREATE OR REPLACE MACRO main.rs_last_day(d) AS last_day(CAST(d AS DATE));
CREATE OR REPLACE MACRO main.rs_date_trunc(part, d) AS CAST(date_trunc(part, CAST(d AS TIMESTAMP)) AS TIMESTAMP);
CREATE OR REPLACE MACRO main.rs_convert_timezone(source, target, moment) AS
    (CAST(moment AS TIMESTAMP) AT TIME ZONE source) AT TIME ZONE target;
CREATE OR REPLACE MACRO main.rs_strtol(s, base) AS CASE
    WHEN base = 16 THEN CAST('0x' || s AS BIGINT)
    WHEN base = 10 THEN CAST(s AS BIGINT)
    WHEN base = 2 THEN CAST('0b' || s AS BIGINT)
    ELSE error('STRTOL takes base 2, 10 or 16 in this sandbox endpoint')
END;
CREATE OR REPLACE MACRO main.rs_json_parse(s) AS json(s);
CREATE OR REPLACE MACRO main.rs_json_serialize(s) AS CAST(s AS VARCHAR);
CREATE OR REPLACE MACRO main.rs_json_text(j, path) AS json_extract_string(j, path);
CREATE OR REPLACE MACRO main.rs_json_text_or_null(j, path) AS
    CASE WHEN json_valid(j) THEN json_extract_string(j, path) END;
CREATE OR REPLACE MACRO main.rs_can_json_parse(s) AS json_valid(s);
CREATE OR REPLACE MACRO main.rs_is_valid_json(s) AS json_valid(s);
CREATE OR REPLACE MACRO main.rs_is_array(s) AS json_type(s) = 'ARRAY';
CREATE OR REPLACE MACRO main.rs_is_object(s) AS json_type(s) = 'OBJECT';
CREATE OR REPLACE MACRO main.rs_json_array_length(s) AS CAST(json_array_length(s) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_get_array_length(s) AS CAST(json_array_length(s) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_json_extract_array_element_text(s, i) AS json_extract_string(s, '$[' || i || ']');
CREATE OR REPLACE MACRO main.rs_json_typeof(s) AS CASE json_type(s)
    WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'
    WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' ELSE 'number'
END;
CREATE OR REPLACE MACRO main.rs_sha2(s, bits) AS CASE
    WHEN bits IN (0, 256) THEN sha256(s)
    ELSE error('SHA2 takes 0 or 256 bits in this sandbox endpoint')
END;
CREATE OR REPLACE MACRO main.rs_charindex(part, s) AS CAST(strpos(s, part) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_isnull(a, b) AS coalesce(a, b);
CREATE OR REPLACE MACRO main.rs_regexp_count(s, pattern) AS CAST(len(regexp_extract_all(s, pattern)) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_regexp_replace(s, pattern, new) AS regexp_replace(s, pattern, new, 'g');
