-- Dynamic typing of SUPER: a value of one is a number, a text, a truth, or deep (an array or object).
CREATE OR REPLACE MACRO main.rs_is_super(x) AS typeof(x) = 'JSON';
-- What a SUPER keeps of a value: a text is a text, JSON or not ("JSON_PARSE function").
CREATE OR REPLACE MACRO main.rs_into_super(x) AS CASE WHEN x IS NOT NULL THEN to_json(x) END;
CREATE OR REPLACE MACRO main.rs_super_text(x) AS
    CASE WHEN rs_is_super(x) THEN json_extract_string(CAST(x AS VARCHAR), '$') ELSE CAST(x AS VARCHAR) END;
CREATE OR REPLACE MACRO main.rs_super_kind(x) AS CASE
    WHEN x IS NULL THEN NULL
    WHEN rs_is_super(x) THEN CASE json_type(CAST(x AS VARCHAR))
        WHEN 'VARCHAR' THEN 'text' WHEN 'BOOLEAN' THEN 'truth' WHEN 'ARRAY' THEN 'deep' WHEN 'OBJECT' THEN 'deep'
        WHEN 'NULL' THEN NULL ELSE 'number'
    END
    WHEN typeof(x) = 'VARCHAR' THEN 'text' WHEN typeof(x) = 'BOOLEAN' THEN 'truth'
    WHEN typeof(x) SIMILAR TO '(SMALL|BIG|HUGE)?INT|INTEGER|INTEGER_LITERAL|DOUBLE|FLOAT|DECIMAL.*' THEN 'number' ELSE 'other'
END;
CREATE OR REPLACE MACRO main.rs_super_float(x) AS typeof(x) IN ('DOUBLE', 'FLOAT') OR rs_super_text(x) LIKE '%e%';
CREATE OR REPLACE MACRO main.rs_places(t) AS length(split_part(t, '.', 2));
CREATE OR REPLACE MACRO main.rs_all_digits(n, places) AS
    repeat('0', greatest(0, places + 1 - length(CAST(abs(n) AS VARCHAR)))) || CAST(abs(n) AS VARCHAR);
CREATE OR REPLACE MACRO main.rs_with_point(n, places) AS CASE WHEN places = 0 THEN CAST(n AS VARCHAR) ELSE
    CASE WHEN n < 0 THEN '-' ELSE '' END || left(rs_all_digits(n, places), -places) || '.' || right(rs_all_digits(n, places), places)
END;
-- Each lambda is where something is written once that is used often: binding would take a second a sign else. What
-- depends on the sign is given in terms of their variables: v.x and v.y are the values as doubles, w.m and w.n
-- as whole numbers with w.i and w.j places behind the point.
CREATE OR REPLACE MACRO main.rs_super_counted(a, b, joined, number, places, roughly) AS list_transform(
    [{'k': rs_super_kind(a), 'l': rs_super_kind(b), 's': rs_super_text(a), 't': rs_super_text(b), 'f': rs_super_float(a) OR rs_super_float(b),
        'x': TRY_CAST(rs_super_text(a) AS DOUBLE), 'y': TRY_CAST(rs_super_text(b) AS DOUBLE)}],
    lambda v: CASE
        WHEN joined AND v.k = 'text' AND v.l = 'text' THEN CAST(to_json(v.s || v.t) AS VARCHAR)
        WHEN coalesce(v.k <> 'number' OR v.l <> 'number', TRUE) THEN NULL
        WHEN v.f THEN CAST(roughly AS VARCHAR)
        ELSE list_transform(
            [{'m': CAST(replace(v.s, '.', '') AS HUGEINT), 'n': CAST(replace(v.t, '.', '') AS HUGEINT),
                'i': rs_places(v.s), 'j': rs_places(v.t), 'd': length(ltrim(replace(v.t, '.', ''), '-'))}],
            lambda w: list_transform([{'n': number, 'p': places}], lambda r: rs_with_point(r.n, r.p))[1]
        )[1]
    END
)[1];
-- Either what is said of SUPER, or what is said of any other type; the other one is never reached. The first field is
-- where DuckDB stops to check the macro when it is made.
CREATE OR REPLACE MACRO main.rs_either(a, b) AS rs_is_super(a) OR rs_is_super(b);
CREATE OR REPLACE MACRO main.rs_neither(x, y) AS struct_extract(
    {'missing': x IS NULL, 'x': x, 'none': 1}, CASE WHEN rs_either(x, y) THEN 'none' ELSE 'x' END
);
CREATE OR REPLACE MACRO main.rs_super_result(a, b, joined, number, places, roughly, otherwise) AS struct_extract({
        'missing': a IS NULL,
        'super': CASE WHEN rs_either(a, b) THEN CAST(rs_super_counted(a, b, joined, number, places, roughly) AS JSON) END,
        'other': otherwise
    }, CASE WHEN rs_either(a, b) THEN 'super' ELSE 'other' END);
