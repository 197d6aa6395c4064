-- SHA-2 of 224, 384 and 512 bits (FIPS 180-4), which DuckDB lacks; of 256 it has its own. A value goes through rounds: `v` holds
-- the eight words of the state and then sixteen of the schedule, `k` the constant of the round (the first bits behind the
-- point of the cubic roots of the first primes). A value takes 0.3 ms, and a statement 50 ms more to bind.

-- Words of 64 bits, in a type that holds them shifted.
CREATE OR REPLACE MACRO main.rs_sha_long_turned(x, n) AS (x >> n) | ((x << (64 - n)) & 18446744073709551615);
CREATE OR REPLACE MACRO main.rs_sha_long_mixed(x, i, j, k) AS xor(xor(rs_sha_long_turned(x, i), rs_sha_long_turned(x, j)), rs_sha_long_turned(x, k));
CREATE OR REPLACE MACRO main.rs_sha_long_spread(x, i, j, k) AS xor(xor(rs_sha_long_turned(x, i), rs_sha_long_turned(x, j)), x >> k);
CREATE OR REPLACE MACRO main.rs_sha_long_chosen(v, k) AS
    v[8] + rs_sha_long_mixed(v[5], 14, 18, 41) + xor(v[5] & v[6], xor(v[5], 18446744073709551615) & v[7]) + k[1] + v[9];
CREATE OR REPLACE MACRO main.rs_sha_long_round(v, k) AS list_concat([
        (rs_sha_long_chosen(v, k) + rs_sha_long_mixed(v[1], 28, 34, 39) + xor(xor(v[1] & v[2], v[1] & v[3]), v[2] & v[3])) & 18446744073709551615,
        v[1], v[2], v[3], (v[4] + rs_sha_long_chosen(v, k)) & 18446744073709551615, v[5], v[6], v[7]
    ], list_append(v[10:24], (v[9] + rs_sha_long_spread(v[10], 1, 8, 7) + v[18] + rs_sha_long_spread(v[23], 19, 61, 6)) & 18446744073709551615));
