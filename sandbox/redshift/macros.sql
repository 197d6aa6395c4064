-- Redshift's functions that DuckDB lacks or understands otherwise. No macro is overloaded by type: DuckDB does not know
-- the type of an alias or an aggregate when it chooses. typeof() is settled before any row is read, so it costs nothing.
-- Within TRY nothing may be volatile, as error() is: what must fail there is a cast that cannot be done.
CREATE OR REPLACE MACRO main.rs_type_named(kind) AS CASE
    WHEN kind LIKE 'DECIMAL%' THEN 'numeric' WHEN kind = 'DOUBLE' THEN 'double precision' WHEN kind = 'FLOAT' THEN 'real'
    WHEN kind = 'VARCHAR' THEN 'character varying' WHEN kind = 'TIMESTAMP' THEN 'timestamp without time zone'
    WHEN kind = 'HUGEINT' THEN 'bigint' ELSE lower(kind)
END;
CREATE OR REPLACE MACRO main.rs_text(x) AS CASE
    WHEN typeof(x) = 'JSON' AND left(CAST(x AS VARCHAR), 1) IN ('[', '{') THEN NULL -- is no text ("Limitations" of SUPER)
    WHEN typeof(x) = 'JSON' THEN json_extract_string(CAST(x AS VARCHAR), '$')
    WHEN typeof(x) = 'BOOLEAN' THEN CAST(CAST('cannot cast type boolean to character varying' AS INTEGER) AS VARCHAR)
    ELSE CAST(x AS VARCHAR)
END;
-- A number or moment where a text is wanted ("Implicit conversion types"); VARBYTE and SUPER stay what they are.
CREATE OR REPLACE MACRO main.rs_written(x) AS struct_extract(
    {'missing': x IS NULL, 'x': x, 'text': CAST(x AS VARCHAR)},
    CASE WHEN typeof(x) IN ('VARCHAR', 'BLOB', 'JSON', '"NULL"') THEN 'x'
        WHEN typeof(x) = 'BOOLEAN' THEN '42846 cannot cast type boolean to character varying' ELSE 'text' END
);
CREATE OR REPLACE MACRO main.rs_is_moment(x) AS typeof(x) LIKE 'TIMESTAMP%' OR typeof(x) = 'DATE';
CREATE OR REPLACE MACRO main.rs_length(x) AS CASE
    WHEN typeof(x) = 'BLOB' THEN octet_length(CAST(CAST(x AS VARCHAR) AS BLOB)) ELSE length(CAST(x AS VARCHAR))
END;
CREATE OR REPLACE MACRO main.rs_octet_length(x) AS CASE
    WHEN typeof(x) = 'BLOB' THEN octet_length(CAST(CAST(x AS VARCHAR) AS BLOB)) ELSE strlen(CAST(x AS VARCHAR))
END;
CREATE OR REPLACE MACRO main.rs_into_char(x) AS rtrim(CAST(x AS VARCHAR), ' ');
-- A literal beside a value in a sum takes its type; beside a moment it is an interval.
CREATE OR REPLACE MACRO main.rs_beside(s, x) AS struct_extract({
        'missing': x IS NULL, 'span': CASE WHEN rs_is_moment(x) THEN CAST(s AS INTERVAL) END,
        'other': CASE WHEN NOT rs_is_moment(x) THEN cast_to_type(s, x) END
    }, CASE WHEN rs_is_moment(x) THEN 'span' ELSE 'other' END);
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
-- Bytes at the end that begin a character go with it; those that go on with one are 80 to BF. No TRY, which takes no subquery.
CREATE OR REPLACE MACRO main.rs_goes_on(s, n) AS substr(hex(encode(s)), 2 * n + 1, 1) BETWEEN '8' AND 'B';
CREATE OR REPLACE MACRO main.rs_cut(s, n) AS CASE
    WHEN strlen(s) <= n THEN s
    ELSE decode(encode(s)[1:n - CASE
        WHEN NOT rs_goes_on(s, n) THEN 0 WHEN NOT rs_goes_on(s, n - 1) THEN 1 WHEN NOT rs_goes_on(s, n - 2) THEN 2 ELSE 3
    END])
END;
-- What DuckDB answers by NaN or infinity; the first characters are the SQLSTATE (`engine_errors.py`).
CREATE OR REPLACE MACRO main.rs_ln(x) AS CASE
    WHEN x > 0 THEN ln(CAST(x AS DOUBLE)) WHEN x = 0 THEN CAST(error('2201E cannot take logarithm of zero') AS DOUBLE)
    WHEN x < 0 THEN CAST(error('2201E cannot take logarithm of a negative number') AS DOUBLE)
END;
CREATE OR REPLACE MACRO main.rs_log(x) AS CASE
    WHEN x > 0 THEN log10(CAST(x AS DOUBLE)) WHEN x = 0 THEN CAST(error('2201E cannot take logarithm of zero') AS DOUBLE)
    WHEN x < 0 THEN CAST(error('2201E cannot take logarithm of a negative number') AS DOUBLE)
END;
CREATE OR REPLACE MACRO main.rs_sqrt(x) AS CASE
    WHEN x < 0 THEN CAST(error('2201F cannot take square root of a negative number') AS DOUBLE) ELSE sqrt(CAST(x AS DOUBLE))
END;
CREATE OR REPLACE MACRO main.rs_acos(x) AS CASE
    WHEN x NOT BETWEEN -1 AND 1 THEN CAST(error('22003 input is out of range') AS DOUBLE) ELSE acos(CAST(x AS DOUBLE))
END;
CREATE OR REPLACE MACRO main.rs_asin(x) AS CASE
    WHEN x NOT BETWEEN -1 AND 1 THEN CAST(error('22003 input is out of range') AS DOUBLE) ELSE asin(CAST(x AS DOUBLE))