CREATE OR REPLACE MACRO main.rs_aligned(n, places, most) AS n * rs_power_of_ten(most - places);
CREATE OR REPLACE MACRO main.rs_super_places(i, j, digits) AS CASE WHEN i = 0 AND j = 0 THEN 0 ELSE greatest(4, i + digits - j + 1) END;
CREATE OR REPLACE MACRO main.rs_super_plus(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: rs_super_result(
    q.a, q.b, TRUE, rs_aligned(w.m, w.i, greatest(w.i, w.j)) + rs_aligned(w.n, w.j, greatest(w.i, w.j)), greatest(w.i, w.j), v.x + v.y, rs_neither(q.a, q.b) + rs_neither(q.b, q.a)
))[1];
CREATE OR REPLACE MACRO main.rs_super_minus(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: rs_super_result(
    q.a, q.b, FALSE, rs_aligned(w.m, w.i, greatest(w.i, w.j)) - rs_aligned(w.n, w.j, greatest(w.i, w.j)), greatest(w.i, w.j), v.x - v.y, rs_neither(q.a, q.b) - rs_neither(q.b, q.a)
))[1];
CREATE OR REPLACE MACRO main.rs_super_times(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: rs_super_result(
    q.a, q.b, FALSE, w.m * w.n, w.i + w.j, v.x * v.y, rs_neither(q.a, q.b) * rs_neither(q.b, q.a)
))[1];
CREATE OR REPLACE MACRO main.rs_super_modulo(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: rs_super_result(
    q.a, q.b, FALSE, rs_aligned(w.m, w.i, greatest(w.i, w.j)) % rs_aligned(w.n, w.j, greatest(w.i, w.j)), greatest(w.i, w.j), v.x % v.y, rs_neither(q.a, q.b) % rs_neither(q.b, q.a)
))[1];
CREATE OR REPLACE MACRO main.rs_super_over(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: rs_super_result(
    q.a, q.b, FALSE, w.m * rs_power_of_ten(rs_super_places(w.i, w.j, w.d) - w.i + w.j) // w.n, rs_super_places(w.i, w.j, w.d), v.x / v.y, rs_neither(q.a, q.b) / rs_neither(q.b, q.a)
))[1];
CREATE OR REPLACE MACRO main.rs_super_negated(x) AS rs_super_minus(0, x);
-- Which of two values is the lesser: NULL where they are of different kinds. Equal doubles are compared exactly.
CREATE OR REPLACE MACRO main.rs_super_sides(a, b) AS {
    'k': rs_super_kind(a), 'l': rs_super_kind(b), 's': rtrim(rs_super_text(a), ' '), 't': rtrim(rs_super_text(b), ' ')
};
CREATE OR REPLACE MACRO main.rs_order(x, y) AS CASE WHEN x < y THEN -1 WHEN x > y THEN 1 ELSE 0 END;
CREATE OR REPLACE MACRO main.rs_super_order(a, b) AS list_transform([rs_super_sides(a, b)], lambda v: CASE
    WHEN v.k <> v.l THEN NULL
    WHEN v.k = 'number' AND v.l = 'number' AND CAST(v.s AS DOUBLE) = CAST(v.t AS DOUBLE) THEN
        rs_order(TRY_CAST(v.s AS DECIMAL(38, 9)), TRY_CAST(v.t AS DECIMAL(38, 9)))
    WHEN v.k = 'number' AND v.l = 'number' THEN rs_order(CAST(v.s AS DOUBLE), CAST(v.t AS DOUBLE))
    WHEN v.k = v.l THEN rs_order(v.s, v.t)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_equal(a, b) AS
    CASE WHEN rs_super_kind(a) <> rs_super_kind(b) THEN FALSE ELSE rs_super_order(a, b) = 0 END;
CREATE OR REPLACE MACRO main.rs_super_equals(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN rs_super_equal(q.a, q.b) ELSE rs_neither(q.a, q.b) = rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_differs(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN NOT rs_super_equal(q.a, q.b) ELSE rs_neither(q.a, q.b) <> rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_below(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN rs_super_order(q.a, q.b) < 0 ELSE rs_neither(q.a, q.b) < rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_at_most(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN rs_super_order(q.a, q.b) <= 0 ELSE rs_neither(q.a, q.b) <= rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_above(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN rs_super_order(q.a, q.b) > 0 ELSE rs_neither(q.a, q.b) > rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_at_least(a, b) AS list_transform([{'a': a, 'b': b}], lambda q: CASE
    WHEN rs_either(q.a, q.b) THEN rs_super_order(q.a, q.b) >= 0 ELSE rs_neither(q.a, q.b) >= rs_neither(q.b, q.a)
END)[1];
CREATE OR REPLACE MACRO main.rs_super_rounded(x, made) AS list_transform(
    [{'k': rs_super_kind(x), 's': rs_super_text(x)}],
    lambda v: CASE WHEN v.k = 'number' THEN CAST(CASE WHEN v.s LIKE '%e%' THEN made ELSE CAST(CAST(made AS HUGEINT) AS VARCHAR) END AS JSON) END
)[1];
CREATE OR REPLACE MACRO main.rs_super_floor(x) AS rs_super_rounded(x, CAST(floor(CAST(v.s AS DOUBLE)) AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_super_ceil(x) AS rs_super_rounded(x, CAST(ceil(CAST(v.s AS DOUBLE)) AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_super_round(x) AS rs_super_rounded(x, CAST(round(CAST(v.s AS DOUBLE)) AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_super_trunc(x) AS rs_super_rounded(x, CAST(trunc(CAST(v.s AS DOUBLE)) AS VARCHAR));
CREATE OR REPLACE MACRO main.rs_super_abs(x) AS list_transform(
    [{'k': rs_super_kind(x), 's': rs_super_text(x)}], lambda v: CASE WHEN v.k = 'number' THEN CAST(ltrim(v.s, '-') AS JSON) END
)[1];
-- ORDER BY: booleans, numbers, texts, arrays, objects ("Querying semi-structured data: Order by").
CREATE OR REPLACE MACRO main.rs_super_rank(x) AS CASE json_type(CAST(x AS VARCHAR))
    WHEN 'BOOLEAN' THEN 0 WHEN 'VARCHAR' THEN 2 WHEN 'ARRAY' THEN 3 WHEN 'OBJECT' THEN 4 ELSE 1
END;
CREATE OR REPLACE MACRO main.rs_super_sorted(x) AS struct_extract({
        'missing': x IS NULL, 'other': x,
        'super': CASE WHEN rs_is_super(x) AND rs_super_kind(x) IS NOT NULL THEN {
            'rank': rs_super_rank(x), 'number': CASE WHEN rs_super_kind(x) = 'number' THEN TRY_CAST(rs_super_text(x) AS DOUBLE) ELSE 0 END,
            'text': rtrim(rs_super_text(x), ' ')
        } END
    }, CASE WHEN rs_is_super(x) THEN 'super' ELSE 'other' END);
-- SUM: of the numbers among the values, exact unless one is a float ("SUM function": the type of its argument).
CREATE OR REPLACE MACRO main.rs_super_decimal(x) AS CASE WHEN rs_super_kind(x) = 'number' THEN TRY_CAST(rs_super_text(x) AS DECIMAL(38, 9)) END;
CREATE OR REPLACE MACRO main.rs_super_sum(x) AS struct_extract({
        'missing': count(x),
        'super': CAST(CASE
            WHEN bool_or(rs_super_float(x)) THEN CAST(sum(TRY_CAST(rs_super_text(x) AS DOUBLE)) AS VARCHAR)
            ELSE rtrim(rtrim(CAST(sum(rs_super_decimal(x)) AS VARCHAR), '0'), '.')
        END AS JSON),
        'other': sum(rs_neither(x, x))
    }, CASE WHEN rs_is_super(any_value(x)) THEN 'super' ELSE 'other' END);
-- A SUPER as a boolean: a whole number is one, a decimal or float is not ("Limitations" of SUPER: 5.0::super::bool is NULL).
CREATE OR REPLACE MACRO main.rs_super_truth(x) AS CASE
    WHEN json_type(CAST(x AS VARCHAR)) IN ('UBIGINT', 'BIGINT') THEN TRY_CAST(rs_super_text(x) AS BIGINT) <> 0
    WHEN json_type(CAST(x AS VARCHAR)) IN ('BOOLEAN', 'VARCHAR') THEN TRY_CAST(rs_super_text(x) AS BOOLEAN)
END;