CREATE OR REPLACE MACRO main.rs_sha_long_compressed(h, w) AS list_transform([list_reduce(CAST([
    [4794697086780616226], [8158064640168781261], [13096744586834688815], [16840607885511220156],
    [4131703408338449720], [6480981068601479193], [10538285296894168987], [12329834152419229976],
    [15566598209576043074], [1334009975649890238], [2608012711638119052], [6128411473006802146],
    [8268148722764581231], [9286055187155687089], [11230858885718282805], [13951009754708518548],
    [16472876342353939154], [17275323862435702243], [1135362057144423861], [2597628984639134821],
    [3308224258029322869], [5365058923640841347], [6679025012923562964], [8573033837759648693],
    [10970295158949994411], [12119686244451234320], [12683024718118986047], [13788192230050041572],
    [14330467153632333762], [15395433587784984357], [489312712824947311], [1452737877330783856],
    [2861767655752347644], [3322285676063803686], [5560940570517711597], [5996557281743188959], [7280758554555802590],
    [8532644243296465576], [9350256976987008742], [10552545826968843579], [11727347734174303076],
    [12113106623233404929], [14000437183269869457], [14369950271660146224], [15101387698204529176],
    [15463397548674623760], [17586052441742319658], [1182934255886127544], [1847814050463011016],
    [2177327727835720531], [2830643537854262169], [3796741975233480872], [4115178125766777443], [5681478168544905931],
    [6601373596472566643], [7507060721942968483], [8399075790359081724], [8693463985226723168], [9568029438360202098],
    [10144078919501101548], [10430055236837252648], [11840083180663258601], [13761210420658862357],
    [14299343276471374635], [14566680578165727644], [15097957966210449927], [16922976911328602910],
    [17689382322260857208], [500013540394364858], [748580250866718886], [1242879168328830382], [1977374033974150939],
    [2944078676154940804], [3659926193048069267], [4368137639120453308], [4836135668995329356], [5532061633213252278],
    [6448918945643986474], [6902733635092675308], [7801388544844847127]
    ] AS HUGEINT[][]), lambda v, k: rs_sha_long_round(v, k), list_concat(h, w))],
    lambda v: list_transform(range(1, 9), lambda i: (h[i] + v[i]) & 18446744073709551615)
)[1];
CREATE OR REPLACE MACRO main.rs_sha_long_filled(x) AS x || '80' || repeat('00', (239 - (length(x) // 2) % 128) % 128)
    || lpad(lower(to_hex(length(x) * 4)), 32, '0');
CREATE OR REPLACE MACRO main.rs_sha_long_blocks(x) AS list_transform(range(length(x) // 256), lambda b: list_transform(
    range(16), lambda i: CAST('0x' || substr(x, 256 * b + 16 * i + 1, 16) AS HUGEINT)
));
CREATE OR REPLACE MACRO main.rs_sha_long_digest(x, start, n) AS left(array_to_string(list_transform(
    list_reduce(rs_sha_long_blocks(rs_sha_long_filled(hex(rs_bytes(x)))), lambda h, w: rs_sha_long_compressed(h, w), start),
    lambda v: lpad(lower(to_hex(CAST(v AS UBIGINT))), 16, '0')
), ''), n);
CREATE OR REPLACE MACRO main.rs_sha384(x) AS CASE WHEN x IS NOT NULL THEN rs_sha_long_digest(x, CAST([
    14680500436340154072, 7105036623409894663, 10473403895298186519, 1526699215303891257, 7436329637833083697,
    10282925794625328401, 15784041429090275239, 5167115440072839076
] AS HUGEINT[]), 96) END;
CREATE OR REPLACE MACRO main.rs_sha512(x) AS CASE WHEN x IS NOT NULL THEN rs_sha_long_digest(x, CAST([
    7640891576956012808, 13503953896175478587, 4354685564936845355, 11912009170470909681, 5840696475078001361,
    11170449401992604703, 2270897969802886507, 6620516959819538809
] AS HUGEINT[]), 128) END;

-- Words of 32 bits, in a type that holds them shifted.
CREATE OR REPLACE MACRO main.rs_sha_short_turned(x, n) AS (x >> n) | ((x << (32 - n)) & 4294967295);
CREATE OR REPLACE MACRO main.rs_sha_short_mixed(x, i, j, k) AS xor(xor(rs_sha_short_turned(x, i), rs_sha_short_turned(x, j)), rs_sha_short_turned(x, k));
CREATE OR REPLACE MACRO main.rs_sha_short_spread(x, i, j, k) AS xor(xor(rs_sha_short_turned(x, i), rs_sha_short_turned(x, j)), x >> k);
CREATE OR REPLACE MACRO main.rs_sha_short_chosen(v, k) AS
    v[8] + rs_sha_short_mixed(v[5], 6, 11, 25) + xor(v[5] & v[6], xor(v[5], 4294967295) & v[7]) + k[1] + v[9];
CREATE OR REPLACE MACRO main.rs_sha_short_round(v, k) AS list_concat([
        (rs_sha_short_chosen(v, k) + rs_sha_short_mixed(v[1], 2, 13, 22) + xor(xor(v[1] & v[2], v[1] & v[3]), v[2] & v[3])) & 4294967295,
        v[1], v[2], v[3], (v[4] + rs_sha_short_chosen(v, k)) & 4294967295, v[5], v[6], v[7]
    ], list_append(v[10:24], (v[9] + rs_sha_short_spread(v[10], 7, 18, 3) + v[18] + rs_sha_short_spread(v[23], 17, 19, 10)) & 4294967295));
CREATE OR REPLACE MACRO main.rs_sha_short_compressed(h, w) AS list_transform([list_reduce(CAST([
    [1116352408], [1899447441], [3049323471], [3921009573], [961987163], [1508970993], [2453635748], [2870763221],
    [3624381080], [310598401], [607225278], [1426881987], [1925078388], [2162078206], [2614888103], [3248222580],
    [3835390401], [4022224774], [264347078], [604807628], [770255983], [1249150122], [1555081692], [1996064986],
    [2554220882], [2821834349], [2952996808], [3210313671], [3336571891], [3584528711], [113926993], [338241895],
    [666307205], [773529912], [1294757372], [1396182291], [1695183700], [1986661051], [2177026350], [2456956037],
    [2730485921], [2820302411], [3259730800], [3345764771], [3516065817], [3600352804], [4094571909], [275423344],
    [430227734], [506948616], [659060556], [883997877], [958139571], [1322822218], [1537002063], [1747873779],
    [1955562222], [2024104815], [2227730452], [2361852424], [2428436474], [2756734187], [3204031479], [3329325298]
    ] AS BIGINT[][]), lambda v, k: rs_sha_short_round(v, k), list_concat(h, w))],
    lambda v: list_transform(range(1, 9), lambda i: (h[i] + v[i]) & 4294967295)
)[1];
CREATE OR REPLACE MACRO main.rs_sha_short_filled(x) AS x || '80' || repeat('00', (119 - (length(x) // 2) % 64) % 64)
    || lpad(lower(to_hex(length(x) * 4)), 16, '0');
CREATE OR REPLACE MACRO main.rs_sha_short_blocks(x) AS list_transform(range(length(x) // 128), lambda b: list_transform(
    range(16), lambda i: CAST('0x' || substr(x, 128 * b + 8 * i + 1, 8) AS BIGINT)
));
CREATE OR REPLACE MACRO main.rs_sha_short_digest(x, start, n) AS left(array_to_string(list_transform(
    list_reduce(rs_sha_short_blocks(rs_sha_short_filled(hex(rs_bytes(x)))), lambda h, w: rs_sha_short_compressed(h, w), start),
    lambda v: lpad(lower(to_hex(CAST(v AS UBIGINT))), 8, '0')
), ''), n);
CREATE OR REPLACE MACRO main.rs_sha224(x) AS CASE WHEN x IS NOT NULL THEN rs_sha_short_digest(x, CAST([
    3238371032, 914150663, 812702999, 4144912697, 4290775857, 1750603025, 1694076839, 3204075428
] AS BIGINT[]), 56) END;

CREATE OR REPLACE MACRO main.rs_sha2(x, bits) AS CASE
    WHEN bits IN (0, 256) THEN sha256(x) WHEN bits = 224 THEN rs_sha224(x) WHEN bits = 384 THEN rs_sha384(x)
    WHEN bits = 512 THEN rs_sha512(x) WHEN bits IS NOT NULL AND x IS NOT NULL THEN ''
END;