END;
CREATE OR REPLACE MACRO main.rs_getdate_in_view() AS CAST(current_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP);
-- A TIME stays one in DATEADD ("DATEADD function: Return type"); anything else becomes a timestamp.
CREATE OR REPLACE MACRO main.rs_moment_of_day(d) AS struct_extract({
        'missing': d IS NULL, 'time': CASE WHEN typeof(d) = 'TIME' THEN d END,
        'moment': CASE WHEN typeof(d) <> 'TIME' THEN CAST(d AS TIMESTAMP) END
    }, CASE WHEN typeof(d) = 'TIME' THEN 'time' ELSE 'moment' END);
CREATE OR REPLACE MACRO main.rs_boundary(d) AS CASE
    WHEN typeof(d) = 'TIME' THEN CAST('1970-01-01 ' || CAST(d AS VARCHAR) AS TIMESTAMP) ELSE CAST(d AS TIMESTAMP)
END;
CREATE OR REPLACE MACRO main.rs_dateadd_millennium(n, d) AS CAST(d AS TIMESTAMP) + to_millennia(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_century(n, d) AS CAST(d AS TIMESTAMP) + to_centuries(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_decade(n, d) AS CAST(d AS TIMESTAMP) + to_decades(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_year(n, d) AS CAST(d AS TIMESTAMP) + to_years(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_quarter(n, d) AS CAST(d AS TIMESTAMP) + to_months(3 * CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_month(n, d) AS CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_week(n, d) AS CAST(d AS TIMESTAMP) + to_days(7 * CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_day(n, d) AS CAST(d AS TIMESTAMP) + to_days(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.rs_dateadd_hour(n, d) AS rs_moment_of_day(d) + to_hours(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_minute(n, d) AS rs_moment_of_day(d) + to_minutes(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_second(n, d) AS rs_moment_of_day(d) + to_seconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_millisecond(n, d) AS rs_moment_of_day(d) + to_milliseconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_dateadd_microsecond(n, d) AS rs_moment_of_day(d) + to_microseconds(CAST(n AS BIGINT));
CREATE OR REPLACE MACRO main.rs_add_months(d, n) AS CASE
    WHEN CAST(d AS DATE) = last_day(CAST(d AS DATE))
        THEN CAST(last_day(CAST(d AS DATE) + to_months(CAST(n AS INTEGER))) AS TIMESTAMP)
    ELSE CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER))
END;
CREATE OR REPLACE MACRO main.rs_last_day(d) AS last_day(CAST(d AS DATE));
CREATE OR REPLACE MACRO main.rs_date_trunc(part, d) AS CAST(date_trunc(part, CAST(d AS TIMESTAMP)) AS TIMESTAMP);
CREATE OR REPLACE MACRO main.rs_convert_timezone(source, target, moment) AS
    (CAST(moment AS TIMESTAMP) AT TIME ZONE source) AT TIME ZONE target;
-- Any base from 2 to 36, digit by digit; what is no digit of the base is an error.
CREATE OR REPLACE MACRO main.rs_strtol(s, base) AS CAST(
    CASE WHEN s LIKE '-%' THEN -1 ELSE 1 END * list_reduce(
        list_transform(
            string_split(lower(regexp_replace(s, CASE base WHEN 16 THEN '^[+-]?(0[xX])?' ELSE '^[+-]?' END, '')), ''),
            lambda c: CASE
                WHEN strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) BETWEEN 1 AND base
                    THEN CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS HUGEINT)
                ELSE CAST('invalid input syntax for integer: "' || s || '"' AS HUGEINT)
            END
        ),
        lambda n, d: n * base + d
    ) AS BIGINT
);
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
CREATE OR REPLACE MACRO main.rs_json_typeof(s) AS CASE WHEN s IS NOT NULL THEN CASE json_type(s)
    WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'
    WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' ELSE 'number'
END END;
-- FNV-1a of 64 bits (FNV_HASH function); an integer is its four or eight bytes, the lowest first.
CREATE OR REPLACE MACRO main.rs_reversed(h) AS list_aggregate(
    list_transform(list_reverse(range(length(h) // 2)), lambda i: substr(h, 2 * i + 1, 2)), 'string_agg', ''
);
CREATE OR REPLACE MACRO main.rs_signed(n) AS
    CAST(CASE WHEN n >= 9223372036854775808 THEN CAST(n AS HUGEINT) - 18446744073709551616 ELSE CAST(n AS HUGEINT) END AS BIGINT);
CREATE OR REPLACE MACRO main.rs_fnv_bytes(x) AS CASE
    WHEN typeof(x) = 'BLOB' THEN hex(CAST(CAST(x AS VARCHAR) AS BLOB))
    WHEN typeof(x) IN ('SMALLINT', 'INTEGER', 'BIGINT') THEN
        rs_reversed(right(printf('%016x', CAST(CAST(x AS VARCHAR) AS BIGINT)),
            CASE typeof(x) WHEN 'SMALLINT' THEN 4 WHEN 'INTEGER' THEN 8 ELSE 16 END))
    ELSE hex(encode(CAST(x AS VARCHAR)))
END;
CREATE OR REPLACE MACRO main.rs_fnv_hash(x, seed := -3750763034362895579) AS rs_signed(list_reduce(
    list_transform(range(1, length(rs_fnv_bytes(x)) // 2 + 1), lambda i: CAST('0x' || substr(rs_fnv_bytes(x), 2 * i - 1, 2) AS UHUGEINT)),
    lambda h, b: (xor(h, b) * 1099511628211::UHUGEINT) % 18446744073709551616::UHUGEINT,
    CAST((CAST(seed AS HUGEINT) + 18446744073709551616::HUGEINT) % 18446744073709551616::HUGEINT AS UHUGEINT)
));
-- Computations with numeric values. The names of types are known before any row is read, and so is what follows from
-- them: ROUND to a constant has a scale by it, an element of a struct by a constant name has that element's type.
CREATE OR REPLACE MACRO main.rs_decimal(precision_, scale_) AS round(struct_extract({
        '1': CAST(NULL AS DECIMAL(1, 1)), '2': CAST(NULL AS DECIMAL(2, 2)), '3': CAST(NULL AS DECIMAL(3, 3)),
        '4': CAST(NULL AS DECIMAL(4, 4)), '5': CAST(NULL AS DECIMAL(5, 5)), '6': CAST(NULL AS DECIMAL(6, 6)),
        '7': CAST(NULL AS DECIMAL(7, 7)), '8': CAST(NULL AS DECIMAL(8, 8)), '9': CAST(NULL AS DECIMAL(9, 9)),
        '10': CAST(NULL AS DECIMAL(10, 10)), '11': CAST(NULL AS DECIMAL(11, 11)), '12': CAST(NULL AS DECIMAL(12, 12)),
        '13': CAST(NULL AS DECIMAL(13, 13)), '14': CAST(NULL AS DECIMAL(14, 14)), '15': CAST(NULL AS DECIMAL(15, 15)),
        '16': CAST(NULL AS DECIMAL(16, 16)), '17': CAST(NULL AS DECIMAL(17, 17)), '18': CAST(NULL AS DECIMAL(18, 18)),
        '19': CAST(NULL AS DECIMAL(19, 19)), '20': CAST(NULL AS DECIMAL(20, 20)), '21': CAST(NULL AS DECIMAL(21, 21)),
        '22': CAST(NULL AS DECIMAL(22, 22)), '23': CAST(NULL AS DECIMAL(23, 23)), '24': CAST(NULL AS DECIMAL(24, 24)),
        '25': CAST(NULL AS DECIMAL(25, 25)), '26': CAST(NULL AS DECIMAL(26, 26)), '27': CAST(NULL AS DECIMAL(27, 27)),
        '28': CAST(NULL AS DECIMAL(28, 28)), '29': CAST(NULL AS DECIMAL(29, 29)), '30': CAST(NULL AS DECIMAL(30, 30)),
        '31': CAST(NULL AS DECIMAL(31, 31)), '32': CAST(NULL AS DECIMAL(32, 32)), '33': CAST(NULL AS DECIMAL(33, 33)),
        '34': CAST(NULL AS DECIMAL(34, 34)), '35': CAST(NULL AS DECIMAL(35, 35)), '36': CAST(NULL AS DECIMAL(36, 36)),
        '37': CAST(NULL AS DECIMAL(37, 37)), '38': CAST(NULL AS DECIMAL(38, 38))
    }, CAST(precision_ AS VARCHAR)), CAST(scale_ AS INTEGER));
CREATE OR REPLACE MACRO main.rs_precision(t) AS CASE t
    WHEN 'SMALLINT' THEN 5 WHEN 'INTEGER' THEN 10 WHEN 'BIGINT' THEN 19 WHEN 'HUGEINT' THEN 19
    ELSE coalesce(TRY_CAST(regexp_extract(t, '^DECIMAL\((\d+),', 1) AS INTEGER), 0)
END;
CREATE OR REPLACE MACRO main.rs_scale(t) AS coalesce(TRY_CAST(regexp_extract(t, '^DECIMAL\(\d+,(\d+)', 1) AS INTEGER), 0);
CREATE OR REPLACE MACRO main.rs_is_exact(t) AS t LIKE 'DECIMAL%' OR t IN ('INTEGER', 'BIGINT', 'SMALLINT', 'HUGEINT');
CREATE OR REPLACE MACRO main.rs_gives_decimal(t, u) AS
    (t LIKE 'DECIMAL%' AND rs_is_exact(u)) OR (u LIKE 'DECIMAL%' AND rs_is_exact(t));
-- DuckDB keeps a product of decimals to 18 digits where both have no more, so one of them is made wider.
CREATE OR REPLACE MACRO main.rs_product(x, y, t, u) AS cast_to_type(
    x * CAST(1 AS DECIMAL(19, 0)) * y,
    rs_decimal(least(38, rs_precision(t) + rs_precision(u) + 1), rs_scale(t) + rs_scale(u))
);
-- Of a quotient of (p1, s1) by (p2, s2): the scale greatest(4, s1 + p2 - s2 + 1), less where the precision would exceed 38.
CREATE OR REPLACE MACRO main.rs_quotient_scale(t, u) AS
    greatest(4, rs_scale(t) - rs_scale(u) + least(rs_precision(u) + 1, 38 - rs_precision(t)));
CREATE OR REPLACE MACRO main.rs_quotient_precision(t, u) AS least(38, rs_precision(t) + greatest(
    rs_precision(u) + 1, 4 - rs_scale(t) + rs_scale(u)
));
CREATE OR REPLACE MACRO main.rs_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);
CREATE OR REPLACE MACRO main.rs_power_of_ten(n) AS CAST('1' || repeat('0', greatest(n, 0)) AS HUGEINT);
-- Unscaled whole numbers are divided, which is exact; `more` digits are wanted of the first.
CREATE OR REPLACE MACRO main.rs_whole_quotient(x, y, more) AS
    rs_unscaled(x) * rs_power_of_ten(more) // rs_unscaled(y) // rs_power_of_ten(-more);
CREATE OR REPLACE MACRO main.rs_smallest(scale_) AS
    cast_to_type('0.' || repeat('0', scale_ - 1) || '1', rs_decimal(scale_, scale_));
CREATE OR REPLACE MACRO main.rs_quotient(x, y, precision_, scale_, more) AS cast_to_type(
    CAST(rs_whole_quotient(x, y, more) AS DECIMAL(38, 0)) * rs_smallest(scale_), rs_decimal(precision_, scale_)
);
-- The lambda is where the operands are written once only, else a chain of divisions would double at each. What DuckDB
-- cannot bind without types comes first: there it stops to check a macro when it is made.
CREATE OR REPLACE MACRO main.rs_divided(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: struct_extract({
        'other': CASE WHEN NOT rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN q.a / q.b END,
        'decimal': CASE WHEN rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN rs_quotient(
            q.a, q.b, rs_quotient_precision(typeof(q.a), typeof(q.b)), rs_quotient_scale(typeof(q.a), typeof(q.b)),
            rs_quotient_scale(typeof(q.a), typeof(q.b)) + rs_scale(typeof(q.b)) - rs_scale(typeof(q.a))
        ) END
    }, CASE WHEN rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN 'decimal' ELSE 'other' END))[1];
CREATE OR REPLACE MACRO main.rs_multiplied(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: struct_extract({
        'other': CASE WHEN NOT rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN q.a * q.b END,
        'decimal': CASE WHEN rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN rs_product(q.a, q.b, typeof(q.a), typeof(q.b)) END
    }, CASE WHEN rs_gives_decimal(typeof(q.a), typeof(q.b)) THEN 'decimal' ELSE 'other' END))[1];
-- AVG: cut for integers, rounded to its own scale for decimals, of which no digit goes through a double.
CREATE OR REPLACE MACRO main.rs_share(total, n) AS
    CASE WHEN n > 0 THEN (2 * total + CASE WHEN total < 0 THEN -n ELSE n END) // (2 * n) END;
CREATE OR REPLACE MACRO main.rs_average(total, n) AS list_transform([{'t': total, 'n': n}], lambda q: CASE
    WHEN typeof(q.t) LIKE 'DECIMAL%'
        THEN cast_to_type(rs_share(rs_unscaled(q.t), CAST(q.n AS HUGEINT)) || 'e-' || rs_scale(typeof(q.t)), q.t)
    ELSE cast_to_type(q.t / nullif(q.n, 0), q.t)
END)[1];
CREATE OR REPLACE MACRO main.rs_weeks_between(a, b) AS date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7;
CREATE OR REPLACE MACRO main.rs_listed(s) AS CASE
    WHEN strlen(s) > 65535 THEN CAST(error('Result size exceeds LISTAGG limit') AS VARCHAR) ELSE s
END;
-- What percentiles interpolate: whole numbers and decimals with `digits` more behind the point.
CREATE OR REPLACE MACRO main.rs_interpolated(x, digits) AS struct_extract({
        'decimal': CASE WHEN rs_precision(typeof(x)) > 0 THEN cast_to_type(
            x, rs_decimal(least(38, rs_precision(typeof(x)) + digits), least(38, rs_scale(typeof(x)) + digits))
        ) END,
        'other': CASE WHEN rs_precision(typeof(x)) = 0 THEN x END
    }, CASE WHEN rs_precision(typeof(x)) > 0 THEN 'decimal' ELSE 'other' END);
-- Refusals by type, which DuckDB finds as it binds: the name of a field that is not there is what the client is told.
CREATE OR REPLACE MACRO main.rs_truth(x, place) AS struct_extract(
    {'missing': x IS NULL, 'BOOLEAN': x, 'JSON': TRY_CAST(CAST(x AS VARCHAR) AS BOOLEAN), 'whole': TRY_CAST(x AS BIGINT) <> 0},
    CASE WHEN typeof(x) IN ('BOOLEAN', '"NULL"') THEN 'BOOLEAN' WHEN typeof(x) = 'JSON' THEN 'JSON'
        WHEN typeof(x) IN ('SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN 'whole'
        ELSE '42804 argument of ' || place || ' must be type boolean, not type ' || rs_type_named(typeof(x)) END
);
CREATE OR REPLACE MACRO main.rs_summed(x, called) AS struct_extract(
    {'missing': x IS NULL, 'x': x}, CASE WHEN typeof(x) = 'BOOLEAN' THEN '42883 function ' || called || '(boolean) does not exist' ELSE 'x' END
);
CREATE OR REPLACE MACRO main.rs_to_boolean(x) AS struct_extract({'missing': x IS NULL, 'x': CAST(struct_extract({'x': x, 'none': FALSE}, CASE
    WHEN typeof(x) IN ('DATE', 'TIME') OR typeof(x) LIKE 'TIMESTAMP%' THEN 'none' ELSE 'x' END
) AS BOOLEAN)}, CASE
    WHEN typeof(x) IN ('BOOLEAN', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'VARCHAR', 'JSON', '"NULL"') THEN 'x'
    ELSE '42846 cannot cast type ' || rs_type_named(typeof(x)) || ' to boolean'
END);
-- To look for a blank first takes a seventh of the time that rtrim takes with every text.
CREATE OR REPLACE MACRO main.rs_unpadded(x) AS CASE WHEN ends_with(x, ' ') THEN rtrim(x, ' ') ELSE CAST(x AS VARCHAR) END;
-- What comparisons compare of a value: a text without the blanks at its end (Character types), anything else as it is.
CREATE OR REPLACE MACRO main.rs_key(x) AS CASE
    WHEN typeof(x) = 'VARCHAR' THEN cast_to_type(rs_unpadded(CAST(x AS VARCHAR)), x) ELSE x
END;
-- A literal in the type of the column beside it: SUPER compares with texts as JSON.
CREATE OR REPLACE MACRO main.rs_as(s, x) AS CASE
    WHEN typeof(x) = 'JSON' THEN cast_to_type(CAST(to_json(s) AS VARCHAR), x) ELSE cast_to_type(s, x)
END;
-- A timestamp is cut to its date, a number to a whole one ("TRUNC function"); each is bound to what has its type. The
-- first field is where DuckDB stops to check the macro when it is made.
CREATE OR REPLACE MACRO main.rs_trunc(x) AS struct_extract({
        'missing': x IS NULL,
        'moment': CAST(struct_extract({'x': x, 'none': CAST(NULL AS DATE)}, CASE WHEN rs_is_moment(x) THEN 'x' ELSE 'none' END) AS DATE),
        'number': trunc(struct_extract({'x': x, 'none': 0}, CASE WHEN rs_is_moment(x) THEN 'none' ELSE 'x' END))
    }, CASE WHEN rs_is_moment(x) THEN 'moment' ELSE 'number' END);
CREATE OR REPLACE MACRO main.rs_moments_compared(a, b) AS CAST(CASE
    WHEN CAST(a AS TIMESTAMP) < CAST(b AS TIMESTAMP) THEN -1 WHEN CAST(a AS TIMESTAMP) > CAST(b AS TIMESTAMP) THEN 1
    WHEN a IS NOT NULL AND b IS NOT NULL THEN 0
END AS INTEGER);
CREATE OR REPLACE MACRO main.rs_array_upper(list, dimension) AS
    CASE WHEN dimension = 1 AND list <> '{}' THEN CAST(len(string_split(list, ',')) AS INTEGER) END;
CREATE OR REPLACE MACRO main.rs_array_lower(list, dimension) AS CASE WHEN dimension = 1 AND list <> '{}' THEN 1 END;
CREATE OR REPLACE MACRO main.rs_date_part_year(d) AS CAST(year(CAST(d AS DATE)) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_to_hex(x) AS lower(to_hex(x));
CREATE OR REPLACE MACRO main.rs_is_valid_json_array(s) AS CASE WHEN json_valid(s) THEN json_type(s) = 'ARRAY' ELSE FALSE END;
CREATE OR REPLACE MACRO main.rs_is_varchar(j) AS json_type(j) = 'VARCHAR';
CREATE OR REPLACE MACRO main.rs_is_boolean(j) AS json_type(j) = 'BOOLEAN';
-- JSON tells numbers apart by their form: with an exponent they are floats, else decimals ("IS_DECIMAL function").
CREATE OR REPLACE MACRO main.rs_is_number(j) AS json_type(j) IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT');
CREATE OR REPLACE MACRO main.rs_has_exponent(j) AS contains(lower(CAST(j AS VARCHAR)), 'e');
CREATE OR REPLACE MACRO main.rs_is_float(j) AS coalesce(rs_is_number(j) AND rs_has_exponent(j), FALSE);
CREATE OR REPLACE MACRO main.rs_is_decimal(j) AS coalesce(rs_is_number(j) AND NOT rs_has_exponent(j), FALSE);
CREATE OR REPLACE MACRO main.rs_is_smallint(j) AS
    coalesce(json_type(j) IN ('UBIGINT', 'BIGINT') AND TRY_CAST(json_extract_string(j, '$') AS SMALLINT) IS NOT NULL, FALSE);
CREATE OR REPLACE MACRO main.rs_is_char(j) AS
    coalesce(json_type(j) = 'VARCHAR' AND strlen(json_extract_string(j, '$')) = length(json_extract_string(j, '$')), FALSE);
CREATE OR REPLACE MACRO main.rs_json_size(j) AS CAST(strlen(CAST(j AS VARCHAR)) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_attributes_named(j, names) AS CASE WHEN json_type(j) = 'OBJECT' THEN CAST('{' || array_to_string(
    list_transform(range(1, len(json_keys(j)) + 1), lambda i: CAST(to_json(names[i]) AS VARCHAR) || ':'
        || CAST(json_extract(j, '$."' || json_keys(j)[i] || '"') AS VARCHAR)), ','
) || '}' AS JSON) ELSE j END;
CREATE OR REPLACE MACRO main.rs_lower_attribute_names(j) AS rs_attributes_named(j, list_transform(json_keys(j), lambda k: lower(k)));
CREATE OR REPLACE MACRO main.rs_upper_attribute_names(j) AS rs_attributes_named(j, list_transform(json_keys(j), lambda k: upper(k)));
CREATE OR REPLACE MACRO main.rs_is_bigint(j) AS json_type(j) IN ('UBIGINT', 'BIGINT');
CREATE OR REPLACE MACRO main.rs_is_integer(j) AS rs_is_bigint(j) AND TRY_CAST(json_extract_string(j, '$') AS INTEGER) IS NOT NULL;
CREATE OR REPLACE MACRO main.rs_is_scalar(j) AS json_type(j) NOT IN ('ARRAY', 'OBJECT');
CREATE OR REPLACE MACRO main.rs_array_concat(a, b) AS
    to_json(list_concat(json_extract(a, '$[*]'), json_extract(b, '$[*]')));
CREATE OR REPLACE MACRO main.rs_array_flatten(a) AS to_json(flatten(list_transform(
    json_extract(a, '$[*]'),
    lambda v: CASE WHEN json_type(v) = 'ARRAY' THEN json_extract(v, '$[*]') ELSE [v] END
)));
CREATE OR REPLACE MACRO main.rs_subarray(a, first, n) AS to_json(list_slice(json_extract(a, '$[*]'), first + 1, first + n));
CREATE OR REPLACE MACRO main.rs_split_to_array(s, mark := ',') AS to_json(string_split(s, mark));
CREATE OR REPLACE MACRO main.rs_element(j, i) AS CASE
    WHEN typeof(i) = 'VARCHAR' THEN json_extract(j, '$."' || i || '"') ELSE json_extract(j, '$[' || i || ']')
END;
CREATE OR REPLACE MACRO main.rs_elements(j) AS TABLE
    SELECT unnest(json_extract(j, '$[*]')) AS v, unnest(range(CAST(json_array_length(j) AS BIGINT))) AS i;
CREATE OR REPLACE MACRO main.rs_attributes(j) AS TABLE
    SELECT unnest(list_transform(json_keys(j), lambda k: json_extract(j, '$."' || k || '"'))) AS v, unnest(json_keys(j)) AS k;
CREATE OR REPLACE MACRO main.rs_months(d) AS year(CAST(d AS TIMESTAMP)) * 12 + month(CAST(d AS TIMESTAMP));
CREATE OR REPLACE MACRO main.rs_months_between(a, b) AS CASE
    WHEN day(CAST(a AS TIMESTAMP)) = day(CAST(b AS TIMESTAMP))
        OR (CAST(a AS DATE) = last_day(CAST(a AS DATE)) AND CAST(b AS DATE) = last_day(CAST(b AS DATE)))
        THEN CAST(rs_months(a) - rs_months(b) AS DOUBLE)
    ELSE rs_months(a) - rs_months(b) + (
        (epoch(CAST(a AS TIMESTAMP)) - epoch(date_trunc('month', CAST(a AS TIMESTAMP))))
        - (epoch(CAST(b AS TIMESTAMP)) - epoch(date_trunc('month', CAST(b AS TIMESTAMP))))
    ) / (31 * 86400.0)
END;
CREATE OR REPLACE MACRO main.rs_next_day(d, name) AS CAST(d AS DATE) + CAST(
    (list_position(['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'], lower(left(name, 2))) - 1 - dayofweek(CAST(d AS DATE)) + 6) % 7 + 1 AS INTEGER
);
CREATE OR REPLACE MACRO main.rs_initcap(s) AS list_aggregate(
    list_transform(regexp_extract_all(s, '[[:alnum:]]+|[^[:alnum:]]+'), lambda w: upper(w[1]) || lower(w[2:])), 'string_agg', ''
);
-- American Soundex: h and w between two letters of one sound do not part them, vowels do.
CREATE OR REPLACE MACRO main.rs_letters(s) AS upper(regexp_replace(s, '[^a-zA-Z]', '', 'g'));
CREATE OR REPLACE MACRO main.rs_sounds(letters) AS translate(
    left(letters, 1) || regexp_replace(substring(letters, 2), '[HW]', '', 'g'),
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '01230120022455012623010202'
);
CREATE OR REPLACE MACRO main.rs_apart(sounds) AS list_aggregate(list_transform(
    range(2, length(sounds) + 1),
    lambda i: CASE WHEN sounds[i] = sounds[i - 1] OR sounds[i] = '0' THEN '' ELSE sounds[i] END
), 'string_agg', '');
CREATE OR REPLACE MACRO main.rs_soundex(s) AS CASE
    WHEN rs_letters(s) = '' THEN ''
    ELSE left(left(rs_letters(s), 1) || coalesce(rs_apart(rs_sounds(rs_letters(s))), '') || '000', 4)
END;
CREATE OR REPLACE MACRO main.rs_regexp_instr(s, pattern) AS CAST(
    CASE WHEN regexp_matches(s, pattern) THEN length(regexp_extract(s, '^(?s)(.*?)(?:' || pattern || ')', 1)) + 1 ELSE 0 END AS INTEGER
);
CREATE OR REPLACE MACRO main.rs_substring(s, first, n) AS CASE
    WHEN n < 0 THEN CAST(error('22011 negative substring length not allowed') AS VARCHAR)
    ELSE substring(s, greatest(first, 1), greatest(0, n + least(first, 1) - 1))
END;
CREATE OR REPLACE MACRO main.rs_substring_from(s, first) AS substring(s, greatest(first, 1));
CREATE OR REPLACE MACRO main.rs_quote_literal(s) AS '''' || replace(replace(s, '\', '\\'), '''', '''''') || '''';
CREATE OR REPLACE MACRO main.rs_quote_ident(s) AS
    CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_$]*') THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE OR REPLACE MACRO main.rs_charindex(part, s) AS CAST(strpos(s, part) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_isnull(a, b) AS coalesce(a, b);
-- Patterns begin at a position, and `i` among the parameters makes capitals not matter.
CREATE OR REPLACE MACRO main.rs_pattern(pattern, params) AS CASE WHEN contains(params, 'i') THEN '(?i)' || pattern ELSE pattern END;
CREATE OR REPLACE MACRO main.rs_regexp_count(s, pattern, first := 1, params := '') AS
    CAST(len(regexp_extract_all(substring(s, first), rs_pattern(pattern, params))) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_regexp_replace(s, pattern, new := '', first := 1, params := '') AS
    left(s, first - 1) || regexp_replace(substring(s, first), rs_pattern(pattern, params), new, 'g');
CREATE OR REPLACE MACRO main.rs_regexp_substr(s, pattern, first := 1, nth := 1, params := '') AS
    CASE WHEN s IS NOT NULL THEN coalesce(regexp_extract_all(substring(s, first), rs_pattern(pattern, params))[nth], '') END;
-- A number as digits with a point (TO_CHAR): `places` behind it, `digits` before it of which `zeros` are always written.
CREATE OR REPLACE MACRO main.rs_padded(s, n) AS repeat(' ', greatest(0, n - length(s))) || s;
CREATE OR REPLACE MACRO main.rs_digits(x, places) AS printf('%.*f', CAST(places AS INTEGER), abs(round(CAST(x AS DOUBLE), CAST(places AS INTEGER))));
CREATE OR REPLACE MACRO main.rs_units(x, places, zeros) AS
    CASE WHEN rs_digits(x, places) LIKE '0%' AND (places > 0 OR zeros > 0) THEN '' ELSE split_part(rs_digits(x, places), '.', 1) END;
CREATE OR REPLACE MACRO main.rs_whole(x, places, zeros) AS
    repeat('0', greatest(0, zeros - length(rs_units(x, places, zeros)))) || rs_units(x, places, zeros);
CREATE OR REPLACE MACRO main.rs_grouped(s, grouped) AS CASE
    WHEN grouped = 1 THEN reverse(regexp_replace(regexp_replace(reverse(s), '(\d{3})', '\1,', 'g'), ',$', '')) ELSE s
END;
CREATE OR REPLACE MACRO main.rs_marked(x, places, zeros, grouped, sign, currency) AS
    CASE WHEN CAST(x AS DOUBLE) < 0 THEN '-' WHEN sign = 'S' THEN '+' ELSE '' END
    || currency || rs_grouped(rs_whole(x, places, zeros), grouped);
CREATE OR REPLACE MACRO main.rs_decimals(x, places, trimmed) AS CASE
    WHEN places = 0 THEN ''
    WHEN trimmed = 1 THEN '.' || rtrim(split_part(rs_digits(x, places), '.', 2), '0')
    ELSE '.' || split_part(rs_digits(x, places), '.', 2)
END;
CREATE OR REPLACE MACRO main.rs_to_char_number(x, places, digits, zeros, width, grouped, trimmed, sign, currency) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN length(rs_whole(x, places, zeros)) > digits THEN
        CASE WHEN width > 0 THEN ' ' ELSE '' END || repeat('#', digits)
        || CASE WHEN places > 0 THEN '.' || repeat('#', places) ELSE '' END
    ELSE rs_padded(
        rs_marked(x, places, zeros, grouped, sign, currency),
        CASE WHEN width = 0 THEN 0 ELSE width + 1 + length(currency) END
    ) || rs_decimals(x, places, trimmed)
END;

-- CRC-32C (CRC32 function), eight digits. The lambdas go through the bytes, and the bits of each.
CREATE OR REPLACE MACRO main.rs_crc_of(s) AS list_reduce(
    list_transform(range(1, strlen(s) + 1), lambda i: CAST('0x' || substr(hex(encode(s)), 2 * i - 1, 2) AS UBIGINT)),
    lambda c, b: list_reduce(range(8), lambda x, i: CASE WHEN x % 2 = 1 THEN xor(x >> 1, 2197175160) ELSE x >> 1 END, xor(c, b)),
    4294967295::UBIGINT
);
CREATE OR REPLACE MACRO main.rs_crc32(s) AS lower(printf('%08x', CAST(xor(rs_crc_of(s), 4294967295::UBIGINT) AS BIGINT)));
CREATE OR REPLACE MACRO main.rs_difference(a, b) AS CAST(list_sum(
    list_transform(range(1, 5), lambda i: CASE WHEN rs_soundex(a)[i] = rs_soundex(b)[i] THEN 1 ELSE 0 END)
) AS INTEGER);
CREATE OR REPLACE MACRO main.rs_octetindex(part, s) AS CAST(
    CASE WHEN strpos(s, part) = 0 THEN 0 ELSE strlen(left(s, strpos(s, part) - 1)) + 1 END AS INTEGER
);
CREATE OR REPLACE MACRO main.rs_compared(a, b) AS CAST(CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END AS INTEGER);
CREATE OR REPLACE MACRO main.rs_number_read(s) AS CASE WHEN s LIKE '%-%' OR s LIKE '%<%' THEN '-' ELSE '' END
    || trim(regexp_replace(s, '[-+<>$,[:space:]]', '', 'g'));
CREATE OR REPLACE MACRO main.rs_from_hex(s) AS unhex(CASE WHEN length(s) % 2 = 1 THEN '0' || s ELSE s END);
CREATE OR REPLACE MACRO main.rs_to_varbyte(s, form) AS CASE lower(form)
    WHEN 'hex' THEN rs_from_hex(s) WHEN 'binary' THEN unbin(s) WHEN 'base64' THEN from_base64(s)
    WHEN 'utf8' THEN encode(s) WHEN 'utf-8' THEN encode(s) WHEN 'utf_8' THEN encode(s)
    ELSE CAST(error('invalid format of TO_VARBYTE: ' || form) AS BLOB)
END;
CREATE OR REPLACE MACRO main.rs_bytes(b) AS CASE WHEN typeof(b) = 'BLOB' THEN CAST(b AS BLOB) ELSE encode(CAST(b AS VARCHAR)) END;
CREATE OR REPLACE MACRO main.rs_bits(h) AS array_to_string(list_transform(
    range(length(h) // 2), lambda i: lpad(bin(CAST('0x' || substr(h, 2 * i + 1, 2) AS BIGINT)), 8, '0')
), '');
CREATE OR REPLACE MACRO main.rs_from_varbyte(b, form) AS CASE lower(form)
    WHEN 'hex' THEN lower(hex(rs_bytes(b))) WHEN 'binary' THEN rs_bits(hex(rs_bytes(b))) WHEN 'base64' THEN to_base64(rs_bytes(b))
    WHEN 'utf8' THEN decode(rs_bytes(b)) WHEN 'utf-8' THEN decode(rs_bytes(b)) WHEN 'utf_8' THEN decode(rs_bytes(b))
    ELSE CAST(error('invalid format of FROM_VARBYTE: ' || form) AS VARCHAR)
END;
-- Arrays of SUPER: elements are equal where their texts are; NULL is an element unless the third argument says otherwise.
CREATE OR REPLACE MACRO main.rs_items(a) AS list_transform(json_extract(a, '$[*]'), lambda v: CAST(v AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_item(v) AS coalesce(CAST(to_json(v) AS VARCHAR), 'null');
CREATE OR REPLACE MACRO main.rs_found(a, v, found, missing, nulls) AS CASE
    WHEN list_contains(rs_items(a), rs_item(v)) AND (nulls OR rs_item(v) <> 'null') THEN found
    WHEN nulls OR (rs_item(v) <> 'null' AND NOT list_contains(rs_items(a), 'null')) THEN missing
END;
CREATE OR REPLACE MACRO main.rs_array_contains(a, v, nulls := TRUE) AS rs_found(a, v, TRUE, FALSE, nulls);
CREATE OR REPLACE MACRO main.rs_array_position(a, v, nulls := TRUE) AS
    rs_found(a, v, CAST(list_position(rs_items(a), rs_item(v)) - 1 AS INTEGER), -1, nulls);
CREATE OR REPLACE MACRO main.rs_array_positions(a, v, nulls := TRUE) AS rs_found(a, v, to_json(list_filter(
    range(len(rs_items(a))), lambda i: rs_items(a)[i + 1] = rs_item(v)
)), CAST('[]' AS JSON), nulls);
CREATE OR REPLACE MACRO main.rs_array_of(items) AS CAST('[' || array_to_string(items, ',') || ']' AS JSON);
CREATE OR REPLACE MACRO main.rs_once(items) AS list_filter(items, lambda x, i: list_position(items, x) = i);
CREATE OR REPLACE MACRO main.rs_array_distinct(a) AS rs_array_of(rs_once(rs_items(a)));
CREATE OR REPLACE MACRO main.rs_array_union(a, b) AS rs_array_of(rs_once(list_concat(rs_items(a), rs_items(b))));
CREATE OR REPLACE MACRO main.rs_array_except(a, b) AS
    rs_array_of(rs_once(list_filter(rs_items(a), lambda x: NOT list_contains(rs_items(b), x))));
CREATE OR REPLACE MACRO main.rs_array_intersection(a, b) AS
    rs_array_of(rs_once(list_filter(rs_items(a), lambda x: list_contains(rs_items(b), x))));
CREATE OR REPLACE MACRO main.rs_arrays_overlap(a, b) AS list_has_any(rs_items(a), rs_items(b));
CREATE OR REPLACE MACRO main.rs_item_rank(x) AS CASE json_type(CAST(x AS VARCHAR)) WHEN 'BOOLEAN' THEN 0 WHEN 'VARCHAR' THEN 2 WHEN 'ARRAY' THEN 3 WHEN 'OBJECT' THEN 4 ELSE 1 END;
CREATE OR REPLACE MACRO main.rs_ascending(items) AS list_transform(
    list_sort(list_transform(list_filter(items, lambda x: x <> 'null'), lambda x: {
        'rank': rs_item_rank(x), 'number': CASE WHEN rs_item_rank(x) = 1 THEN CAST(x AS DOUBLE) ELSE 0 END, 'x': x
    })), lambda s: s.x
);
CREATE OR REPLACE MACRO main.rs_sorted(items, ascending) AS
    CASE WHEN ascending THEN rs_ascending(items) ELSE list_reverse(rs_ascending(items)) END;
CREATE OR REPLACE MACRO main.rs_array_sort(a, ascending := TRUE, nulls_first := NULL) AS rs_array_of(CASE
    WHEN coalesce(nulls_first, NOT ascending) THEN list_concat(list_filter(rs_items(a), lambda x: x = 'null'), rs_sorted(rs_items(a), ascending))
    ELSE list_concat(rs_sorted(rs_items(a), ascending), list_filter(rs_items(a), lambda x: x = 'null'))
END);
CREATE OR REPLACE MACRO main.rs_get_number_attributes(o) AS CASE WHEN json_type(o) = 'OBJECT' THEN CAST(len(json_keys(o)) AS INTEGER) END;
-- Patterns of dates that strftime lacks (TO_CHAR).
CREATE OR REPLACE MACRO main.rs_of_moment(v, pattern) AS CASE pattern
    WHEN 'YYY' THEN right(strftime(v, '%Y'), 3) WHEN 'Y' THEN right(strftime(v, '%Y'), 1)
    WHEN 'CC' THEN lpad(CAST(century(v) AS VARCHAR), 2, '0') WHEN 'Q' THEN CAST(quarter(v) AS VARCHAR)
    WHEN 'WW' THEN lpad(CAST((dayofyear(v) - 1) // 7 + 1 AS VARCHAR), 2, '0') WHEN 'W' THEN CAST((day(v) - 1) // 7 + 1 AS VARCHAR)
    WHEN 'D' THEN CAST(dayofweek(v) + 1 AS VARCHAR) WHEN 'J' THEN CAST(CAST(floor(julian(v)) AS INTEGER) AS VARCHAR)
    WHEN 'SSSS' THEN CAST(CAST(floor(epoch(v)) AS BIGINT) % 86400 AS VARCHAR)
END;
CREATE OR REPLACE MACRO main.rs_without_zeros(s) AS CASE WHEN regexp_full_match(s, '[0-9]+') THEN CAST(CAST(s AS INTEGER) AS VARCHAR) ELSE s END;
CREATE OR REPLACE MACRO main.rs_ending(n) AS CASE
    WHEN n % 100 BETWEEN 11 AND 13 THEN 'th' WHEN n % 10 = 1 THEN 'st' WHEN n % 10 = 2 THEN 'nd' WHEN n % 10 = 3 THEN 'rd' ELSE 'th'
END;
CREATE OR REPLACE MACRO main.rs_ordinal(s, mark) AS s || CASE WHEN mark = 'TH' THEN upper(rs_ending(CAST(s AS INTEGER))) ELSE rs_ending(CAST(s AS INTEGER)) END;
